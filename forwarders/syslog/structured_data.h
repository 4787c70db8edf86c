// SPDX-License-Identifier: Apache-2.0
// Structured data elements of RFC 5424 section 6.3: `snmp` (RFC 5675), `alarm` (RFC 5674),
// `origin` and `meta` (RFC 5424 section 7).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mib/index.h"
#include "trapd/alarm/record.h"

namespace trapd::forwarders::syslog {

/// RFC 5675 3.2: lN (names) and aN (texts for people) may be left out.
enum class Annotations : std::uint8_t { kNone, kNamesAndTexts };

/// ` name="value"`; `value` is cleaned, and `"`, `\` and `]` get a backslash (RFC 5424 6.3.3).
void append_parameter(std::string* out, std::string_view name, std::string_view value);

/// [snmp ctxEngine= ctxName= v1= … ] without its closing bracket, so that it can be cut behind any
/// varbind: ends[k] is the length that holds the context and k varbinds. Empty when the record has
/// neither trap OID nor varbinds.
struct SnmpElement {
  std::string text;
  std::vector<std::size_t> ends;
  std::size_t ticks_at = 0;      // value of sysUpTime.0 in the text
  std::size_t ticks_octets = 0;  // 0: it is not there
};
SnmpElement snmp_element(const alarm::RecordView& record, const mib::MibIndex& index,
                         Annotations annotations);

/// [alarm resource= probableCause= perceivedSeverity= eventType= trendIndication= resourceURI=];
/// nothing when no rule said anything about the record. resource is cut to resource_octets_max.
void append_alarm_element(std::string* out, const alarm::RecordView& record,
                          std::size_t resource_octets_max);
/// [labels@8072 NAME="VALUE" …], what the rules labelled it with; nothing without labels. The
/// number is that of the enterprise below which TRAPD-MIB lies.
void append_labels_element(std::string* out, const alarm::RecordView& record);
/// [origin ip= enterpriseId=] of the device (SYS-09); of trapd itself: [origin software="trapd"].
void append_origin_element(std::string* out, const alarm::RecordView& record);
/// Nothing for a record of the journal. The number is that of trapd's arc (netSnmp).
void append_resync_element(std::string* out, const alarm::RecordView& record);
/// sequenceId: it begins anew with 1 behind 2147483647 (RFC 5424 7.3.1).
std::uint64_t sequence_id(std::uint64_t destination_sequence);
/// [meta sequenceId=]: what the receiver can count on to see a gap (RFC 5424 7.3.1).
void append_meta_element(std::string* out, std::uint64_t destination_sequence);

}  // namespace trapd::forwarders::syslog
