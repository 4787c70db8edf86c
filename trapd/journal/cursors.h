// SPDX-License-Identifier: Apache-2.0
// How far each destination has come: the sequence up to which (inclusive) everything is delivered,
// from where on it would be sent again, and what the destination has refused for good. Reported
// from the destinations' threads, written by the ledger in one commit. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "trapd/base/guarded.h"
#include "trapd/journal/dead_letters.h"
#include "trapd/journal/store.h"

namespace trapd::journal {

/// Records that a destination had not got when they were trimmed.
struct Loss {
  std::string destination;
  std::uint64_t records = 0;
};

/// What a destination reports: the parts belong together, and are on disk together.
struct Delivery {
  std::uint64_t through = 0;  // its cursor
  /// Delivered, but to be sent again should the connection not end in order; 0 = nothing is.
  std::uint64_t resend_from = 0;
  std::vector<DeadLetter> dead = {};  // since the last report
};

class Cursors {
 public:
  /// Reads the facts "cursor/NAME", "resend/NAME", "lost/NAME", "dead/NAME/…", "dead_count/NAME".
  Status load(const Store& store);

  std::uint64_t get(const std::string& destination) const;  // 0 = none
  bool has(const std::string& destination) const;
  std::vector<std::pair<std::string, std::uint64_t>> all() const;
  /// A report never moves a cursor back: a trim may have passed what was under way.
  void report(const std::string& destination, Delivery delivery);
  std::uint64_t resend_from(const std::string& destination) const;  // 0 = none
  /// All that is known of `from` is that of `to` from now on, unless `to` has a cursor: then `from`
  /// is only dropped.
  void rename(const std::string& from, const std::string& to);
  void drop(const std::string& destination);

  /// Runs f(DeadLetters&) for this destination, with the lock held; one that is not known has none.
  template <typename F>
  auto with_dead(const std::string& destination, F&& f) {
    return positions_.with([&](auto& positions) {
      const auto found = positions.find(destination);
      if (found != positions.end() && found->second.known) return f(found->second.dead);
      DeadLetters none;
      return f(none);
    });
  }

  bool changed() const;
  /// Rows for the next commit; handed out once.
  void take_changed(std::vector<RowChange>* rows);
  /// All below `trim_point` goes: moves the cursors that are behind, and tells what each loses of
  /// the records from `oldest` on.
  std::vector<Loss> pass_trim(std::uint64_t oldest, std::uint64_t trim_point);
  /// What has to stand in the store when all below `trim_point` goes before the rest of its commit.
  void rows_of_trim(std::uint64_t oldest, std::uint64_t trim_point,
                    std::vector<RowChange>* rows) const;
  /// Losses that load() found on disk and of which the process that died then has told nobody.
  std::vector<Loss> take_untold_losses();
  void loss_told(const Loss& loss);

 private:
  struct Position {
    std::uint64_t sequence = 0;
    std::uint64_t resend_from = 0;
    std::uint64_t lost = 0;    // ever, by trims
    std::uint64_t told = 0;    // of them, by an alarm
    std::uint64_t untold = 0;  // found by load()
    bool known = false;        // else it is dropped, until its rows are deleted
    bool changed = false;
    DeadLetters dead = {};
  };
  static void drop_all(Position* position);

  Guarded<std::map<std::string, Position>> positions_;
};

}  // namespace trapd::journal
