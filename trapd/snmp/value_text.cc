// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/value_text.h"

#include <charconv>
#include <cstring>
#include <string_view>

#include "trapd/snmp/sub_identifier.h"
#include "trapd/snmp/utf8.h"

namespace trapd::snmp {

namespace {

/// Appends pieces as long as they fit; the first that does not ends it.
class Text {
 public:
  explicit Text(std::span<char> out) : out_(out) {}

  bool append(std::string_view piece) {
    if (piece.size() > out_.size() - size_) return false;
    if (!piece.empty()) std::memcpy(out_.data() + size_, piece.data(), piece.size());
    size_ += piece.size();
    return true;
  }
  template <typename Number>
  bool append_number(Number number, char before = '\0') {
    char digits[1 + 20];  // a separator, 64 bits
    digits[0] = before;
    const char* const end = std::to_chars(digits + 1, digits + sizeof digits, number).ptr;
    const char* const begin = before == '\0' ? digits + 1 : digits;
    return append({begin, static_cast<std::size_t>(end - begin)});
  }
  std::size_t size() const { return size_; }

 private:
  std::span<char> out_;
  std::size_t size_ = 0;
};

std::size_t hex_text(ByteView content, Text text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  bool fits = text.append("0x");
  for (std::size_t i = 0; fits && i < content.size(); ++i) {
    const char octet[] = {kDigits[content[i] >> 4], kDigits[content[i] & 15]};
    fits = text.append({octet, sizeof octet});
  }
  return text.size();
}

std::size_t oid_text(ByteView content, Text text) {
  std::uint32_t arc = 0;
  if (!next_sub_identifier(&content, &arc)) return 0;
  const RootArcs root = split_root(arc);
  bool fits = text.append_number(root.first) && text.append_number(root.second, '.');
  while (fits && next_sub_identifier(&content, &arc)) fits = text.append_number(arc, '.');
  return text.size();
}

std::size_t address_text(ByteView octets, std::span<char> out) {
  char quad[sizeof "255.255.255.255"];
  Text whole(quad);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    whole.append_number(unsigned{octets[i]}, i == 0 ? '\0' : '.');
  }
  Text text(out);
  text.append({quad, whole.size()});
  return text.size();
}

bool blank(std::uint8_t octet) { return octet == '\t' || octet == '\n' || octet == '\r'; }

// NULs alone are more likely a bit string or an address than an empty text.
ByteView without_final_nuls(ByteView content) {
  std::size_t size = content.size();
  while (size > 0 && content[size - 1] == 0) --size;
  return size == 0 && content.size() > 1 ? content : content.first(size);
}

std::size_t octets_text(ByteView content, std::span<char> out) {
  Text text(out);
  ByteView rest = without_final_nuls(content);
  bool fits = true;
  while (!rest.empty()) {
    const bool to_blank = blank(rest[0]);
    const std::size_t octets = to_blank ? 1 : printable_utf8_octets(rest);
    if (octets == 0) return hex_text(content, Text(out));
    fits = fits && text.append(to_blank ? " " : as_text(rest.first(octets)));
    rest = rest.subspan(octets);
  }
  return text.size();
}

std::size_t word(std::string_view name, std::span<char> out) {
  Text text(out);
  text.append(name);
  return text.size();
}

template <typename Number>
std::size_t number_text(bool decoded, Number number, ByteView content, std::span<char> out) {
  Text text(out);
  if (!decoded) return hex_text(content, text);
  text.append_number(number);
  return text.size();
}

}  // namespace

std::size_t value_to_text(const ber::Value& value, std::span<char> out) {
  const ByteView content = value.content;
  std::int32_t int32 = 0;
  std::uint64_t uint64 = 0;
  switch (value.tag) {
    case ber::kInteger: {
      const bool decoded = ber::decode_int32(content, &int32);
      return number_text(decoded, int32, content, out);
    }
    case ber::kCounter32:
    case ber::kGauge32:
    case ber::kTimeTicks:
    case ber::kCounter64: {
      const bool decoded = ber::decode_uint64(content, &uint64);
      return number_text(decoded, uint64, content, out);
    }
    case ber::kOctetString:
      return octets_text(content, out);
    case ber::kObjectIdentifier:
      if (content.empty()) return word("0.0", out);
      return ber::valid_oid(content) ? oid_text(content, Text(out)) : hex_text(content, Text(out));
    case ber::kIpAddress:
      return content.size() == 4 ? address_text(content, out) : hex_text(content, Text(out));
    case ber::kNull:
      return word("null", out);
    case ber::kNoSuchObject:
      return word("noSuchObject", out);
    case ber::kNoSuchInstance:
      return word("noSuchInstance", out);
    case ber::kEndOfMibView:
      return word("endOfMibView", out);
    default:
      return hex_text(content, Text(out));
  }
}

const char* type_text(std::uint8_t tag) {
  switch (tag) {
    case ber::kInteger:
      return "INTEGER";
    case ber::kOctetString:
      return "OCTET STRING";
    case ber::kNull:
      return "NULL";
    case ber::kObjectIdentifier:
      return "OBJECT IDENTIFIER";
    case ber::kIpAddress:
      return "IpAddress";
    case ber::kCounter32:
      return "Counter32";
    case ber::kGauge32:
      return "Gauge32";
    case ber::kTimeTicks:
      return "TimeTicks";
    case ber::kOpaque:
      return "Opaque";
    case ber::kCounter64:
      return "Counter64";
    case ber::kNoSuchObject:
      return "noSuchObject";
    case ber::kNoSuchInstance:
      return "noSuchInstance";
    case ber::kEndOfMibView:
      return "endOfMibView";
    default:
      return "unknown";
  }
}

}  // namespace trapd::snmp
