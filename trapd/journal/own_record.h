// SPDX-License-Identifier: Apache-2.0
// Records that come from no device: trapd's own conditions, operators' actions, and clears that
// follow from another record. Each function replaces `out` by one encoded record; the ledger gives
// it its sequence.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trapd/alarm/correlator.h"
#include "trapd/journal/own_reports.h"
#include "trapd/snmp/oid.h"

namespace trapd::journal {

/// Who trapd is, in its own records.
struct OwnIdentity {
  std::vector<std::uint8_t> engine_id;
  std::string device;       // its hexadecimal digits
  std::string device_name;  // for people
  snmp::Oid trap_prefix;    // node of the notifications in TRAPD-MIB; empty = records without OID
};

/// sys_up_time: hundredths of seconds since trapd started.
void encode_own_condition(const OwnReport& report, const OwnIdentity& identity,
                          std::uint32_t sys_up_time, std::vector<std::uint8_t>* out);

/// kAcknowledge, kManualClear, kAutomaticClear or kSettled of an active alarm. `why` may be empty.
void encode_about_alarm(const alarm::AlarmState& state, alarm::Kind kind, std::string_view who,
                        std::string_view why, std::int64_t wall_ns, std::vector<std::uint8_t>* out);

void encode_forget_engine(ByteView engine_id, std::string_view who, std::int64_t wall_ns,
                          std::vector<std::uint8_t>* out);

}  // namespace trapd::journal
