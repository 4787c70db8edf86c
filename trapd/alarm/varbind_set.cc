// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/varbind_set.h"

#include <charconv>
#include <limits>
#include <memory>

#include "trapd/ber/tag.h"

namespace trapd::alarm {
namespace {

/// Names of one notification share all but their last octets, so the last one decides first.
bool lies_below(snmp::OidView name, snmp::OidView object) {
  const ByteView prefix = object.content();
  const ByteView content = name.content();
  return content.size() >= prefix.size() && content[prefix.size() - 1] == prefix.back() &&
         name.starts_with(object);
}

std::optional<std::int64_t> decimal(ByteView octets) {
  const std::string_view digits = as_text(without_final_nuls(octets));
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

std::optional<std::int64_t> large(ByteView content) {
  std::uint64_t number = 0;
  if (!ber::decode_uint64(content, &number)) return std::nullopt;
  if (number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace

VarbindSet::VarbindSet(ByteView list) {
  snmp::VarbindReader reader(list);
  snmp::Varbind varbind;
  while (count_ < kTakenMax && reader.next(&varbind)) std::construct_at(&taken[count_++], varbind);
  rest_ = reader.rest();
}

VarbindSet::VarbindSet(ByteView list, std::span<const OidAlias> aliases, RenamedOids* renamed)
    : VarbindSet(list) {
  if (aliases.empty()) return;
  aliases_ = aliases;
  renamed_ = renamed;
  for (std::size_t i = 0; i < count_; ++i) {
    taken[i].name = renamed->rename(taken[i].name, aliases);
  }
}

bool VarbindSet::find(snmp::OidView object, snmp::Varbind* found) const {
  if (object.empty()) return false;
  for (std::size_t i = 0; i < count_; ++i) {
    if (!lies_below(taken[i].name, object)) continue;
    *found = taken[i];
    return true;
  }
  if (rest_.empty()) return false;
  snmp::VarbindReader reader(rest_);
  snmp::Varbind varbind;
  while (reader.next(&varbind)) {
    // Only what is found keeps its place in the room.
    const std::size_t used = renamed_ != nullptr ? renamed_->used() : 0;
    if (renamed_ != nullptr) varbind.name = renamed_->rename(varbind.name, aliases_);
    if (lies_below(varbind.name, object)) {
      *found = varbind;
      return true;
    }
    if (renamed_ != nullptr) renamed_->rewind(used);
  }
  return false;
}

std::optional<std::int64_t> number_of(const ber::Value& value) {
  std::int32_t number = 0;
  std::uint32_t natural = 0;
  switch (value.tag) {
    case ber::kInteger:
      if (!ber::decode_int32(value.content, &number)) return std::nullopt;
      return number;
    case ber::kCounter32:
    case ber::kGauge32:
    case ber::kTimeTicks:
      if (!ber::decode_uint32(value.content, &natural)) return std::nullopt;
      return natural;
    case ber::kCounter64:
      return large(value.content);
    case ber::kOctetString:
      return decimal(value.content);
    default:  // a byte from the network, not an enumeration
      return std::nullopt;
  }
}

ByteView without_final_nuls(ByteView content) {
  while (!content.empty() && content.back() == 0) content = content.first(content.size() - 1);
  return content;
}

}  // namespace trapd::alarm
