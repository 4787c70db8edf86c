// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/original.h"

#include <array>

#include "forwarders/snmp/condition_varbinds.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/oids.h"
#include "trapd/snmp/pdu.h"

namespace trapd::forwarders {
namespace {

using alarm::Field;

/// zeroDotZero (RFC 2578 7.1.3): an OID that says nothing.
constexpr snmp::OidLiteral<1> kZeroDotZero{{0}};

/// Which of the proxy varbinds the device, or a proxy before us, has sent.
struct Present {
  bool address = false;
  bool community = false;
  bool enterprise = false;
};

Present find_proxy_varbinds(ByteView varbinds) {
  Present present;
  snmp::VarbindReader reader(varbinds);
  snmp::Varbind varbind;
  while (reader.next(&varbind)) {
    if (varbind.name == snmp::kSnmpTrapAddress0.view()) present.address = true;
    if (varbind.name == snmp::kSnmpTrapCommunity0.view()) present.community = true;
    if (varbind.name == snmp::kSnmpTrapEnterprise0.view()) present.enterprise = true;
  }
  return present;
}

bool from_v1(const alarm::RecordView& record) { return record.has(alarm::RecordFlag::kFromV1); }

void write_address(const alarm::RecordView& record, ber::Writer& writer) {
  const ByteView agent_address = record.field(Field::kAgentAddress);
  const Endpoint& source = record.header().source;
  if (from_v1(record) && agent_address.size() == 4) {
    snmp::write_varbind(writer, snmp::kSnmpTrapAddress0, {ber::kIpAddress, agent_address});
  } else if (source.is_v4()) {
    snmp::write_varbind(writer, snmp::kSnmpTrapAddress0, {ber::kIpAddress, source.v4_octets()});
  }
}

/// The writer goes backwards, so the last varbind comes first.
void write_proxy_varbinds(const alarm::RecordView& record, ber::Writer& writer) {
  const Present present = find_proxy_varbinds(record.field(Field::kVarbinds));
  const snmp::OidView enterprise(record.field(Field::kEnterprise));
  if (from_v1(record) && !present.enterprise && !enterprise.empty()) {
    snmp::write_varbind_oid(writer, snmp::kSnmpTrapEnterprise0, enterprise);
  }
  if (from_v1(record) && !present.community) {
    snmp::write_varbind_octets(writer, snmp::kSnmpTrapCommunity0, {});
  }
  if (!present.address) write_address(record, writer);
}

}  // namespace

bool has_original(const alarm::RecordView& record) {
  switch (record.header().kind) {
    case alarm::Kind::kNotification:
    case alarm::Kind::kOwn:
      return true;
    case alarm::Kind::kAcknowledge:
    case alarm::Kind::kManualClear:
    case alarm::Kind::kForgetEngine:
    case alarm::Kind::kAutomaticClear:
    case alarm::Kind::kSettled:
      return false;
  }
  return false;
}

bool write_original_varbinds(const alarm::RecordView& record, ber::Writer& writer) {
  const bool own = record.header().kind == alarm::Kind::kOwn;
  if (own) {
    write_condition_varbinds(record, writer);
  } else {
    write_proxy_varbinds(record, writer);
  }
  writer.raw(record.field(Field::kVarbinds));
  const bool headless = record.has(alarm::RecordFlag::kMalformed) || record.trap_oid().empty();
  return snmp::write_notification_head(writer, headless ? 0 : record.header().sys_up_time,
                                       headless ? kZeroDotZero.view() : record.trap_oid());
}

NotificationContext original_context(const alarm::RecordView& record, ByteView own_engine_id) {
  const bool v3 =
      record.header().snmp_version == 3 && record.header().kind == alarm::Kind::kNotification;
  if (!v3) return {own_engine_id, {}};
  return {record.field(Field::kContextEngineId), record.field(Field::kContextName)};
}

}  // namespace trapd::forwarders
