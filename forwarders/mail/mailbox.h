// SPDX-License-Identifier: Apache-2.0
// Mail addresses as they go into SMTP commands and header fields. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "trapd/base/error.h"

namespace trapd::forwarders::mail {

/// A bare address: local part of atoms and dots (RFC 5321 4.1.2 Dot-string, at most 64 octets),
/// a domain of letters, digits and hyphens (at most 255), at most 254 in all. Quoted local parts,
/// address literals and characters beyond ASCII (RFC 6531) are refused: what passes cannot end a
/// header field or a command (MAI-01, MAI-07).
Status check_mailbox(std::string_view address);

/// A host name of letters, digits, hyphens and dots.
bool is_domain(std::string_view name);
/// What of `text` a domain may hold, for the name after EHLO; "localhost" when nothing is left.
std::string domain_text(std::string_view text);

}  // namespace trapd::forwarders::mail
