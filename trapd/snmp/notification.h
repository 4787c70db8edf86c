// SPDX-License-Identifier: Apache-2.0
// A notification in SNMPv2 shape, whatever version it came in (RFC 3584 section 3).
#pragma once

#include <array>
#include <cstdint>

#include "trapd/snmp/pdu.h"

namespace trapd::snmp {

struct Notification {
  std::uint32_t sys_up_time = 0;
  OidView trap_oid;   // empty when malformed: the varbinds are then all there is (PDU-02)
  ByteView varbinds;  // without sysUpTime.0 and snmpTrapOID.0; all of them when malformed
  std::uint32_t varbind_count = 0;
  bool malformed = false;
  // SNMPv1 only, for the proxy varbinds of RFC 3584 3.1 (4)
  ByteView agent_address;
  OidView enterprise;
};

/// From SNMPv2-Trap or InformRequest; never fails: a list that does not begin with the two
/// varbinds of RFC 3416 4.2.6 gives a malformed notification.
Notification from_pdu(const Pdu& pdu);

/// Storage for a trap OID that is put together from an SNMPv1 trap; must outlive the notification.
using TrapOidBuffer = std::array<std::uint8_t, 700>;
/// False when RFC 3584 3.1 knows no SNMPv2 form (negative specific-trap, too many arcs: PDU-11).
bool from_trap_v1(const TrapV1Pdu& pdu, TrapOidBuffer* buffer, Notification* notification);

}  // namespace trapd::snmp
