// SPDX-License-Identifier: Apache-2.0
// A device that sends the traps of one enterprise below another one (AudioCodes' can be told to):
// for the rules its OIDs stand where the MIB has them, in the record they stay as they came.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "trapd/snmp/oid.h"

namespace trapd::alarm {

struct OidAlias {
  snmp::Oid prefix;      // what the device sends
  snmp::Oid stands_for;  // what rules name
  friend bool operator==(const OidAlias&, const OidAlias&) = default;
};

inline constexpr std::size_t kAliasesPerDeviceMax = 8;

/// Room for the renamed OIDs of one notification, reused. What does not fit keeps its own name.
class RenamedOids {
 public:
  void clear() { used_ = 0; }
  /// The OID behind the longest alias that is a prefix of it, or itself. The view is good until
  /// clear().
  snmp::OidView rename(snmp::OidView oid, std::span<const OidAlias> aliases);
  /// What was renamed since used() said `used` is not needed any more.
  void rewind(std::size_t used) { used_ = used; }
  std::size_t used() const { return used_; }

 private:
  std::array<std::uint8_t, 4096> room_;
  std::size_t used_ = 0;
};

}  // namespace trapd::alarm
