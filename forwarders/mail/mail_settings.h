// SPDX-License-Identifier: Apache-2.0
// What must be right about the settings of a mail destination before anything is sent. Any thread.
#pragma once

#include <string>

#include "forwarders/destination.h"
#include "trapd/base/error.h"

namespace trapd::forwarders::mail {

/// Addresses, host name, templates, the peer's check, at least one recipient, and no login without
/// TLS. The first error found, in words for whoever wrote the configuration. Reads no file.
Status check_mail_settings(const MailSettings& settings);

/// The name or address that the server's certificate must be for; with verify: ip and nothing else
/// said it is the address connected to, and this is empty.
std::string expected_peer(const MailSettings& settings);

}  // namespace trapd::forwarders::mail
