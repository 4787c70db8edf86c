// SPDX-License-Identifier: Apache-2.0
// The older format of RFC 3164, `<PRI>Mmm dd hh:mm:ss HOST trapd[PID]: TEXT` in local time, at most
// 1,024 octets (RFC 3164 4.1), and the wording that receivers of AudioCodes OVOC know, in the same
// frame.
#pragma once

#include <string>

#include "forwarders/syslog/message.h"

namespace trapd::forwarders::syslog {

void rfc3164(const Item& item, const mib::MibIndex& index, const Header& header, std::string* out);

/// Title: <Alarm|Event> NAME, received from NODE, ADDRESS with Severity SEVERITY. Description:
/// SOURCE, TEXT. Severities: critical 1, major 2, minor 3, warning 4, indeterminate 6, clear 5.
void ovoc(const Item& item, const mib::MibIndex& index, const Header& header, std::string* out);

}  // namespace trapd::forwarders::syslog
