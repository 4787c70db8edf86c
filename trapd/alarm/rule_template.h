// SPDX-License-Identifier: Apache-2.0
// The texts of a rule: literals and placeholders, with OIDs in place of names once compiled.
// What a device sent is data: it can never add a line, a control character or broken UTF-8.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/classifier.h"
#include "trapd/alarm/rule_names.h"
#include "trapd/alarm/varbind_set.h"
#include "trapd/base/expected.h"

namespace trapd::alarm {

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

  /// Writes the text to the start of the room and returns it, cut to whole characters. No
  /// allocation. A template without placeholders is returned as it stands, not copied: the view
  /// then lives as long as the template.
  std::string_view render(const TemplateInput& input, std::span<char> room) const;

 private:
  enum class Source : std::uint8_t { kValue, kIndex, kDevice, kDeviceName, kSource, kTrap };
  struct Placeholder {
    Source source = Source::kValue;
    snmp::Oid object;  // kValue, kIndex
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
