// SPDX-License-Identifier: Apache-2.0
// Resynchronisations over a forwarder that does what the test says, from a list that the test
// changes while they run.
#include "forwarders/resync.h"

#include <poll.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <thread>

#include "trapd/base/guarded.h"

// Behind trapd's headers: both have a CHECK.
#include <doctest/doctest.h>

namespace trapd::forwarders {
namespace {

using alarm::AlarmState;
using alarm::Severity;
using Begin = Resyncs::Begin;

struct Sent {
  std::string part;  // start, alarm, clear, end
  std::uint64_t alarm_id = 0;
  Severity severity = Severity::kCleared;
  std::uint64_t number = 0;
  std::string text;
};

template <typename Condition>
bool comes(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

struct World {
  SystemClock system;
  VirtualClock by_hand;
  std::atomic<bool> delivers{true};
  std::atomic<bool> passes_time{false};      // run() without anything to do moves by_hand on
  std::atomic<std::uint64_t> refuses{0};     // alarm of this id, by the peer
  std::atomic<std::uint64_t> set_aside{0};   // alarm of this id, already when it is offered
  std::atomic<std::size_t> most_at_once{0};  // offered in one call
  std::atomic<std::size_t> most_rows_asked{0};
  std::atomic<std::uint64_t> last_number{41};
  Guarded<std::vector<Sent>> sent;
  Guarded<std::vector<Destination>> made;
  Guarded<std::map<std::uint32_t, AlarmState>> list;
  /// When an alarm is on its way, before it counts as delivered.
  std::function<void(World&, std::uint64_t alarm_id)> under_way;

  void add(std::uint32_t row, Severity severity = Severity::kMajor) {
    AlarmState state;
    state.id = 1000 + row;
    state.device = "8000138b0500000001";
    state.name = "linkDown";
    state.resource = std::to_string(row);
    state.severity = severity;
    list.with([&](auto& all) { all[row] = state; });
  }
  std::vector<Sent> all() const {
    return sent.with([](const auto& records) { return records; });
  }
  std::size_t count(const std::string& part) const {
    const auto records = all();
    return static_cast<std::size_t>(std::count_if(
        records.begin(), records.end(), [&](const Sent& one) { return one.part == part; }));
  }
};

class WorldForwarder final : public Forwarder {
 public:
  explicit WorldForwarder(World& world) : world_(world) {}
  std::size_t offer(std::span<const Item> items) override {
    world_.most_at_once = std::max(world_.most_at_once.load(), items.size());
    for (const Item& item : items) {
      Sent one;
      one.part = resync_text(item.record);
      one.alarm_id = item.record.header().alarm_id;
      one.severity = item.record.header().severity;
      one.number = item.destination_sequence;
      one.text = item.record.text(alarm::Field::kText);
      if (one.alarm_id != 0 && one.alarm_id == world_.set_aside && one.part == "alarm") {
        dead_.push_back({item.sequence, "too big"});
      } else {
        waiting_.push_back({item.sequence, one});
      }
    }
    return items.size();
  }
  void run(const Wakeup& wakeup, std::int64_t until_ns) override {
    if (!world_.delivers) {
      if (world_.passes_time) {
        world_.by_hand.advance_ns(
            std::max<std::int64_t>(until_ns - world_.by_hand.monotonic_ns(), 0));
      }
      pollfd waiting{wakeup.fd(), POLLIN, 0};
      ::poll(&waiting, 1, 1);
      return;
    }
    for (; !waiting_.empty(); waiting_.pop_front()) {
      const auto& [sequence, one] = waiting_.front();
      if (one.part == "alarm" && world_.under_way) world_.under_way(world_, one.alarm_id);
      if (one.part == "alarm" && one.alarm_id == world_.refuses) {
        dead_.push_back({sequence, "tooBig"});
        continue;
      }
      world_.sent.with([&, &record = one](auto& all) { all.push_back(record); });
    }
  }
  std::uint64_t delivered_through() const override { return 0; }
  std::size_t under_way() const override { return waiting_.size(); }
  std::uint64_t delivered_count() const override { return 0; }
  std::uint64_t failed_count() const override { return 0; }
  Health health() const override { return {true, "fine"}; }
  std::vector<DeadLetter> take_dead_letters() override { return std::exchange(dead_, {}); }
  void flush() override {}

 private:
  World& world_;
  std::deque<std::pair<std::uint64_t, Sent>> waiting_;
  std::vector<DeadLetter> dead_;
};

Destination syslog(const std::string& name) {
  Destination destination;
  destination.name = name;
  destination.settings = SyslogSettings{};
  return destination;
}
Destination snmp(const std::string& name, const std::string& host = "192.0.2.9") {
  Destination destination;
  destination.name = name;
  SnmpSettings settings;
  settings.version = SnmpSettings::Version::kV2c;
  settings.peer = {host, 162};
  settings.heartbeat = std::chrono::seconds(60);
  settings.format = SnmpSettings::Format::kOriginal;
  destination.settings = settings;
  return destination;
}

struct Fixture : World {
  explicit Fixture(std::vector<Destination> destinations = {snmp("oss"), syslog("log")},
                   bool virtual_time = false)
      : resyncs(sources(), virtual_time ? static_cast<const Clock&>(by_hand) : system) {
    resyncs.set_destinations(std::move(destinations), Resyncs::Ports{1164, 1165});
  }
  Resyncs::Sources sources() {
    Resyncs::Sources from;
    from.alarm_rows = [this](std::uint32_t row, std::size_t rows_max) {
      most_rows_asked = std::max(most_rows_asked.load(), rows_max);
      return list.with([&](const auto& all) {
        std::vector<journal::Ledger::AlarmRow> rows;
        for (auto at = all.lower_bound(row); at != all.end() && rows.size() < rows_max; ++at) {
          rows.push_back({at->first, at->second});
        }
        return rows;
      });
    };
    from.alarms_active = [this] {
      return list.with([](const auto& all) { return std::uint64_t{all.size()}; });
    };
    from.last_number = [this](const std::string&) { return last_number.load(); };
    from.make = [this](const Destination& destination) -> std::unique_ptr<Forwarder> {
      made.with([&](auto& all) { all.push_back(destination); });
      return std::make_unique<WorldForwarder>(*this);
    };
    from.own_device = "80001f8805aabbccdd";
    from.own_device_name = "gw-1";
    return from;
  }
  ResyncResult end_of(const std::string& destination) {
    REQUIRE(comes([&] { return !resyncs.is_running(destination); }));
    return resyncs.status_of(destination).result;
  }
  std::vector<std::string> parts() const {
    std::vector<std::string> texts;
    for (const Sent& one : all()) texts.push_back(one.part);
    return texts;
  }

  Resyncs resyncs;
};

}  // namespace

TEST_CASE("a resynchronisation sends a start, each active alarm once, and an end with its result") {
  Fixture world;
  for (const std::uint32_t row : {0U, 3U, 70'000U}) world.add(row);
  CHECK(world.resyncs.status().result == ResyncResult::kNone);
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  CHECK(world.end_of("oss") == ResyncResult::kCompleted);
  CHECK(world.parts() == std::vector<std::string>{"start", "alarm", "alarm", "alarm", "end"});
  CHECK(world.all()[2].alarm_id == 1003);
  CHECK(world.all()[2].number == 41);  // the stream's own last number
  CHECK(world.all()[4].text.find("completed") != std::string::npos);
  const Resyncs::Status status = world.resyncs.status();
  CHECK(status.target == "oss");
  CHECK(status.sent == 3);
  CHECK_FALSE(status.running);
}

TEST_CASE("an empty list is a start and an end") {
  Fixture world;
  REQUIRE(world.resyncs.begin("log") == Begin::kStarted);
  CHECK(world.end_of("log") == ResyncResult::kCompleted);
  CHECK(world.parts() == std::vector<std::string>{"start", "end"});
  CHECK(world.resyncs.status().sent == 0);
}

TEST_CASE("what the destination does not select is not sent") {
  Destination some = syslog("some");
  Filter::Entry majors;
  majors.match.severity = std::vector<Severity>{Severity::kMajor};
  some.filter.entries.push_back(majors);
  Fixture world({some});
  world.add(1, Severity::kMajor);
  world.add(2, Severity::kMinor);
  REQUIRE(world.resyncs.begin("some") == Begin::kStarted);
  CHECK(world.end_of("some") == ResyncResult::kCompleted);
  CHECK(world.parts() == std::vector<std::string>{"start", "alarm", "end"});
  CHECK(world.all()[1].alarm_id == 1001);
}

TEST_CASE("a second start is refused while one runs, by whatever name; others may run beside it") {
  Fixture world;
  world.delivers = false;
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  CHECK(world.resyncs.begin("oss") == Begin::kRunning);
  CHECK(world.resyncs.begin("192.0.2.9:162") == Begin::kRunning);
  CHECK(world.resyncs.is_running("192.0.2.9:162"));
  CHECK(world.resyncs.begin("log") == Begin::kStarted);
  world.delivers = true;
  CHECK(world.end_of("oss") == ResyncResult::kCompleted);
  CHECK(world.end_of("log") == ResyncResult::kCompleted);
  CHECK(world.resyncs.begin("192.0.2.9:162") == Begin::kStarted);
  CHECK(world.end_of("oss") == ResyncResult::kCompleted);
  CHECK(world.resyncs.status().target == "192.0.2.9:162");
}

TEST_CASE("how the last one ended is said while another runs") {
  Fixture world;
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  CHECK(world.end_of("oss") == ResyncResult::kCompleted);
  world.delivers = false;
  REQUIRE(world.resyncs.begin("log") == Begin::kStarted);
  CHECK(world.resyncs.status().running);
  CHECK(world.resyncs.status().target == "log");
  CHECK(world.resyncs.status().result == ResyncResult::kCompleted);
  world.resyncs.cancel("log");
  world.delivers = true;
  CHECK(world.end_of("log") != ResyncResult::kNone);
}

TEST_CASE("strangers are no targets, and no more than so many run at once") {
  std::vector<Destination> many;
  for (int i = 0; i < 6; ++i) many.push_back(syslog("log" + std::to_string(i)));
  Fixture world(many);
  CHECK(world.resyncs.begin("198.51.100.1:162") == Begin::kUnknownTarget);
  CHECK_FALSE(world.resyncs.is_snmp("log0"));
  world.delivers = false;
  for (std::size_t i = 0; i < Resyncs::kRunningMax; ++i) {
    CHECK(world.resyncs.begin("log" + std::to_string(i)) == Begin::kStarted);
  }
  CHECK(world.resyncs.begin("log5") == Begin::kTooMany);
  world.delivers = true;
}

TEST_CASE("a stop ends with stopped, which the receiver is told") {
  Fixture world;
  for (std::uint32_t row = 0; row < 200; ++row) world.add(row);
  std::atomic<bool> stopped{false};
  world.under_way = [&](World&, std::uint64_t alarm_id) {
    if (alarm_id == 1040 && !stopped.exchange(true)) CHECK(world.resyncs.cancel("oss"));
  };
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  CHECK(world.end_of("oss") == ResyncResult::kStopped);
  CHECK(world.count("alarm") < 200);
  CHECK(world.all().back().part == "end");
  CHECK(world.all().back().text.find("stopped") != std::string::npos);
  CHECK_FALSE(world.resyncs.cancel("oss"));
}

TEST_CASE("a peer that takes nothing for too long ends it with failed") {
  Fixture world({snmp("oss")}, true);
  world.add(1);
  world.delivers = false;
  world.passes_time = true;
  const std::int64_t began_ns = world.by_hand.monotonic_ns();
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  CHECK(world.end_of("oss") == ResyncResult::kFailed);
  CHECK(world.by_hand.monotonic_ns() - began_ns >= Resyncs::kGiveUpNs);
  CHECK(world.resyncs.status().sent == 0);
  CHECK(world.resyncs.begin("oss") == Begin::kStarted);  // and the next may try
}

TEST_CASE("an alarm that is refused is not counted as sent, and the end says failed") {
  for (const bool when_offered : {true, false}) {
    Fixture world;
    for (std::uint32_t row = 0; row < 3; ++row) world.add(row);
    (when_offered ? world.set_aside : world.refuses) = 1002;
    REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
    CHECK(world.end_of("oss") == ResyncResult::kFailed);
    CHECK(world.resyncs.status().sent == 2);
    CHECK(world.all().back().text.find("failed") != std::string::npos);
  }
}

TEST_CASE("an alarm that is cleared before its copy has arrived is cleared once more") {
  Fixture world;
  world.add(1);
  world.add(2);
  world.under_way = [](World& at, std::uint64_t alarm_id) {
    if (alarm_id == 1001) at.list.with([](auto& all) { all.erase(1); });
    // Its row is another alarm's by now.
    if (alarm_id == 1002) at.list.with([](auto& all) { all[2].id = 5000; });
  };
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  CHECK(world.end_of("oss") == ResyncResult::kCompleted);
  CHECK(world.parts() ==
        std::vector<std::string>{"start", "alarm", "alarm", "clear", "clear", "end"});
  CHECK(world.all()[3].alarm_id == 1001);
  CHECK(world.all()[4].alarm_id == 1002);
}

TEST_CASE("an alarm that changes before its copy has arrived is sent as it is now") {
  Fixture world;
  world.add(1, Severity::kMajor);
  world.under_way = [](World& at, std::uint64_t) {
    at.list.with([](auto& all) { all[1].severity = Severity::kCritical; });
  };
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  CHECK(world.end_of("oss") == ResyncResult::kCompleted);
  CHECK(world.parts() == std::vector<std::string>{"start", "alarm", "alarm", "end"});
  CHECK(world.all()[1].severity == Severity::kMajor);
  CHECK(world.all()[2].severity == Severity::kCritical);
  CHECK(world.resyncs.status().sent == 1);  // it is one alarm
}

TEST_CASE("an alarm that never comes to rest does not hold up the others") {
  Fixture world;
  world.add(1);
  world.add(2);
  world.under_way = [n = 0](World& at, std::uint64_t alarm_id) mutable {
    if (alarm_id == 1001) at.list.with([&](auto& all) { all[1].text = std::to_string(++n); });
  };
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  CHECK(world.end_of("oss") == ResyncResult::kCompleted);
  CHECK(world.count("alarm") == 4);
}

TEST_CASE("a destination that a reload takes away or changes is resynchronised no further") {
  for (const bool changed : {false, true}) {
    Fixture world;
    for (std::uint32_t row = 0; row < 500; ++row) world.add(row);
    REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
    REQUIRE(comes([&] { return world.count("alarm") > 0; }));
    std::vector<Destination> now = {syslog("log")};
    if (changed) now.push_back(snmp("oss", "192.0.2.77"));
    world.resyncs.set_destinations(now, std::nullopt);
    REQUIRE(comes([&] { return !world.resyncs.status().running; }));
    CHECK(world.resyncs.status().result == ResyncResult::kStopped);
    CHECK(world.count("alarm") < 500);
    CHECK(world.resyncs.begin("oss") == (changed ? Begin::kStarted : Begin::kUnknownTarget));
  }
}

TEST_CASE("a reload that changes nothing of it lets it run on") {
  Fixture world;
  for (std::uint32_t row = 0; row < 100; ++row) world.add(row);
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  world.resyncs.set_destinations({snmp("oss"), syslog("new")}, std::nullopt);
  CHECK(world.end_of("oss") == ResyncResult::kCompleted);
  CHECK(world.count("alarm") == 100);
}

TEST_CASE("what was told of a destination stays known when it is gone, its settings do not") {
  Fixture world;
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  CHECK(world.end_of("oss") == ResyncResult::kCompleted);
  world.resyncs.set_destinations({syslog("log")}, std::nullopt);
  CHECK(world.resyncs.status().target == "oss");
  CHECK(world.resyncs.status().result == ResyncResult::kCompleted);
  CHECK(world.resyncs.status_of("oss").result == ResyncResult::kNone);
}

TEST_CASE("rows are asked for in batches, and no faster than the pace") {
  Fixture world;
  constexpr std::uint32_t kRows = 10 * Resyncs::kBatchRows;
  for (std::uint32_t row = 0; row < kRows; ++row) world.add(row);
  const std::int64_t began_ns = world.system.monotonic_ns();
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  CHECK(world.end_of("oss") == ResyncResult::kCompleted);
  const std::int64_t took_ns = world.system.monotonic_ns() - began_ns;
  CHECK(took_ns >= kRows * kNsPerSecond / Resyncs::kPerSecond);
  CHECK(world.count("alarm") == kRows);
  CHECK(world.most_at_once == Resyncs::kBatchRows);
}

TEST_CASE("a mail holds as many as its owner wants, and the ledger is asked for few at a time") {
  Destination mail;
  mail.name = "mail";
  MailSettings settings;
  settings.digest_max = 500;
  mail.settings = settings;
  Fixture world({mail});
  for (std::uint32_t row = 0; row < 700; ++row) world.add(2 * row);
  REQUIRE(world.resyncs.begin("mail") == Begin::kStarted);
  CHECK(world.end_of("mail") == ResyncResult::kCompleted);
  CHECK(world.count("alarm") == 700);
  CHECK(world.most_at_once == 500);
  CHECK(world.most_rows_asked == Resyncs::kBatchRows);
}

TEST_CASE("notifications of a resynchronisation are TRAPD-MIB's, from the ports for them") {
  Fixture world;
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  world.end_of("oss");
  const Destination made = world.made.with([](const auto& all) { return all.at(0); });
  const auto& settings = std::get<SnmpSettings>(made.settings);
  CHECK(made.name != "oss");
  CHECK(settings.format == SnmpSettings::Format::kAlarm);
  CHECK(settings.source_port_first == 1164);
  CHECK(settings.source_port_last == 1165);
  CHECK(settings.heartbeat.count() == 0);
}

TEST_CASE("a stop of the process ends all at once and lets none begin") {
  Fixture world;
  world.add(1);
  world.delivers = false;
  REQUIRE(world.resyncs.begin("oss") == Begin::kStarted);
  REQUIRE(world.resyncs.begin("log") == Begin::kStarted);
  world.resyncs.stop();
  CHECK_FALSE(world.resyncs.is_running("oss"));
  CHECK(world.all().empty());
  CHECK(world.resyncs.begin("oss") == Begin::kFailed);
}

}  // namespace trapd::forwarders
