// SPDX-License-Identifier: Apache-2.0
#include "trapd/agent/value.h"

#include <algorithm>
#include <array>

#include "trapd/ber/reader.h"
#include "trapd/ber/writer.h"

namespace trapd::agent {
namespace {

constexpr std::uint64_t kUint32Max = 0xffffffff;

/// The content of the one element that was written.
Value value_of(const ber::Writer& writer) {
  ber::Reader reader(writer.done());
  const ber::Value element = reader.any();
  return {element.tag, {element.content.begin(), element.content.end()}};
}

}  // namespace

Value Value::integer(std::int32_t value) {
  std::array<std::uint8_t, 16> room;
  ber::Writer writer(room);
  writer.integer(value);
  return value_of(writer);
}

Value Value::unsigned_number(std::uint8_t tag, std::uint64_t value) {
  if (tag == ber::kGauge32) value = std::min(value, kUint32Max);
  if (tag != ber::kCounter64) value &= kUint32Max;
  std::array<std::uint8_t, 16> room;
  ber::Writer writer(room);
  writer.unsigned64(value, tag);
  return value_of(writer);
}

Value Value::octets(ByteView octets) { return {ber::kOctetString, {octets.begin(), octets.end()}}; }

Value Value::oid(snmp::OidView oid) {
  const ByteView content = oid.content();
  if (content.empty()) return {ber::kObjectIdentifier, {0}};  // 0.0
  return {ber::kObjectIdentifier, {content.begin(), content.end()}};
}

}  // namespace trapd::agent
