// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/rule_template.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "trapd/alarm/varbind_condition.h"
#include "trapd/ber/tag.h"
#include "trapd/snmp/sub_identifier.h"
#include "trapd/snmp/utf8.h"
#include "trapd/snmp/value_text.h"

namespace trapd::alarm {
namespace {

constexpr std::string_view kIndexSuffix = ".index";

/// The group's text, or that of the whole expression when it has no group; borrowed from `text`.
std::string_view found_in(std::string_view text, const RE2& regex) {
  text = text.substr(0, kSearchedOctetsMax);
  const int group = regex.NumberOfCapturingGroups();
  std::array<re2::StringPiece, 2> found;
  const re2::StringPiece searched(text.data(), text.size());
  if (!regex.Match(searched, 0, text.size(), RE2::UNANCHORED, found.data(), group + 1)) return {};
  const re2::StringPiece& part = found[static_cast<std::size_t>(group)];
  return {part.data(), part.size()};
}

bool is_blank(std::uint8_t octet) { return octet == '\t' || octet == '\n' || octet == '\r'; }

bool printable(std::string_view text) {
  for (ByteView rest = as_bytes(text); !rest.empty();) {
    const std::size_t octets = snmp::printable_utf8_octets(rest);
    if (octets == 0) return false;
    rest = rest.subspan(octets);
  }
  return true;
}

std::size_t unprintable_octets(ByteView text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t octets = snmp::printable_utf8_octets(text);
    if (octets == 0 && !is_blank(text[0])) ++count;
    text = text.subspan(std::max<std::size_t>(octets, 1));
  }
  return count;
}

}  // namespace

/// One line of text that grows in a bounded room; what does not fit ends it.
class RuleTemplate::Line {
 public:
  explicit Line(std::span<char> room) : room_(room) {}

  std::string_view text() const { return {room_.data(), size_}; }

  /// Printable UTF-8, cut to whole characters.
  void add_printable(std::string_view text) {
    if (!full_ && text.size() <= room_.size() - size_) {
      add(text);
      return;
    }
    for (ByteView rest = as_bytes(text); !rest.empty();) {
      const std::size_t octets = std::max<std::size_t>(snmp::printable_utf8_octets(rest), 1);
      if (!add(as_text(rest.first(octets)))) return;
      rest = rest.subspan(octets);
    }
  }

  /// Octets of a stranger that ought to be text: blanks for line ends, \xNN for what is not UTF-8.
  void add_octets(ByteView rest) {
    while (!rest.empty()) {
      const std::size_t octets = snmp::printable_utf8_octets(rest);
      const bool added = octets != 0         ? add(as_text(rest.first(octets)))
                         : is_blank(rest[0]) ? add(" ")
                                             : add_escaped(rest[0]);
      if (!added) return;
      rest = rest.subspan(std::max<std::size_t>(octets, 1));
    }
  }

  void add_value(const ber::Value& value) {
    if (full_) return;
    // A text with a few octets of another character set stays readable; mostly binary octets are
    // better hexadecimal.
    if (value.tag == ber::kOctetString) {
      const ByteView content = without_final_nuls(value.content);
      const bool only_nuls = content.empty() && value.content.size() > 1;  // rather an address
      const bool text = unprintable_octets(content) * 4 <= content.size();
      if (text && !only_nuls) return add_octets(content);
    }
    size_ += snmp::value_to_text(value, room_.subspan(size_));
  }

  /// What the expression finds in the value, or in the text of one that is no string.
  void add_found(const ber::Value& value, const RE2& regex) {
    if (value.tag == ber::kOctetString) {
      return add_octets(as_bytes(found_in(as_text(without_final_nuls(value.content)), regex)));
    }
    std::array<char, 1500> room;  // an OID of 128 arcs
    const std::string_view text(room.data(), snmp::value_to_text(value, room));
    add_octets(as_bytes(found_in(text, regex)));
  }

  void add_arcs(ByteView sub_identifiers) {
    std::uint32_t arc = 0;
    const char* separator = "";
    while (snmp::next_sub_identifier(&sub_identifiers, &arc)) {
      char digits[10];
      const char* end = std::to_chars(digits, digits + sizeof digits, arc).ptr;
      if (!add(separator)) return;
      if (!add({digits, static_cast<std::size_t>(end - digits)})) return;
      separator = ".";
    }
  }

 private:
  bool add(std::string_view piece) {
    full_ = full_ || piece.size() > room_.size() - size_;
    if (full_) return false;
    if (!piece.empty()) std::memcpy(room_.data() + size_, piece.data(), piece.size());
    size_ += piece.size();
    return true;
  }
  bool add_escaped(std::uint8_t octet) {
    static constexpr char kDigits[] = "0123456789abcdef";
    const char escaped[] = {'\\', 'x', kDigits[octet >> 4], kDigits[octet & 15]};
    return add({escaped, sizeof escaped});
  }

  std::span<char> room_;
  std::size_t size_ = 0;
  bool full_ = false;
};

/// template = *( literal / "{{" / "{" choice *( "|" choice ) "}" ); choice = name [ "~" regex ],
/// whose alternatives and counts ("|", "{2}") have no place here.
class RuleTemplate::Parser {
 public:
  Parser(std::string_view text, const RuleNames& names) : rest_(text), names_(names) {}

  Expected<RuleTemplate, std::string> parse() {
    if (!printable(rest_)) return fail("must be one line of UTF-8 without control characters");
    Piece piece;
    while (!rest_.empty() && error_.empty()) {
      const std::size_t brace = std::min(rest_.find('{'), rest_.size());
      piece.literal += rest_.substr(0, brace);
      rest_.remove_prefix(brace);
      if (rest_.empty()) break;
      if (rest_.substr(0, 2) == "{{") {
        piece.literal += '{';
        rest_.remove_prefix(2);
        continue;
      }
      take_choices(&piece);
      result_.pieces_.push_back(std::move(piece));
      piece = Piece{};
    }
    if (!error_.empty()) return fail(error_);
    if (!piece.literal.empty()) result_.pieces_.push_back(std::move(piece));
    return std::move(result_);
  }

 private:
  static Unexpected<std::string> fail(std::string error) {
    return Unexpected<std::string>(std::move(error));
  }

  void take_choices(Piece* piece) {
    const std::size_t end = rest_.find('}');
    if (end == rest_.npos) {
      error_ = "a { without its }; a brace itself is written {{";
      return;
    }
    std::string_view choices = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    for (bool more = true; more && error_.empty();) {
      const std::size_t bar = choices.find('|');
      more = bar != choices.npos;
      piece->choices.push_back(placeholder(choices.substr(0, bar)));
      choices.remove_prefix(more ? bar + 1 : choices.size());
    }
  }

  Placeholder placeholder(std::string_view name) {
    if (name == "device") return {Source::kDevice, {}, nullptr};
    if (name == "device_name") return {Source::kDeviceName, {}, nullptr};
    if (name == "source") return {Source::kSource, {}, nullptr};
    if (name == "trap") return {Source::kTrap, {}, nullptr};
    Source source = Source::kValue;
    std::shared_ptr<const RE2> regex;
    if (const std::size_t tilde = name.find('~'); tilde != name.npos) {
      regex = search(std::string(name.substr(tilde + 1)));
      name = name.substr(0, tilde);
      if (!error_.empty()) return {};
    }
    if (!regex && name.size() > kIndexSuffix.size() && name.ends_with(kIndexSuffix)) {
      source = Source::kIndex;
      name.remove_suffix(kIndexSuffix.size());
    }
    auto object = names_.resolve(name);
    if (object) return {source, std::move(*object), std::move(regex)};
    error_ = unknown_name("object", name) + ", or device, device_name, source, trap";
    return {};
  }

  std::shared_ptr<const RE2> search(const std::string& pattern) {
    error_ = pattern.empty() ? "nothing stands behind ~" : regex_fault(pattern);
    if (!error_.empty()) {
      error_ = "'~" + pattern + "' is no regular expression: " + error_;
      return nullptr;
    }
    std::shared_ptr<const RE2> regex = compile_regex(pattern, true);
    if (!regex->ok()) error_ = "'~" + pattern + "' is no regular expression: " + regex->error();
    if (regex->NumberOfCapturingGroups() > 1) error_ = "'~" + pattern + "' has several groups";
    return regex;
  }

  std::string_view rest_;
  const RuleNames& names_;
  RuleTemplate result_;
  std::string error_;
};

Expected<RuleTemplate, std::string> RuleTemplate::compile(std::string_view text,
                                                          const RuleNames& names) {
  return Parser(text, names).parse();
}

std::size_t RuleTemplate::regexes_in(std::string_view text) {
  std::size_t count = 0;
  bool inside = false;
  for (const char c : text) {
    if (c == '{' || c == '}') inside = c == '{' && !inside;
    if (c == '~' && inside) ++count;
  }
  return count;
}

void RuleTemplate::append(const Placeholder& placeholder, const TemplateInput& input, Line* line) {
  snmp::Varbind varbind;
  switch (placeholder.source) {
    case Source::kValue:
      if (!input.varbinds.find(placeholder.object, &varbind)) return;
      if (placeholder.regex) return line->add_found(varbind.value, *placeholder.regex);
      return line->add_value(varbind.value);
    case Source::kIndex:
      if (!input.varbinds.find(placeholder.object, &varbind)) return;
      return line->add_arcs(varbind.name.after(placeholder.object));
    case Source::kDevice:
      return line->add_octets(as_bytes(input.context.device));
    case Source::kDeviceName:
      return line->add_octets(as_bytes(input.context.device_name));
    case Source::kSource:
      return line->add_octets(as_bytes(input.context.source));
    case Source::kTrap:
      return line->add_value({ber::kObjectIdentifier, input.trap.content()});
  }
}

std::string_view RuleTemplate::render(const TemplateInput& input, std::span<char> room) const {
  if (pieces_.empty()) return {};
  if (pieces_.size() == 1 && pieces_[0].choices.empty() &&
      pieces_[0].literal.size() <= room.size()) {
    return pieces_[0].literal;
  }
  Line line(room);
  for (const Piece& piece : pieces_) {
    line.add_printable(piece.literal);
    const std::size_t before = line.text().size();
    for (const Placeholder& choice : piece.choices) {
      append(choice, input, &line);
      if (line.text().size() > before) break;
    }
  }
  return line.text();
}

}  // namespace trapd::alarm
