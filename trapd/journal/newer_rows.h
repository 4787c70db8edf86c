// SPDX-License-Identifier: Apache-2.0
// What a restore keeps of the store that it replaces, because it must not be set back
// (store_replace.h): read with distrust, as far as it can be read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trapd/base/error.h"
#include "trapd/journal/engine_rows.h"
#include "trapd/journal/store_copy.h"
#include "trapd/journal/store_view.h"
#include "trapd/journal/table_walk.h"

namespace trapd::journal {

class NewerRows {
 public:
  /// The copy of the backup that is being made; outlives this.
  explicit NewerRows(StoreCopy* to) : to_(*to) {}

  /// Where the backup ends, and what it says of destinations.
  Status read_backup(const std::string& directory);
  /// Errors are the copy's. What the old store refuses is a note.
  Status take_over(const std::string& directory, bool with_records);

  std::uint64_t records() const { return records_; }
  std::int64_t newest_wall_ns() const { return newest_wall_ns_; }  // of the backup; 0 = no record
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  using Tables = std::map<std::string, TableRoot>;
  Status take_from(const StoreView& old, const PageSnapshot& snapshot, const Tables& tables,
                   bool with_records);
  Status take_engines(const StoreView& old, const PageSnapshot& snapshot, const TableRoot& root);
  Status take_clocks(const StoreView& old, const PageSnapshot& snapshot, const Tables& tables);
  Status put_if_later(ByteView engine_id, const EngineRow& theirs);
  bool goes_on_from_backup(TableWalk* entries) const;
  Status take_records(TableWalk* entries);
  Status take_deliveries(const StoreView& old, const PageSnapshot& snapshot,
                         const TableRoot& facts);

  StoreCopy& to_;
  std::uint64_t last_key_ = 0;
  std::vector<std::uint8_t> last_value_;
  std::vector<std::string> delivery_facts_;  // keys
  std::uint64_t newest_ = 0;
  std::int64_t newest_wall_ns_ = 0;
  std::uint64_t records_ = 0;
  std::vector<std::string> notes_;
};

}  // namespace trapd::journal
