// SPDX-License-Identifier: Apache-2.0
// What happened since the last step began, and the expectations about it. A step is some actions
// and the expectations behind them; counts, records and answers are those of the step.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/scenario/receiver.h"

namespace trapd::scenario {

class Step {
 public:
  explicit Step(const Receiver& receiver) : receiver_(receiver) {}

  /// From here on. A new process of the receiver counts from zero.
  void begin(bool new_process);
  /// `expect …`; throws Disappointment, or Mistake when it makes no sense.
  void expect(const std::vector<std::string>& words);
  /// The one active alarm that NAME key=value … stands for.
  alarm::AlarmState active(const std::vector<std::string>& words, std::size_t at) const;
  /// All that happened, for people.
  std::string text() const;

 private:
  bool expect_count(const std::vector<std::string>& words) const;
  bool expect_answer(const std::vector<std::string>& words);
  bool expect_octets(const std::vector<std::string>& words);
  bool expect_record(const std::vector<std::string>& words);
  bool expect_state(const std::vector<std::string>& words) const;
  void expect_no(const std::vector<std::string>& words) const;
  std::uint64_t counted(const std::vector<std::string>& words) const;
  std::uint64_t own_alarms(bool own) const;
  std::vector<Facts> records() const;
  std::vector<Facts> answers() const;
  std::string octets_text() const;
  std::vector<Facts> actives() const;

  const Receiver& receiver_;
  Counts counts_;
  std::size_t first_record_ = 0;
  std::size_t first_answer_ = 0;
  // Each record and answer fulfils one expectation.
  std::set<std::size_t> used_records_;
  std::set<std::size_t> used_answers_;
};

}  // namespace trapd::scenario
