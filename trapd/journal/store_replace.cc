// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/store_replace.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <optional>

#include "trapd/base/clock.h"
#include "trapd/base/log.h"
#include "trapd/journal/engine_state_file.h"
#include "trapd/journal/map_fault.h"
#include "trapd/journal/newer_rows.h"
#include "trapd/journal/own_state.h"
#include "trapd/journal/replaced_mark.h"
#include "trapd/journal/store_copy.h"
#include "trapd/journal/store_directory.h"
#include "trapd/journal/table_walk.h"

namespace trapd::journal {

namespace {

namespace fs = std::filesystem;

/// The backup's room, and what of the old store comes on top.
constexpr std::uint64_t kRoomOctets = std::uint64_t{256} << 20;

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

std::uint64_t file_octets(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

/// What root makes in a directory of trapd's user must be that user's, or trapd cannot open it.
void give_to_owner(const std::string& directory, const std::string& path) {
  struct stat owner {};
  if (::geteuid() != 0 || ::stat(directory.c_str(), &owner) != 0) return;
  if (::lchown(path.c_str(), owner.st_uid, owner.st_gid) != 0) {
    log::warning("{}", errno_error("cannot give to trapd's user:", path, errno).text);
  }
}

/// Error: no such directory; a trapd holds it.
Result<Fd> hold(const std::string& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) {
    return failure("there is no directory " + directory +
                   ": make it first, with mode 0700, for the user that trapd runs as");
  }
  Result<Fd> lock = hold_directory(directory);
  if (!lock) return failure("stop trapd first: " + lock.error().text);
  give_to_owner(directory, directory + "/trapd.lock");
  return lock;
}

/// What the facts of a store say of ourselves, as far as they can be read.
std::optional<OwnState> own_state_in(StoreView* view) {
  std::optional<OwnState> state;
  const Status looked = view->look([&](const PageSnapshot& snapshot) -> Status {
    const auto tables = find_tables(view->file(), snapshot);
    if (!tables) return failure(tables.error().text);
    const auto facts = tables->find("facts");
    if (facts == tables->end()) return {};
    const auto value = find_row(view->file(), snapshot, facts->second, as_bytes("own_engine"));
    if (value) state = decode_own_engine(*value);
    return {};
  });
  if (!looked) state.reset();
  return state;
}

/// File and store of one directory; the larger boots. Nothing when neither is readable.
std::optional<OwnState> own_state_of(const std::string& directory) {
  const Result<EngineStateFile> file = read_engine_state(directory);
  std::optional<OwnState> known = file ? file->state : std::nullopt;
  const auto view = StoreView::open_unlocked(directory);
  if (!view) return known;
  std::optional<OwnState> stored = own_state_in(view->get());
  if (!known) return stored;
  if (stored && stored->engine_id == known->engine_id) {
    known->boots = std::max(known->boots, stored->boots);
  }
  return known;
}

/// Makes the directory into which the old store goes; engine.state goes along as a copy.
Result<std::string> make_set_aside(const std::string& directory) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  std::array<char, 32> date{};
  ::gmtime_r(&now, &utc);
  std::strftime(date.data(), date.size(), "%Y%m%dT%H%M%SZ", &utc);
  std::string path = directory + "/set-aside-" + date.data();
  for (int n = 2; exists(path); ++n) {
    path = directory + "/set-aside-" + date.data() + "-" + std::to_string(n);
  }
  if (Status made = make_directory(path); !made) return Unexpected(made.error());
  give_to_owner(directory, path);
  std::error_code ignored;
  fs::copy_file(directory + "/engine.state", path + "/engine.state", ignored);
  if (!ignored) give_to_owner(directory, path + "/engine.state");
  return path;
}

Status keep_own_state(const std::string& directory, const std::optional<OwnState>& state) {
  Status done = state ? write_engine_state(directory, *state) : write_engine_state_lost(directory);
  give_to_owner(directory, directory + "/engine.state");
  return done;
}

/// Before the other store is in place: told once too often is better than not at all.
Status leave_mark(const std::string& directory) {
  Status done = mark_replaced(directory);
  give_to_owner(directory, directory + "/replaced");
  return done;
}

Status rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return Unexpected(errno_error("cannot rename", from, errno));
}

/// LMDB keeps the number of the newest commit in lock.mdb, and believes it as long as anybody has
/// the file open: a verify that began beside the trapd before does. With another data.mdb it would
/// begin at the older of its two headers, and the last commit would be gone. Who has it open keeps
/// it, with the old data.mdb. Before the other file is in place, so that a kill leaves none of it;
/// and behind it, because a reader may have come in between.
Status forget_readers(const std::string& directory) {
  if (Status forgotten = forget_fault(directory); !forgotten) return forgotten;
  const std::string path = directory + "/lock.mdb";
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return Unexpected(errno_error("cannot remove", path, errno));
}

class Restore {
 public:
  Restore(std::string from, std::string directory)
      : from_(std::move(from)),
        directory_(std::move(directory)),
        making_(directory_ + "/restoring-" + std::to_string(::getpid())) {}
  ~Restore() { remove_directory(making_); }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

  Result<Replacement> run(const RestoreOptions& options);

 private:
  Status verify_backup();
  Status make_copy(const RestoreOptions& options);
  Status decide_own_state();
  Status raise_boots(const OwnState& theirs);
  Status put_in_place();

  const std::string from_;
  const std::string directory_;
  const std::string making_;
  Replacement done_;
  std::int64_t newest_wall_ns_ = 0;  // of the backup
  std::optional<OwnState> own_;      // to be; nothing = lost
};

Status Restore::verify_backup() {
  auto view = StoreView::open(from_);
  if (!view) return failure("cannot restore " + from_ + ": " + view.error().text);
  if ((*view)->beside() != 0) {
    return failure(from_ + " is the store of a trapd that runs (pid " +
                   std::to_string((*view)->beside()) + "); make a backup of it first");
  }
  Result<Verdict> verdict = verify(view->get());
  if (!verdict) return failure("cannot restore " + from_ + ": " + verdict.error().text);
  std::erase_if(verdict->findings, [](const Finding& f) { return f.where == "engine.state"; });
  if (!verdict->good()) {
    const Finding& first = verdict->findings.front();
    return failure("the backup " + from_ + " is damaged, nothing was changed: " + first.where +
                   ": " + first.text);
  }
  done_.backup_newest = verdict->newest;
  return {};
}

Status Restore::make_copy(const RestoreOptions& options) {
  if (Status made = make_directory(making_); !made) return made;
  std::error_code error;
  fs::copy_file(from_ + "/data.mdb", making_ + "/data.mdb", error);
  if (error) return failure("cannot copy " + from_ + "/data.mdb: " + error.message());
  ::chmod((making_ + "/data.mdb").c_str(), 0600);
  const std::string old_file = directory_ + "/data.mdb";
  StoreCopy to;
  const std::uint64_t room = file_octets(making_ + "/data.mdb") + 2 * file_octets(old_file);
  if (Status opened = to.open(making_, room + kRoomOctets); !opened) return opened;
  NewerRows newer(&to);
  if (Status read = newer.read_backup(from_); !read) return read;
  newest_wall_ns_ = newer.newest_wall_ns();
  if (exists(old_file)) {
    if (Status taken = newer.take_over(directory_, options.with_newer); !taken) return taken;
    done_.newer_records = newer.records();
    for (const std::string& note : newer.notes()) done_.notes.push_back(note);
  }
  if (Status closed = to.close(); !closed) return closed;
  auto view = StoreView::open_unlocked(making_);
  if (!view) return Unexpected(view.error());
  Result<Verdict> verdict = verify(view->get());
  if (!verdict) return Unexpected(verdict.error());
  std::erase_if(verdict->findings, [](const Finding& f) { return f.where == "engine.state"; });
  if (!verdict->good()) {
    return failure("what the old store has beyond the backup does not fit it (" +
                   verdict->findings.front().text +
                   "); nothing was changed: restore with --without-newer");
  }
  done_.verdict = std::move(*verdict);
  return {};
}

Status Restore::decide_own_state() {
  own_ = own_state_of(directory_);
  const std::optional<OwnState> theirs = own_state_of(from_);
  if (!own_ && !theirs) {
    done_.notes.emplace_back("our own engine ID and boots are in no readable place: they are lost");
  } else if (!own_) {
    return raise_boots(*theirs);
  } else if (theirs && theirs->engine_id == own_->engine_id) {
    own_->boots = std::max(own_->boots, theirs->boots);
  } else if (theirs) {
    done_.notes.push_back("the backup is of another engine (" + to_hex(theirs->engine_id) +
                          "); ours stays " + to_hex(own_->engine_id));
  }
  return {};
}

/// When only the backup has them.
Status Restore::raise_boots(const OwnState& theirs) {
  if (newest_wall_ns_ == 0) {
    own_ = theirs;
    own_->boots = kBootsMaximum;
    done_.notes.emplace_back(
        "our own boots are known from the backup alone, and it has no record that would tell how "
        "old they are: they are lost");
    return {};
  }
  const std::int64_t since_ns = SystemClock().wall_ns() - newest_wall_ns_;
  if (since_ns < 0) {
    return failure(
        "our own boots are known from the backup alone, and this machine's clock is before the "
        "backup's newest record: set the clock first; nothing was changed");
  }
  const auto since_s =
      static_cast<std::uint64_t>(since_ns) / static_cast<std::uint64_t>(kNsPerSecond);
  own_ = theirs;
  own_->boots = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(theirs.boots + since_s, kBootsMaximum - 1));
  done_.notes.push_back("our own boots are known from the backup alone: raised to " +
                        std::to_string(own_->boots) + ", beyond what they can have reached");
  return {};
}

Status Restore::put_in_place() {
  const std::string old_file = directory_ + "/data.mdb";
  if (exists(old_file)) {
    Result<std::string> aside = make_set_aside(directory_);
    if (!aside) return Unexpected(aside.error());
    done_.set_aside = *aside;
    // A second name for it, not a move: at any moment there is a data.mdb, the old or the new one.
    if (::link(old_file.c_str(), (*aside + "/data.mdb").c_str()) != 0) {
      return Unexpected(errno_error("cannot keep a name for", old_file, errno));
    }
    if (Status synced = sync_directory(*aside); !synced) return synced;
  }
  if (Status kept = keep_own_state(directory_, own_); !kept) return kept;
  if (Status marked = leave_mark(directory_); !marked) return marked;
  give_to_owner(directory_, making_ + "/data.mdb");
  if (Status forgotten = forget_readers(directory_); !forgotten) return forgotten;
  if (Status moved = rename_file(making_ + "/data.mdb", old_file); !moved) return moved;
  if (Status forgotten = forget_readers(directory_); !forgotten) return forgotten;
  return sync_directory(directory_);
}

Result<Replacement> Restore::run(const RestoreOptions& options) {
  std::error_code error;
  if (fs::equivalent(from_, directory_, error)) return failure(from_ + " is the store itself");
  Result<Fd> lock = hold(directory_);
  if (!lock) return Unexpected(lock.error());
  Status done = verify_backup();
  if (done) done = make_copy(options);
  if (done) done = decide_own_state();
  if (done) done = put_in_place();
  if (!done) return Unexpected(done.error());
  return std::move(done_);
}

}  // namespace

Result<Replacement> set_aside(const std::string& directory) {
  const std::string file = directory + "/data.mdb";
  Result<Fd> lock = hold(directory);
  if (!lock) return Unexpected(lock.error());
  if (!exists(file)) return failure("there is no store in " + directory);
  Replacement done;
  const std::optional<OwnState> ours = own_state_of(directory);
  if (!ours) {
    done.notes.emplace_back(
        "our own boots are in no readable place: the next start says that they are lost");
  }
  done.notes.emplace_back(
      "the clocks of all devices stay in the old store: each is learned anew, and what was "
      "recorded "
      "of a device until then could be replayed");
  Result<std::string> aside = make_set_aside(directory);
  if (!aside) return Unexpected(aside.error());
  done.set_aside = *aside;
  Status kept = keep_own_state(directory, ours);
  if (kept) kept = leave_mark(directory);
  if (kept) kept = forget_readers(directory);
  if (kept) kept = rename_file(file, done.set_aside + "/data.mdb");
  if (kept) kept = forget_readers(directory);
  if (kept) kept = sync_directory(done.set_aside);
  if (kept) kept = sync_directory(directory);
  if (!kept) return Unexpected(kept.error());
  return done;
}

Result<Replacement> restore(const std::string& from, const std::string& directory,
                            const RestoreOptions& options) {
  return Restore(from, directory).run(options);
}

}  // namespace trapd::journal
