// SPDX-License-Identifier: Apache-2.0
// Reaches Chain, verify_directory, last_entries and Trail with a log that trapd wrote and somebody
// or something has damaged since: octets and lines changed, taken out, moved, repeated, put in,
// cut, or written anew from some place on. What verify calls good is what was written, as far as
// FORMAT.md promises; and a Trail goes on behind whatever it finds, and hides nothing of it.
//
// An input: which log, then steps, each an octet that says what and what it needs.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"
#include "trapd/audit/log_files.h"
#include "trapd/audit/trail.h"
#include "trapd/audit/verify.h"
#include "trapd/base/check.h"

namespace trapd::fuzz {
namespace {

using audit::Chain;
using audit::Trail;
using Lines = std::vector<std::string>;

/// In memory where the system has such a place: a Trail waits for the disk at each entry.
class Directory {
 public:
  Directory() {
    const std::filesystem::path memory = "/dev/shm";
    std::error_code error;
    const auto place = std::filesystem::is_directory(memory, error)
                           ? memory
                           : std::filesystem::temp_directory_path();
    path_ = (place / "trapd-fuzz-XXXXXX").string();
    CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  void clear() const {
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      std::filesystem::remove(entry.path());
    }
  }

 private:
  std::string path_;
};

audit::TrailOptions options(const Directory& directory, std::size_t file_octets_max = 1 << 20,
                            std::size_t files_max = 100) {
  return {.directory = directory.path(),
          .now = [] { return std::string("2026-11-23T06:15:15.123Z"); },
          .file_octets_max = file_octets_max,
          .files_max = files_max};
}

void write(Trail& trail, int entries) {
  for (int i = 0; i < entries; ++i) {
    CHECK(trail.write("alice (uid 7)", "ack", {{"id", i}, {"why", "on it"}}).has_value());
  }
}

struct LogFile {
  std::string name;
  Lines lines;
  std::string tail;  // behind the last LF
  bool there = true;
};

/// The files of a log, the oldest first, `audit.log` last.
struct Log {
  std::vector<LogFile> files;

  static Log read(const Directory& directory) {
    auto names = audit::closed_files(directory.path());
    CHECK(names.has_value());
    names->emplace_back(audit::kLogName);
    Log log;
    for (const std::string& name : *names) {
      LogFile file{name, {}, *audit::read_log_file(directory.file(name), nullptr), true};
      for (std::size_t end = file.tail.find('\n'); end != std::string::npos;
           end = file.tail.find('\n')) {
        file.lines.push_back(file.tail.substr(0, end));
        file.tail.erase(0, end + 1);
      }
      log.files.push_back(std::move(file));
    }
    return log;
  }
  void put(const Directory& directory) const {
    directory.clear();
    for (const LogFile& file : files) {
      if (file.there) std::ofstream(directory.file(file.name), std::ios::binary) << text(file);
    }
  }
  static std::string text(const LogFile& file) {
    std::string text;
    for (const std::string& line : file.lines) text.append(line).append("\n");
    return text + file.tail;
  }
  /// Of all files, in order; where they are divided is no matter of the chain.
  Lines lines() const {
    Lines all;
    for (const LogFile& file : files) {
      if (!file.there) continue;
      all.insert(all.end(), file.lines.begin(), file.lines.end());
      if (!file.tail.empty()) all.push_back(file.tail);
    }
    return all;
  }
};

/// Whole logs that trapd wrote: in one file; in two; of which the oldest was removed; with what a
/// crash tore.
std::vector<Log> make_originals(const Directory& directory) {
  constexpr std::size_t kSmall = 900;
  std::vector<Log> logs;
  const auto keep = [&] {
    logs.push_back(Log::read(directory));
    CHECK(!audit::verify_directory(directory.path(), {})->chain.fault());
    directory.clear();
  };
  const auto add = [&](const audit::TrailOptions& with, int entries) {
    Trail trail(with);
    write(trail, entries);
  };
  add(options(directory), 5);
  keep();
  add(options(directory, kSmall), 6);
  keep();
  add(options(directory, kSmall, 1), 11);
  keep();
  add(options(directory), 2);
  std::ofstream(directory.file(audit::kLogName), std::ios::app) << "half\nan ent";
  add(options(directory), 2);
  keep();
  return logs;
}

enum class Step : std::uint8_t {
  kChange,
  kRemove,
  kSwap,
  kRepeat,
  kPutIn,
  kCut,
  kAppend,
  kDivide,
  kRemoveFile,
  kForge,
  kCount,
};

class Damage {
 public:
  Damage(Log log, Input input) : log_(std::move(log)), input_(input) {}
  Log run() {
    constexpr int kStepsMax = 8;
    for (int i = 0; i < kStepsMax && !input_.empty(); ++i) step();
    return std::move(log_);
  }
  /// Was the chain written anew somewhere? Then only its last hash can show it.
  bool forged() const { return forged_; }

 private:
  struct Place {
    LogFile* file;
    std::size_t line;
    std::string& text() const { return file->lines[line]; }
    Lines::iterator at() const { return file->lines.begin() + static_cast<std::ptrdiff_t>(line); }
  };
  LogFile& any_file() { return log_.files[input_.u8() % log_.files.size()]; }
  std::optional<Place> any_line() {
    LogFile& file = any_file();
    const std::size_t line = input_.u8();
    if (file.lines.empty()) return std::nullopt;
    return Place{&file, line % file.lines.size()};
  }
  static void change(std::string& text, std::size_t at, std::uint8_t bits) {
    if (text.empty()) return;
    char& octet = text[at % text.size()];
    octet = static_cast<char>(static_cast<std::uint8_t>(octet) ^ bits);
    // A line stays one: where it ends is what the other steps are for.
    if (octet == '\n') octet = ' ';
  }
  void step() {
    const auto what = static_cast<Step>(input_.below(static_cast<std::uint8_t>(Step::kCount)));
    switch (what) {
      case Step::kAppend:
        log_.files.back().tail += without_line_feeds();
        return;
      case Step::kCut:
        return cut(any_file());
      case Step::kDivide:
        return divide();
      case Step::kRemoveFile:
        any_file().there = false;
        return;
      case Step::kForge:
        return forge();
      case Step::kChange:
      case Step::kRemove:
      case Step::kSwap:
      case Step::kRepeat:
      case Step::kPutIn:
        if (const auto place = any_line()) step_line(what, *place);
        return;
      case Step::kCount:
        return;
    }
  }
  void step_line(Step what, const Place& place) {
    if (what == Step::kChange) {
      const std::size_t at = input_.u16();
      change(place.text(), at, input_.u8());
    } else if (what == Step::kRemove) {
      place.file->lines.erase(place.at());
    } else if (what == Step::kPutIn) {
      place.file->lines.insert(place.at(), without_line_feeds());
    } else if (const auto other = any_line()) {
      if (what == Step::kSwap) {
        std::swap(place.text(), other->text());
      } else {
        const std::string again = other->text();
        place.file->lines.insert(place.at(), again);
      }
    }
  }
  std::string without_line_feeds() {
    std::string text(input_.text());
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }
  /// The last octets of a file, be it within a line.
  void cut(LogFile& file) {
    std::size_t octets = input_.u16();
    while (octets > 0 && !(file.tail.empty() && file.lines.empty())) {
      if (file.tail.empty()) {
        file.tail = std::move(file.lines.back());  // its LF is the octet
        file.lines.pop_back();
        --octets;
      }
      const std::size_t taken = std::min(octets, file.tail.size());
      file.tail.resize(file.tail.size() - taken);
      octets -= taken;
    }
  }
  /// The last line of a file goes to the beginning of the next one.
  void divide() {
    const std::size_t first = input_.u8() % log_.files.size();
    if (first + 1 == log_.files.size() || log_.files[first].lines.empty()) return;
    Lines& next = log_.files[first + 1].lines;
    next.insert(next.begin(), std::move(log_.files[first].lines.back()));
    log_.files[first].lines.pop_back();
  }
  /// An entry says something else, and all behind it is written anew, as somebody does who knows
  /// the format and may write the files.
  void forge() {
    const auto from = any_line();
    if (!from) return;
    const auto entry = audit::decode(from->text());
    if (!entry) return;
    forged_ = true;
    audit::Entry other = *entry;
    other.who = without_line_feeds();
    if (other.who == entry->who) other.who += "!";
    from->text() = audit::encode(other);
    std::string hash = audit::sha256_hex(from->text());
    bool behind = false;
    for (LogFile& file : log_.files) {
      for (std::string& line : file.lines) {
        if (&line == &from->text()) {
          behind = true;
        } else if (auto next = behind ? audit::decode(line) : std::nullopt) {
          next->previous = hash;
          line = audit::encode(*next);
          hash = audit::sha256_hex(line);
        }
      }
    }
  }

  Log log_;
  Input input_;
  bool forged_ = false;
};

/// `given` is of `written` what a chain can show: all but its last line stand there, in this order
/// and without a gap.
bool is_run_of(const Lines& given, const Lines& written) {
  if (given.size() < 2) return true;
  const auto end = given.end() - 1;
  return std::search(written.begin(), written.end(), given.begin(), end) != written.end();
}

Chain verify(const Directory& directory, const audit::Awaited& awaited) {
  auto verdict = audit::verify_directory(directory.path(), awaited);
  CHECK(verdict.has_value());
  return std::move(verdict->chain);
}

/// What was there stays as it is, and a new entry stands behind it.
void go_on(const Directory& directory, const Log& before) {
  Trail trail(options(directory));
  CHECK(trail.write("bob (uid 8)", "next", audit::Json::object()).has_value());
  for (const LogFile& file : before.files) {
    if (!file.there) continue;
    CHECK(audit::read_log_file(directory.file(file.name))->starts_with(Log::text(file)));
  }
  const auto last = audit::last_entries(directory.path(), 1);
  CHECK(last && last->size() == 1 && last->front().action == "next");
  CHECK(last->front().sequence == trail.last_sequence());
}

/// What only a crash explains is closed, or told of; what somebody did can still be seen.
void check_going_on(const Directory& directory, const Log& damaged, std::uint64_t faults,
                    bool torn) {
  const bool missing = !damaged.files.back().there && damaged.files.size() > 1;
  const std::uint64_t lasting = faults - (torn ? 1 : 0) - (missing && faults > 0 ? 1 : 0);
  go_on(directory, damaged);
  const Chain after = verify(directory, {});
  if (lasting > 0) {
    CHECK(after.fault().has_value());
    return;
  }
  // An entry of which just the LF is missing is judged as every line, when it has got it. Whether a
  // log begins where it must is a question that only verify asks.
  const bool whole = audit::decode(damaged.files.back().tail).has_value();
  if (whole && after.fault()) {
    CHECK(after.first_sequence() > 1 ||
          audit::last_entries(directory.path(), 2)->front().action == "broken");
    return;
  }
  CHECK(!after.fault());
  go_on(directory, Log::read(directory));
  CHECK(!verify(directory, {after.last_hash()}).fault());
}

void check_log(Input input) {
  static const Directory directory;
  static const std::vector<Log> originals = make_originals(directory);
  const Log& original = originals[input.u8() % originals.size()];
  Damage damage(original, input);
  const Log damaged = damage.run();
  if (std::none_of(damaged.files.begin(), damaged.files.end(),
                   [](const LogFile& file) { return file.there; })) {
    return;
  }
  damaged.put(directory);
  const Lines written = original.lines();
  const Lines given = damaged.lines();
  if (!verify(directory, {audit::sha256_hex(written.back())}).fault()) CHECK(given == written);
  const Chain alone = verify(directory, {});
  if (!alone.fault() && !damage.forged()) CHECK(is_run_of(given, written));
  CHECK(audit::last_entries(directory.path(), 3)->size() <= 3);
  check_going_on(directory, damaged, alone.faults(), !alone.torn().empty());
}

Seed seed(std::string name, unsigned log, const Output& steps = {}) {
  return {std::move(name), Output().u8(log).raw(steps.done()).done()};
}

Output step(Step what) { return Output().u8(static_cast<unsigned>(what)); }

}  // namespace

std::vector<Seed> seeds() {
  return {seed("whole", 0),
          seed("two_files", 1),
          seed("oldest_removed", 2),
          seed("torn", 3),
          seed("changed", 0, step(Step::kChange).u8(0).u8(2).u16(40).u8(1)),
          seed("removed", 1, step(Step::kRemove).u8(1).u8(0)),
          seed("swapped", 1, step(Step::kSwap).u8(0).u8(1).u8(1).u8(0)),
          seed("repeated", 0, step(Step::kRepeat).u8(0).u8(1).u8(0).u8(2)),
          seed("put_in", 3, step(Step::kPutIn).u8(0).u8(1).text("{}")),
          seed("cut", 0, step(Step::kCut).u8(0).u16(30)),
          seed("cut_line_feed", 1, step(Step::kCut).u8(1).u16(1)),
          seed("cut_closed", 1, step(Step::kCut).u8(0).u16(1)),
          seed("appended", 3, step(Step::kAppend).text("{\"seq\":9")),
          seed("divided", 2, step(Step::kDivide).u8(0)),
          seed("no_log", 1, step(Step::kRemoveFile).u8(1)),
          seed("no_closed", 2, step(Step::kRemoveFile).u8(0)),
          seed("forged", 0, step(Step::kForge).u8(0).u8(1).text("mallory"))};
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapd::fuzz::check_log(trapd::fuzz::Input(data, size));
  return 0;
}
