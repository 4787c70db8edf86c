// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/store.h"

#include <utility>

#include "trapd/alarm/record.h"
#include "trapd/base/check.h"
#include "trapd/journal/environment.h"
#include "trapd/journal/store_directory.h"

namespace trapd::journal {

namespace {

int remove_trimmed(MDB_txn* txn, MDB_dbi entries, std::uint64_t below, std::size_t values_max) {
  Cursor cursor;
  if (const int code = cursor.open(txn, entries); code != 0) return code;
  MDB_val key{};
  MDB_val value{};
  int code = cursor.get(&key, &value, MDB_FIRST);
  for (std::size_t removed = 0; code == 0 && removed < values_max; ++removed) {
    // A value ends where the next one begins; the last one has no next and stays.
    code = cursor.get(&key, &value, MDB_NEXT);
    if (code != 0 || sequence_of(key) > below) break;
    code = cursor.get(&key, &value, MDB_FIRST);
    if (code == 0) code = cursor.remove();
    if (code == 0) code = cursor.get(&key, &value, MDB_FIRST);
  }
  return code == MDB_NOTFOUND ? 0 : code;
}

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

std::uint64_t last_sequence(const PackedEntry& entry) {
  alarm::RecordSequence records(entry.records);
  alarm::RecordView record;
  std::uint64_t last = 0;
  while (records.next(&record)) last = record.header().sequence;
  CHECK(!records.damaged() && last >= entry.first_sequence);
  return last;
}

/// Places the cursor on the value that holds `from`, or on the oldest one when that is trimmed.
int find_holder(Cursor* cursor, std::uint64_t from, MDB_val* key, MDB_val* value) {
  const SequenceKey wanted(from);
  *key = wanted.val();
  int code = cursor->get(key, value, MDB_SET_RANGE);
  if (code == 0 && sequence_of(*key) == from) return 0;
  if (code != 0 && code != MDB_NOTFOUND) return code;
  code = cursor->get(key, value, code == 0 ? MDB_PREV : MDB_LAST);
  return code == MDB_NOTFOUND ? cursor->get(key, value, MDB_FIRST) : code;
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
  if (Status opened = environment->open(); !opened) {
    return Unexpected<Error>(std::move(opened.error()));
  }
  return std::unique_ptr<Store>(new Store(std::move(environment)));
}

Status Store::commit(const std::vector<PackedEntry>& entries, const std::vector<RowChange>& rows) {
  Environment& e = *environment_;
  Transaction txn;
  if (Status begun = e.begin_write(&txn); !begun) return begun;
  int code = remove_trimmed(txn.get(), e.entries, e.trim_below, e.trim_values_max);
  if (code == 0) code = put_entries(txn.get(), e.entries, entries);
  for (std::size_t i = 0; code == 0 && i < rows.size(); ++i) {
    code = put_row(txn.get(), e.dbi(rows[i].table), rows[i]);
  }
  std::uint64_t bytes = 0;
  std::uint64_t values = 0;
  std::uint64_t oldest = 0;
  if (code == 0) code = e.measure(txn.get(), &bytes, &values);
  if (code == 0 && values > 0) {
    Cursor cursor;
    MDB_val key{};
    MDB_val value{};
    code = cursor.open(txn.get(), e.entries);
    if (code == 0) code = cursor.get(&key, &value, MDB_FIRST);
    if (code == 0) oldest = sequence_of(key);
  }
  if (code == 0) code = txn.commit();
  if (code != 0) return e.error("cannot write to", code);

  e.trim_below = 0;
  e.trim_values_max = 0;
  e.bytes_used = bytes;
  e.values = values;
  e.oldest = oldest;
  if (!entries.empty()) e.newest = last_sequence(entries.back());
  return {};
}

void Store::trim_with_next_commit(std::uint64_t sequence, std::size_t values_max) {
  environment_->trim_below = sequence;
  environment_->trim_values_max = values_max;
}

Result<std::uint64_t> Store::trim_point(std::uint64_t limit, std::size_t values_max) const {
  const Environment& e = *environment_;
  Environment::Reading reading(e, e.entries);
  MDB_val key{};
  MDB_val value{};
  int code = reading.code;
  if (code == 0) code = reading.cursor.get(&key, &value, MDB_FIRST);
  std::uint64_t point = code == 0 ? sequence_of(key) : 0;
  for (std::size_t passed = 0; code == 0 && passed < values_max; ++passed) {
    code = reading.cursor.get(&key, &value, MDB_NEXT);
    if (code != 0 || sequence_of(key) > limit) break;
    point = sequence_of(key);
  }
  if (code != 0 && code != MDB_NOTFOUND) return e.error("cannot read", code);
  return point;
}

Status Store::read(std::uint64_t from, std::size_t octets_max,
                   std::vector<std::uint8_t>* out) const {
  out->clear();
  const Environment& e = *environment_;
  // Before the transaction: what is counted here is in its snapshot.
  if (from > e.newest.load() || e.newest.load() == 0) return {};
  Environment::Reading reading(e, e.entries);
  MDB_val key{};
  MDB_val value{};
  int code = reading.code;
  if (code == 0) code = find_holder(&reading.cursor, from, &key, &value);
  while (code == 0 && (out->empty() || out->size() + value.mv_size <= octets_max)) {
    const ByteView packed = to_view(value);
    out->insert(out->end(), packed.begin(), packed.end());
    code = reading.cursor.get(&key, &value, MDB_NEXT);
  }
  if (code != 0 && code != MDB_NOTFOUND) return e.error("cannot read", code);
  return {};
}

Status Store::for_each(Table table,
                       const std::function<void(ByteView key, ByteView value)>& row) const {
  const Environment& e = *environment_;
  Environment::Reading reading(e, e.dbi(table));
  MDB_val key{};
  MDB_val value{};
  int code = reading.code;
  if (code == 0) code = reading.cursor.get(&key, &value, MDB_FIRST);
  for (; code == 0; code = reading.cursor.get(&key, &value, MDB_NEXT)) {
    row(to_view(key), to_view(value));
  }
  if (code != MDB_NOTFOUND) return e.error("cannot read", code);
  return {};
}

Result<std::string> Store::fact(const std::string& key) const {
  const Environment& e = *environment_;
  Environment::Reading reading(e, e.dbi(Table::kFacts));
  MDB_val name = to_val(as_bytes(key));
  MDB_val value{};
  int code = reading.code;
  if (code == 0) code = reading.cursor.get(&name, &value, MDB_SET);
  if (code == MDB_NOTFOUND) return std::string();
  if (code != 0) return e.error("cannot read", code);
  return std::string(as_text(to_view(value)));
}

StoreUsage Store::usage() const {
  const Environment& e = *environment_;
  return {.bytes_used = e.bytes_used,
          .bytes_limit = e.options.max_size_bytes,
          .oldest_sequence = e.oldest,
          .newest_sequence = e.newest,
          .entries = e.values};
}

const std::string& Store::directory() const { return environment_->options.directory; }

}  // namespace trapd::journal
