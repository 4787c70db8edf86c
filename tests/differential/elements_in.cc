// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/elements_in.h"

#include <algorithm>

namespace trapd::differential {

namespace {

constexpr std::uint8_t kConstructed = 0x20;

void list(ByteView octets, std::size_t depth, std::vector<WireElement>* all) {
  while (octets.size() >= 2) {
    const WireElement element = first_element(octets);
    all->push_back(element);
    // The third element of a message that has a SEQUENCE inside is msgSecurityParameters.
    const bool wraps =
        depth == 1 && element.tag == 0x04 && !element.content.empty() && element.content[0] == 0x30;
    if ((element.tag & kConstructed) != 0 || wraps) list(element.content, depth + 1, all);
    const std::size_t size = 1 + element.length_octets + element.content.size();
    octets = octets.subspan(std::min(size, octets.size()));
  }
}

}  // namespace

WireElement first_element(ByteView octets) {
  WireElement element;
  if (octets.size() < 2) return element;
  element.tag = octets[0];
  std::size_t length = octets[1];
  if (length >= 0x80) {
    element.length_octets += length & 0x7f;
    length = 0;
    for (std::size_t i = 2; i < 1 + element.length_octets && i < octets.size(); ++i) {
      length = length << 8 | octets[i];
    }
  }
  const std::size_t header = std::min(1 + element.length_octets, octets.size());
  element.content = octets.subspan(header, std::min(length, octets.size() - header));
  return element;
}

std::vector<WireElement> elements_in(ByteView message) {
  std::vector<WireElement> all;
  list(message, 0, &all);
  return all;
}

}  // namespace trapd::differential
