// SPDX-License-Identifier: Apache-2.0
// Records that one destination refuses for good: at most kMax, by sequence; beyond that the oldest
// leave and are counted. Kept as facts, in the commit of the cursor that passes them.
//
//   dead/NAME/SEQUENCE -> a letter            dead_count/NAME -> how many there were
//
// Not shared: Cursors holds the lock.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "trapd/journal/store.h"

namespace trapd::journal {

struct DeadLetter {
  std::uint64_t sequence = 0;
  std::int64_t since_wall_ns = 0;  // of the last refusal
  bool retry = false;              // an operator wants it sent again
  std::string reason;              // at most DeadLetters::kReasonOctetsMax
};

class DeadLetters {
 public:
  static constexpr std::size_t kMax = 1000;
  static constexpr std::size_t kReasonOctetsMax = 1024;
  static constexpr std::string_view kPrefix = "dead/";
  static constexpr std::string_view kCountPrefix = "dead_count/";

  struct Counts {
    std::uint64_t kept = 0;
    std::uint64_t total = 0;  // ever set aside, each record once
    std::uint64_t left = 0;   // of them, those that gave way to newer ones
  };

  /// Rows as they are on disk; what is not readable is passed over.
  void load(std::string_view sequence, ByteView value);
  void load_counts(ByteView value);

  /// One that is known already (sent again after a crash) is replaced.
  void add(DeadLetter letter);
  /// A retry came to nothing. Nothing happens when there is none.
  void refused_again(DeadLetter letter);
  /// It was delivered, or the operator does not want it any more. False: there is none.
  bool remove(std::uint64_t sequence);
  /// False: there is none.
  bool mark_retry(std::uint64_t sequence);
  /// Everything goes, the counts too.
  void clear();

  Counts counts() const;
  std::vector<DeadLetter> all() const;  // ascending
  bool changed() const { return counts_changed_ || !changed_.empty(); }
  /// Rows for the next commit; handed out once.
  void take_changed(const std::string& destination, std::vector<RowChange>* rows);
  /// The destination has another name from now on: all rows are to be written.
  DeadLetters take_over();

 private:
  struct Kept {
    DeadLetter letter;
    bool stored = false;  // there is a row for it
  };
  void forget(std::map<std::uint64_t, Kept>::iterator at);

  std::map<std::uint64_t, Kept> letters_;
  std::set<std::uint64_t> changed_;  // bounded: kMax letters, and the rows of kMax that left
  std::uint64_t total_ = 0;
  std::uint64_t left_ = 0;
  bool counts_changed_ = false;
};

}  // namespace trapd::journal
