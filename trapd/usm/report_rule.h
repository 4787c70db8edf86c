// SPDX-License-Identifier: Apache-2.0
// What becomes of a message that the User-based Security Model has refused (RFC 3414 3.2, RFC 3412
// 7.1 (3)): under which reason it counts, whether a Report answers, which counter of usmStats that
// names. The same for whoever is authoritative here: the receiver of informs, the agent. Pure.
#pragma once

#include <cstdint>

#include "trapd/snmp/drop_reason.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/oid.h"
#include "trapd/usm/inbound.h"
#include "trapd/usm/own_engine.h"

namespace trapd::usm {

/// May a Report go out (MP-08), and which request-id would it carry?
struct ReportGate {
  bool open = false;
  std::int32_t request_id = 0;
};
/// The class of a PDU that can be read decides; else the reportable flag.
ReportGate report_gate(const snmp::V3Message& message, const Inbound& inbound);

/// The six of usmStats (RFC 3414 5); kNone: nothing is answered.
enum class UsmCounter : std::uint8_t {
  kNone,
  kUnsupportedSecLevels,
  kNotInTimeWindows,
  kUnknownUserNames,
  kUnknownEngineIds,
  kWrongDigests,
  kDecryptionErrors,
};
/// Its instance; not for kNone.
snmp::OidView object(UsmCounter counter);
/// Of a message that was not accepted. The Report of kNotInTimeWindows is signed (INF-07).
UsmCounter counter_of(const Inbound& inbound);

/// A sender that asks for our engine, or for our time, or still has that of our last boots, is
/// answered and comes again: it takes part in RFC 3414 4, which is nothing to be alarmed at. Not
/// so at the maximum of our boots, where nobody gets in any more.
snmp::DropReason refusal_reason(const snmp::V3Message& message, const Inbound& inbound,
                                const ReportGate& gate, const OwnEngine& own);

}  // namespace trapd::usm
