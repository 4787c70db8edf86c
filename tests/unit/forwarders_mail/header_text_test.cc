// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "forwarders/mail/encoded_word.h"
#include "forwarders/mail/mailbox.h"
#include "forwarders/record_text.h"
#include "tests/unit/forwarders_mail/decode.h"
#include "tests/unit/forwarders_mail/made_record.h"

using namespace trapd;
using namespace trapd::forwarders;
using namespace trapd::forwarders::mail;

namespace {

void check_field(const std::string& text) {
  const std::string field = text_field("Subject", text);
  INFO(field);
  for (const std::string& line : lines_of(field)) CHECK(line.size() <= 78);
  CHECK(field_text(field) == text);
}

}  // namespace

TEST_CASE("a short ASCII subject stands as it is") {
  CHECK(text_field("Subject", "[critical] linkDown on sbc-1") ==
        "Subject: [critical] linkDown on sbc-1\r\n");
}

TEST_CASE("a long ASCII subject is folded before blanks") {
  std::string text = "word";
  for (int i = 0; i < 60; ++i) text += " word" + std::to_string(i);
  CHECK(lines_of(text_field("Subject", text)).size() > 4);
  check_field(text);
}

TEST_CASE("characters of any width meet each column of the fold and come back whole") {
  for (const std::string character : {"é", "鏈", "🔥"}) {
    for (int before = 0; before < 80; ++before) {
      std::string text = std::string(static_cast<std::size_t>(before), 'a');
      for (int i = 0; i < 30; ++i) text += character;
      const std::string field = text_field("Subject", text);
      for (const std::string& line : lines_of(field)) CHECK(line.size() <= 76);
      CHECK(field_text(field) == text);
    }
  }
}

TEST_CASE("text that looks like an encoded-word arrives as that text") {
  check_field("=?utf-8?Q?=0D=0ABcc:_a@b?=");
  check_field("before =?us-ascii?B?QQ==?= behind");
}

TEST_CASE("nothing a device sends makes a second header field") {
  for (const std::string& evil :
       {std::string("x\r\nBcc: a@b"), std::string("x\nBcc: a@b"), std::string("x\rBcc: a@b"),
        octets("x\0y\r\n\r\nbody"), std::string("\r\n.\r\n"), std::string("\xe2\x80\xa8z"),
        std::string("\x85\xff\xfe"), std::string("tab\tand\x1b[31m")}) {
    const std::string field = text_field("Subject", evil);
    const std::string got = field_text(field);  // throws on a second field
    CHECK(got.find_first_of("\r\n") == std::string::npos);
    CHECK(is_clean(as_bytes(got)));
    CHECK(display_name(evil).find_first_of("\r\n") == std::string::npos);
  }
}

TEST_CASE("runs of blanks cannot make a line of blanks only") {
  const std::string field = text_field("Subject", "a" + std::string(500, ' ') + "b ");
  CHECK(field == "Subject: a b\r\n");
}

TEST_CASE("a display name is a quoted string, or encoded-words outside of quotes") {
  CHECK(display_name("trapd on gw.example.net") == "\"trapd on gw.example.net\"");
  CHECK(display_name("a \"b\" \\ c") == "\"a \\\"b\\\" \\\\ c\"");
  const std::string encoded = display_name("trapd on 机房");
  CHECK(encoded.find('"') == std::string::npos);
  CHECK(field_text("From: " + encoded + "\r\n") == "trapd on 机房");
}

TEST_CASE("an address is accepted when it can end neither a command nor a field") {
  const std::string local(64, 'a');
  const std::string label(63, 'd');
  for (const std::string& good :
       {std::string("duty@example.net"), std::string("a.b+c=d@x"), local + "@example.net"}) {
    CHECK_MESSAGE(check_mailbox(good), good);
  }
  for (const std::string& bad : {std::string(""),
                                 std::string("duty"),
                                 std::string("@x"),
                                 std::string("a@"),
                                 std::string("a@b\r\nRCPT TO:<c@d>"),
                                 std::string("a\n@b"),
                                 std::string("a@b>"),
                                 std::string("<a@b"),
                                 std::string("a b@c"),
                                 std::string("\"a b\"@c"),
                                 std::string("a@b@c"),
                                 std::string("a..b@c"),
                                 std::string(".a@c"),
                                 std::string("a.@c"),
                                 std::string("a@[1.2.3.4]"),
                                 std::string("a@b..c"),
                                 std::string("a@-b"),
                                 std::string("ä@c"),
                                 std::string("a@ä"),
                                 octets("a\0@b"),
                                 std::string("a@b,c@d"),
                                 local + "a@example.net",
                                 "a@" + label + "." + label + "." + label + "." + label + ".net",
                                 "a@" + label + "d"}) {
    CHECK_FALSE_MESSAGE(check_mailbox(bad), bad);
  }
}

TEST_CASE("the name after EHLO is a host name whatever the host is called") {
  CHECK(domain_text("gw-1.example.net") == "gw-1.example.net");
  CHECK(domain_text("gw\r\nMAIL") == "gwMAIL");
  CHECK(domain_text("机房") == "localhost");
  CHECK(domain_text("") == "localhost");
}
