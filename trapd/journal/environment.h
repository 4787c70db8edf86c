// SPDX-License-Identifier: Apache-2.0
// LMDB in terms of C++: transactions and cursors that end themselves, and the store's open
// environment. Private to the store; nothing else includes it.
#pragma once

#include <lmdb.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trapd/base/bytes.h"
#include "trapd/base/error.h"
#include "trapd/base/fd.h"
#include "trapd/journal/store.h"

namespace trapd::journal {

/// Aborts unless committed.
class Transaction {
 public:
  Transaction() = default;
  Transaction(Transaction&& other) noexcept : txn_(std::exchange(other.txn_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() { abort(); }

  /// LMDB's result code; 0 = begun.
  int begin(MDB_env* env, unsigned int flags) {
    abort();
    return mdb_txn_begin(env, nullptr, flags, &txn_);
  }
  /// The transaction is over whatever the result.
  int commit() { return mdb_txn_commit(std::exchange(txn_, nullptr)); }
  void abort() {
    if (txn_ != nullptr) mdb_txn_abort(std::exchange(txn_, nullptr));
  }
  MDB_txn* get() const { return txn_; }

 private:
  MDB_txn* txn_ = nullptr;
};

/// Ends before its transaction does (declare it after).
class Cursor {
 public:
  Cursor() = default;
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  ~Cursor() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  }
  int open(MDB_txn* txn, MDB_dbi dbi) { return mdb_cursor_open(txn, dbi, &cursor_); }
  int get(MDB_val* key, MDB_val* value, MDB_cursor_op op) {
    return mdb_cursor_get(cursor_, key, value, op);
  }
  int remove() { return mdb_cursor_del(cursor_, 0); }

 private:
  MDB_cursor* cursor_ = nullptr;
};

inline MDB_val to_val(ByteView bytes) {
  return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())};  // LMDB does not write to it
}
inline ByteView to_view(const MDB_val& val) {
  return {static_cast<const std::uint8_t*>(val.mv_data), val.mv_size};
}

/// Key of a packed entry: big-endian, so that LMDB's byte order is the sequence's.
class SequenceKey {
 public:
  explicit SequenceKey(std::uint64_t sequence) { store_be64(octets_.data(), sequence); }
  MDB_val val() const { return to_val(octets_); }

 private:
  std::array<std::uint8_t, 8> octets_{};
};
inline std::uint64_t sequence_of(const MDB_val& key) {
  return key.mv_size == 8 ? load_be64(static_cast<const std::uint8_t*>(key.mv_data)) : 0;
}

inline constexpr const char* kEntriesName = "entries";
inline constexpr std::array<const char*, 3> kTableNames = {"alarms", "engines", "facts"};
inline constexpr MDB_dbi kTables = 1 + kTableNames.size();
inline constexpr std::string_view kFormatName = "format";

/// LMDB's result code.
int put_format(MDB_txn* txn, MDB_dbi facts);

/// Room beyond max_size at the least: pages that a reader pins while it is kept from running.
inline constexpr std::uint64_t kSlackOctets = std::uint64_t{256} << 20;

/// The store as a transaction sees it.
struct Extent {
  std::uint64_t bytes = 0;   // pages of all tables
  std::uint64_t values = 0;  // of entries
  std::uint64_t oldest = 0;  // sequence; 0 = no entry
};

struct Store::Environment {
  Options options;
  Fd lock;  // before env: released after it
  /// Shared by readers for one short transaction, exclusive while the environment is reopened or
  /// its map changes.
  mutable std::shared_mutex reopening;
  MDB_env* env = nullptr;
  MDB_dbi entries = 0;
  std::array<MDB_dbi, 3> tables{};  // by Table

  // As of the last commit.
  std::atomic<std::uint64_t> bytes_used{0};
  std::atomic<std::uint64_t> values{0};
  std::atomic<std::uint64_t> oldest{0};
  std::atomic<std::uint64_t> newest{0};
  std::atomic<std::uint64_t> map_size{0};

  /// The writer's: the disk has the meta pages that this environment was opened with.
  bool settled = false;
  std::chrono::steady_clock::time_point next_reader_check{};

  // The next commit's trim, and what of it may go alone.
  std::uint64_t trim_below = 0;
  std::uint64_t trim_alone_below = 0;
  std::vector<RowChange> trim_alone_rows;

  /// A reader's short transaction with a cursor on one table; code is LMDB's result so far. By
  /// reference: the handle is read under the lock, because reopen() writes it.
  struct Reading {
    Reading(const Environment& e, const MDB_dbi& dbi) : open(e.reopening) {
      code = e.env == nullptr ? MDB_PANIC : txn.begin(e.env, MDB_RDONLY);
      if (code == 0) code = cursor.open(txn.get(), dbi);
    }
    std::shared_lock<std::shared_mutex> open;
    Transaction txn;
    Cursor cursor;
    int code = 0;
  };

  ~Environment() { close(); }
  Status open();
  void close();
  const MDB_dbi& dbi(Table table) const { return tables[static_cast<std::size_t>(table)]; }
  std::string data_path() const { return options.directory + "/data.mdb"; }
  Unexpected<Error> error(const char* what, int code) const;

  /// LMDB refuses everything (MDB_PANIC) once writing its meta page failed; only opening again
  /// helps. At once, so that readers can go on while the disk takes nothing. What cannot be opened
  /// now is tried again by begin_write().
  void revive();
  /// Begins a write transaction, when the disk takes it.
  Status begin_write(Transaction* txn);
  int measure(MDB_txn* txn, Extent* extent) const;
  /// What a transaction saw that is committed now.
  void take_over(const Extent& extent);
  int remove_below(MDB_txn* txn, std::uint64_t below) const;
  int put_rows(MDB_txn* txn, const std::vector<RowChange>& rows) const;
  /// After MDB_MAP_FULL: trims alone the first time, then enlarges the map.
  Status make_room(bool* trimmed);
  /// The first key above `sequence`, newest_now + 1 when there is none.
  Result<std::uint64_t> key_behind(std::uint64_t sequence, std::uint64_t newest_now) const;

 private:
  void drop_dead_readers();
  int trim_alone();
  Status enlarge_map();
  Status reopen();
  Status open_environment();
  Status open_tables();
  Status read_extent();
};

}  // namespace trapd::journal
