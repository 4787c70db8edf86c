// SPDX-License-Identifier: Apache-2.0
// The dispatcher between a real journal and a forwarder that does what the test says.
#include "forwarders/dispatcher.h"

#include <poll.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <deque>
#include <map>

#include "tests/unit/journal/damage.h"
#include "tests/unit/journal/fixtures.h"
#include "trapd/base/guarded.h"

using namespace trapd;
using namespace trapd::forwarders;
using journal::RecordSpec;
using journal::RunningLedger;
using journal::TemporaryDirectory;
using journal::wait_until;

namespace {

/// What a scripted forwarder shares with its test.
struct Script {
  std::atomic<bool> up{true};
  std::atomic<bool> takes{true};          // offer() takes anything
  std::atomic<bool> delivers{true};       // run() delivers what is under way
  std::atomic<std::uint64_t> refuses{0};  // this sequence becomes a dead letter
  std::atomic<std::uint64_t> resend{0};   // what resend_from() tells
  std::atomic<bool> closes_in_order{false};
  std::atomic<bool> flushed{false};
  std::atomic<std::uint64_t> most_under_way{0};
  std::atomic<std::uint64_t> runs{0};
  Guarded<std::vector<std::pair<std::uint64_t, std::uint64_t>>> seen;  // sequence, own number

  std::vector<std::uint64_t> sequences() const {
    return seen.with([](const auto& all) {
      std::vector<std::uint64_t> numbers;
      for (const auto& [sequence, number] : all) numbers.push_back(sequence);
      return numbers;
    });
  }
};

class ScriptedForwarder final : public Forwarder {
 public:
  explicit ScriptedForwarder(Script& script) : script_(script) {}
  std::size_t offer(std::span<const Item> items) override {
    if (!script_.takes) return 0;
    const std::size_t n = std::min<std::size_t>(items.size(), 3);
    for (const Item& item : items.first(n))
      waiting_.push_back({item.sequence, item.destination_sequence});
    script_.most_under_way = std::max<std::uint64_t>(script_.most_under_way, waiting_.size());
    return n;
  }
  void run(const Wakeup& wakeup, std::int64_t /*until_ns*/) override {
    ++script_.runs;
    pollfd waiting{wakeup.fd(), POLLIN, 0};
    ::poll(&waiting, 1, waiting_.empty() || !script_.delivers ? 1 : 0);
    if (!script_.delivers) return;
    for (; !waiting_.empty(); waiting_.pop_front()) {
      through_ = waiting_.front().first;
      if (through_ == script_.refuses) {
        dead_.push_back({through_, "too big"});
        continue;
      }
      ++delivered_;
      script_.seen.with([&](auto& all) { all.push_back(waiting_.front()); });
    }
  }
  std::uint64_t delivered_through() const override { return through_; }
  std::size_t under_way() const override { return waiting_.size(); }
  std::uint64_t delivered_count() const override { return delivered_; }
  std::uint64_t failed_count() const override { return script_.up ? 0 : 1; }
  Health health() const override { return {script_.up, script_.up ? "fine" : "refused"}; }
  std::vector<DeadLetter> take_dead_letters() override { return std::move(dead_); }
  void flush() override { script_.flushed = true; }
  std::uint64_t resend_from() const override { return script_.resend; }
  void close(std::int64_t /*until_ns*/) override {
    if (script_.closes_in_order) script_.resend = 0;
  }

 private:
  Script& script_;
  std::deque<std::pair<std::uint64_t, std::uint64_t>> waiting_;
  std::uint64_t through_ = 0;
  std::uint64_t delivered_ = 0;
  std::vector<DeadLetter> dead_;
};

struct Fixture {
  TemporaryDirectory directory;
  RunningLedger journal{directory.path()};
  VirtualClock clock;
  Script script;
  Script again;  // of the forwarder for retries
  std::atomic<int> again_made{0};
  std::uint64_t put = 0;

  Fixture() { journal.run(); }

  void store(std::size_t n, const RecordSpec& spec = {}) {
    for (std::size_t i = 0; i < n; ++i) journal.put(spec);
    put += n;
    REQUIRE(journal.wait_committed(put));
  }
  std::unique_ptr<Dispatcher> start(Destination destination) {
    auto made = std::make_unique<Dispatcher>(std::move(destination),
                                             std::make_unique<ScriptedForwarder>(script),
                                             journal.store(), journal.ledger(), clock, [this] {
                                               ++again_made;
                                               return std::make_unique<ScriptedForwarder>(again);
                                             });
    made->start();
    return made;
  }
  static Destination to(const char* name, Destination::Start start = Destination::Start::kOldest) {
    Destination destination;
    destination.name = name;
    destination.start = start;
    return destination;
  }
  bool delivered(std::size_t n, Dispatcher& dispatcher) {
    return wait_until([&] {
      dispatcher.wake();
      return script.sequences().size() >= n;
    });
  }
};

std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = first; i <= last; ++i) all.push_back(i);
  return all;
}

}  // namespace

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
  f.again.up = true;  // it answers others: the time begins anew
  CHECK(waits_on());
  f.again.up = false;
  f.clock.advance_ns(800 * kNsPerSecond);
  CHECK(waits_on());
  f.clock.advance_ns(200 * kNsPerSecond);
  REQUIRE(wait_until([&] { return !ledger.dead_letters("noc").at(0).retry; }));
  CHECK(ledger.dead_letters("noc")[0].reason == "no answer to a retry in 900 s: refused");
}
