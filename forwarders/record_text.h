// SPDX-License-Identifier: Apache-2.0
// Pieces of a record as text for people: what syslog, mail, the JSON form and trapctl share.
//
// Whatever a device sent, what comes out of here is UTF-8 in shortest form without control
// characters, so that a text put into a line stays in that line. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mib/index.h"
#include "trapd/alarm/record.h"
#include "trapd/base/ip_address.h"
#include "trapd/snmp/pdu.h"

namespace trapd::forwarders {

/// RFC 3339 in UTC: "2026-11-23T06:15:15.123Z". fraction_digits: 0..9, cut, not rounded. A time
/// outside the years 1970..9999 becomes the nearest one inside.
void append_time(std::string* out, std::int64_t wall_ns, int fraction_digits);
std::string time_text(std::int64_t wall_ns, int fraction_digits = 3);

/// Octets at the beginning of `text` that are printable ASCII: nearly always all, and then there is
/// nothing to look at one by one.
std::size_t plain_octets(std::string_view text);
/// Tab, line feed and carriage return become blanks; other control characters (C0, DEL, C1) and
/// octets that are not UTF-8 become U+FFFD each.
void append_clean(std::string* out, std::string_view text);
std::string clean(std::string_view text);
/// append_clean() would change nothing.
bool is_clean(ByteView text);
/// The longest beginning of at most octets_max octets that ends between two characters; `text`
/// must be UTF-8.
std::string_view cut_utf8(std::string_view text, std::size_t octets_max);

const char* kind_text(alarm::Kind kind);
const char* version_text(const alarm::RecordView& record);  // "v1", "v2c", "v3"

/// The alarm's severity as it stands now: a clear says "cleared", whatever its rule said.
alarm::Severity severity_of(const alarm::RecordView& record);
/// From trapd itself, not from a device.
bool is_own(const alarm::RecordView& record);
/// Belongs to the active alarm list: raises, changes, repeats or clears an alarm.
bool is_alarm(const alarm::RecordView& record);

/// Name for people: inventory name, else address, else identity.
std::string device_text(const alarm::RecordView& record);
/// Where the device is: agent-addr of SNMPv1, else snmpTrapAddress.0, else the sender. nullopt for
/// trapd's own.
std::optional<Endpoint> device_address(const alarm::RecordView& record);
std::string device_address_text(const alarm::RecordView& record);  // empty when unknown
/// Engine that speaks: the authoritative one of a trap, the context's of an inform.
ByteView device_engine(const alarm::RecordView& record);
/// Alarm name; without one the trap's name; without that the kind.
std::string alarm_text(const alarm::RecordView& record, const mib::MibIndex& index);
/// "IF-MIB::linkDown", dotted when unknown, empty without a trap OID.
std::string trap_text(const alarm::RecordView& record, const mib::MibIndex& index);

/// What the rules labelled it with; nothing of a line that is no `name=value`.
void for_each_label(
    const alarm::RecordView& record,
    const std::function<void(std::string_view name, std::string_view value)>& visit);
/// "team=core, port=eth0"
std::string labels_text(const alarm::RecordView& record);

void for_each_varbind(const alarm::RecordView& record,
                      const std::function<void(const snmp::Varbind&)>& visit);
/// "IF-MIB::ifIndex.3=3, …"; at most octets_max, cut at a character with "..." behind it.
std::string varbinds_text(const alarm::RecordView& record, const mib::MibIndex& index,
                          std::size_t octets_max);
/// The record's text is missing or repeats its name: no rule knows the notification, and what it
/// says is in its varbinds.
bool says_only_its_name(const alarm::RecordView& record);
/// The record's text; of one that says only its name the varbinds, if it has any.
std::string said_text(const alarm::RecordView& record, const mib::MibIndex& index,
                      std::size_t varbinds_octets_max);
/// "ifIndex.3" out of "IF-MIB::ifIndex.3".
std::string_view without_module(std::string_view name);

}  // namespace trapd::forwarders
