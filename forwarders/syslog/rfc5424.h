// SPDX-License-Identifier: Apache-2.0
// RFC 5424 messages with the structured data of RFC 5675 and RFC 5674.
#pragma once

#include <string>

#include "forwarders/syslog/message.h"
#include "forwarders/syslog/message_cache.h"
#include "forwarders/syslog/structured_data.h"

namespace trapd::forwarders::syslog {

/// Appends one message of at most header.octets_max octets. What does not fit is left out in this
/// order (SYS-11): names and texts of varbinds, varbinds from the end, the end of MSG, the `snmp`
/// element, the other elements; MSG then ends in a mark that says how many varbinds are there.
/// varying (may be null): is told when nothing had to be left out.
void rfc5424(const Item& item, const mib::MibIndex& index, const Header& header,
             Annotations annotations, std::string* out, Varying* varying = nullptr);

/// `<PRI>1 TIMESTAMP HOSTNAME trapd PROCID MSGID `, up to the structured data.
void append_rfc5424_header(std::string* out, const alarm::RecordView& record,
                           const mib::MibIndex& index, const Header& header);

}  // namespace trapd::forwarders::syslog
