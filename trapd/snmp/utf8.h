// SPDX-License-Identifier: Apache-2.0
// Is this text? UTF-8 in shortest form (RFC 3629 section 4), without control characters.
#pragma once

#include <cstddef>
#include <cstdint>

#include "trapd/base/bytes.h"

namespace trapd::snmp {

/// Octets (1..4) of the character that starts here; 0 when there is none, when it is not UTF-8,
/// or when it is a control character (U+0000..1F, U+007F..9F).
inline std::size_t printable_utf8_octets(ByteView text) {
  if (text.empty()) return 0;
  const std::uint8_t first = text[0];
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  if (first < 0xc2 || first > 0xf4) return 0;
  const std::size_t octets = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (text.size() < octets) return 0;
  for (std::size_t i = 1; i < octets; ++i) {
    if ((text[i] & 0xc0) != 0x80) return 0;
  }
  const std::uint8_t second = text[1];
  const bool refused = (first == 0xc2 && second < 0xa0) ||  // C1 controls
                       (first == 0xe0 && second < 0xa0) ||  // longer than needed
                       (first == 0xed && second > 0x9f) ||  // surrogates
                       (first == 0xf0 && second < 0x90) ||  // longer than needed
                       (first == 0xf4 && second > 0x8f);    // beyond U+10FFFF
  return refused ? 0 : octets;
}

}  // namespace trapd::snmp
