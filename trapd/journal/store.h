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
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/base/bytes.h"
#include "trapd/base/error.h"

namespace trapd::journal {

/// With LMDB's page header exactly four pages: small runs keep the free list from fragmenting.
/// One record that is larger gets a value of its own.
inline constexpr std::size_t kPackedOctetsMax = 16 * 1024 - 16;
/// More records than that are in no value (a record's header has 112 octets): a value with sequence
/// s in it has its key above s - kValueRecordsMax.
inline constexpr std::uint64_t kValueRecordsMax = kPackedOctetsMax / 112;
inline constexpr std::string_view kStoreFormat = "1";

struct PackedEntry {
  std::uint64_t first_sequence = 0;
  ByteView records;  // one or more whole records, each a multiple of 8 octets
};

/// What a packed value of so many octets takes up in data.mdb: a node in a leaf page, or a node
/// and pages of its own. Leaf pages are not always full: the pages in use are somewhat more.
std::uint64_t stored_octets(std::size_t value_octets);

/// How much a trim may take away: it ends with the value that reaches one of the two.
struct TrimBudget {
  std::uint64_t octets = 0;    // as stored_octets() counts them
  std::size_t values_max = 0;  // bounds the time of the transaction
};

/// What read() found.
struct Passage {
  /// Whole, readable records in the order of their sequence; some below the one that was asked
  /// for may come first.
  std::vector<std::uint8_t> records;
  std::uint64_t through = 0;  // everything up to here (inclusive) was looked at: read on behind it
  /// Sequences from the one asked for up to `through` that stand in damaged values. Those that
  /// were trimmed do not count.
  std::uint64_t unreadable = 0;
  std::uint64_t unreadable_from = 0;  // the first of them; 0 = none
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
  std::uint64_t entries = 0;       // packed values
  std::uint64_t bytes_mapped = 0;  // how large data.mdb may grow before its map is enlarged
};

class Store {
 public:
  struct Options {
    std::string directory;  // made when missing (mode 0700)
    /// Pages in use; kept by whoever trims.
    std::uint64_t max_size_bytes = std::uint64_t{8} << 30;
    /// The map, and so the file. 0 = twice max_size, or 256 MiB more than it when that is more.
    std::uint64_t map_bytes = 0;
  };
  /// Refuses, with path and reason: not writable, locked by another trapd, another format version,
  /// damaged. Never recreates silently.
  static Result<std::unique_ptr<Store>> open(const Options& options);
  ~Store();

  /// All or nothing, on disk (fdatasync) when it returns. Errors: the disk's; the store stays at
  /// its last commit and the same call may be tried again (an entry that did reach the disk is
  /// written over with itself). Only the writer's thread. When the map is full, makes room first:
  /// part of the trim in transactions of its own, then a larger map.
  Status commit(const std::vector<PackedEntry>& entries, const std::vector<RowChange>& rows);
  /// Deletes whole packed values whose records are all below `sequence`, in the transaction of the
  /// next commit that succeeds. The newest value always stays: it says where the sequence goes on.
  /// Those below `alone_below` need nothing of what is committed with the trim but `alone_rows`:
  /// when the map is full they may go before it, in one transaction with these.
  void trim_with_next_commit(std::uint64_t sequence, std::uint64_t alone_below,
                             std::vector<RowChange> alone_rows = {});
  /// The oldest sequence that a trim below `limit` would leave, within the budget.
  Result<std::uint64_t> trim_point(std::uint64_t limit, const TrimBudget& budget) const;

  /// Copies the records of whole packed values from the one that holds `from` on, until about
  /// octets_max are there (at least one value when any). A damaged value is copied up to its first
  /// record that cannot be read, and passed. `out` is replaced (its room is kept); `through` is
  /// from - 1 when nothing at or above `from` is committed, never less. Errors: the file's own
  /// structure is damaged.
  Status read(std::uint64_t from, std::size_t octets_max, Passage* out) const;
  /// The same without the numbers: what is damaged is passed silently. Empty = nothing more.
  Status read(std::uint64_t from, std::size_t octets_max, std::vector<std::uint8_t>* out) const;
  /// About how much the values of the sequences above `after` take up: from samples, so that it
  /// costs the same for any number of records. Nothing on errors: a damaged value among the
  /// samples.
  std::optional<std::uint64_t> octets_above(std::uint64_t after) const;
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
