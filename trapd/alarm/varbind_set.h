// SPDX-License-Identifier: Apache-2.0
// The varbinds of one notification, taken apart once and then looked up by object: a rule asks for
// six of them. Borrowed bytes; lives on the stack of one classification.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "trapd/alarm/oid_alias.h"
#include "trapd/snmp/pdu.h"

namespace trapd::alarm {

class VarbindSet {
 public:
  explicit VarbindSet(ByteView list);
  /// Names as the aliases have them; `renamed` holds those and must live as long.
  VarbindSet(ByteView list, std::span<const OidAlias> aliases, RenamedOids* renamed);

  /// The first varbind whose name is the object or lies below it; false when there is none.
  bool find(snmp::OidView object, snmp::Varbind* found) const;

 private:
  // 99.8 % of the published notifications have at most 20; what lies behind is walked each time.
  static constexpr std::size_t kTakenMax = 24;

  // Filled as far as count_ says: clearing it first would cost more than filling it.
  union {
    std::array<snmp::Varbind, kTakenMax> taken;
  };
  std::size_t count_ = 0;
  ByteView rest_;
  std::span<const OidAlias> aliases_;
  RenamedOids* renamed_ = nullptr;
};

/// The value as a number, whatever integer type it has (agents mix INTEGER and Gauge32) and also
/// when it is an OCTET STRING of decimal digits.
std::optional<std::int64_t> number_of(const ber::Value& value);

/// Content without the NULs at its end, which some agents count into a string's length.
ByteView without_final_nuls(ByteView content);

}  // namespace trapd::alarm
