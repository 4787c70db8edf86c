// SPDX-License-Identifier: Apache-2.0
// The LMDB environment (the only code that sees LMDB): packed journal entries, checkpoint rows and
// small facts, committed together.
//
//   entries   big-endian u64 sequence of the first record -> records, packed up to 16 KiB
//   alarms    big-endian u64 alarm id -> encode_alarm()
//   engines   engine id -> EngineRow
//   facts     text -> value: "format", "cursor/NAME", "replay_from", "own_engine" (FORMAT.md)
//
// One writer (the ledger's thread; commit is not thread-safe). Readers from any thread, each
// through its own short transactions: never one across a wait, or pages cannot be reused.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/base/bytes.h"
#include "trapd/base/error.h"

namespace trapd::journal {

/// With LMDB's page header exactly four pages: small runs keep the free list from fragmenting.
/// One record that is larger gets a value of its own.
inline constexpr std::size_t kPackedOctetsMax = 16 * 1024 - 16;
inline constexpr std::string_view kStoreFormat = "1";

struct PackedEntry {
  std::uint64_t first_sequence = 0;
  ByteView records;  // one or more whole records, each a multiple of 8 octets
};

enum class Table : std::uint8_t { kAlarms, kEngines, kFacts };
struct RowChange {
  Table table = Table::kFacts;
  std::string key;
  std::string value;
  bool erase = false;
};

struct StoreUsage {
  std::uint64_t bytes_used = 0;       // pages in use, tables and entries
  std::uint64_t bytes_limit = 0;      // max_size
  std::uint64_t oldest_sequence = 0;  // 0 = no entry
  std::uint64_t newest_sequence = 0;
  std::uint64_t entries = 0;  // packed values
};

class Store {
 public:
  struct Options {
    std::string directory;  // made when missing (mode 0700)
    /// Pages in use; kept by whoever trims. The map, and so the file, is twice that, or 256 MiB
    /// more than it when that is more.
    std::uint64_t max_size_bytes = std::uint64_t{8} << 30;
  };
  /// Refuses, with path and reason: not writable, locked by another trapd, another format version,
  /// damaged. Never recreates silently.
  static Result<std::unique_ptr<Store>> open(const Options& options);
  ~Store();

  /// All or nothing, on disk (fdatasync) when it returns. Errors: the disk's; the store stays at
  /// its last commit and the same call may be tried again (an entry that did reach the disk is
  /// written over with itself). Only the writer's thread.
  Status commit(const std::vector<PackedEntry>& entries, const std::vector<RowChange>& rows);
  /// Deletes whole packed values whose records are all below `sequence`, at most values_max of
  /// them, in the transaction of the next commit that succeeds. The newest value always stays: it
  /// says where the sequence goes on.
  void trim_with_next_commit(std::uint64_t sequence, std::size_t values_max);
  /// The oldest sequence that a trim of at most values_max values below `limit` would leave.
  Result<std::uint64_t> trim_point(std::uint64_t limit, std::size_t values_max) const;

  /// Copies whole packed values from the one that holds `from` on, until about octets_max are
  /// there (at least one value when any). Records below `from` may come first. `out` is cleared;
  /// it stays empty when nothing at or above `from` is committed.
  Status read(std::uint64_t from, std::size_t octets_max, std::vector<std::uint8_t>* out) const;
  /// Visits every row of a table in key order within one read transaction; must be short.
  Status for_each(Table table, const std::function<void(ByteView key, ByteView value)>& row) const;
  Result<std::string> fact(const std::string& key) const;  // empty when missing
  /// As of the last commit; costs a few loads.
  StoreUsage usage() const;
  const std::string& directory() const;

 private:
  struct Environment;
  explicit Store(std::unique_ptr<Environment> environment);
  std::unique_ptr<Environment> environment_;
};

}  // namespace trapd::journal
