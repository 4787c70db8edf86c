// SPDX-License-Identifier: Apache-2.0
// The promise of every text that leaves for people: UTF-8 in shortest form (RFC 3629) without
// control characters. Written from the RFC, by code point, not from the code that is tested.
#pragma once

#include <cstdint>
#include <string_view>

#include "trapd/base/check.h"

namespace trapd::fuzz {

inline bool is_clean_text(std::string_view text) {
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    const std::size_t octets = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if ((lead >= 0x80 && lead < 0xc0) || lead > 0xf7 || octets > text.size() - i) return false;
    std::uint32_t point = octets == 1 ? lead : lead & (0xffU >> (octets + 1));
    for (std::size_t k = 1; k < octets; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3fU);
    }
    const bool surrogate = point >= 0xd800 && point < 0xe000;
    const bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    if (point < kLeast[octets] || point > 0x10ffff || surrogate || control) return false;
    i += octets;
  }
  return true;
}

}  // namespace trapd::fuzz
