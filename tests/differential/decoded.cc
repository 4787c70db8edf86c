// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/decoded.h"

#include <algorithm>
#include <array>

#include "trapd/base/check.h"

namespace trapd::differential {

namespace {

constexpr std::array<const char*, static_cast<std::size_t>(Field::kCount)> kNames = {
#define X(name, text) text,
    TRAPD_FIELDS(X)
#undef X
};

bool of_varbind(Field field) {
  return field == Field::kVarbindName || field == Field::kVarbindType ||
         field == Field::kVarbindValue;
}

}  // namespace

const char* name(Field field) { return kNames[static_cast<std::size_t>(field)]; }

void Decoded::add(Field field, ByteView octets, std::size_t varbind) {
  items.push_back({field, static_cast<std::uint16_t>(varbind), {octets.begin(), octets.end()}});
}

void Decoded::add_number(Field field, std::uint64_t number, std::size_t varbind) {
  std::array<std::uint8_t, 8> octets{};
  store_be64(octets.data(), number);
  add(field, octets, varbind);
}

void Decoded::append_arc(std::uint64_t arc, Bytes* octets) {
  std::array<std::uint8_t, 8> room{};
  store_be64(room.data(), arc);
  octets->insert(octets->end(), room.begin(), room.end());
}

const Item* Decoded::find(Field field) const {
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&](const Item& item) { return item.field == field; });
  return found == items.end() ? nullptr : &*found;
}

std::string Decoded::text() const {
  std::string text = (accepted ? "  accepted: " : "  refused: ") + words + "\n";
  for (const Item& item : items) {
    text += "    ";
    if (of_varbind(item.field)) text += std::to_string(item.varbind) + " ";
    text += std::string(name(item.field)) + " " + to_hex(item.octets) + "\n";
  }
  return text;
}

Bytes Decoded::packed() const {
  Bytes out;
  append_u32(accepted ? 1 : 0, &out);
  append_u32(static_cast<std::uint32_t>(status), &out);
  append_sized(as_bytes(words), &out);
  append_u32(own_time, &out);
  append_u32(static_cast<std::uint32_t>(items.size()), &out);
  for (const Item& item : items) {
    append_u32(static_cast<std::uint32_t>(item.field), &out);
    append_u32(item.varbind, &out);
    append_sized(item.octets, &out);
  }
  return out;
}

Decoded Decoded::unpack(ByteView octets) {
  Decoded decoded;
  decoded.accepted = take_u32(&octets) != 0;
  decoded.status = static_cast<std::int32_t>(take_u32(&octets));
  decoded.words = as_text(take_sized(&octets));
  decoded.own_time = take_u32(&octets);
  const std::uint32_t count = take_u32(&octets);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto field = static_cast<Field>(take_u32(&octets));
    const std::uint32_t varbind = take_u32(&octets);
    decoded.add(field, take_sized(&octets), varbind);
  }
  CHECK(octets.empty());
  return decoded;
}

void append_u32(std::uint32_t value, Bytes* to) {
  std::array<std::uint8_t, 4> room{};
  store_be32(room.data(), value);
  to->insert(to->end(), room.begin(), room.end());
}

void append_sized(ByteView octets, Bytes* to) {
  append_u32(static_cast<std::uint32_t>(octets.size()), to);
  to->insert(to->end(), octets.begin(), octets.end());
}

std::uint32_t take_u32(ByteView* from) {
  CHECK(from->size() >= 4);
  const auto value = __builtin_bswap32(load_le<std::uint32_t>(from->data()));
  *from = from->subspan(4);
  return value;
}

ByteView take_sized(ByteView* from) {
  const std::uint32_t size = take_u32(from);
  CHECK(from->size() >= size);
  const ByteView octets = from->first(size);
  *from = from->subspan(size);
  return octets;
}

}  // namespace trapd::differential
