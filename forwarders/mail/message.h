// SPDX-License-Identifier: Apache-2.0
// One mail as RFC 5322 wants it: header fields, and a body of text/plain in UTF-8, alone or with
// the same in HTML beside it (RFC 2046 5.1.4). As quoted-printable it is ASCII all over, so that no
// server needs an extension for it. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/x733.h"

namespace trapd::forwarders::mail {

struct Message {
  std::string_view from;                                 // check_mailbox() passed
  std::string_view from_name;                            // any text
  const std::vector<std::string>* recipients = nullptr;  // check_mailbox() passed
  std::string_view message_id;  // without angle brackets, ASCII atoms and @
  std::int64_t date_wall_ns = 0;
  std::string_view subject;  // any text of a few hundred octets
  alarm::Severity severity = alarm::Severity::kIndeterminate;
  std::string_view body;  // UTF-8, LF between lines
  std::string_view html;  // likewise; empty: no such part
};

/// Exactly one Date, From, Subject and Message-ID (RFC 5322 3.6), Auto-Submitted: auto-generated
/// (RFC 3834 5), and for rules of mail programs X-Trapd-Severity, with Importance: high when it is
/// critical. Lines end in CRLF and are at most 998 characters, in the body 76.
std::string compose(const Message& message);

/// As it goes over the wire after DATA: a dot at the start of a line doubled, and the line with a
/// dot alone at the end (RFC 5321 4.5.2). `message` ends in CRLF.
std::string dot_stuffed(std::string_view message);

/// "Tue, 14 Nov 2023 22:13:20 +0000" (RFC 5322 3.3).
std::string date_text(std::int64_t wall_ns);

}  // namespace trapd::forwarders::mail
