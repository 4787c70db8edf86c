// SPDX-License-Identifier: Apache-2.0
// One value on its way into a response: a tag and its content octets, owned.
#pragma once

#include <cstdint>
#include <vector>

#include "trapd/base/bytes.h"
#include "trapd/ber/tag.h"
#include "trapd/snmp/oid.h"

namespace trapd::agent {

struct Value {
  std::uint8_t tag = ber::kNoSuchObject;
  std::vector<std::uint8_t> content;

  static Value no_such_object() { return {ber::kNoSuchObject, {}}; }
  static Value no_such_instance() { return {ber::kNoSuchInstance, {}}; }
  static Value end_of_view() { return {ber::kEndOfMibView, {}}; }
  static Value integer(std::int32_t value);
  /// tag: Counter32, Gauge32, TimeTicks or Counter64. What does not fit 32 bits: a gauge stays at
  /// its maximum, a counter wraps (RFC 2578 7.1).
  static Value unsigned_number(std::uint8_t tag, std::uint64_t value);
  static Value octets(ByteView octets);
  static Value text(std::string_view text) { return octets(as_bytes(text)); }
  static Value oid(snmp::OidView oid);
};

}  // namespace trapd::agent
