// SPDX-License-Identifier: Apache-2.0
#include "trapd/health/integrity_watch.h"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "trapd/base/log.h"
#include "trapd/base/thread.h"
#include "trapd/health/file_integrity.h"

namespace trapd::health {

using alarm::OwnCondition;

struct IntegrityWatch::State {
  alarm::OwnConditionSink& sink;
  const std::int64_t interval_ns;

  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<bool> stopping{false};
  struct Watched {
    FileState taken;
    std::string told;  // the difference an alarm has named; empty = no alarm
  };
  using Files = std::map<std::string, Watched>;
  struct Taking {
    std::set<std::string> roots;  // as given: files and directories
    Files files;                  // not hashed yet
  };
  std::optional<Taking> to_take;  // with the mutex

  // --- the watch's thread ---
  Files files;
  std::set<std::string> roots;
  std::map<std::string, const char*> to_clear;  // path -> why; until the sink takes it
  std::int64_t next_full_ns = 0;
  SystemClock clock;

  std::jthread thread;  // last: joined before what it uses goes

  State(alarm::OwnConditionSink& to, std::int64_t every) : sink(to), interval_ns(every) {}

  void work();
  void take(Taking given);
  static std::set<std::string> all_files(const std::set<std::string>& roots);
  void look();
  void look_at(const std::string& path, Watched* watched, bool full);
  void clear_what_ended();
  FileState read(const std::string& path, bool with_hash) const {
    return look_at_file(path, with_hash, &stopping);
  }
};

/// The files themselves and those in the directories, as they are now.
std::set<std::string> IntegrityWatch::State::all_files(const std::set<std::string>& roots) {
  namespace fs = std::filesystem;
  std::set<std::string> all;
  const auto add = [&](std::string path) {
    if (all.size() < kPathsMax) {
      all.insert(std::move(path));
    } else {
      log::limited(log::Level::kWarning, "integrity",
                   "more than " + std::to_string(kPathsMax) + " files to watch: " + path +
                       " and others are left out");
    }
  };
  for (const std::string& root : roots) {
    std::error_code error;
    if (!fs::is_directory(root, error)) {
      add(root);
      continue;
    }
    for (fs::directory_iterator entry(root, error), end; !error && entry != end;
         entry.increment(error)) {
      if (entry->is_regular_file(error)) add(entry->path().string());
    }
  }
  return all;
}

/// The attributes are those of the moment of taking; the content is read now, and what has changed
/// since then shows.
void IntegrityWatch::State::take(Taking given) {
  for (const auto& [path, watched] : files) {
    if (!watched.told.empty()) to_clear[path] = "it was taken into use by a reload";
  }
  roots = std::move(given.roots);
  files = std::move(given.files);
  clear_what_ended();
  for (auto& [path, watched] : files) {
    const FileState now = read(path, true);
    if (stopping) return;
    if (now.same_attributes(watched.taken)) {
      watched.taken = now;
    } else {
      look_at(path, &watched, true);
    }
  }
  next_full_ns = clock.monotonic_ns() + kFullLookNs;
}

void IntegrityWatch::State::clear_what_ended() {
  std::erase_if(to_clear, [&](const auto& entry) {
    return sink.clear(OwnCondition::kIntegrityViolation, entry.first, entry.second);
  });
}

void IntegrityWatch::State::look() {
  clear_what_ended();
  const std::int64_t now_ns = clock.monotonic_ns();
  const bool full = now_ns >= next_full_ns;
  if (full) next_full_ns = now_ns + kFullLookNs;
  // What has appeared in a directory is compared with nothing.
  for (const std::string& path : all_files(roots)) files.try_emplace(path);
  for (auto& [path, watched] : files) {
    if (stopping) return;
    look_at(path, &watched, full);
  }
  // What came and went again.
  std::erase_if(files, [](const auto& entry) {
    return !entry.second.taken.present && entry.second.told.empty();
  });
}

/// What the sink does not take now is told at the next look.
void IntegrityWatch::State::look_at(const std::string& path, Watched* watched, bool full) {
  FileState now = read(path, full);
  if (!full && now.same_attributes(watched->taken) && watched->told.empty()) return;
  if (!full) now = read(path, true);
  if (stopping) return;
  std::string what = difference(watched->taken, now);
  if (what == watched->told) return;
  bool told = false;
  if (what.empty()) {
    told = sink.clear(OwnCondition::kIntegrityViolation, path, "it is again what it was");
  } else {
    const std::string text = path + " was changed by no reload: " + what;
    log::limited(log::Level::kWarning, "integrity", text);
    told = sink.raise(OwnCondition::kIntegrityViolation, path, text);
  }
  if (told) watched->told = std::move(what);
}

void IntegrityWatch::State::work() {
  try {
    for (;;) {
      std::unique_lock hold(mutex);
      changed.wait_for(hold, std::chrono::nanoseconds(interval_ns),
                       [&] { return stopping || to_take.has_value(); });
      if (stopping) return;
      std::optional<Taking> given = std::exchange(to_take, std::nullopt);
      hold.unlock();
      if (given) {
        take(std::move(*given));
      } else {
        look();
      }
    }
  } catch (const std::exception& e) {
    log::error("the integrity of files is not watched any more: {}", e.what());
  }
}

IntegrityWatch::IntegrityWatch(alarm::OwnConditionSink& sink, std::int64_t interval_ns)
    : state_(std::make_unique<State>(sink, interval_ns)) {}
IntegrityWatch::~IntegrityWatch() { stop(); }

void IntegrityWatch::resume(const std::string& path) {
  state_->to_clear[path] = "trapd has started with it";
}

void IntegrityWatch::take(std::set<std::string> paths) {
  State::Taking taking{std::move(paths), {}};
  for (const std::string& path : State::all_files(taking.roots)) {
    taking.files[path].taken = look_at_file(path, false);
  }
  {
    const std::lock_guard hold(state_->mutex);
    state_->to_take = std::move(taking);
  }
  state_->changed.notify_one();
}

void IntegrityWatch::start() {
  if (!state_->thread.joinable()) {
    state_->thread = start_thread("integrity", [this] { state_->work(); });
  }
}

void IntegrityWatch::stop() {
  {
    const std::lock_guard hold(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_one();
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace trapd::health
