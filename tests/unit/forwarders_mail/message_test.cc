// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/message.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "forwarders/mail/quoted_printable.h"
#include "tests/unit/forwarders_mail/decode.h"

using namespace trapd;
using namespace trapd::forwarders::mail;

namespace {

std::string composed(std::string_view body, const std::vector<std::string>& recipients,
                     std::string_view html = {}) {
  Message message;
  message.from = "trapd@example.net";
  message.from_name = "trapd on gw";
  message.recipients = &recipients;
  message.message_id = "1-2.abc@example.net";
  message.date_wall_ns = 1'700'000'000'000'000'000;
  message.subject = "[critical] linkDown";
  message.severity = alarm::Severity::kCritical;
  message.body = body;
  message.html = html;
  return compose(message);
}

long count(const std::vector<std::string>& lines, const std::string& beginning) {
  return std::count_if(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.starts_with(beginning); });
}

}  // namespace

TEST_CASE("quoted-printable gives back what went in") {
  for (const std::string text : {"", "plain\n", "trailing blank \nand tab\t\n", "a=b\n",
                                 "\n\n.\n..\n", "-- \n", "链路断开 on 🔥 sbc\n", "From here\n"}) {
    CHECK(quoted_printable_decoded(quoted_printable(text)) == text);
  }
}

TEST_CASE("long lines and every octet survive quoted-printable") {
  std::minstd_rand random(7);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (auto n = random() % 2000; n > 0; --n) {
      text += random() % 20 == 0 ? "链" : std::string(1, static_cast<char>(random() % 256));
    }
    text += '\n';
    CHECK(quoted_printable_decoded(quoted_printable(text)) == text);
  }
  const std::string value(64 * 1024, 'v');
  CHECK(quoted_printable_decoded(quoted_printable(value + "\n")) == value + "\n");
}

TEST_CASE("a line of exactly 76 stays one line, one more makes two") {
  CHECK(lines_of(quoted_printable(std::string(76, 'a') + "\n")).size() == 1);
  CHECK(lines_of(quoted_printable(std::string(77, 'a') + "\n")).size() == 2);
  CHECK(lines_of(quoted_printable(std::string(75, 'a') + " \n")).size() == 2);
}

TEST_CASE("dots in the text do not end the message on the wire") {
  for (const std::string body : {".\n", "\n.\n", "a\n.\nb\n", "..\n", "a\r\n.\r\nQUIT\n", ".a\n"}) {
    const std::string message = composed(body, {"a@example.net"});
    CHECK(unstuffed(dot_stuffed(message)) == message);
  }
}

TEST_CASE("each field is there once") {
  const std::string message = composed("text\n", {"a@example.net", "b@example.net"});
  const std::vector<std::string> lines = lines_of(message.substr(0, message.find("\r\n\r\n") + 2));
  for (const char* field : {"Date:", "From:", "To:", "Subject:", "Message-ID:", "Auto-Submitted:",
                            "MIME-Version:", "Content-Type:", "Content-Transfer-Encoding:"}) {
    CHECK_MESSAGE(count(lines, field) == 1, field);
  }
  CHECK(count(lines, "Auto-Submitted: auto-generated") == 1);
  CHECK(count(lines, "Importance: high") == 1);
  CHECK(count(lines, "X-Trapd-Severity: critical") == 1);
  CHECK(count(lines, "Date: Tue, 14 Nov 2023 22:13:20 +0000") == 1);
}

TEST_CASE("the HTML part stands behind the plain one, and no text ends or begins a part") {
  const std::string evil = "a\n--=_trapd\n--=_trapd--\nContent-Type: text/html\n\n=_trapd\n";
  const std::string message = composed(evil, {"a@example.net"}, "<p>" + evil + "</p>\n");
  const std::size_t head = message.find("\r\n\r\n");
  const std::string field = "Content-Type: multipart/alternative; boundary=\"=_trapd\"\r\n";
  REQUIRE(message.find(field) < head);
  std::vector<std::string> parts;
  const std::string delimiter = "\r\n--=_trapd";
  std::size_t at = message.find(delimiter);
  REQUIRE(at == head + 2);
  while (message.compare(at + delimiter.size(), 2, "--") != 0) {
    const std::size_t next = message.find(delimiter, at + 1);
    REQUIRE(next != std::string::npos);
    parts.push_back(message.substr(at + delimiter.size() + 2, next - at - delimiter.size() - 2));
    at = next;
  }
  CHECK(message.substr(at + delimiter.size()) == "--\r\n");
  REQUIRE(parts.size() == 2);
  const auto text_of_part = [](const std::string& part) {
    return quoted_printable_decoded(part.substr(part.find("\r\n\r\n") + 4));
  };
  CHECK(parts[0].starts_with("Content-Type: text/plain; charset=utf-8\r\n"));
  CHECK(parts[1].starts_with("Content-Type: text/html; charset=utf-8\r\n"));
  CHECK(text_of_part(parts[0]) == evil);
  CHECK(text_of_part(parts[1]) == "<p>" + evil + "</p>\n");
}

TEST_CASE("a thousand recipients make no line longer than 998") {
  std::vector<std::string> recipients;
  for (int i = 0; i < 1000; ++i) recipients.push_back("duty" + std::to_string(i) + "@example.net");
  for (const std::string& line : lines_of(composed("x\n", recipients))) CHECK(line.size() <= 998);
}
