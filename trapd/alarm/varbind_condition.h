// SPDX-License-Identifier: Apache-2.0
// A rule's condition on one varbind, ready to be asked. Immutable; any thread; allocates nothing
// when asked, but for what a regular expression meets for the first time (RE2 builds its automaton
// as it goes, at most kRegexOctetsMax each, and shares it between threads behind a lock of its
// own).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trapd/alarm/rule.h"
#include "trapd/alarm/varbind_set.h"
#include "trapd/snmp/oid.h"

namespace re2 {
class RE2;
}

namespace trapd::alarm {

inline constexpr std::size_t kRegexOctetsMax = 256 << 10;  // memory of one automaton
inline constexpr std::size_t kRegexPatternMax = 1024;      // octets of its text
inline constexpr std::size_t kRegexesMax = 500;            // of all rules together

class VarbindCondition {
 public:
  /// The regular expressions must be sound (regex_fault).
  VarbindCondition(snmp::Oid object, const VarbindMatch& match);
  ~VarbindCondition();
  VarbindCondition(VarbindCondition&&) noexcept;
  VarbindCondition& operator=(VarbindCondition&&) noexcept;

  bool holds(const VarbindSet& varbinds) const;

 private:
  bool fits(const VarbindSet& varbinds) const;
  bool one_fits(const ber::Value& value) const;
  bool is_one_of(const std::vector<std::string>& candidates, std::string_view text) const;
  bool in_range(const ber::Value& value) const;
  bool matches_one(std::string_view text) const;

  snmp::Oid object_;
  std::vector<std::int64_t> numbers_;  // those of values_ that are numbers
  std::vector<std::string> values_;
  std::vector<std::string> contains_;
  std::vector<std::unique_ptr<const re2::RE2>> matches_;
  std::optional<std::int64_t> from_;
  std::optional<std::int64_t> to_;
  std::optional<std::uint8_t> type_;
  bool present_ = true;
  bool any_value_ = false;  // present is enough
  bool negated_ = false;
};

/// Why this is no regular expression that rules take; empty when it is one.
std::string regex_fault(const std::string& pattern);

/// One that is sound, for values that a device may fill with anything: a line feed is a character
/// like any other, and a pattern of ASCII sees octets, so that one which is no UTF-8 hides nothing.
std::unique_ptr<const re2::RE2> compile_regex(const std::string& pattern, bool captures);

}  // namespace trapd::alarm
