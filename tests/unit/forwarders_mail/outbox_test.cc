// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/outbox.h"

#include <doctest/doctest.h>

using namespace trapd;
using namespace trapd::forwarders;
using namespace trapd::forwarders::mail;

namespace {

std::vector<std::string> recipients(std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back("r" + std::to_string(i) + "@x");
  return all;
}

std::vector<RecipientResult> results(const std::string& letters) {
  std::vector<RecipientResult> all;
  for (const char c : letters) {
    all.push_back(c == 'a'   ? RecipientResult{Verdict::kAccepted, "250 ok"}
                  : c == 'd' ? RecipientResult{Verdict::kDeferred, "451 later"}
                  : c == 'r' ? RecipientResult{Verdict::kRefused, "550 no"}
                  : c == 'm' ? RecipientResult{Verdict::kRefused, "554 not this", true}
                             : RecipientResult{});
  }
  return all;
}

struct Fixture {
  explicit Fixture(std::size_t count)
      : outbox("duty", recipients(count), clock, [](std::span<const Entry> entries) {
          std::string message = entries.front().text;
          if (message.empty()) {
            for (const Entry& entry : entries) {
              message += (message.empty() ? "" : "+") + std::to_string(entry.sequence);
            }
          }
          return message;
        }) {}
  /// text: what its message says; empty = the sequences.
  void add(const std::string& text, const std::vector<std::uint64_t>& sequences) {
    std::vector<Entry> entries;
    for (const std::uint64_t sequence : sequences) {
      entries.push_back({.sequence = sequence, .subject = {}, .text = text});
    }
    outbox.add(std::move(entries));
  }
  /// Sends the next job with these verdicts; returns "message:recipients".
  std::string send(const std::string& letters) {
    const auto job = outbox.next();
    if (!job) return "nothing";
    REQUIRE(job->recipients.size() == letters.size());
    std::string text(job->message);
    for (const std::string& recipient : job->recipients) text += " " + recipient.substr(0, 2);
    outbox.apply(results(letters));
    return text;
  }
  VirtualClock clock;
  Outbox outbox;
};

}  // namespace

TEST_CASE("a mail that all have is delivered") {
  Fixture f(2);
  f.add("one", {4, 6, 9});
  CHECK(f.outbox.records() == 3);
  CHECK(f.send("aa") == "one r0 r1");
  CHECK(f.outbox.delivered_through() == 9);
  CHECK(f.outbox.delivered_count() == 3);
  CHECK(f.outbox.records() == 0);
  CHECK_FALSE(f.outbox.next());
}

TEST_CASE("a mail that nobody has yet is not overtaken") {
  Fixture f(2);
  f.add("one", {1});
  f.add("two", {2});
  CHECK(f.send("dr") == "one r0 r1");
  CHECK(f.outbox.take_put_off());
  CHECK_FALSE(f.outbox.take_put_off());
  CHECK(f.outbox.delivered_through() == 0);
  CHECK(f.send("a") == "one r0");  // not again to the one that refused it
  CHECK(f.outbox.delivered_through() == 1);
  CHECK(f.send("aa") == "two r0 r1");
}

TEST_CASE("the rest of a mail's recipients does not hold up the next mails") {
  Fixture f(2);
  f.add("one", {1});
  f.add("two", {2});
  CHECK(f.send("ad") == "one r0 r1");
  CHECK_FALSE(f.outbox.take_put_off());
  CHECK(f.outbox.delivered_through() == 0);
  CHECK(f.send("aa") == "two r0 r1");
  CHECK(f.outbox.delivered_through() == 0);  // in order, as far as it tells
  CHECK_FALSE(f.outbox.next());
  f.clock.advance_ns(kNsPerSecond);
  CHECK(f.send("a") == "one r1");
  CHECK(f.outbox.delivered_through() == 2);
  CHECK(f.outbox.delivered_count() == 2);
}

TEST_CASE("a rest is given up after an hour, and when there are too many of them") {
  Fixture f(2);
  f.add("one", {1});
  f.send("ad");
  int tries = 0;
  for (; f.outbox.delivered_through() == 0 && tries < 1000; ++tries) {
    f.clock.advance_ns(61 * kNsPerSecond);
    CHECK(f.send("d") == "one r1");
  }
  CHECK(tries >= 58);
  CHECK(tries <= 60);
  CHECK(f.outbox.take_dead_letters().empty());  // somebody has it
  for (std::uint64_t i = 0; i <= Outbox::kRestsMax; ++i) {
    f.add("more", {10 + i});
    f.send("ad");
  }
  CHECK(f.outbox.delivered_through() == 10);
}

TEST_CASE("what all refuse becomes dead letters with the reply") {
  Fixture f(2);
  f.add("one", {1, 2});
  f.send("rr");
  const std::vector<DeadLetter> dead = f.outbox.take_dead_letters();
  REQUIRE(dead.size() == 2);
  CHECK(dead[1].sequence == 2);
  CHECK(dead[1].reason == "r0@x: 550 no (and 1 more recipients refuse)");
  CHECK(f.outbox.delivered_through() == 2);
  CHECK(f.outbox.delivered_count() == 0);
  CHECK(f.outbox.all_refused());
}

TEST_CASE("what the server did not decide is tried again at once, and only that") {
  Fixture f(3);
  f.add("one", {1});
  CHECK(f.send("ao?") == "one r0 r1 r2");
  CHECK(f.send("aa") == "one r1 r2");
  CHECK(f.outbox.delivered_through() == 1);
}

TEST_CASE("over a hundred recipients are served in chunks") {
  Fixture f(250);
  f.add("one", {1});
  f.send(std::string(100, 'a'));
  CHECK(f.outbox.delivered_through() == 0);
  f.send(std::string(99, 'a') + "d");
  f.send(std::string(50, 'a'));
  CHECK(f.outbox.delivered_through() == 0);
  f.clock.advance_ns(kNsPerSecond);
  CHECK(f.send("a") == "one r1");
  CHECK(f.outbox.delivered_through() == 1);
}

TEST_CASE("the outbox is bounded in mails and in octets") {
  Fixture f(1);
  for (std::uint64_t i = 1; i <= Outbox::kMailsMax; ++i) {
    CHECK_FALSE(f.outbox.full());
    f.add("m", {i});
  }
  CHECK(f.outbox.full());
  f.send("a");
  CHECK_FALSE(f.outbox.full());
  f.add(std::string(Outbox::kOctetsMax, 'x'), {1000});
  CHECK(f.outbox.full());
}

TEST_CASE("a mail that is refused for what is in it is taken apart until one record is to blame") {
  Fixture f(1);
  f.add("", {1, 2, 3, 5, 8});
  f.add("", {9});
  CHECK(f.send("m") == "1+2+3+5+8 r0");
  CHECK(f.outbox.records() == 6);
  CHECK(f.send("a") == "1+2 r0");
  CHECK(f.outbox.delivered_through() == 2);
  CHECK(f.send("m") == "3+5+8 r0");
  CHECK(f.send("a") == "3 r0");
  CHECK(f.send("m") == "5+8 r0");
  CHECK(f.send("d") == "5 r0");  // put off: still in order
  CHECK(f.outbox.take_put_off());
  CHECK(f.outbox.take_dead_letters().empty());
  CHECK(f.send("m") == "5 r0");
  CHECK(f.send("a") == "8 r0");
  CHECK(f.send("a") == "9 r0");
  const std::vector<DeadLetter> dead = f.outbox.take_dead_letters();
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].sequence == 5);
  CHECK(dead[0].reason == "r0@x: 554 not this");
  CHECK(f.outbox.delivered_through() == 9);
  CHECK(f.outbox.delivered_count() == 5);
  CHECK(f.outbox.records() == 0);
}

TEST_CASE("who refuses the mail as a recipient is not asked again for its halves") {
  Fixture f(2);
  f.add("", {1, 2});
  CHECK(f.send("rm") == "1+2 r0 r1");
  CHECK(f.send("m") == "1 r1");
  CHECK(f.send("a") == "2 r1");
  const std::vector<DeadLetter> dead = f.outbox.take_dead_letters();
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].reason == "r0@x: 550 no (and 1 more recipients refuse)");
}

TEST_CASE("a mail that is refused as such is not taken apart, and one that somebody has neither") {
  Fixture f(2);
  f.add("", {1, 2});
  f.add("", {3, 4});
  CHECK(f.send("rr") == "1+2 r0 r1");
  CHECK(f.outbox.take_dead_letters().size() == 2);
  CHECK(f.send("am") == "3+4 r0 r1");
  CHECK(f.outbox.take_dead_letters().empty());
  CHECK_FALSE(f.outbox.next());
}
