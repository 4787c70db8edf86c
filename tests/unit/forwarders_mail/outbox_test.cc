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
                             : RecipientResult{});
  }
  return all;
}

struct Fixture {
  explicit Fixture(std::size_t count) : outbox("duty", recipients(count), clock) {}
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
  f.outbox.add("one", {4, 6, 9});
  CHECK(f.outbox.records() == 3);
  CHECK(f.send("aa") == "one r0 r1");
  CHECK(f.outbox.delivered_through() == 9);
  CHECK(f.outbox.delivered_count() == 3);
  CHECK(f.outbox.records() == 0);
  CHECK_FALSE(f.outbox.next());
}

TEST_CASE("a mail that nobody has yet is not overtaken") {
  Fixture f(2);
  f.outbox.add("one", {1});
  f.outbox.add("two", {2});
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
  f.outbox.add("one", {1});
  f.outbox.add("two", {2});
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
  f.outbox.add("one", {1});
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
    f.outbox.add("more", {10 + i});
    f.send("ad");
  }
  CHECK(f.outbox.delivered_through() == 10);
}

TEST_CASE("what all refuse becomes dead letters with the reply") {
  Fixture f(2);
  f.outbox.add("one", {1, 2});
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
  f.outbox.add("one", {1});
  CHECK(f.send("ao?") == "one r0 r1 r2");
  CHECK(f.send("aa") == "one r1 r2");
  CHECK(f.outbox.delivered_through() == 1);
}

TEST_CASE("over a hundred recipients are served in chunks") {
  Fixture f(250);
  f.outbox.add("one", {1});
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
    f.outbox.add("m", {i});
  }
  CHECK(f.outbox.full());
  f.send("a");
  CHECK_FALSE(f.outbox.full());
  f.outbox.add(std::string(Outbox::kOctetsMax, 'x'), {1000});
  CHECK(f.outbox.full());
}
