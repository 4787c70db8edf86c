// SPDX-License-Identifier: Apache-2.0
// Sub-identifiers of an OBJECT IDENTIFIER one by one, without allocation (X.690 8.19).
#pragma once

#include <cstddef>
#include <cstdint>

#include "trapd/base/bytes.h"

namespace trapd::snmp {

inline constexpr std::size_t kSubIdentifierOctetsMax = 5;

/// Takes the first sub-identifier off the rest; false at the end. The octets are validated
/// (ber::valid_oid), so that each sub-identifier ends and fits.
inline bool next_sub_identifier(ByteView* rest, std::uint32_t* arc) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < rest->size(); ++i) {
    const std::uint8_t octet = (*rest)[i];
    value = value << 7 | (octet & 0x7f);
    if ((octet & 0x80) != 0) continue;
    *rest = rest->subspan(i + 1);
    *arc = value;
    return true;
  }
  return false;
}

inline std::size_t count_sub_identifiers(ByteView content) {
  std::size_t count = 0;
  for (const std::uint8_t octet : content) count += octet < 0x80 ? 1 : 0;
  return count;
}

/// Writes at most five octets; returns how many.
inline std::size_t encode_sub_identifier(std::uint32_t arc, std::uint8_t* to) {
  std::size_t size = 1;
  for (std::uint32_t rest = arc >> 7; rest != 0; rest >>= 7) ++size;
  for (std::size_t i = size; i-- > 0; arc >>= 7) {
    to[i] = static_cast<std::uint8_t>((arc & 0x7f) | (i + 1 < size ? 0x80 : 0));
  }
  return size;
}

/// The two arcs that the first sub-identifier holds; arc 2 takes all from 80 on (X.690 8.19.4).
struct RootArcs {
  std::uint32_t first;
  std::uint32_t second;
};
inline RootArcs split_root(std::uint32_t sub_identifier) {
  const std::uint32_t first = sub_identifier < 80 ? sub_identifier / 40 : 2;
  return {first, sub_identifier - first * 40};
}

}  // namespace trapd::snmp
