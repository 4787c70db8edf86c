// SPDX-License-Identifier: Apache-2.0
// Text within the size that its textual convention allows.
#pragma once

#include <algorithm>
#include <cstddef>

#include "trapd/base/bytes.h"

namespace trapd::snmp {

inline constexpr std::size_t kAdminStringOctetsMax = 255;  // SnmpAdminString (RFC 3411 5)
inline constexpr std::size_t kTextOctetsMax = 1024;        // TrapdText (TRAPD-MIB)

/// The text, or as many whole UTF-8 characters of it as fit.
inline ByteView text_prefix(ByteView text, std::size_t octets_max) {
  if (text.size() <= octets_max) return text;
  std::size_t octets = octets_max;
  while (octets > 0 && (text[octets] & 0xc0) == 0x80) --octets;
  return text.first(octets);
}

}  // namespace trapd::snmp
