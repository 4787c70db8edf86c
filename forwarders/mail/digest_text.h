// SPDX-License-Identifier: Apache-2.0
// What a mail says about all of its entries: subject, body and Message-ID. Any thread.
#pragma once

#include <span>
#include <string>

#include "forwarders/mail/entry.h"

namespace trapd::forwarders::mail {

/// Critical first, cleared last.
alarm::Severity worst(std::span<const Entry> entries);

/// One entry: its own subject. More: "[critical] 12 notifications: 3 critical, 9 cleared"; where
/// names_worst the subject of the worst entry and "(and 11 more)".
std::string digest_subject(std::span<const Entry> entries, bool names_worst);

/// The entries with a blank line between; the signature behind. Of several: a summary, and then by
/// device (digest_groups.h), each behind a line "== sbc-1 (192.0.2.7), site tlv: 2 critical".
std::string digest_body(std::span<const Entry> entries, const std::string& signature);

/// The same as a page of HTML that fetches nothing; empty when the entries have none.
std::string digest_html(std::span<const Entry> entries, const std::string& signature);

/// Says which records are inside, so that the same mail sent again, also after a restart, has the
/// same one (MAI-03); the time of the first record keeps a store that begins anew apart.
/// owner: what tells this destination of this gateway from others.
std::string message_id(std::span<const Entry> entries, const std::string& owner,
                       const std::string& domain);

}  // namespace trapd::forwarders::mail
