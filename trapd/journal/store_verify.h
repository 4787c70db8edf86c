// SPDX-License-Identifier: Apache-2.0
// Looks at everything in a store and says what is wrong: every page of every table, every packed
// value, every record, every row; sequences without gap; and that the rows of alarms and engines
// are what the journal says. Beside a running trapd it goes in slices, each a short transaction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trapd/journal/store_view.h"

namespace trapd::journal {

struct Finding {
  std::string where;           // a table, or a file of the directory
  std::uint64_t sequence = 0;  // 0 = none
  std::string text;            // for people
};

struct Verdict {
  static constexpr std::size_t kFindingsMax = 100;

  std::uint64_t oldest = 0;  // sequences; 0 = no record
  std::uint64_t newest = 0;
  std::uint64_t replay_from = 1;
  std::uint64_t values = 0;
  std::uint64_t records = 0;
  std::uint64_t alarms = 0;
  std::uint64_t engines = 0;
  std::uint64_t destinations = 0;
  std::uint64_t pages = 0;
  bool whole_journal = false;  // from sequence 1: the rows were compared with all that made them
  std::vector<Finding> findings;
  std::uint64_t findings_left_out = 0;
  std::vector<std::string> notes;  // nothing wrong, but worth a word

  bool good() const { return findings.empty(); }
  void add(std::string where, std::uint64_t sequence, std::string text);
};

/// Error: the store cannot be looked at at all. What is damaged in it is a finding.
Result<Verdict> verify(StoreView* view);

}  // namespace trapd::journal
