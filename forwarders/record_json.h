// SPDX-License-Identifier: Apache-2.0
// One record as a JSON object: the syslog format `json`, trapctl tail and history.
//
//   sequence, time, kind, outcome, severity, type, cause, alarm, resource, text,
//   device, device_name, site, tenant, source, engine_id, boots, engine_time, context_name,
//   version, level, user, inform, trap {oid, name}, uptime, rule, alarm_id, count, operator,
//   varbinds [{oid, name, type, value, text}]
//
// Fields without a value are left out. Times are RFC 3339 in UTC, octet strings that are not text
// are 0x and hexadecimal, Counter64 and every other number is a JSON number. All strings are valid
// UTF-8, so dump() cannot throw. Any thread.
#pragma once

#include <nlohmann/json.hpp>

#include "mib/index.h"
#include "trapd/alarm/record.h"

namespace trapd::forwarders {

/// Keys in the order above.
using RecordJson = nlohmann::ordered_json;

RecordJson record_json(const alarm::RecordView& record, const mib::MibIndex& index);

}  // namespace trapd::forwarders
