// SPDX-License-Identifier: Apache-2.0
// A record as JSON (forwarders/record_json.h) in an RFC 5424 frame without structured data. The
// JSON is ASCII: other characters are written as \u escapes, so no byte order mark is needed, which
// JSON parsers would stumble over.
#pragma once

#include <string>

#include "forwarders/syslog/message.h"

namespace trapd::forwarders::syslog {

/// When it is too large, varbinds are left out from the end, then the text and the resource are
/// cut, and "shortened" is true.
void json_message(const Item& item, const mib::MibIndex& index, const Header& header,
                  std::string* out);

}  // namespace trapd::forwarders::syslog
