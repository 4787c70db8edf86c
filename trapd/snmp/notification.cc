// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/notification.h"

#include <algorithm>

#include "trapd/snmp/oids.h"
#include "trapd/snmp/sub_identifier.h"

namespace trapd::snmp {

namespace {

constexpr std::int32_t kEnterpriseSpecific = 6;  // RFC 1157 4.1.6

// Appends one sub-identifier; the caller has made sure of the room.
std::size_t append(TrapOidBuffer* buffer, std::size_t size, std::uint32_t arc) {
  return size + encode_sub_identifier(arc, buffer->data() + size);
}

}  // namespace

Notification from_pdu(const Pdu& pdu) {
  Notification notification;
  VarbindReader list(pdu.varbinds);
  Varbind uptime;
  Varbind trap_oid;
  // RFC 3416 4.2.6: these two, in this order, of these types.
  const bool shaped = list.next(&uptime) && list.next(&trap_oid) &&
                      uptime.name == kSysUpTime0.view() && uptime.value.tag == ber::kTimeTicks &&
                      trap_oid.name == kSnmpTrapOid0.view() &&
                      trap_oid.value.tag == ber::kObjectIdentifier &&
                      !trap_oid.value.content.empty();  // may be let pass, and names nothing
  if (!shaped) {
    notification.varbinds = pdu.varbinds;
    notification.varbind_count = pdu.varbind_count;
    notification.malformed = true;
    return notification;
  }
  ber::decode_uint32(uptime.value.content, &notification.sys_up_time);
  notification.trap_oid = OidView(trap_oid.value.content);
  notification.varbinds = list.rest();
  notification.varbind_count = pdu.varbind_count - 2;
  return notification;
}

bool from_trap_v1(const TrapV1Pdu& pdu, TrapOidBuffer* buffer, Notification* notification) {
  *notification = Notification{};
  const bool specific = pdu.generic_trap == kEnterpriseSpecific;
  const ByteView base = specific ? pdu.enterprise.content() : kSnmpTraps.view().content();
  // Arcs: one more than sub-identifiers, and two are added.
  if (specific &&
      (pdu.specific_trap < 0 || base.empty() || count_sub_identifiers(base) + 3 > kOidArcsMax)) {
    return false;
  }
  if (pdu.generic_trap < 0 || pdu.generic_trap > kEnterpriseSpecific ||
      base.size() + 2 * kSubIdentifierOctetsMax > buffer->size()) {
    return false;
  }
  std::copy(base.begin(), base.end(), buffer->begin());
  std::size_t size = base.size();
  if (specific) {
    // RFC 3584 3.1 (2): the zero is put in even when the enterprise ends in one.
    size = append(buffer, size, 0);
    size = append(buffer, size, static_cast<std::uint32_t>(pdu.specific_trap));
  } else {
    size = append(buffer, size, static_cast<std::uint32_t>(pdu.generic_trap) + 1);  // 3.1 (3)
  }
  notification->sys_up_time = pdu.time_stamp;
  notification->trap_oid = OidView(ByteView(*buffer).first(size));
  notification->varbinds = pdu.varbinds;
  notification->varbind_count = pdu.varbind_count;
  notification->agent_address = pdu.agent_address;
  notification->enterprise = pdu.enterprise;
  return true;
}

}  // namespace trapd::snmp
