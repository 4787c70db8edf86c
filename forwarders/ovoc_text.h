// SPDX-License-Identifier: Apache-2.0
// The words in which AudioCodes OVOC tells of an alarm, for receivers that know them: syslog and
// mail say the same. Every text is clean (record_text.h). Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mib/index.h"
#include "trapd/alarm/record.h"

namespace trapd::forwarders {

/// "Critical" … "Indeterminate", "Clear".
const char* ovoc_severity(alarm::Severity severity);

/// "Alarm linkDown, received from sbc-1, 192.0.2.7 with Severity Major"; "Event …" for what is no
/// alarm. Without the address where its place does not want it, or where there is none.
std::string ovoc_title(const alarm::RecordView& record, const mib::MibIndex& index,
                       bool with_address);

/// The resource, else the device.
std::string ovoc_source(const alarm::RecordView& record);

/// What happened; of a notification that no rule knows its varbinds, that many octets of them.
std::string ovoc_description(const alarm::RecordView& record, const mib::MibIndex& index,
                             std::size_t varbinds_octets_max);

/// All fields of an alarm and its device, always the same in the same order; the value of one that
/// is not known is empty. An AudioCodes device tells more of them than others.
struct OvocField {
  std::string_view label;
  std::string value;
};
std::vector<OvocField> ovoc_fields(const alarm::RecordView& record, const mib::MibIndex& index);

}  // namespace trapd::forwarders
