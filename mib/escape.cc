// SPDX-License-Identifier: Apache-2.0
#include "mib/escape.h"

#include "trapd/snmp/utf8.h"

namespace trapd::mib {

namespace {

void append_escaped(std::uint8_t octet, std::string* text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  switch (octet) {
    case '\t':
      *text += "\\t";
      return;
    case '\n':
      *text += "\\n";
      return;
    case '\r':
      *text += "\\r";
      return;
    default:
      *text += "\\x";
      *text += kDigits[octet >> 4];
      *text += kDigits[octet & 15];
  }
}

std::string escape(ByteView rest, std::size_t character_octets_max) {
  std::string text;
  text.reserve(rest.size());
  while (!rest.empty()) {
    const std::size_t octets = snmp::printable_utf8_octets(rest);
    if (octets == 0 || octets > character_octets_max) {
      append_escaped(rest[0], &text);
      rest = rest.subspan(1);
    } else {
      text += as_text(rest.first(octets));
      rest = rest.subspan(octets);
    }
  }
  return text;
}

}  // namespace

std::string escape_text(std::string_view text) { return escape(as_bytes(text), 4); }
std::string escape_ascii(std::string_view text) { return escape(as_bytes(text), 1); }

bool is_printable_utf8(ByteView bytes) {
  while (!bytes.empty()) {
    const std::size_t octets = snmp::printable_utf8_octets(bytes);
    if (octets == 0) return false;
    bytes = bytes.subspan(octets);
  }
  return true;
}

}  // namespace trapd::mib
