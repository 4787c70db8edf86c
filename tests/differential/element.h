// SPDX-License-Identifier: Apache-2.0
// A message as a tree that can be bent at any place and then encoded, so that what stands around
// the bent place is sound: lengths fit, the digest is right, the inner part is really encrypted.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tests/differential/decoded.h"

namespace trapd::differential {

struct Element {
  std::uint8_t tag = 0;
  Bytes content;               // of a primitive one
  std::vector<Element> parts;  // of one that holds others
  bool holds_parts = false;
  bool is_mac = false;         // msgAuthenticationParameters
  Bytes behind;                // octets behind the parts, inside
  unsigned length_octets = 0;  // behind the first one of the length; 0: as few as it takes
  int length_lie = 0;          // added to the length
};

Element primitive(std::uint8_t tag, ByteView content);
Element integer(std::int64_t value, std::uint8_t tag = 0x02);  // unsigned types as well
Element octets(ByteView content);
Element constructed(std::uint8_t tag, std::vector<Element> parts);

struct Encoded {
  Bytes octets;
  std::optional<std::size_t> mac_at;  // where the content of the MAC starts
};
Encoded encode(const Element& element);

/// The element and all below it, in their order.
void list_elements(Element* element, std::vector<Element*>* all);

}  // namespace trapd::differential
