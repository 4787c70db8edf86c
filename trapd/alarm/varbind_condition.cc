// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/varbind_condition.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "trapd/ber/tag.h"
#include "trapd/snmp/value_text.h"

namespace trapd::alarm {
namespace {

std::optional<std::int64_t> whole_number(std::string_view digits) {
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

}  // namespace

std::unique_ptr<const RE2> compile_regex(const std::string& pattern, bool captures) {
  RE2::Options options;
  const bool ascii = std::all_of(pattern.begin(), pattern.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_dot_nl(true);
  options.set_max_mem(kRegexOctetsMax);
  options.set_log_errors(false);  // they would go to stderr, per packet
  options.set_never_capture(!captures);
  return std::make_unique<const RE2>(pattern, options);
}

std::string regex_fault(const std::string& pattern) {
  if (pattern.size() > kRegexPatternMax) {
    return "longer than " + std::to_string(kRegexPatternMax) + " octets";
  }
  const auto compiled = compile_regex(pattern, false);
  return compiled->ok() ? std::string() : compiled->error();
}

VarbindCondition::VarbindCondition(snmp::Oid object, const VarbindMatch& match)
    : object_(std::move(object)),
      values_(match.values),
      contains_(match.contains),
      from_(match.from),
      to_(match.to),
      type_(match.type),
      present_(match.present.value_or(true)),
      negated_(match.negated) {
  for (const std::string& value : values_) {
    if (const auto number = whole_number(value)) numbers_.push_back(*number);
  }
  for (const std::string& pattern : match.matches) {
    matches_.push_back(compile_regex(pattern, false));
  }
  any_value_ = values_.empty() && contains_.empty() && matches_.empty() && !from_ && !to_;
}

VarbindCondition::~VarbindCondition() = default;
VarbindCondition::VarbindCondition(VarbindCondition&&) noexcept = default;
VarbindCondition& VarbindCondition::operator=(VarbindCondition&&) noexcept = default;

bool VarbindCondition::holds(const VarbindSet& varbinds) const {
  return fits(varbinds) != negated_;
}

bool VarbindCondition::fits(const VarbindSet& varbinds) const {
  snmp::Varbind varbind;
  if (!varbinds.find(object_, &varbind)) return !present_;
  if (!present_ || (type_ && varbind.value.tag != *type_)) return false;
  return any_value_ || in_range(varbind.value) || one_fits(varbind.value);
}

bool VarbindCondition::one_fits(const ber::Value& value) const {
  if (value.tag == ber::kOctetString) {
    const std::string_view text = as_text(without_final_nuls(value.content));
    const auto is_part = [&](const std::string& part) { return text.find(part) != text.npos; };
    return is_one_of(values_, text) || std::any_of(contains_.begin(), contains_.end(), is_part) ||
           matches_one(text);
  }
  const auto number = number_of(value);
  if (number && std::find(numbers_.begin(), numbers_.end(), *number) != numbers_.end()) return true;
  if ((number || values_.empty()) && matches_.empty()) return false;
  std::array<char, 1500> room;  // an OID of 128 arcs
  const std::string_view text(room.data(), snmp::value_to_text(value, room));
  return (!number && is_one_of(values_, text)) || matches_one(text);
}

bool VarbindCondition::is_one_of(const std::vector<std::string>& candidates,
                                 std::string_view text) const {
  return std::find(candidates.begin(), candidates.end(), text) != candidates.end();
}

bool VarbindCondition::in_range(const ber::Value& value) const {
  if (!from_ && !to_) return false;
  const auto number = number_of(value);
  return number && *number >= from_.value_or(std::numeric_limits<std::int64_t>::min()) &&
         *number <= to_.value_or(std::numeric_limits<std::int64_t>::max());
}

bool VarbindCondition::matches_one(std::string_view text) const {
  const re2::StringPiece piece(text.data(), text.size());
  return std::any_of(matches_.begin(), matches_.end(), [&](const auto& pattern) {
    // Without groups: the automaton alone decides, in time linear in the text.
    return pattern->Match(piece, 0, text.size(), RE2::UNANCHORED, nullptr, 0);
  });
}

}  // namespace trapd::alarm
