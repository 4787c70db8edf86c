// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/report_rule.h"

#include "trapd/snmp/oids.h"
#include "trapd/snmp/pdu.h"

namespace trapd::usm {

using snmp::DropReason;

ReportGate report_gate(const snmp::V3Message& message, const Inbound& inbound) {
  const ByteView decrypted = inbound.scoped_pdu;
  const ByteView plain = decrypted.empty() ? message.plaintext_scoped_pdu : decrypted;
  snmp::ScopedPdu scoped;
  snmp::Pdu pdu;
  if (plain.empty() || !snmp::decode_scoped_pdu(plain, !decrypted.empty(), &scoped, nullptr) ||
      !snmp::decode_pdu(scoped.pdu, &pdu, nullptr)) {
    return {message.reportable(), 0};
  }
  return {pdu.confirmed(), pdu.request_id};
}

snmp::OidView object(UsmCounter counter) {
  switch (counter) {
    case UsmCounter::kUnsupportedSecLevels:
      return snmp::kUsmStatsUnsupportedSecLevels0;
    case UsmCounter::kNotInTimeWindows:
      return snmp::kUsmStatsNotInTimeWindows0;
    case UsmCounter::kUnknownUserNames:
      return snmp::kUsmStatsUnknownUserNames0;
    case UsmCounter::kUnknownEngineIds:
      return snmp::kUsmStatsUnknownEngineIds0;
    case UsmCounter::kWrongDigests:
      return snmp::kUsmStatsWrongDigests0;
    case UsmCounter::kDecryptionErrors:
      return snmp::kUsmStatsDecryptionErrors0;
    case UsmCounter::kNone:
      return {};
  }
  return {};
}

/// Table 2.1 of RFC 3414's errors.
UsmCounter counter_of(const Inbound& inbound) {
  switch (inbound.step) {
    case Step::kEngine:
      return UsmCounter::kUnknownEngineIds;
    case Step::kUser:
      return UsmCounter::kUnknownUserNames;
    case Step::kLevel:
      return UsmCounter::kUnsupportedSecLevels;
    case Step::kDigest:
      return UsmCounter::kWrongDigests;
    case Step::kWindow:
      return inbound.for_own_engine ? UsmCounter::kNotInTimeWindows : UsmCounter::kNone;  // TRP-11
    case Step::kDecrypt:
      // Plaintext where the flags say encrypted, or the reverse, is no error of decryption.
      return inbound.reason == DropReason::kDecryptionError ? UsmCounter::kDecryptionErrors
                                                            : UsmCounter::kNone;
    case Step::kPolicy:
    case Step::kEngineTable:
    case Step::kAccepted:
      return UsmCounter::kNone;
  }
  return UsmCounter::kNone;
}

DropReason refusal_reason(const snmp::V3Message& message, const Inbound& inbound,
                          const ReportGate& gate, const OwnEngine& own) {
  if (!gate.open) return inbound.reason;
  if (inbound.step == Step::kEngine && message.authoritative_engine_id.empty()) {
    return DropReason::kDiscovery;
  }
  if (inbound.step != Step::kWindow || !inbound.for_own_engine) return inbound.reason;
  const bool asks =
      message.authoritative_engine_boots == 0 && message.authoritative_engine_time == 0;
  const bool from_before =
      inbound.reason == DropReason::kNotInTimeWindow &&
      static_cast<std::uint32_t>(message.authoritative_engine_boots) < own.boots();
  return asks || from_before ? DropReason::kTimeSync : inbound.reason;
}

}  // namespace trapd::usm
