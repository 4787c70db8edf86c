// SPDX-License-Identifier: Apache-2.0
// Well-known OIDs as BER content octets (spec: RFC 3418, 3412, 3414, 3584).
#pragma once

#include <array>
#include <cstdint>

#include "trapd/snmp/oid.h"

namespace trapd::snmp {

template <std::size_t N>
struct OidLiteral {
  std::array<std::uint8_t, N> octets;
  OidView view() const { return OidView(octets); }
  operator OidView() const { return view(); }  // NOLINT
};
template <typename... Octet>
OidLiteral(Octet...) -> OidLiteral<sizeof...(Octet)>;

// 1.3.6.1.2.1.1.3.0 and 1.3.6.1.6.3.1.1.4.1.0, .3.0 (RFC 3418)
inline constexpr OidLiteral<8> kSysUpTime0{{0x2b, 6, 1, 2, 1, 1, 3, 0}};
inline constexpr OidLiteral<10> kSnmpTrapOid0{{0x2b, 6, 1, 6, 3, 1, 1, 4, 1, 0}};
inline constexpr OidLiteral<10> kSnmpTrapEnterprise0{{0x2b, 6, 1, 6, 3, 1, 1, 4, 3, 0}};
// snmpTraps 1.3.6.1.6.3.1.1.5; coldStart is .1 … egpNeighborLoss .6
inline constexpr OidLiteral<8> kSnmpTraps{{0x2b, 6, 1, 6, 3, 1, 1, 5}};
// snmpTrapAddress.0, snmpTrapCommunity.0 1.3.6.1.6.3.18.1.3.0, .4.0 (RFC 3584 5.3)
inline constexpr OidLiteral<9> kSnmpTrapAddress0{{0x2b, 6, 1, 6, 3, 18, 1, 3, 0}};
inline constexpr OidLiteral<9> kSnmpTrapCommunity0{{0x2b, 6, 1, 6, 3, 18, 1, 4, 0}};
// snmpUnknownPDUHandlers.0 1.3.6.1.6.3.11.2.1.3.0 (RFC 3412)
inline constexpr OidLiteral<10> kSnmpUnknownPduHandlers0{{0x2b, 6, 1, 6, 3, 11, 2, 1, 3, 0}};
// usmStats 1.3.6.1.6.3.15.1.1.N.0 (RFC 3414 5)
inline constexpr OidLiteral<10> kUsmStatsUnsupportedSecLevels0{{0x2b, 6, 1, 6, 3, 15, 1, 1, 1, 0}};
inline constexpr OidLiteral<10> kUsmStatsNotInTimeWindows0{{0x2b, 6, 1, 6, 3, 15, 1, 1, 2, 0}};
inline constexpr OidLiteral<10> kUsmStatsUnknownUserNames0{{0x2b, 6, 1, 6, 3, 15, 1, 1, 3, 0}};
inline constexpr OidLiteral<10> kUsmStatsUnknownEngineIds0{{0x2b, 6, 1, 6, 3, 15, 1, 1, 4, 0}};
inline constexpr OidLiteral<10> kUsmStatsWrongDigests0{{0x2b, 6, 1, 6, 3, 15, 1, 1, 5, 0}};
inline constexpr OidLiteral<10> kUsmStatsDecryptionErrors0{{0x2b, 6, 1, 6, 3, 15, 1, 1, 6, 0}};

}  // namespace trapd::snmp
