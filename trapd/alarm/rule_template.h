// SPDX-License-Identifier: Apache-2.0
// The texts of a rule: literals and placeholders, with OIDs in place of names once compiled.
// {OBJECT~REGEX} is what the expression's group (or all of it) finds in the varbind's first
// kSearchedOctetsMax octets: for vendors who say in a sentence which thing it is.
// What a device sent is data: it can never add a line, a control character or broken UTF-8.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/classifier.h"
#include "trapd/alarm/rule_names.h"
#include "trapd/alarm/varbind_set.h"
#include "trapd/base/expected.h"

namespace re2 {
class RE2;
}

namespace trapd::alarm {

inline constexpr std::size_t kSearchedOctetsMax = 1024;

/// What placeholders are filled from. Borrowed.
struct TemplateInput {
  const VarbindSet& varbinds;
  const ClassifyContext& context;
  snmp::OidView trap;
};

class RuleTemplate {
 public:
  RuleTemplate() = default;
  /// The error is one sentence without position.
  static Expected<RuleTemplate, std::string> compile(std::string_view text, const RuleNames& names);

  /// How many regular expressions a template has, sound or not.
  static std::size_t regexes_in(std::string_view text);

  /// Writes the text to the start of the room and returns it, cut to whole characters. No
  /// allocation but RE2's (varbind_condition.h), which a group may need anew each time. A template
  /// without placeholders is returned as it stands, not copied: the view then lives as long as the
  /// template.
  std::string_view render(const TemplateInput& input, std::span<char> room) const;

 private:
  enum class Source : std::uint8_t { kValue, kIndex, kDevice, kDeviceName, kSource, kTrap };
  struct Placeholder {
    Source source = Source::kValue;
    snmp::Oid object;                       // kValue, kIndex
    std::shared_ptr<const re2::RE2> regex;  // of kValue; null: all of the value
  };
  struct Piece {
    std::string literal;
    std::vector<Placeholder> choices;  // the first that gives text goes behind the literal
  };
  class Parser;
  class Line;

  static void append(const Placeholder& placeholder, const TemplateInput& input, Line* line);

  std::vector<Piece> pieces_;
};

}  // namespace trapd::alarm
