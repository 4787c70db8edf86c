// SPDX-License-Identifier: Apache-2.0
#include "mib/render.h"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>

#include "mib/display_hint.h"
#include "mib/escape.h"
#include "trapd/snmp/value_text.h"

namespace trapd::mib {

namespace {

constexpr std::size_t kTextOctetsMin = 16;

std::string cut(std::string text, std::size_t octets_max) {
  if (text.size() <= octets_max) return text;
  std::size_t end = octets_max - 3;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return text.replace(end, std::string::npos, "...");
}

std::string plain(const ber::Value& value, std::size_t octets_max) {
  // Hexadecimal needs two characters an octet, a dotted OID at most four; numbers fit in the rest.
  std::string text(std::min(octets_max + 1, 4 * value.content.size() + 64), '\0');
  text.resize(snmp::value_to_text(value, {text.data(), text.size()}));
  return cut(std::move(text), octets_max);
}

std::optional<std::int64_t> number(const ber::Value& value) {
  std::int32_t int32 = 0;
  std::uint32_t uint32 = 0;
  switch (value.tag) {
    case ber::kInteger:
      if (!ber::decode_int32(value.content, &int32)) return std::nullopt;
      return int32;
    case ber::kCounter32:
    case ber::kGauge32:
    case ber::kTimeTicks:
      if (!ber::decode_uint32(value.content, &uint32)) return std::nullopt;
      return uint32;
    default:
      return std::nullopt;
  }
}

// Devices send enumerations as Gauge32 too.
std::optional<std::string_view> label_of(const MibIndex& index, const Node& node,
                                         const ber::Value& value) {
  if (node.label_count == 0 || node.syntax == Syntax::kBits) return std::nullopt;
  const auto read = number(value);
  if (!read || *read < INT32_MIN || *read > INT32_MAX) return std::nullopt;
  return index.label(node, static_cast<std::int32_t>(*read));
}

std::string labelled(std::string_view label, std::int64_t value, LabelForm form) {
  switch (form) {
    case LabelForm::kLabel:
      return std::string(label);
    case LabelForm::kNumber:
      return std::to_string(value);
    case LabelForm::kLabelAndNumber:
      break;
  }
  return std::string(label).append("(").append(std::to_string(value)).append(")");
}

std::optional<std::string> integer_text(const MibIndex& index, const Node& node,
                                        const ber::Value& value, const RenderOptions& options) {
  const auto read = number(value);
  if (!read) return std::nullopt;
  if (const auto label = label_of(index, node, value)) {
    return labelled(*label, *read, options.labels);
  }
  return format_integer(node.display_hint, *read);
}

// RFC 2578 7.1.4: bit 0 is the highest of the first octet.
std::string bits_text(const MibIndex& index, const Node& node, ByteView octets,
                      const RenderOptions& options) {
  std::string text = "{";
  for (std::size_t i = 0; i < octets.size() * 8 && text.size() < options.text_octets_max; ++i) {
    if ((octets[i / 8] >> (7 - i % 8) & 1) == 0) continue;
    if (text.size() > 1) text += ", ";
    const auto bit = static_cast<std::int32_t>(i);
    const auto label = index.label(node, bit);
    text += label ? labelled(*label, bit, options.labels) : std::to_string(bit);
  }
  return text + "}";
}

std::string address_text(int family, ByteView octets) {
  char text[INET6_ADDRSTRLEN] = "";
  return ::inet_ntop(family, octets.data(), text, sizeof text) == nullptr ? std::string() : text;
}

// An InetAddress says its type in another object; its size tells all but a name of 16 letters,
// which is taken for a name.
std::optional<std::string> inet_address_text(ByteView octets) {
  if (octets.size() == 4) return address_text(AF_INET, octets);
  if (octets.size() == 16 && !is_printable_utf8(octets)) return address_text(AF_INET6, octets);
  return std::nullopt;
}

bool hint_fits(const Node& node, ByteView octets) {
  if (node.display_hint.empty()) return false;
  // Some devices send the time as text; the hint would turn that into nonsense.
  return node.textual_convention != "DateAndTime" || octets.size() == 8 || octets.size() == 11;
}

std::optional<std::string> octets_text(const MibIndex& index, const Node& node, ByteView octets,
                                       const RenderOptions& options) {
  if (node.syntax == Syntax::kBits) return bits_text(index, node, octets, options);
  if (node.textual_convention == "InetAddress") return inet_address_text(octets);
  if (node.syntax == Syntax::kIpAddress && octets.size() == 4) {
    return address_text(AF_INET, octets);
  }
  if (!hint_fits(node, octets)) return std::nullopt;
  return format_octets(node.display_hint, octets, options.text_octets_max);
}

std::string oid_text(const MibIndex& index, const ber::Value& value, std::size_t octets_max) {
  if (!ber::valid_oid(value.content)) return plain(value, octets_max);
  return index.name_of(snmp::OidView(value.content));
}

std::string ticks(const ber::Value& value, const RenderOptions& options) {
  std::uint32_t raw = 0;
  if (!ber::decode_uint32(value.content, &raw)) return plain(value, options.text_octets_max);
  switch (options.ticks) {
    case TicksForm::kRaw:
      return std::to_string(raw);
    case TicksForm::kText:
      return ticks_text(raw);
    case TicksForm::kBoth:
      break;
  }
  return "(" + std::to_string(raw) + ") " + ticks_text(raw);
}

// Net-SNMP's floats in an Opaque: 9f 78 04 and four octets, 9f 79 08 and eight.
std::optional<std::string> float_text(ByteView content) {
  const auto big_endian = [&](std::size_t size) {
    std::uint64_t bits = 0;
    for (const std::uint8_t octet : content.last(size)) bits = bits << 8 | octet;
    return bits;
  };
  if (content.size() < 3 || content[0] != 0x9f) return std::nullopt;
  if (content[1] == 0x78 && content[2] == 4 && content.size() == 7) {
    return std::to_string(std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4))));
  }
  if (content[1] == 0x79 && content[2] == 8 && content.size() == 11) {
    return std::to_string(std::bit_cast<double>(big_endian(8)));
  }
  return std::nullopt;
}

std::optional<std::string> known_text(const MibIndex& index, const Node& node,
                                      const ber::Value& value, const RenderOptions& options) {
  if (value.tag == ber::kOctetString) return octets_text(index, node, value.content, options);
  return integer_text(index, node, value, options);
}

}  // namespace

std::string render_value(const MibIndex& index, snmp::OidView name, const ber::Value& value,
                         const RenderOptions& asked) {
  RenderOptions options = asked;
  options.text_octets_max = std::max(options.text_octets_max, kTextOctetsMin);
  const std::size_t octets_max = options.text_octets_max;
  if (value.tag == ber::kTimeTicks) return cut(ticks(value, options), octets_max);
  if (value.tag == ber::kObjectIdentifier)
    return cut(oid_text(index, value, octets_max), octets_max);
  if (value.tag == ber::kOpaque) {
    if (auto text = float_text(value.content)) return cut(std::move(*text), octets_max);
  }
  const auto match = index.lookup(name);
  if (match && match->node.kind == NodeKind::kObject) {
    if (auto text = known_text(index, match->node, value, options)) {
      return cut(std::move(*text), octets_max);
    }
  }
  return plain(value, octets_max);
}

RenderedVarbind render_varbind(const MibIndex& index, const snmp::Varbind& varbind,
                               const RenderOptions& options) {
  return {index.name_of(varbind.name), render_value(index, varbind.name, varbind.value, options)};
}

std::optional<std::string_view> enum_label(const MibIndex& index, snmp::OidView name,
                                           const ber::Value& value) {
  const auto match = index.lookup(name);
  if (!match) return std::nullopt;
  return label_of(index, match->node, value);
}

std::string ticks_text(std::uint32_t ticks) {
  const std::uint32_t seconds = ticks / 100;
  const std::uint32_t days = seconds / 86400;
  const auto two = [](std::uint32_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return (days == 0 ? std::string() : std::to_string(days) + "d ") +
         std::to_string(seconds / 3600 % 24) + ":" + two(seconds / 60 % 60) + ":" +
         two(seconds % 60) + "." + two(ticks % 100);
}

}  // namespace trapd::mib
