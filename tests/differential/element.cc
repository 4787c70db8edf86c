// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/element.h"

#include <algorithm>

namespace trapd::differential {

namespace {

Bytes length_of(const Element& element, std::size_t size) {
  const auto length = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, static_cast<std::int64_t>(size) + element.length_lie));
  unsigned needed = 0;
  for (std::uint64_t rest = length > 0x7f ? length : 0; rest != 0; rest >>= 8) ++needed;
  const unsigned count = std::max(needed, element.length_octets);
  if (count == 0) return {static_cast<std::uint8_t>(length)};
  Bytes out{static_cast<std::uint8_t>(0x80 | count)};
  for (unsigned i = count; i-- > 0;) {
    out.push_back(i >= 8 ? std::uint8_t{0} : static_cast<std::uint8_t>(length >> (8 * i) & 0xff));
  }
  return out;
}

void append(ByteView from, Bytes* to) { to->insert(to->end(), from.begin(), from.end()); }

}  // namespace

Element primitive(std::uint8_t tag, ByteView content) {
  Element element;
  element.tag = tag;
  element.content.assign(content.begin(), content.end());
  return element;
}

Element integer(std::int64_t value, std::uint8_t tag) {
  Bytes content;
  for (int shift = 56; shift >= 0; shift -= 8) {
    content.push_back(static_cast<std::uint8_t>(value >> shift & 0xff));
  }
  const auto spare = [&] {
    return (content[0] == 0 && content[1] < 0x80) || (content[0] == 0xff && content[1] >= 0x80);
  };
  while (content.size() > 1 && spare()) content.erase(content.begin());
  return primitive(tag, content);
}

Element octets(ByteView content) { return primitive(0x04, content); }

Element constructed(std::uint8_t tag, std::vector<Element> parts) {
  Element element;
  element.tag = tag;
  element.parts = std::move(parts);
  element.holds_parts = true;
  return element;
}

Encoded encode(const Element& element) {
  Encoded inner;
  if (element.holds_parts) {
    for (const Element& part : element.parts) {
      const Encoded encoded = encode(part);
      if (encoded.mac_at) inner.mac_at = inner.octets.size() + *encoded.mac_at;
      append(encoded.octets, &inner.octets);
    }
  } else {
    inner.octets = element.content;
    if (element.is_mac) inner.mac_at = 0;
  }
  append(element.behind, &inner.octets);
  Encoded whole;
  whole.octets.push_back(element.tag);
  append(length_of(element, inner.octets.size()), &whole.octets);
  if (inner.mac_at) whole.mac_at = whole.octets.size() + *inner.mac_at;
  append(inner.octets, &whole.octets);
  return whole;
}

void list_elements(Element* element, std::vector<Element*>* all) {
  all->push_back(element);
  for (Element& part : element->parts) list_elements(&part, all);
}

}  // namespace trapd::differential
