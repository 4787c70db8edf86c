// SPDX-License-Identifier: Apache-2.0
// How far each destination has come: the sequence up to which (inclusive) everything is delivered.
// Reported from the destinations' threads, written by the ledger. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "trapd/base/guarded.h"
#include "trapd/journal/store.h"

namespace trapd::journal {

/// Records that a destination had not got when they were trimmed.
struct Loss {
  std::string destination;
  std::uint64_t records = 0;
};

class Cursors {
 public:
  /// Reads the facts "cursor/NAME".
  Status load(const Store& store);

  std::uint64_t get(const std::string& destination) const;  // 0 = none
  bool has(const std::string& destination) const;
  std::vector<std::pair<std::string, std::uint64_t>> all() const;
  /// A report never moves a cursor back: a trim may have passed what was under way.
  void report(const std::string& destination, std::uint64_t delivered_through);
  void drop(const std::string& destination);

  bool changed() const;
  /// Rows for the next commit; handed out once.
  void take_changed(std::vector<RowChange>* rows);
  /// All below `trim_point` goes: moves the cursors that are behind, and tells what each loses of
  /// the records from `oldest` on.
  std::vector<Loss> pass_trim(std::uint64_t oldest, std::uint64_t trim_point);

 private:
  struct Position {
    std::uint64_t sequence = 0;
    bool changed = false;
    bool dropped = false;  // until its row is deleted
  };
  Guarded<std::map<std::string, Position>> positions_;
};

}  // namespace trapd::journal
