// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/store.h"

#include <utility>

#include "trapd/alarm/record.h"
#include "trapd/base/check.h"
#include "trapd/journal/data_file.h"
#include "trapd/journal/environment.h"
#include "trapd/journal/map_fault.h"
#include "trapd/journal/start_check.h"
#include "trapd/journal/store_directory.h"

namespace trapd::journal {

namespace {

/// As it is, after a trim, and twice with a larger map.
constexpr int kAttempts = 4;

int put_entries(MDB_txn* txn, MDB_dbi dbi, const std::vector<PackedEntry>& entries) {
  for (const PackedEntry& entry : entries) {
    CHECK(!entry.records.empty() && entry.records.size() % 8 == 0);
    const SequenceKey sequence(entry.first_sequence);
    MDB_val key = sequence.val();
    MDB_val value = to_val(entry.records);
    int code = mdb_put(txn, dbi, &key, &value, MDB_APPEND);
    // A commit that was reported as failed may have reached the disk all the same.
    if (code == MDB_KEYEXIST) code = mdb_put(txn, dbi, &key, &value, 0);
    if (code != 0) return code;
  }
  return 0;
}

int put_row(MDB_txn* txn, MDB_dbi dbi, const RowChange& row) {
  MDB_val key = to_val(as_bytes(row.key));
  MDB_val value = to_val(as_bytes(row.value));
  if (!row.erase) return mdb_put(txn, dbi, &key, &value, 0);
  const int code = mdb_del(txn, dbi, &key, nullptr);
  return code == MDB_NOTFOUND ? 0 : code;
}

}  // namespace

int Store::Environment::put_rows(MDB_txn* txn, const std::vector<RowChange>& rows) const {
  int code = 0;
  for (std::size_t i = 0; code == 0 && i < rows.size(); ++i) {
    code = put_row(txn, dbi(rows[i].table), rows[i]);
  }
  return code;
}

namespace {

std::uint64_t last_sequence(const PackedEntry& entry) {
  alarm::RecordSequence records(entry.records);
  alarm::RecordView record;
  std::uint64_t last = 0;
  while (records.next(&record)) last = record.header().sequence;
  CHECK(!records.damaged() && last >= entry.first_sequence);
  return last;
}

}  // namespace

Store::Store(std::unique_ptr<Environment> environment) : environment_(std::move(environment)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const Options& options) {
  auto environment = std::make_unique<Environment>();
  environment->options = options;
  Result<Fd> lock = hold_directory(options.directory);
  if (!lock) return Unexpected<Error>(std::move(lock.error()));
  environment->lock = std::move(*lock);
  Status opened = make_data_file_if_missing(options.directory);
  if (opened) opened = check_former_fault(options.directory);
  if (opened) opened = check_pages_of_start(options.directory);
  if (opened) opened = environment->open();
  if (!opened) {
    return Unexpected<Error>(std::move(opened.error()));
  }
  return std::unique_ptr<Store>(new Store(std::move(environment)));
}

Status Store::commit(const std::vector<PackedEntry>& entries, const std::vector<RowChange>& rows) {
  Environment& e = *environment_;
  bool trimmed = false;
  int code = MDB_MAP_FULL;
  for (int attempt = 0; code == MDB_MAP_FULL && attempt < kAttempts; ++attempt) {
    if (attempt > 0) {
      if (Status made = e.make_room(&trimmed); !made) {
        e.revive();
        return made;
      }
    }
    Transaction txn;
    if (Status begun = e.begin_write(&txn); !begun) return begun;
    Extent extent;
    code = e.remove_below(txn.get(), e.trim_below);
    if (code == 0) code = put_entries(txn.get(), e.entries, entries);
    if (code == 0) code = e.put_rows(txn.get(), rows);
    if (code == 0) code = e.measure(txn.get(), &extent);
    if (code == 0) code = txn.commit();
    if (code == 0) e.take_over(extent);
  }
  if (code != 0) {
    const auto failed = e.error("cannot write to", code);
    e.revive();
    return failed;
  }
  e.trim_below = e.trim_alone_below = 0;
  e.trim_alone_rows.clear();
  if (!entries.empty()) e.newest = last_sequence(entries.back());
  return {};
}

}  // namespace trapd::journal
