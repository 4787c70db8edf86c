// SPDX-License-Identifier: Apache-2.0
// Format `original`: the device's own notification, rebuilt from the record.
//
//   sysUpTime.0, snmpTrapOID.0, the varbinds octet by octet as they came, and then, each only
//   when the device did not send it itself (RFC 3584 3.1 (4), NBS-07: a first proxy's word stays):
//   snmpTrapAddress.0     v1: agent-addr, 0.0.0.0 included; else the source address, if IPv4
//   snmpTrapCommunity.0   v1 only, and always empty: the community is a secret of the device, and
//                         whoever reads along northbound must not learn it
//   snmpTrapEnterprise.0  v1 only
//
// A malformed notification (PDU-02) has no head of its own: it gets sysUpTime.0 as 0 and
// snmpTrapOID.0 as 0.0, and behind them every varbind it came with, so that a receiver that
// insists on the head takes it. trapd's own conditions are originated, not proxied: no proxy
// varbinds, and the objects of their notification from TRAPD-MIB.
#pragma once

#include "trapd/alarm/record.h"
#include "trapd/base/bytes.h"
#include "trapd/ber/writer.h"

namespace trapd::forwarders {

/// Is there a notification to rebuild? Operators' actions and automatic clears have none.
bool has_original(const alarm::RecordView& record);

/// Writes the content of the VarBindList. False when it does not fit the writer's buffer.
bool write_original_varbinds(const alarm::RecordView& record, ber::Writer& writer);

/// Where the notification belongs (RFC 3413 3.5.2 (3), NBS-05): the original's context for v3,
/// ours for everything else. Views into the record or of what was given.
struct NotificationContext {
  ByteView engine_id;
  ByteView name;
};
NotificationContext original_context(const alarm::RecordView& record, ByteView own_engine_id);

}  // namespace trapd::forwarders
