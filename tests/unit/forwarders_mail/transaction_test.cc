// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/transaction.h"

#include <doctest/doctest.h>

#include "forwarders/mail/smtp_reply.h"
#include "trapd/base/clock.h"

using namespace trapd;
using namespace trapd::forwarders::mail;

namespace {

Reply reply(int code) { return {code, std::to_string(code) + " text"}; }

/// What the transaction says now, all of it taken by the kernel.
std::string said(Transaction& transaction) {
  std::string text(transaction.output());
  transaction.sent(text.size());
  return text;
}

/// Goes through with one code for each command; returns what was said.
std::string played(Transaction& transaction, const std::vector<int>& codes) {
  std::string text = said(transaction);
  for (const int code : codes) {
    CHECK(transaction.on_reply(reply(code)));
    text += said(transaction);
  }
  return text;
}

}  // namespace

TEST_CASE("a mail goes to all recipients") {
  Transaction transaction("f@x", {"a@x", "b@x"}, "message\r\n.\r\n");
  CHECK(played(transaction, {250, 250, 251, 354, 250}) ==
        "MAIL FROM:<f@x>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nmessage\r\n.\r\n");
  REQUIRE(transaction.finished());
  CHECK(transaction.results()[0].verdict == Verdict::kAccepted);
  CHECK(transaction.results()[1].verdict == Verdict::kAccepted);
}

TEST_CASE("refused and deferred recipients do not keep it from the others") {
  Transaction transaction("f@x", {"a@x", "b@x", "c@x", "d@x"}, ".\r\n");
  played(transaction, {250, 550, 250, 452, 552, 354, 250});
  REQUIRE(transaction.finished());
  CHECK(transaction.results()[0].verdict == Verdict::kRefused);
  CHECK(transaction.results()[0].reply == "550 text");
  CHECK(transaction.results()[1].verdict == Verdict::kAccepted);
  CHECK(transaction.results()[2].verdict == Verdict::kDeferred);
  CHECK(transaction.results()[3].verdict == Verdict::kDeferred);  // 552 means 452 (MAI-07)
}

TEST_CASE("nothing is sent when no recipient is taken") {
  Transaction transaction("f@x", {"a@x", "b@x"}, "message");
  CHECK(played(transaction, {250, 550, 450, 250}).ends_with("RCPT TO:<b@x>\r\nRSET\r\n"));
  CHECK(transaction.finished());
}

TEST_CASE("a reply to MAIL, DATA or the message decides about all that are left") {
  for (const int code : {451, 552, 554}) {
    for (const std::vector<int>& before : {std::vector<int>{}, std::vector<int>{250, 250, 250},
                                           std::vector<int>{250, 250, 250, 354}}) {
      Transaction transaction("f@x", {"a@x", "b@x"}, "message\r\n.\r\n");
      // A refused sender is no fault of the mail.
      const bool later = code == 451 || (code == 554 && before.empty());
      const Verdict verdict = later ? Verdict::kDeferred : Verdict::kRefused;
      played(transaction, before);
      CHECK(transaction.on_reply(reply(code)));
      if (!transaction.finished()) {
        CHECK(said(transaction) == "RSET\r\n");
        CHECK(transaction.on_reply(reply(250)));
      }
      CHECK(transaction.finished());
      CHECK(transaction.results()[0].verdict == verdict);
      CHECK(transaction.results()[1].verdict == verdict);
      if (!later) CHECK(transaction.results()[1].of_message);
    }
  }
}

TEST_CASE("421, a login that is wanted and nonsense end the session and decide nothing") {
  for (const int code : {421, 530, 535, 354, 200 + 134}) {
    Transaction transaction("f@x", {"a@x"}, "message");
    said(transaction);
    CHECK_FALSE(transaction.on_reply(reply(code)));
    CHECK(transaction.results()[0].verdict == Verdict::kOpen);
  }
}

TEST_CASE("a reply that comes before its command is no reply to it") {
  Transaction transaction("f@x", {"a@x"}, "message");
  CHECK_FALSE(transaction.on_reply(reply(250)));
}

TEST_CASE("an acceptance in the middle of the message does not count, a refusal does") {
  for (const int code : {250, 552}) {
    Transaction transaction("f@x", {"a@x"}, "message\r\n.\r\n");
    played(transaction, {250, 250});
    CHECK(transaction.on_reply(reply(354)));
    transaction.sent(3);
    CHECK_FALSE(transaction.on_reply(reply(code)));
    CHECK(transaction.results()[0].verdict == (code == 250 ? Verdict::kOpen : Verdict::kRefused));
  }
}

TEST_CASE("each command has the time that RFC 5321 gives it") {
  constexpr std::int64_t kMinute = 60 * kNsPerSecond;
  Transaction transaction("f@x", {"a@x"}, "message\r\n.\r\n");
  CHECK(transaction.timeout_ns() == 5 * kMinute);
  played(transaction, {250});
  CHECK(transaction.timeout_ns() == 5 * kMinute);
  played(transaction, {250});
  CHECK(transaction.timeout_ns() == 2 * kMinute);
  CHECK(transaction.on_reply(reply(354)));
  CHECK(transaction.timeout_ns() == 3 * kMinute);
  said(transaction);
  CHECK(transaction.timeout_ns() == 10 * kMinute);
}

TEST_CASE("replies are read in pieces and over several lines") {
  ReplyReader reader;
  for (const char c : std::string("250-first\r\n250-second\r\n250 third\r\n550")) {
    CHECK(reader.feed(std::string(1, c)));
  }
  const auto first = reader.next();
  REQUIRE(first);
  CHECK(first->code == 250);
  CHECK(first->text == "250 first second third");
  CHECK_FALSE(reader.next());
  CHECK(reader.feed("\r\n"));
  CHECK(reader.next()->code == 550);
}

TEST_CASE("what is no SMTP is refused and stays so") {
  for (const std::string bad : {"hello\r\n", "25\r\n", "250-a\r\n251 b\r\n", "150 x\r\n",
                                "650 x\r\n", "250x\r\n", "\r\n", "2 0 x\r\n"}) {
    ReplyReader reader;
    CHECK_FALSE_MESSAGE(reader.feed(bad), bad);
    CHECK_FALSE(reader.feed("250 ok\r\n"));
  }
}

TEST_CASE("a server that talks without end is cut off") {
  ReplyReader line;
  CHECK_FALSE(line.feed("250 " + std::string(ReplyReader::kLineOctetsMax, 'x')));
  ReplyReader lines;
  std::string many;
  for (std::size_t i = 0; i <= ReplyReader::kLinesMax; ++i) many += "250-x\r\n";
  CHECK_FALSE(lines.feed(many));
  ReplyReader replies;
  many.clear();
  for (std::size_t i = 0; i <= ReplyReader::kRepliesMax; ++i) many += "250 x\r\n";
  CHECK_FALSE(replies.feed(many));
}

TEST_CASE("a reply's text is clean and short") {
  ReplyReader reader;
  CHECK(reader.feed("550 \x1b[31m\xff" + std::string(1500, 'x') + "\r\n"));
  const auto got = reader.next();
  REQUIRE(got);
  CHECK(got->text.size() <= ReplyReader::kTextOctetsMax);
  CHECK(got->text.find('\x1b') == std::string::npos);
}
