// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/condition_varbinds.h"

#include "forwarders/snmp/object_instance.h"
#include "mib/trapd_mib.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/pdu.h"
#include "trapd/snmp/text_octets.h"

namespace trapd::forwarders {
namespace {

constexpr auto kResource = instance(mib::kTrapdConditionResource);
constexpr auto kState = instance(mib::kTrapdConditionState);
constexpr auto kText = instance(mib::kTrapdConditionText);

/// trapdConditionState of TRAPD-MIB.
constexpr std::int32_t kCleared = 1;
constexpr std::int32_t kRaised = 2;
constexpr std::int32_t kEvent = 3;

std::int32_t condition_state(alarm::Action action) {
  switch (action) {
    case alarm::Action::kEvent:
      return kEvent;
    case alarm::Action::kRaise:
      return kRaised;
    case alarm::Action::kClear:
      return kCleared;
  }
  return kEvent;
}

bool holds(ByteView varbinds, snmp::OidView name) {
  snmp::VarbindReader reader(varbinds);
  snmp::Varbind varbind;
  while (reader.next(&varbind)) {
    if (varbind.name == name) return true;
  }
  return false;
}

}  // namespace

bool write_condition_varbinds(const alarm::RecordView& record, ber::Writer& writer) {
  const ByteView there = record.field(alarm::Field::kVarbinds);
  if (!holds(there, kText)) {
    const ByteView text =
        snmp::text_prefix(record.field(alarm::Field::kText), snmp::kTextOctetsMax);
    snmp::write_varbind_octets(writer, kText, text);
  }
  if (!holds(there, kState)) {
    snmp::write_varbind_integer(writer, kState, condition_state(record.header().action));
  }
  if (!holds(there, kResource)) {
    const ByteView resource =
        snmp::text_prefix(record.field(alarm::Field::kResource), snmp::kAdminStringOctetsMax);
    snmp::write_varbind_octets(writer, kResource, resource);
  }
  return writer.ok();
}

}  // namespace trapd::forwarders
