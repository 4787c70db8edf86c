// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/bend.h"

#include <algorithm>
#include <array>

#include "tests/data/ber_bytes.h"

namespace trapd::differential {

namespace {

using test::hex;
using test::repeat;
using test::operator+;

struct Bend {
  const char* word;
  bool (*apply)(Element* element, Random* random);  // false: not this element
};

bool flip(Element* element, Random* random) {
  if (element->content.empty()) return false;
  element->content[random->below(element->content.size())] ^=
      static_cast<std::uint8_t>(1U << random->below(8));
  return true;
}

bool refill(Element* element, Random* random) {
  if (element->holds_parts) return false;
  element->content = random->octets(random->below(12));
  return true;
}

bool retag(Element* element, Random* random) {
  constexpr std::uint8_t kTags[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x09, 0x0a, 0x1f, 0x24,
                                    0x30, 0x31, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47,
                                    0x48, 0x80, 0x81, 0x82, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5,
                                    0xa6, 0xa7, 0xa8, 0xa9, 0xbf, 0x76, 0x78, 0x00, 0xff};
  element->tag = random->one_in(8) ? random->octet() : random->pick(kTags);
  return true;
}

bool long_length(Element* element, Random* random) {
  element->length_octets = static_cast<unsigned>(1 + random->below(random->one_in(4) ? 12 : 4));
  return true;
}

bool wrong_length(Element* element, Random* random) {
  constexpr int kLies[] = {-20, -4, -2, -1, 1, 2, 4, 20, 200, 70'000, 0x7fffff00};
  element->length_lie = random->pick(kLies);
  return true;
}

bool drop_part(Element* element, Random* random) {
  if (element->parts.empty()) return false;
  element->parts.erase(element->parts.begin() +
                       static_cast<std::ptrdiff_t>(random->below(element->parts.size())));
  return true;
}

bool double_part(Element* element, Random* random) {
  if (element->parts.empty()) return false;
  const std::size_t which = random->below(element->parts.size());
  Element copy = element->parts[which];
  copy.is_mac = false;
  const std::size_t where = random->below(element->parts.size() + 1);
  element->parts.insert(element->parts.begin() + static_cast<std::ptrdiff_t>(where), copy);
  return true;
}

bool swap_parts(Element* element, Random* random) {
  if (element->parts.size() < 2) return false;
  const std::size_t at = random->below(element->parts.size() - 1);
  std::swap(element->parts[at], element->parts[at + 1]);
  return true;
}

bool octets_behind(Element* element, Random* random) {
  element->behind = random->octets(1 + random->below(5));
  return true;
}

bool edge_number(Element* element, Random* random) {
  static const std::array<Bytes, 22> kEdges = {
      Bytes{},
      hex("00"),
      hex("7f"),
      hex("80"),
      hex("ff"),
      hex("0000"),
      hex("007f"),
      hex("0080"),
      hex("ffff"),
      hex("7fffffff"),
      hex("80000000"),
      hex("ffffffff"),
      hex("00ffffffff"),
      hex("0080000000"),
      hex("0100000000"),
      hex("ff7fffffff"),
      hex("0000000000000001"),
      hex("ffffffffffffffff"),
      hex("00ffffffffffffffff"),
      hex("010000000000000000"),
      hex("00000000000000000001"),
      hex("01e3"),  // 483, one below the least msgMaxSize
  };
  if (element->holds_parts) return false;
  element->content = random->pick(kEdges);
  return true;
}

bool edge_oid(Element* element, Random* random) {
  static const std::array<Bytes, 16> kEdges = {
      Bytes{},
      hex("00"),
      hex("2b"),
      hex("80"),
      hex("8001"),
      hex("2b8001"),
      hex("2b0681"),
      hex("2b068fffffff7f"),
      hex("2b069080808000"),
      hex("2bffffffffffffffff7f"),
      hex("7f"),
      hex("8837"),
      hex("8fffffff7f"),
      hex("2b") + repeat(126, 1),
      hex("2b") + repeat(127, 1),
      hex("2b") + repeat(140, 1),
  };
  if (element->holds_parts || (element->tag != 0x06 && !random->one_in(6))) return false;
  element->content = random->pick(kEdges);
  return true;
}

bool resize(Element* element, Random* random) {
  if (element->holds_parts) return false;
  Bytes& content = element->content;
  if (!content.empty() && random->one_in(2)) {
    content.pop_back();
  } else if (random->one_in(4)) {
    content = random->octets(30 + random->below(300));
  } else {
    content.insert(content.begin(), random->one_in(2) ? std::uint8_t{0} : random->octet());
  }
  return true;
}

bool wrap(Element* element, Random*) {
  Element inner = *element;
  *element = constructed(0x30, {inner});
  return true;
}

bool empty_parts(Element* element, Random*) {
  if (!element->holds_parts) return false;
  element->parts.clear();
  return true;
}

constexpr Bend kBends[] = {
    {"flip", flip},
    {"flip", flip},
    {"refill", refill},
    {"retag", retag},
    {"long length", long_length},
    {"wrong length", wrong_length},
    {"drop", drop_part},
    {"double", double_part},
    {"swap", swap_parts},
    {"octets behind", octets_behind},
    {"edge number", edge_number},
    {"edge number", edge_number},
    {"edge OID", edge_oid},
    {"edge OID", edge_oid},
    {"resize", resize},
    {"wrap", wrap},
    {"empty", empty_parts},
};

}  // namespace

std::string bend_element(Element* root, Random* random) {
  std::vector<Element*> all;
  list_elements(root, &all);
  for (;;) {
    Element* const element = random->pick(all);
    const Bend& bend = random->pick(kBends);
    if (bend.apply(element, random)) return bend.word;
  }
}

std::string bend_octets(Bytes* octets, Random* random) {
  if (octets->empty()) return "nothing";
  // The headers are at the front; half of what is bent is there.
  const std::size_t reach =
      random->one_in(2) ? std::min<std::size_t>(octets->size(), 40) : octets->size();
  const std::size_t at = random->below(reach);
  const auto place = octets->begin() + static_cast<std::ptrdiff_t>(at);
  switch (random->below(7)) {
    case 0:
    case 1:
      *place ^= static_cast<std::uint8_t>(1U << random->below(8));
      return "octet: flip";
    case 2:
      *place = random->octet();
      return "octet: set";
    case 3:
      octets->insert(place, random->octet());
      return "octet: insert";
    case 4:
      octets->erase(place);
      return "octet: erase";
    case 5:
      octets->resize(random->below(octets->size()));
      return "truncate";
    default: {
      const Bytes more = random->octets(1 + random->below(8));
      octets->insert(octets->end(), more.begin(), more.end());
      return "append";
    }
  }
}

}  // namespace trapd::differential
