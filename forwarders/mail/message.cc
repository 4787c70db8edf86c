// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "forwarders/mail/encoded_word.h"
#include "forwarders/mail/quoted_printable.h"
#include "trapd/base/clock.h"

namespace trapd::forwarders::mail {

namespace {

/// One address a line: 255 characters at most, whatever their number.
void append_recipients(std::string* out, const std::vector<std::string>& recipients) {
  out->append("To: ");
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    if (i > 0) out->append(",\r\n ");
    out->append(recipients[i]);
  }
  out->append("\r\n");
}

/// In quoted-printable a "=" stands before two hexadecimal digits or the end of a line and nowhere
/// else, so this occurs in no body (RFC 2045 6.7, RFC 2046 5.1.1).
constexpr std::string_view kBoundary = "=_trapd";

/// Its first CRLF is its own, not the part's before it.
void append_delimiter(std::string* out) { out->append("\r\n--").append(kBoundary).append("\r\n"); }

void append_part(std::string* out, std::string_view type, std::string_view text) {
  out->append("Content-Type: ").append(type);
  out->append("; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
  out->append(quoted_printable(text));
}

}  // namespace

std::string date_text(std::int64_t wall_ns) {
  // Not strftime: the names must be English in every locale.
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = std::max<std::int64_t>(wall_ns, 0) / kNsPerSecond;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
                     kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                     kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string compose(const Message& message) {
  std::string out = "Date: " + date_text(message.date_wall_ns) + "\r\n";
  out.append("From: ").append(display_name(message.from_name));
  out.append("\r\n <").append(message.from).append(">\r\n");
  append_recipients(&out, *message.recipients);
  out.append("Message-ID: <").append(message.message_id).append(">\r\n");
  out.append(text_field("Subject", message.subject));
  out.append("Auto-Submitted: auto-generated\r\n");
  out.append("X-Trapd-Severity: ").append(alarm::to_text(message.severity)).append("\r\n");
  if (message.severity == alarm::Severity::kCritical) out.append("Importance: high\r\n");
  out.append("MIME-Version: 1.0\r\n");
  if (message.html.empty()) {
    append_part(&out, "text/plain", message.body);
    return out;
  }
  out.append("Content-Type: multipart/alternative; boundary=\"").append(kBoundary).append("\"\r\n");
  append_delimiter(&out);
  append_part(&out, "text/plain", message.body);
  append_delimiter(&out);
  append_part(&out, "text/html", message.html);
  return out.append("\r\n--").append(kBoundary).append("--\r\n");
}

std::string dot_stuffed(std::string_view message) {
  std::string out;
  out.reserve(message.size() + 64);
  while (!message.empty()) {
    const std::size_t found = message.find('\n');
    const std::size_t end = found == std::string_view::npos ? message.size() : found + 1;
    if (message.front() == '.') out += '.';
    out.append(message.substr(0, end));
    message.remove_prefix(end);
  }
  return out.append(".\r\n");
}

}  // namespace trapd::forwarders::mail
