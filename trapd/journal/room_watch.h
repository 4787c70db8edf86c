// SPDX-License-Identifier: Apache-2.0
// Whether the store is about to take records away that a destination still lacks. A store at its
// limit is healthy: it keeps what history has room. What fills it up is a backlog.
//
//   quiet --- the largest backlog takes up 80 % of max_size ---> raised
//     ^                                                             |
//     +-------------- it takes up less than 70 % -------------------+
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trapd/journal/store.h"

namespace trapd::journal {

struct Backlog {
  std::string destination;
  std::uint64_t records = 0;  // committed and not delivered
  std::uint64_t octets = 0;   // that they take up in the store, about
};

/// Pure logic; one thread.
class RoomWatch {
 public:
  struct Change {
    bool raised = false;
    std::string text;
  };
  /// The alarm was active when trapd last ran.
  void resume() { raised_ = true; }
  /// The change that look() has just returned found nobody to take it: it comes again.
  void not_told() { raised_ = !raised_; }
  /// False: with so much in use look() has nothing to say, whatever the backlogs are.
  bool may_change(const StoreUsage& usage) const;
  /// Some times a minute.
  std::optional<Change> look(const StoreUsage& usage, const std::vector<Backlog>& backlogs);

 private:
  bool raised_ = false;
};

}  // namespace trapd::journal
