// SPDX-License-Identifier: Apache-2.0
// How long the phases of a start took, for one line of the log. One thread; no output of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trapd {

class Clock;

class PhaseTimes {
 public:
  /// The clock outlives it. The first phase begins now.
  explicit PhaseTimes(const Clock& clock);
  /// The time since the last call was that of `phase` (a literal); a phase may come more than once
  /// and has the sum. The next begins now.
  void end(std::string_view phase);
  /// From the beginning to the last end().
  std::int64_t total_ms() const;
  /// "configuration 12, keys 3": whole milliseconds, in the order in which they first ended.
  std::string text() const;

 private:
  const Clock& clock_;
  std::int64_t begin_ns_;
  std::int64_t last_ns_;
  std::vector<std::pair<std::string_view, std::int64_t>> phases_;  // ns
};

}  // namespace trapd
