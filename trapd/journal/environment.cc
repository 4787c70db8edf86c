// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/environment.h"

#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "trapd/alarm/record.h"
#include "trapd/base/log.h"
#include "trapd/journal/data_file.h"
#include "trapd/journal/map_fault.h"
#include "trapd/journal/store_directory.h"

namespace trapd::journal {

namespace {

constexpr MDB_dbi kFreeList = 0;
constexpr MDB_dbi kMain = 1;
constexpr unsigned int kReadersMax = 256;
constexpr std::chrono::seconds kReaderCheckInterval{10};

std::uint64_t file_size(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

int put_format(MDB_txn* txn, MDB_dbi facts) {
  MDB_val key = to_val(as_bytes(kFormatName));
  MDB_val value = to_val(as_bytes(kStoreFormat));
  return mdb_put(txn, facts, &key, &value, 0);
}

Unexpected<Error> Store::Environment::error(const char* what, int code) const {
  return failure(std::string(what) + " " + data_path() + ": " + mdb_strerror(code));
}

void Store::Environment::close() {
  if (env == nullptr) return;
  leave_map();
  mdb_env_close(std::exchange(env, nullptr));
}

Status Store::Environment::open() {
  if (Status opened = open_environment(); !opened) return opened;
  if (Status opened = open_tables(); !opened) return opened;
  return read_extent();
}

Status Store::Environment::open_environment() {
  close();
  settled = false;
  const std::string path = data_path();
  if (const int code = mdb_env_create(&env); code != 0) {
    env = nullptr;
    return error("cannot open", code);
  }
  // A store that was larger once keeps room to copy pages while it is trimmed down.
  const std::uint64_t size = std::max(options.max_size_bytes, file_size(path));
  std::uint64_t map = std::max(2 * options.max_size_bytes, size + kSlackOctets);
  if (options.map_bytes != 0) map = std::max(options.map_bytes, file_size(path));
  map = std::max((map + 4095) / 4096 * 4096, map_size.load());  // it may have been enlarged
  mdb_env_set_mapsize(env, map);
  map_size = map;
  mdb_env_set_maxdbs(env, kTables);
  mdb_env_set_maxreaders(env, kReadersMax);
  // Without MDB_NOMEMINIT: LMDB writes whole pages, and what lay in their memory before them (a
  // passphrase, say) must not get to the disk.
  const int code = mdb_env_open(env, options.directory.c_str(), MDB_NOTLS, 0600);
  if (code != 0) {
    const bool damaged =
        code == MDB_INVALID || code == MDB_CORRUPTED || code == MDB_VERSION_MISMATCH;
    std::string why = error(damaged ? "the store is damaged:" : "cannot open", code).error().text;
    if (damaged) why += ways_out(options.directory);
    close();
    return failure(std::move(why));
  }
  watch_map(options.directory);
  int stale = 0;
  mdb_reader_check(env, &stale);  // of a process that was killed; they would pin pages
  return {};
}

Status Store::Environment::open_tables() {
  Transaction txn;
  if (const int code = txn.begin(env, MDB_RDONLY); code != 0) return error("cannot open", code);
  int code = mdb_dbi_open(txn.get(), kEntriesName, 0, &entries);
  for (std::size_t i = 0; code == 0 && i < kTableNames.size(); ++i) {
    code = mdb_dbi_open(txn.get(), kTableNames[i], 0, &tables[i]);
  }
  if (code == MDB_NOTFOUND) {
    return failure(data_path() + " is not a store of trapd: a table is missing" +
                   ways_out(options.directory));
  }
  if (code != 0) return error("cannot open", code);

  MDB_val key = to_val(as_bytes(kFormatName));
  MDB_val value{};
  code = mdb_get(txn.get(), dbi(Table::kFacts), &key, &value);
  if (code == MDB_NOTFOUND) value.mv_size = 0;
  if (code == MDB_NOTFOUND || (code == 0 && as_text(to_view(value)) != kStoreFormat)) {
    return failure("the store " + options.directory + " has format \"" +
                   std::string(as_text(to_view(value))) + "\", this trapd reads format \"" +
                   std::string(kStoreFormat) + "\"" + ways_out(options.directory));
  }
  if (code == 0) code = txn.commit();  // keeps the table handles
  if (code != 0) return error("cannot open", code);
  return {};
}

Status Store::Environment::read_extent() {
  Transaction txn;
  if (const int code = txn.begin(env, MDB_RDONLY); code != 0) return error("cannot read", code);
  Extent extent;
  if (const int code = measure(txn.get(), &extent); code != 0) return error("cannot read", code);
  std::uint64_t found = 0;
  if (extent.values > 0) {
    Cursor cursor;
    MDB_val key{};
    MDB_val value{};
    int code = cursor.open(txn.get(), entries);
    if (code == 0) code = cursor.get(&key, &value, MDB_LAST);
    if (code != 0) return error("cannot read", code);
    // Copied: LMDB gives no alignment, records want 8.
    const std::vector<std::uint8_t> last(to_view(value).begin(), to_view(value).end());
    alarm::RecordSequence sequence(last);
    alarm::RecordView record;
    while (sequence.next(&record)) found = record.header().sequence;
    if (sequence.damaged() || found < sequence_of(key)) {
      return failure("the store is damaged: the newest entry of " + data_path() +
                     " is not readable" + ways_out(options.directory));
    }
  }
  // At the end: readers of usage() go on with what was known while this fails.
  take_over(extent);
  newest = found;
  return {};
}

Status Store::Environment::reopen() {
  const std::unique_lock alone(reopening);
  Status opened = open();
  if (!opened) close();
  return opened;
}

void Store::Environment::revive() {
  Transaction probe;
  if (env == nullptr || probe.begin(env, MDB_RDONLY) != MDB_PANIC) return;
  static_cast<void>(reopen());
}

Status Store::Environment::begin_write(Transaction* txn) {
  if (env == nullptr) {
    if (Status opened = reopen(); !opened) return opened;
  }
  if (!settled) {
    if (Status done = settle_meta_pages(data_path()); !done) return done;
    settled = true;
  }
  if (const int code = txn->begin(env, 0); code != 0) return error("cannot write to", code);
  drop_dead_readers();
  return {};
}

/// Another program that reads beside us (store_view.h) and is killed in the middle of it leaves its
/// place in the table of readers: its pages could never be used again.
void Store::Environment::drop_dead_readers() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_reader_check) return;
  next_reader_check = now + kReaderCheckInterval;
  int dead = 0;
  mdb_reader_check(env, &dead);
}

int Store::Environment::measure(MDB_txn* txn, Extent* extent) const {
  *extent = {};
  for (const MDB_dbi table : {kFreeList, kMain, entries, tables[0], tables[1], tables[2]}) {
    MDB_stat stat{};
    if (const int code = mdb_stat(txn, table, &stat); code != 0) return code;
    extent->bytes += (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) *
                     std::uint64_t{stat.ms_psize};
    if (table == entries) extent->values = stat.ms_entries;
  }
  if (extent->values == 0) return 0;
  Cursor cursor;
  MDB_val key{};
  int code = cursor.open(txn, entries);
  if (code == 0) code = cursor.get(&key, nullptr, MDB_FIRST);
  if (code == 0) extent->oldest = sequence_of(key);
  return code;
}

void Store::Environment::take_over(const Extent& extent) {
  bytes_used = extent.bytes;
  values = extent.values;
  oldest = extent.oldest;
}

}  // namespace trapd::journal
