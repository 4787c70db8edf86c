// SPDX-License-Identifier: Apache-2.0
#include "forwarders/retrier.h"

#include <doctest/doctest.h>

#include "tests/unit/forwarders/dispatcher_fixture.h"

using namespace trapd;
using namespace trapd::forwarders;
using Fixture = DispatcherFixture;

TEST_CASE("a dead letter is sent again beside the order, and leaves the list when it is taken") {
  Fixture f;
  f.script.refuses = 3;
  f.again.refuses = 3;
  f.store(6);
  auto dispatcher = f.start(Fixture::to("noc"));
  journal::Ledger& ledger = f.journal.ledger();
  REQUIRE(wait_until([&] { return ledger.dead_letters("noc").size() == 1; }));
  REQUIRE(ledger.retry_dead_letters("noc", {3}));
  dispatcher->retry();
  REQUIRE(wait_until([&] { return !ledger.dead_letters("noc").at(0).retry; }));
  CHECK(f.again.sequences().empty());  // refused once more
  f.again.refuses = 0;
  // Nobody takes it now: the mark is on disk, and the next start goes on.
  f.again.delivers = false;
  REQUIRE(ledger.retry_dead_letters("noc", {}));
  dispatcher->retry();
  f.store(1);
  REQUIRE(f.delivered(6, *dispatcher));  // the others do not wait
  dispatcher->stop(std::chrono::milliseconds(0));
  f.journal.restart();
  f.again.delivers = true;
  dispatcher = f.start(Fixture::to("noc"));
  REQUIRE(wait_until([&] { return f.journal.ledger().dead_letters("noc").empty(); }));
  CHECK(f.again.sequences() == std::vector<std::uint64_t>{3});
  CHECK(f.again.flushed);
  CHECK(f.journal.ledger().dead_letter_counts("noc").total == 1);
}

TEST_CASE("a dead letter whose record is not in the store any more says so") {
  Fixture f;
  f.store(3);
  auto dispatcher = f.start(Fixture::to("noc"));
  journal::Ledger& ledger = f.journal.ledger();
  ledger.report_delivery("noc", {.through = 3, .dead = {{99, 1, false, "550"}}});
  REQUIRE(ledger.retry_dead_letters("noc", {99}));
  dispatcher->retry();
  REQUIRE(wait_until([&] { return !ledger.dead_letters("noc").at(0).retry; }));
  CHECK(ledger.dead_letters("noc")[0].reason ==
        "cannot be sent again: the store does not hold the record any more");
}

TEST_CASE("a dead letter that nobody answers neither holds up others nor stays when dropped") {
  Fixture f;
  f.store(6);
  f.again.delivers = false;
  auto dispatcher = f.start(Fixture::to("noc"));
  journal::Ledger& ledger = f.journal.ledger();
  ledger.report_delivery(
      "noc", {.through = 6, .dead = {{2, 1, false, "a"}, {3, 1, false, "b"}, {5, 1, false, "c"}}});
  const auto retry = [&](std::uint64_t sequence, std::uint64_t under_way) {
    REQUIRE(ledger.retry_dead_letters("noc", {sequence}));
    dispatcher->retry();
    return wait_until([&] { return f.again.most_under_way == under_way; });
  };
  REQUIRE(retry(3, 1));
  REQUIRE(retry(5, 2));  // though 3 is under way
  CHECK(f.again_made == 1);
  REQUIRE(retry(2, 3));  // comes before it, so the order begins anew
  CHECK(f.again_made == 2);
  REQUIRE(ledger.drop_dead_letters("noc", {3}));
  REQUIRE(wait_until([&] { return f.again_made == 3; }));
  f.again.delivers = true;
  REQUIRE(wait_until([&] { return ledger.dead_letters("noc").empty(); }));
  CHECK(f.again.sequences() == std::vector<std::uint64_t>{2, 5});
}

TEST_CASE("a dead letter is not sent again for ever to a peer that does not answer") {
  Fixture f;
  f.store(6);
  f.again.delivers = false;
  f.again.up = false;
  auto dispatcher = f.start(Fixture::to("noc"));
  journal::Ledger& ledger = f.journal.ledger();
  ledger.report_delivery("noc", {.through = 6, .dead = {{3, 1, false, "550"}}});
  REQUIRE(ledger.retry_dead_letters("noc", {3}));
  dispatcher->retry();
  REQUIRE(wait_until([&] { return f.again.most_under_way == 1; }));
  const auto waits_on = [&] {
    const std::uint64_t runs = f.again.runs;
    return wait_until([&] { return f.again.runs >= runs + 3; }) &&
           ledger.dead_letters("noc").at(0).retry;
  };
  f.clock.advance_ns(800 * kNsPerSecond);
  CHECK(waits_on());
  f.script.up = false;  // nobody gets anything there: that is no reason to give up
  REQUIRE(wait_until([&] {
    dispatcher->wake();
    return !dispatcher->status().health.up;
  }));
  f.clock.advance_ns(800 * kNsPerSecond);
  CHECK(waits_on());
  f.script.up = true;
  REQUIRE(wait_until([&] {
    dispatcher->wake();
    return dispatcher->status().health.up;
  }));
  f.again.up = true;  // it answers others: the time begins anew
  CHECK(waits_on());
  f.again.up = false;
  f.clock.advance_ns(800 * kNsPerSecond);
  CHECK(waits_on());
  f.clock.advance_ns(200 * kNsPerSecond);
  REQUIRE(wait_until([&] { return !ledger.dead_letters("noc").at(0).retry; }));
  CHECK(ledger.dead_letters("noc")[0].reason == "no answer to a retry in 900 s: refused");
}
