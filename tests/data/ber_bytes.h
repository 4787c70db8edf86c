// SPDX-License-Identifier: Apache-2.0
// A small language for BER octets in tests: tlv(0x30, hex("020103") + tlv(0x04, text("ops"))).
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "trapd/base/bytes.h"

namespace trapd::test {

using Bytes = std::vector<std::uint8_t>;

/// Blanks between octets are allowed; a typing error ends the program.
inline Bytes hex(std::string_view digits) {
  auto bytes = from_hex(digits);
  if (!bytes) std::abort();
  return *bytes;
}
inline Bytes text(std::string_view characters) { return {characters.begin(), characters.end()}; }
inline Bytes repeat(std::size_t times, std::uint8_t octet) { return Bytes(times, octet); }

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// Length in `octets` octets behind the first one; 0 = short form.
inline Bytes long_length(std::size_t length, std::size_t octets) {
  Bytes out(1 + octets);
  out[0] = static_cast<std::uint8_t>(octets == 0 ? length : 0x80 | octets);
  for (std::size_t i = octets; i > 0; --i, length >>= 8) {
    out[i] = static_cast<std::uint8_t>(length & 0xff);
  }
  return out;
}

/// Tag, shortest length, content.
inline Bytes tlv(std::uint8_t tag, const Bytes& content) {
  const std::size_t size = content.size();
  const std::size_t octets = size < 0x80 ? 0 : size < 0x100 ? 1 : size < 0x10000 ? 2 : 3;
  return Bytes{tag} + long_length(size, octets) + content;
}

/// Where the last octet of each element's length stands, in constructed elements and in OCTET
/// STRINGs that hold exactly one SEQUENCE too. The bytes must be sound.
inline void find_length_octets(ByteView bytes, std::size_t at, std::size_t end,
                               std::vector<std::size_t>* found) {
  while (at < end) {
    const std::uint8_t tag = bytes[at++];
    std::size_t length = bytes[at];
    if (length > 0x7f) {
      const std::size_t last = at + (length & 0x7f);
      for (length = 0; at < last;) length = length << 8 | bytes[++at];
    }
    found->push_back(at++);
    const bool wraps =
        tag == 0x04 && length > 1 && bytes[at] == 0x30 && bytes[at + 1] == length - 2;
    if ((tag & 0x20) != 0 || wraps) find_length_octets(bytes, at, at + length, found);
    at += length;
  }
}
inline std::vector<std::size_t> length_octets(ByteView bytes) {
  std::vector<std::size_t> found;
  find_length_octets(bytes, 0, bytes.size(), &found);
  return found;
}

}  // namespace trapd::test
