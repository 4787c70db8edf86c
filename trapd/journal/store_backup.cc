// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/store_backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "trapd/alarm/record.h"
#include "trapd/base/rename_to_new.h"
#include "trapd/journal/engine_state_file.h"
#include "trapd/journal/own_state.h"
#include "trapd/journal/store_copy.h"
#include "trapd/journal/store_directory.h"
#include "trapd/journal/table_walk.h"

namespace trapd::journal {

namespace {

using Step = TableWalk::Step;
using Tables = std::map<std::string, TableRoot>;

/// Copied in one transaction.
constexpr std::size_t kSliceOctets = std::size_t{4} << 20;
/// A store that is trimmed faster than it is copied: begun again so often.
constexpr int kAttempts = 5;
constexpr std::uint64_t kRoomOctets = std::uint64_t{64} << 20;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::uint64_t sequence_in(ByteView key) { return key.size() == 8 ? load_be64(key.data()) : 0; }

/// The sequence behind the last record of a value.
std::uint64_t behind(ByteView value, std::uint64_t first) {
  alarm::RecordSequence records(value);
  alarm::RecordView record;
  while (records.next(&record)) ++first;
  return first;
}

std::uint64_t octets_in_use(const PageFile& file, const Tables& tables) {
  std::uint64_t pages = 0;
  for (const auto& [name, root] : tables) {
    pages += root.branch_pages + root.leaf_pages + root.overflow_pages;
  }
  return pages * file.page_octets();
}

class BackupRun {
 public:
  BackupRun(StoreView* view, std::string directory)
      : view_(*view), directory_(std::move(directory)) {}
  /// False: values were trimmed before they were copied.
  Result<bool> copy();

 private:
  Status copy_rows(const PageSnapshot& snapshot);
  Status find_needed(const PageSnapshot& snapshot, const Tables& tables);
  Status copy_slice(const PageSnapshot& snapshot);
  Status copy_table(const PageSnapshot& snapshot, const std::string& name, const TableRoot& root);
  Status check_room(std::uint64_t octets) const;
  Status copy_engine_state();

  StoreView& view_;
  const std::string directory_;
  StoreCopy to_;
  std::uint64_t last_key_ = 0;
  std::uint64_t next_key_ = 0;  // of the values
  std::uint64_t needed_ = 1;    // sequence at which the rest of the journal has to begin, at latest
  bool at_end_ = false;
  bool overtaken_ = false;
};

Status BackupRun::check_room(std::uint64_t octets) const {
  struct statvfs disk {};
  if (::statvfs(directory_.c_str(), &disk) != 0) return {};
  const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (room >= octets) return {};
  return failure("there is no room for the backup: it needs " + std::to_string(octets >> 20) +
                 " MiB, the file system of " + directory_ + " has " + std::to_string(room >> 20) +
                 " MiB left");
}

Status BackupRun::copy_table(const PageSnapshot& snapshot, const std::string& name,
                             const TableRoot& root) {
  if (root.flags != 0) return failure("the table " + name + " is of a kind that nobody knows");
  TableWalk walk(view_.file(), snapshot, root);
  for (Step step = walk.next(); step != Step::kEnd; step = walk.next()) {
    if (step == Step::kDamaged) return failure("the table " + name + ": " + walk.fault());
    if (Status put = to_.put(name, walk.key(), walk.value(), true); !put) return put;
  }
  return {};
}

Status BackupRun::copy_rows(const PageSnapshot& snapshot) {
  const Result<Tables> tables = find_tables(view_.file(), snapshot);
  if (!tables) return failure(tables.error().text);
  const auto entries = tables->find("entries");
  if (entries == tables->end()) return failure("there is no table entries");
  const std::uint64_t octets = octets_in_use(view_.file(), *tables);
  if (Status room = check_room(octets + kRoomOctets); !room) return room;
  if (Status opened = to_.open(directory_, 2 * octets + kRoomOctets); !opened) return opened;
  for (const auto& [name, root] : *tables) {
    if (Status made = to_.make_table(name); !made) return made;
    if (name == "entries") continue;
    if (Status copied = copy_table(snapshot, name, root); !copied) return copied;
  }
  if (Status found = find_needed(snapshot, *tables); !found) return found;
  TableWalk walk(view_.file(), snapshot, entries->second);
  walk.seek_last();
  const Step step = walk.next();
  if (step == Step::kDamaged) return failure("the newest value: " + walk.fault());
  at_end_ = step == Step::kEnd;
  if (!at_end_) last_key_ = sequence_in(walk.key());
  return {};
}

/// A start of the backup needs the journal from replay_from on; what is older may be trimmed.
Status BackupRun::find_needed(const PageSnapshot& snapshot, const Tables& tables) {
  const auto facts = tables.find("facts");
  if (facts == tables.end()) return failure("there is no table facts");
  const auto value = find_row(view_.file(), snapshot, facts->second, as_bytes("replay_from"));
  if (!value) return failure(value.error().text);
  if (value->size() == 8) needed_ = load_le<std::uint64_t>(as_bytes(*value).data());
  TableWalk walk(view_.file(), snapshot, tables.at("entries"));
  if (walk.next() == Step::kRow) needed_ = std::max(needed_, sequence_in(walk.key()));
  return {};
}

Status BackupRun::copy_slice(const PageSnapshot& snapshot) {
  const Result<Tables> tables = find_tables(view_.file(), snapshot);
  if (!tables) return failure(tables.error().text);
  TableWalk walk(view_.file(), snapshot, tables->at("entries"));
  overtaken_ = walk.next() == Step::kRow && sequence_in(walk.key()) > needed_;
  const SequenceKey from(next_key_);
  walk.seek(to_view(from.val()));
  for (std::size_t octets = 0; octets < kSliceOctets && !overtaken_;) {
    const Step step = walk.next();
    if (step == Step::kDamaged) return failure("the journal: " + walk.fault());
    const std::uint64_t key = sequence_in(walk.key());
    at_end_ = step == Step::kEnd || key > last_key_;
    if (at_end_) break;
    if (Status put = to_.put("entries", walk.key(), walk.value(), true); !put) return put;
    next_key_ = key + 1;
    needed_ = behind(walk.value(), key);
    octets += walk.value().size();
  }
  return {};
}

Status BackupRun::copy_engine_state() {
  const Result<EngineStateFile> file = read_engine_state(view_.directory());
  if (!file) return failure(file.error().text);
  if (!file->state) return {};  // a restore takes what stands in the store
  return write_engine_state(directory_, *file->state);
}

Result<bool> BackupRun::copy() {
  // Written between the looks: a disk that is slow to take the copy would keep the store's pages.
  Status done = view_.look([this](const PageSnapshot& now) { return copy_rows(now); });
  if (done) done = to_.commit();
  while (done && !at_end_ && !overtaken_) {
    done = view_.look([this](const PageSnapshot& now) { return copy_slice(now); });
    if (done) done = to_.commit();
  }
  if (done && overtaken_) return false;
  if (done) done = to_.close();
  if (done) done = copy_engine_state();
  if (!done) return Unexpected(done.error());
  return true;
}

Result<bool> copy_to(StoreView* view, const std::string& directory) {
  if (Status made = make_directory(directory); !made) return Unexpected(made.error());
  return BackupRun(view, directory).copy();
}

Result<Verdict> verify_backup(const std::string& directory) {
  auto view = StoreView::open_unlocked(directory);
  if (!view) return Unexpected(view.error());
  auto verdict = verify(view->get());
  if (!verdict) return verdict;
  // A store without one is still worth a backup; a restore takes what stands in data.mdb.
  std::erase_if(verdict->findings, [](const Finding& f) { return f.where == "engine.state"; });
  if (!verdict->good()) {
    return failure(verdict->findings.front().where + ": " + verdict->findings.front().text);
  }
  return verdict;
}

}  // namespace

Result<Backup> back_up(StoreView* view, const std::string& directory) {
  Backup backup;
  backup.directory = directory.substr(0, directory.find_last_not_of('/') + 1);
  struct stat status {};
  if (::lstat(backup.directory.c_str(), &status) == 0) {
    return failure(directory + " exists already; a backup overwrites nothing");
  }
  const std::vector<std::string> faults = view->file().header_faults();
  if (!faults.empty()) return failure("no backup was made: the store is damaged: " + faults[0]);
  const std::string partial = backup.directory + ".partial-" + std::to_string(::getpid());
  const auto give_up = [&](const std::string& why) {
    remove_directory(partial);
    return failure("no backup was made: " + why);
  };
  Result<bool> copied = false;
  for (int attempt = 0; attempt < kAttempts && copied && !*copied; ++attempt) {
    if (attempt > 0) remove_directory(partial);
    copied = copy_to(view, partial);
  }
  if (!copied) return give_up(copied.error().text);
  if (!*copied) return give_up("the store is full and trimmed faster than it can be copied");
  Result<Verdict> verdict = verify_backup(partial);
  if (!verdict) {
    return give_up("the store is damaged (trapctl store verify tells all): " +
                   verdict.error().text);
  }
  backup.verdict = std::move(*verdict);
  if (::stat((partial + "/data.mdb").c_str(), &status) == 0) {
    backup.octets = static_cast<std::uint64_t>(status.st_size);
  }
  if (rename_to_new(partial, backup.directory) != 0) {
    return give_up(errno_error("cannot rename", partial, errno).text);
  }
  if (Status synced = sync_directory(parent_of(backup.directory)); !synced) {
    return Unexpected(synced.error());
  }
  return backup;
}

}  // namespace trapd::journal
