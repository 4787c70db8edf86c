// SPDX-License-Identifier: Apache-2.0
#include "forwarders/dispatcher.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>

#include "tests/unit/forwarders/dispatcher_fixture.h"
#include "tests/unit/journal/damage.h"

using namespace trapd;
using namespace trapd::forwarders;
using Fixture = DispatcherFixture;

TEST_CASE("everything stored reaches the destination once, in order, numbered without gaps") {
  Fixture f;
  f.store(200);
  auto dispatcher = f.start(Fixture::to("noc"));
  REQUIRE(f.delivered(200, *dispatcher));
  f.store(50);
  REQUIRE(f.delivered(250, *dispatcher));
  CHECK(f.script.sequences() == numbers(1, 250));
  f.script.seen.with([](const auto& all) {
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].second == i + 1);
  });
  REQUIRE(wait_until([&] { return dispatcher->status().cursor == 250; }));
  const Dispatcher::Status status = dispatcher->status();
  CHECK(status.sent == 250);
  CHECK(status.backlog == 0);
  CHECK(status.health.up);
  dispatcher->stop(std::chrono::milliseconds(100));
  CHECK(f.journal.ledger().cursor("noc") == 250);
}

TEST_CASE("a new destination begins now or with the oldest, and a stop does not move that") {
  Fixture f;
  f.store(10);
  auto now = f.start(Fixture::to("now", Destination::Start::kNow));
  CHECK(f.journal.ledger().cursor("now") == 10);
  now->stop(std::chrono::milliseconds(0));
  f.store(5);
  now = f.start(Fixture::to("now", Destination::Start::kNow));
  REQUIRE(f.delivered(5, *now));
  CHECK(f.script.sequences() == numbers(11, 15));
}

TEST_CASE("was: takes over where the old name had come to") {
  Fixture f;
  f.store(10);
  auto old = f.start(Fixture::to("old"));
  REQUIRE(f.delivered(10, *old));
  old->stop(std::chrono::milliseconds(100));
  f.store(3);
  Destination renamed = Fixture::to("new");
  renamed.was = "old";
  auto dispatcher = f.start(renamed);
  REQUIRE(f.delivered(13, *dispatcher));
  CHECK(f.script.sequences() == numbers(1, 13));
  CHECK_FALSE(f.journal.ledger().has_cursor("old"));
}

TEST_CASE(
    "what the filter leaves out is passed by the cursor, but never before what is under way") {
  Fixture f;
  RecordSpec minor;
  minor.severity = alarm::Severity::kMinor;
  f.store(5);
  f.store(20, minor);
  Destination destination = Fixture::to("noc");
  Match major;
  major.severity = {alarm::Severity::kMajor};
  destination.filter.entries = {{true, major}};
  f.script.delivers = false;
  auto dispatcher = f.start(destination);
  REQUIRE(wait_until([&] { return dispatcher->status().under_way == 5; }));
  CHECK(dispatcher->status().cursor == 0);
  f.script.delivers = true;
  REQUIRE(wait_until([&] { return dispatcher->status().cursor == 25; }));
  CHECK(f.script.sequences() == numbers(1, 5));
}

TEST_CASE("a record that is refused becomes a dead letter and blocks nothing") {
  Fixture f;
  f.script.refuses = 3;
  f.store(6);
  auto dispatcher = f.start(Fixture::to("noc"));
  REQUIRE(wait_until([&] { return dispatcher->status().cursor == 6; }));
  REQUIRE(wait_until([&] { return f.journal.ledger().dead_letters("noc").size() == 1; }));
  const std::vector<journal::DeadLetter> dead = f.journal.ledger().dead_letters("noc");
  CHECK(dead[0].sequence == 3);
  CHECK(dead[0].reason == "too big");
  CHECK(dispatcher->status().sent == 5);
}

TEST_CASE("a destination that takes nothing holds a bounded part of the journal in memory") {
  Fixture f;
  f.script.takes = false;
  RecordSpec large;
  large.varbind_octets = 2000;
  f.store(2000, large);
  auto dispatcher = f.start(Fixture::to("noc"));
  REQUIRE(wait_until([&] { return dispatcher->status().backlog == 2000; }));
  CHECK(dispatcher->status().cursor == 0);
  f.script.takes = true;
  REQUIRE(f.delivered(2000, *dispatcher));
  CHECK(f.script.sequences() == numbers(1, 2000));
}

TEST_CASE("a destination that is down for five seconds is an alarm, which ends when it is up") {
  Fixture f;
  f.script.up = false;
  auto dispatcher = f.start(Fixture::to("noc"));
  CHECK(f.journal.ledger().has_cursor("noc"));
  const auto alarms = [&] {
    std::size_t n = 0;
    for (const alarm::AlarmState& state : f.journal.ledger().alarms()) {
      if (state.name == "trapdDestinationDown" && state.resource == "noc") ++n;
    }
    return n;
  };
  f.clock.advance_ns(4 * kNsPerSecond);
  dispatcher->wake();
  REQUIRE(wait_until([&] { return !dispatcher->status().health.up; }));
  CHECK(alarms() == 0);
  REQUIRE(wait_until([&] {
    f.clock.advance_ns(kNsPerSecond);
    dispatcher->wake();
    return alarms() == 1;
  }));
  CHECK(dispatcher->status().health.detail == "refused");
  f.script.up = true;
  REQUIRE(wait_until([&] {
    f.journal.clock.advance_ns(2 * kNsPerSecond);
    dispatcher->wake();
    return alarms() == 0;
  }));
  CHECK(dispatcher->status().health.up);
}

TEST_CASE("a stop flushes and delivers what is stored, but waits for no peer that is down") {
  Fixture f;
  f.script.delivers = false;
  f.store(30);
  auto dispatcher = f.start(Fixture::to("noc"));
  REQUIRE(wait_until([&] { return dispatcher->status().under_way > 0; }));
  SUBCASE("up") {
    f.script.delivers = true;
    dispatcher->stop(std::chrono::milliseconds(5000));
    CHECK(f.script.flushed);
    CHECK(f.script.sequences() == numbers(1, 30));
    CHECK(f.journal.ledger().cursor("noc") == 30);
  }
  SUBCASE("down") {
    f.script.up = false;
    const auto start = std::chrono::steady_clock::now();
    dispatcher->stop(std::chrono::milliseconds(60'000));  // the clock stands still
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
    CHECK(f.journal.ledger().cursor("noc") == 0);
  }
}

TEST_CASE("after a restart of everything the destination goes on behind its cursor") {
  Fixture f;
  f.store(10);
  auto dispatcher = f.start(Fixture::to("noc"));
  REQUIRE(f.delivered(10, *dispatcher));
  dispatcher->stop(std::chrono::milliseconds(100));
  dispatcher.reset();
  f.journal.ledger().stop();
  f.journal.restart();
  CHECK(f.journal.ledger().cursor("noc") == 10);
  for (int i = 0; i < 5; ++i) f.journal.put({});
  dispatcher = f.start(Fixture::to("noc"));
  REQUIRE(f.delivered(15, *dispatcher));
  std::vector<std::uint64_t> sequences = f.script.sequences();
  CHECK(sequences.size() == 15);
  CHECK(std::is_sorted(sequences.begin(), sequences.end()));
}

TEST_CASE("a cursor inside a packed value repeats nothing before it") {
  Fixture f;
  f.journal.stop();
  f.journal.open();
  for (int i = 0; i < 10; ++i) f.journal.put({});
  f.journal.start();  // all ten in one commit
  REQUIRE(f.journal.wait_committed(10));
  REQUIRE(f.journal.store().usage().entries == 1);
  f.journal.ledger().report_cursor("noc", 4);
  auto dispatcher = f.start(Fixture::to("noc"));
  REQUIRE(f.delivered(6, *dispatcher));
  CHECK(f.script.sequences() == numbers(5, 10));
}

TEST_CASE("what a damaged part of the store holds is counted as lost, and the rest is delivered") {
  Fixture f;
  f.journal.stop();
  f.journal.open();
  for (int i = 0; i < 400; ++i) f.journal.put({});
  f.journal.start();  // all in one commit, so packed into several values
  REQUIRE(f.journal.wait_committed(400));
  std::vector<std::uint8_t> bytes;
  REQUIRE(f.journal.store().read(1, 1, &bytes));
  const std::uint64_t size = journal::make_record({}).size();
  const std::uint64_t value = bytes.size() / size;  // records in each
  REQUIRE(value * 3 < 400);
  REQUIRE(journal::damage_record(f.directory.path(), size, value + 5) == 1);
  auto dispatcher = f.start(Fixture::to("noc"));
  REQUIRE(wait_until([&] { return dispatcher->status().cursor == 400; }));
  std::vector<std::uint64_t> expected = numbers(1, value + 4);
  const std::vector<std::uint64_t> behind = numbers(2 * value + 1, 400);
  expected.insert(expected.end(), behind.begin(), behind.end());
  CHECK(f.script.sequences() == expected);
  CHECK(dispatcher->status().lost == value - 4);
  CHECK(dispatcher->status().backlog == 0);
}

TEST_CASE("what stands in the store without being committed goes nowhere") {
  Fixture f;
  f.store(10);
  f.journal.stop();
  f.journal.open();
  // As after a commit that reached the disk though it was reported as failed.
  std::vector<std::uint8_t> record = journal::make_record({});
  const std::uint64_t sequence = 11;
  std::memcpy(record.data() + offsetof(alarm::RecordHeader, sequence), &sequence, sizeof sequence);
  REQUIRE(f.journal.store().commit({{sequence, record}}, {}));
  std::vector<std::uint8_t> readable;
  REQUIRE(f.journal.store().read(sequence, 1, &readable));
  REQUIRE_FALSE(readable.empty());
  REQUIRE(f.journal.ledger().committed() == 10);
  auto dispatcher = f.start(Fixture::to("noc"));
  REQUIRE(wait_until([&] { return dispatcher->status().cursor >= 10; }));
  CHECK(dispatcher->status().cursor == 10);
  CHECK(f.script.sequences() == numbers(1, 10));
  f.journal.put({});
  f.journal.start();
  REQUIRE(f.delivered(11, *dispatcher));
  CHECK(f.script.sequences() == numbers(1, 11));
}

TEST_CASE("lost records are counted") {
  Fixture f;
  auto dispatcher = f.start(Fixture::to("noc"));
  dispatcher->add_lost(7);
  dispatcher->add_lost(3);
  CHECK(dispatcher->status().lost == 10);
}

TEST_CASE("what the peer may not have read when the process ended is sent again, and no more") {
  Fixture f;
  f.store(10);
  f.script.resend = 4;
  auto dispatcher = f.start(Fixture::to("noc"));
  REQUIRE(f.delivered(10, *dispatcher));
  SUBCASE("closed in order") {
    f.script.closes_in_order = true;
    dispatcher->stop(std::chrono::milliseconds(100));
    CHECK(f.journal.ledger().resend_from("noc") == 0);
    f.store(2);
    dispatcher = f.start(Fixture::to("noc"));
    REQUIRE(f.delivered(12, *dispatcher));
    CHECK(f.script.sequences() == numbers(1, 12));
  }
  SUBCASE("not closed in order") {
    dispatcher->stop(std::chrono::milliseconds(100));
    dispatcher.reset();
    f.journal.restart();
    CHECK(f.journal.ledger().resend_from("noc") == 4);
    f.store(2);
    dispatcher = f.start(Fixture::to("noc"));
    REQUIRE(f.delivered(19, *dispatcher));
    std::vector<std::uint64_t> expected = numbers(1, 10);
    const std::vector<std::uint64_t> again = numbers(4, 12);
    expected.insert(expected.end(), again.begin(), again.end());
    CHECK(f.script.sequences() == expected);
    CHECK(f.journal.ledger().cursor("noc") >= 10);
  }
}

TEST_CASE("what is left in doubt stays so until the peer has taken it once more") {
  Fixture f;
  f.store(10);
  f.journal.ledger().report_delivery("noc", {.through = 10, .resend_from = 4});
  f.script.takes = false;  // this process never gets to the peer
  auto dispatcher = f.start(Fixture::to("noc"));
  CHECK(dispatcher->status().cursor == 10);
  dispatcher->stop(std::chrono::milliseconds(0));
  CHECK(f.journal.ledger().resend_from("noc") == 4);
  f.script.takes = true;
  dispatcher = f.start(Fixture::to("noc"));
  REQUIRE(f.delivered(7, *dispatcher));
  REQUIRE(wait_until([&] {
    f.clock.advance_ns(kNsPerSecond);
    dispatcher->wake();
    return f.journal.ledger().resend_from("noc") == 0;
  }));
  CHECK(f.script.sequences() == numbers(4, 10));
}
