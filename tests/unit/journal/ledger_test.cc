// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/ledger.h"

#include <algorithm>

#include "tests/unit/journal/disk_faults.h"
#include "tests/unit/journal/fixtures.h"
#include "trapd/journal/device_rows.h"
#include "trapd/snmp/message.h"

namespace trapd::journal {
namespace {

using alarm::Action;
using alarm::Kind;
using alarm::Outcome;

TEST_CASE("records of a worker keep their order, and sequences have no gap") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  for (int i = 1; i <= 5000; ++i) running.put({.request_id = i});
  REQUIRE(running.wait_committed(5000));
  const std::vector<alarm::RecordHeader> all = headers(running.store());
  REQUIRE(all.size() == 5000);
  for (std::size_t i = 0; i < all.size(); ++i) {
    REQUIRE(all[i].sequence == i + 1);
    REQUIRE(all[i].request_id == static_cast<std::int32_t>(i + 1));
  }
  CHECK(running.ledger().counters().stored.get() == 5000);
  CHECK(running.ledger().counters().commits.get() < 5000);
}

TEST_CASE("four workers are all served, each in its order") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  RunningLedger running(directory.path());
  running.open();
  std::vector<std::unique_ptr<FakeWorker>> workers;
  std::vector<Ledger::Source> sources;
  for (int w = 0; w < 4; ++w) {
    workers.push_back(std::make_unique<FakeWorker>());
    sources.push_back(workers.back()->source());
  }
  running.ledger().start(sources);
  constexpr int kEach = 5000;
  std::vector<std::thread> threads;
  std::array<std::size_t, 4> answered{};
  for (std::size_t w = 0; w < workers.size(); ++w) {
    threads.emplace_back([&, w] {
      for (int i = 0; i < kEach; ++i) {
        workers[w]->put(running.ledger(),
                        make_record({.device = std::string(1, static_cast<char>('a' + w)),
                                     .request_id = i,
                                     .retransmission_hash =
                                         (w + 1) * 1'000'000ull + static_cast<std::uint64_t>(i)}),
                        "answer");
        answered[w] += workers[w]->take_answers().size();
      }
      wait_until([&] {
        answered[w] += workers[w]->take_answers().size();
        return answered[w] == kEach;
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::size_t n : answered) CHECK(n == kEach);
  std::map<std::string, std::int32_t> next;
  REQUIRE(scan(running.store(), 1, [&](const alarm::RecordView& record) {
    CHECK(record.header().request_id == next[std::string(record.text(alarm::Field::kDevice))]++);
    return true;
  }));
  CHECK(next.size() == 4);
  for (const auto& [device, count] : next) CHECK(count == kEach);
  running.stop();
}

TEST_CASE("alarms and engine clocks come back as a replay of the whole journal gives them") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  RunningLedger running(directory.path());
  // So rare that rows lag behind at every stop.
  running.options.checkpoint_interval = std::chrono::hours(1);
  running.run();
  std::uint64_t next = 0;
  for (int round = 0; round < 6; ++round) {
    for (std::uint32_t i = 0; i < 700; ++i, ++next) {
      const std::uint64_t mixed = next * 2654435761u >> 7;
      running.put({.action = mixed % 3 == 0 ? Action::kClear : Action::kRaise,
                   .severity = mixed % 5 == 0 ? alarm::Severity::kMinor : alarm::Severity::kMajor,
                   .engine_id = "engine-" + std::to_string(mixed % 50),
                   .device = "device-" + std::to_string(mixed % 50),
                   .resource = std::to_string(mixed % 7),
                   .time = static_cast<std::uint32_t>(next)});
    }
    REQUIRE(running.wait_committed(next));
    const AlarmRows before = alarm_rows(running.ledger());
    const EngineMap engines_before = engine_map(running.ledger());
    running.restart();
    const FullReplay replay(running.store());
    CHECK(replay.alarms.size() > 20);
    CHECK(before == replay.alarms);
    CHECK(engines_before == replay.engines);
    CHECK(alarm_rows(running.ledger()) == replay.alarms);
    CHECK(engine_map(running.ledger()) == replay.engines);
  }
  CHECK(!running.store().fact("replay_from")->empty());
}

TEST_CASE("rows are written while nothing comes, so that a start has nothing to replay") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  for (int i = 0; i < 300; ++i) {
    running.put({.action = Action::kRaise,
                 .engine_id = "engine-" + std::to_string(i),
                 .resource = std::to_string(i)});
  }
  REQUIRE(running.wait_committed(300));
  const auto replay_from = [&] {
    return load_le<std::uint64_t>(
        reinterpret_cast<const std::uint8_t*>(running.store().fact("replay_from")->data()));
  };
  CHECK(wait_until([&] { return replay_from() == 301; }));
  std::size_t rows = 0;
  REQUIRE(running.store().for_each(Table::kAlarms, [&](ByteView, ByteView) { ++rows; }));
  REQUIRE(running.store().for_each(Table::kEngines, [&](ByteView, ByteView) { ++rows; }));
  CHECK(rows == 600);
}

TEST_CASE("a restarted device's older alarms are cleared one by one, before anything later") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  for (const char* resource : {"1", "2", "3"}) {
    running.put({.action = Action::kRaise, .resource = resource});
  }
  running.put({.action = Action::kRaise, .device = "other"});
  running.put({.action = Action::kRaise,
               .name = "coldStart",
               .flags = static_cast<std::uint8_t>(alarm::RecordFlag::kClearsDevice)});
  running.put({.action = Action::kRaise, .resource = "2"});
  REQUIRE(running.wait_committed(9));
  const std::vector<alarm::RecordHeader> all = headers(running.store());
  REQUIRE(all.size() == 9);
  for (std::size_t i = 5; i < 8; ++i) {
    CHECK(all[i].kind == Kind::kAutomaticClear);
    CHECK(all[i].outcome == Outcome::kClear);
    CHECK(all[i].severity == alarm::Severity::kCleared);
  }
  CHECK(all[8].outcome == Outcome::kRaise);
  CHECK(running.ledger().alarms().size() == 3);  // other's, coldStart, and the new one
  CHECK(running.ledger().counters().stored.get() == 6);
  CHECK(running.ledger().counters().originated.get() == 3);
}

TEST_CASE("clears that a crash cut off from their device's restart are made at the next start") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.options.batch_records_max = 2;  // the restart is committed apart from its clears
  const DiskFaultsReset reset;
  running.run();
  for (const char* resource : {"1", "2", "3", "4"}) {
    running.put({.action = Action::kRaise, .resource = resource});
  }
  REQUIRE(running.wait_committed(4));
  // Two records, so that the batch is full with the restart; then the disk goes away for good.
  disk_faults().hold_sync = true;
  disk_faults().sync_entered = false;
  running.put({.device = "x"});
  REQUIRE(wait_until([] { return disk_faults().sync_entered.load(); }));
  running.put({.device = "y"});
  running.put(
      {.name = "coldStart", .flags = static_cast<std::uint8_t>(alarm::RecordFlag::kClearsDevice)});
  running.ledger().on_commit([](std::uint64_t newest) {
    if (newest == 7) disk_faults().sync_errno = EIO;
  });
  disk_faults().hold_sync = false;
  REQUIRE(running.wait_committed(7));
  REQUIRE(wait_until([&] { return running.ledger().counters().commit_failures.get() > 0; }));
  running.ledger().stop();
  disk_faults().sync_errno = 0;
  running.stop();

  running.run();
  REQUIRE(running.wait_committed(11));
  CHECK(running.ledger().alarms().empty());
  running.restart();
  CHECK(running.ledger().committed() == 11);
}

TEST_CASE("own conditions are recorded, merged within a second, and cleared only when raised") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  Ledger& ledger = running.ledger();
  ledger.clear(alarm::OwnCondition::kDestinationDown, "oss", "up");  // was not down
  ledger.raise(alarm::OwnCondition::kDestinationDown, "oss", "refused");
  for (int i = 0; i < 100; ++i) {
    ledger.raise(alarm::OwnCondition::kDestinationDown, "oss", "refused");
  }
  REQUIRE(running.wait_committed(1));
  CHECK(ledger.alarms().size() == 1);
  CHECK(ledger.alarms()[0].name == "trapdDestinationDown");
  CHECK(ledger.alarms()[0].device == to_hex(own_engine()));
  CHECK(ledger.alarms()[0].device_name == "gateway");
  CHECK(snmp::OidView(as_bytes(ledger.alarms()[0].trap_oid)).text() == "1.3.6.1.4.1.120");
  ledger.clear(alarm::OwnCondition::kDestinationDown, "oss", "connected");
  ledger.raise(alarm::OwnCondition::kTest, "", "one");
  ledger.raise(alarm::OwnCondition::kTest, "", "two");
  REQUIRE(running.wait_committed(4));
  const std::vector<alarm::RecordHeader> all = headers(running.store());
  REQUIRE(all.size() == 4);
  CHECK(all[0].outcome == Outcome::kRaise);
  CHECK(all[1].outcome == Outcome::kClear);
  CHECK(all[1].alarm_id == 1);
  CHECK(all[2].outcome == Outcome::kEvent);
  CHECK(ledger.alarms().empty());
  CHECK(ledger.counters().originated.get() == 4);
  CHECK(ledger.counters().stored.get() == 0);
}

TEST_CASE("operators acknowledge and clear alarms, and are told what was wrong") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.open();
  CHECK(!running.ledger().acknowledge(1, "noc", ""));  // not running yet
  running.start();
  running.put({.action = Action::kRaise});
  REQUIRE(running.wait_committed(1));
  CHECK(running.ledger().acknowledge(1, "noc", "on it").has_value());
  CHECK(running.ledger().alarms().at(0).acknowledged_by == "noc");
  const Status missing = running.ledger().clear_alarm(99, "noc", "");
  REQUIRE(!missing);
  CHECK(missing.error().text == "no alarm 99 is active");
  CHECK(running.ledger().clear_alarm(1, "noc", "fixed").has_value());
  CHECK(running.ledger().alarms().empty());
  const std::vector<alarm::RecordHeader> all = headers(running.store());
  REQUIRE(all.size() == 3);
  CHECK(all[1].kind == Kind::kAcknowledge);
  CHECK(all[1].alarm_id == 1);
  CHECK(all[2].kind == Kind::kManualClear);
  CHECK(all[2].outcome == Outcome::kClear);
  CHECK(all[2].previous_severity == alarm::Severity::kMajor);
  running.ledger().stop();
  CHECK(!running.ledger().clear_alarm(1, "noc", ""));
}

TEST_CASE("a forgotten engine stays forgotten after a restart") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  running.put({.engine_id = "engine-a", .boots = 9, .time = 5});
  running.put({.engine_id = "engine-b", .boots = 3, .time = 7});
  REQUIRE(running.wait_committed(2));
  const std::string a = "engine-a";
  const std::vector<std::uint8_t> id(a.begin(), a.end());
  CHECK(running.ledger().forget_engine(id, "noc").has_value());
  // Nothing is kept of it any more; the order is a record all the same.
  CHECK(running.ledger().forget_engine(id, "noc").has_value());
  const EngineMap rest = {{"engine-b", {3, 7}}};
  running.restart();
  CHECK(engine_map(running.ledger()) == rest);
  // It may come back with lower boots.
  running.put({.engine_id = "engine-a", .boots = 1, .time = 2});
  REQUIRE(running.wait_committed(5));
  running.restart();
  CHECK(engine_map(running.ledger()).at("engine-a") ==
        std::pair<std::uint32_t, std::uint32_t>{1, 2});
}

TEST_CASE("cursors are kept without a record, never go back, and can be dropped") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  Ledger& ledger = running.ledger();
  CHECK(!ledger.has_cursor("oss"));
  ledger.report_cursor("oss", 0);
  CHECK(ledger.has_cursor("oss"));
  ledger.report_cursor("oss", 12);
  ledger.report_cursor("oss", 5);
  ledger.report_cursor("mail", 3);
  CHECK(ledger.cursor("oss") == 12);
  REQUIRE(wait_until([&] { return running.store().fact("cursor/oss")->size() == 8; }));
  running.restart();
  CHECK(running.ledger().cursor("oss") == 12);
  running.ledger().drop_cursor("oss");
  CHECK(!running.ledger().has_cursor("oss"));
  REQUIRE(wait_until([&] { return running.store().fact("cursor/oss")->empty(); }));
  running.restart();
  const std::vector<std::pair<std::string, std::uint64_t>> rest = {{"mail", 3}};
  CHECK(running.ledger().cursors() == rest);
}

TEST_CASE("commit_delay gathers what comes within it into one commit") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.options.commit_delay = std::chrono::milliseconds(60);
  running.options.checkpoint_interval = std::chrono::hours(1);
  running.run();
  for (int i = 0; i < 20; ++i) {
    running.put({.request_id = i});
    REQUIRE(wait_until([&] { return running.worker().is_drained(); }));
  }
  REQUIRE(running.wait_committed(20));
  CHECK(running.ledger().counters().commits.get() <= 3);
}

TEST_CASE("a full list of alarms keeps the raise as an event and says so once") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.options.alarms_max = 10;
  running.run();
  for (int i = 0; i < 15; ++i) {
    running.put({.action = Action::kRaise, .resource = std::to_string(i)});
  }
  REQUIRE(running.wait_committed(16));
  CHECK(running.ledger().counters().alarm_table_full.get() >= 5);
  CHECK(running.ledger().alarms().size() == 11);  // and our own, which has room of its own
  CHECK(headers(running.store()).back().kind == Kind::kOwn);
}

TEST_CASE("answers that find the worker's ring full wait for it, and nothing is lost") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  RunningLedger running(directory.path());
  running.run();
  // Answers larger than their records: the answer ring fills first.
  const std::string answer(20'000, 'a');
  std::size_t taken = 0;
  for (std::uint64_t i = 1; i <= 400; ++i) {
    const std::vector<std::uint8_t> record = make_record({.retransmission_hash = i});
    while (!running.worker().try_put(record, answer)) taken += running.answers(1).size();
    running.ledger().wakeup().notify();
  }
  REQUIRE(wait_until([&] {
    taken += running.worker().take_answers().size();
    return taken == 400;
  }));
  CHECK(wait_until([&] { return running.ledger().counters().stored.get() == 400; }));
}

TEST_CASE("what is counted as stored has its answer in the worker's ring already") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  RunningLedger running(directory.path());
  running.run();
  constexpr std::uint64_t kAlarms = 5'000;
  for (std::uint64_t i = 0; i < kAlarms; ++i) {
    running.put({.action = alarm::Action::kRaise, .resource = std::to_string(i)});
  }
  REQUIRE(running.wait_committed(kAlarms));
  // Copying the alarms holds the ledger up in the middle of what follows a commit.
  std::atomic<bool> done{false};
  std::thread busy([&] {
    while (!done) CHECK(running.ledger().alarms().size() == kAlarms);
  });
  for (std::uint64_t i = 1; i <= 20; ++i) {
    running.put({.retransmission_hash = i}, "answer");
    CHECK(wait_until([&] { return running.ledger().counters().stored.get() == kAlarms + i; }));
    CHECK(running.worker().take_answers().size() == 1);
  }
  done = true;
  busy.join();
}

TEST_CASE("stop commits what the rings hold") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.open();
  for (int i = 0; i < 1000; ++i) REQUIRE(running.worker().try_put(make_record({}), "a"));
  running.ledger().raise(alarm::OwnCondition::kStopping, "", "stopping");
  running.start();
  running.ledger().stop();
  CHECK(running.ledger().committed() == 1001);
  CHECK(running.worker().take_answers().size() == 1000);
  CHECK(running.ledger().counters().datagram_to_commit.counts[0].get() == 1000);
}

TEST_CASE("a disk that stalls for longer than a timeout ends no alarm whose repeats were waiting") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  RunningLedger running(directory.path());
  running.run();
  const RecordSpec repeated{.action = Action::kRaise, .timeout_s = 60};
  running.put(repeated);
  REQUIRE(running.wait_committed(1));
  disk_faults().sync_errno = EIO;
  running.put({.name = "other"});
  REQUIRE(wait_until([&] { return !running.ledger().commit_error().empty(); }));
  for (int i = 0; i < 3; ++i) {
    running.clock.advance_ns(30 * kNsPerSecond);
    running.put(repeated);
  }
  disk_faults().sync_errno = 0;
  REQUIRE(wait_until([&] { return running.worker().is_drained(); }));
  REQUIRE(running.wait_committed(5));
  const auto repeats = [&]() -> std::uint32_t {
    const auto alarms = running.ledger().alarms();
    const auto found = std::find_if(alarms.begin(), alarms.end(),
                                    [](const alarm::AlarmState& state) { return state.id == 1; });
    return found == alarms.end() ? 0 : found->count;
  };
  CHECK(repeats() == 4);
  // From here on its time runs again.
  running.clock.advance_ns(61 * kNsPerSecond);
  running.put({.name = "other"});
  CHECK(wait_until([&] { return repeats() == 0; }));
}

TEST_CASE("what a device that is only heard sends is known of the device, and is not stored") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  running.worker().put_heard_only(running.ledger(), make_record({.device = "quiet"}));
  REQUIRE(wait_until([&] {
    bool known = false;
    running.ledger().look_at_devices(
        [&](alarm::DeviceTable& table) { known = table.find("quiet") != nullptr; });
    return known;
  }));
  CHECK(running.ledger().counters().stored.get() == 0);
  CHECK(running.ledger().committed() == 0);
  // A recording of it is not heard.
  for (const std::uint64_t hash : {7U, 7U, 8U}) {
    running.worker().put_heard_only(running.ledger(),
                                    make_record({.device = "quiet", .duplicate_hash = hash}));
  }
  REQUIRE(wait_until([&] { return running.worker().is_drained(); }));
  running.ledger().look_at_devices(
      [](alarm::DeviceTable& table) { CHECK(table.find("quiet")->notifications == 3); });
}

TEST_CASE("what is known of a device is known again after a restart") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  RecordSpec spec{.device = "sbc", .wall_ns = running.clock.wall_ns()};
  spec.security_level = static_cast<std::uint8_t>(snmp::SecurityLevel::kAuthPriv);
  running.put(spec);
  REQUIRE(running.wait_committed(1));
  const std::int64_t bound_ns = running.clock.wall_ns();
  const std::string too_long(600, 'x');  // of no key
  spec.device = too_long;
  running.put(spec);
  REQUIRE(running.wait_committed(2));
  const auto known = [&](const std::string& device) {
    std::optional<alarm::DeviceState> found;
    running.ledger().look_at_devices([&](alarm::DeviceTable& table) {
      if (const auto* state = table.find(device)) found = *state;
    });
    return found;
  };
  REQUIRE(known("sbc"));
  running.clock.advance_ns(600 * kNsPerSecond);  // not of the journal's tail
  running.restart();
  const auto back = known("sbc");
  REQUIRE(back);
  CHECK(back->bound_since_wall_ns == bound_ns);
  CHECK(back->last_heard_wall_ns == bound_ns);
  CHECK(back->notifications == 0);
  CHECK(!known(too_long));
  CHECK(running.ledger().commit_error().empty());
  running.clock.advance_ns(kDeviceKeptNs);
  running.restart();
  CHECK(!known("sbc"));
}

}  // namespace
}  // namespace trapd::journal
