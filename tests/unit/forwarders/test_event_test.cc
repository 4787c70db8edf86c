// SPDX-License-Identifier: Apache-2.0
// Test events over a forwarder that does what the test says.
#include "forwarders/test_event.h"

#include <poll.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <thread>

#include "trapd/base/guarded.h"
#include "trapd/journal/own_record.h"

// Behind trapd's headers: both have a CHECK.
#include <doctest/doctest.h>

namespace trapd::forwarders {
namespace {

using Begin = TestEvents::Begin;

struct Peer {
  enum class Does : std::uint8_t { kDelivers, kRefuses, kIsAway, kSaysNothing };
  VirtualClock clock;
  std::atomic<Does> does{Does::kDelivers};
  std::atomic<bool> passes_time{false};
  std::atomic<int> closed{0};
  struct Got {
    std::string name;
    std::string resource;
    std::string text;
    std::uint64_t number = 0;
  };
  Guarded<std::vector<Got>> got;
  Guarded<std::vector<Destination>> made;
};

class PeerForwarder final : public Forwarder {
 public:
  explicit PeerForwarder(Peer& peer) : peer_(peer) {}
  std::size_t offer(std::span<const Item> items) override {
    CHECK(items.size() == 1);
    const Item& item = items[0];
    CHECK(item.record.valid());
    CHECK(item.record.header().kind == alarm::Kind::kOwn);
    CHECK(item.record.header().outcome == alarm::Outcome::kEvent);
    CHECK(item.record.header().alarm_id == 0);
    waiting_ = {std::string(item.record.text(alarm::Field::kAlarmName)),
                std::string(item.record.text(alarm::Field::kResource)),
                std::string(item.record.text(alarm::Field::kText)), item.destination_sequence};
    under_way_ = 1;
    return 1;
  }
  void run(const Wakeup& wakeup, std::int64_t until_ns) override {
    switch (peer_.does.load()) {
      case Peer::Does::kDelivers:
        if (flushed_) peer_.got.with([&](auto& all) { all.push_back(waiting_); });
        if (flushed_) under_way_ = 0;
        return;
      case Peer::Does::kRefuses:
        dead_.push_back({1, "550 no such user"});
        under_way_ = 0;
        return;
      case Peer::Does::kIsAway:
        ++failed_;
        return;
      case Peer::Does::kSaysNothing:
        break;
    }
    if (peer_.passes_time) {
      peer_.clock.advance_ns(std::max<std::int64_t>(until_ns - peer_.clock.monotonic_ns(), 0));
    }
    pollfd waiting{wakeup.fd(), POLLIN, 0};
    ::poll(&waiting, 1, 1);
  }
  std::uint64_t delivered_through() const override { return 0; }
  std::size_t under_way() const override { return under_way_; }
  std::uint64_t delivered_count() const override { return 0; }
  std::uint64_t failed_count() const override { return failed_; }
  Health health() const override {
    if (failed_ > 0) return {false, "192.0.2.9:25: connection refused"};
    return {true, under_way_ == 0 ? "250 taken" : "connecting"};
  }
  std::vector<DeadLetter> take_dead_letters() override { return std::exchange(dead_, {}); }
  void flush() override { flushed_ = true; }
  void close(std::int64_t) override { ++peer_.closed; }

 private:
  Peer& peer_;
  Peer::Got waiting_;
  std::size_t under_way_ = 0;
  std::uint64_t failed_ = 0;
  bool flushed_ = false;
  std::vector<DeadLetter> dead_;
};

template <typename Settings>
Destination to(const std::string& name, Settings settings) {
  Destination destination;
  destination.name = name;
  destination.filter.entries.push_back({false, {}});  // selects nothing
  destination.settings = std::move(settings);
  return destination;
}

TestEvents::Sources sources(Peer& peer) {
  TestEvents::Sources from;
  from.record = [](const std::string& resource, const std::string& text) {
    std::vector<std::uint8_t> record;
    journal::encode_own_condition({.condition = alarm::OwnCondition::kTest,
                                   .resource = resource,
                                   .text = text,
                                   .wall_ns = kNsPerSecond},
                                  {}, 0, &record);
    return record;
  };
  from.last_number = [](const std::string&) { return std::uint64_t{41}; };
  from.make = [&peer](const Destination& destination) {
    peer.made.with([&](auto& all) { all.push_back(destination); });
    return std::make_unique<PeerForwarder>(peer);
  };
  return from;
}

struct Fixture {
  Peer peer;
  TestEvents tests{sources(peer), peer.clock};
  Fixture() {
    MailSettings mail;
    mail.digest_window = std::chrono::hours(1);
    SnmpSettings snmp;
    snmp.heartbeat = std::chrono::seconds(60);
    tests.set_destinations({to("log", SyslogSettings{}), to("mail", mail), to("oss", snmp)});
  }
  TestEvents::Status end_of(const std::string& name) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (tests.status_of(name).running && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const TestEvents::Status status = tests.status_of(name);
    CHECK_FALSE(status.running);
    return status;
  }
  std::vector<Peer::Got> got() const {
    return peer.got.with([](const auto& all) { return all; });
  }
};

TEST_CASE_FIXTURE(Fixture, "a test event reaches a destination that selects nothing") {
  CHECK(tests.status_of("mail").number == 0);
  REQUIRE(tests.begin("mail", "hello") == Begin::kStarted);
  const TestEvents::Status status = end_of("mail");
  CHECK(status.number == 1);
  CHECK(status.delivered);
  CHECK(status.answered);
  CHECK(status.detail == "250 taken");
  CHECK(status.delivered_count == 1);
  CHECK(status.failed_count == 0);
  REQUIRE(got().size() == 1);
  CHECK(got()[0].name == "trapdTest");
  CHECK(got()[0].resource == "mail");
  CHECK(got()[0].text == "hello");
  CHECK(peer.closed == 1);
  const Destination made = peer.made.with([](const auto& all) { return all.at(0); });
  CHECK(made.name == "mail (test)");
  CHECK(std::get<MailSettings>(made.settings).digest_window.count() == 0);
}

TEST_CASE_FIXTURE(
    Fixture, "over UDP nobody says that it has arrived, and a northbound receiver's numbers stay") {
  REQUIRE(tests.begin("log", "") == Begin::kStarted);
  CHECK_FALSE(end_of("log").answered);
  CHECK(got().back().number == 1);
  REQUIRE(tests.begin("oss", "") == Begin::kStarted);
  CHECK_FALSE(end_of("oss").answered);
  CHECK(got().back().number == 41);
  const Destination made = peer.made.with([](const auto& all) { return all.at(1); });
  CHECK(std::get<SnmpSettings>(made.settings).heartbeat.count() == 0);
}

TEST_CASE_FIXTURE(Fixture, "why it was not delivered is said: refused, away, no answer") {
  peer.does = Peer::Does::kRefuses;
  REQUIRE(tests.begin("mail", "") == Begin::kStarted);
  TestEvents::Status status = end_of("mail");
  CHECK_FALSE(status.delivered);
  CHECK(status.detail == "refused: 550 no such user");
  peer.does = Peer::Does::kIsAway;
  REQUIRE(tests.begin("mail", "") == Begin::kStarted);
  status = end_of("mail");
  CHECK_FALSE(status.delivered);
  CHECK(status.detail == "192.0.2.9:25: connection refused");
  peer.does = Peer::Does::kSaysNothing;
  peer.passes_time = true;
  REQUIRE(tests.begin("mail", "") == Begin::kStarted);
  status = end_of("mail");
  CHECK_FALSE(status.delivered);
  CHECK(status.detail == "not done within 30 s: connecting");
  peer.does = Peer::Does::kDelivers;
  REQUIRE(tests.begin("mail", "") == Begin::kStarted);
  status = end_of("mail");
  CHECK(status.number == 4);
  CHECK(status.delivered_count == 1);
  CHECK(status.failed_count == 3);
}

TEST_CASE_FIXTURE(Fixture, "one at a time to a destination, and to nobody who is not configured") {
  CHECK(tests.begin("nobody", "") == Begin::kUnknownDestination);
  peer.does = Peer::Does::kSaysNothing;
  REQUIRE(tests.begin("mail", "") == Begin::kStarted);
  CHECK(tests.begin("mail", "") == Begin::kRunning);
  tests.set_destinations({to("a", SyslogSettings{}), to("b", SyslogSettings{}),
                          to("c", SyslogSettings{}), to("d", SyslogSettings{}),
                          to("e", SyslogSettings{})});
  const TestEvents::Status status = end_of("mail");  // it is gone
  CHECK(status.detail.starts_with("broken off"));
  for (const char* name : {"a", "b", "c", "d"}) CHECK(tests.begin(name, "") == Begin::kStarted);
  CHECK(tests.begin("e", "") == Begin::kTooMany);
  tests.stop();
  CHECK(tests.begin("e", "") == Begin::kStopped);
  for (const char* name : {"a", "b", "c", "d"}) CHECK_FALSE(tests.status_of(name).running);
}

TEST_CASE_FIXTURE(Fixture,
                  "what is known of a destination goes with it, and stays while it is configured") {
  REQUIRE(tests.begin("mail", "") == Begin::kStarted);
  end_of("mail");
  tests.set_destinations({to("mail", SyslogSettings{})});
  CHECK(tests.status_of("mail").delivered_count == 1);
  tests.set_destinations({});
  CHECK(tests.status_of("mail").number == 0);
}

TEST_CASE("a forwarder that cannot be made is a failure with its reason") {
  Peer peer;
  TestEvents::Sources from = sources(peer);
  from.make = [](const Destination&) -> std::unique_ptr<Forwarder> {
    throw std::runtime_error("no port is left");
  };
  TestEvents tests(from, peer.clock);
  tests.set_destinations({to("log", SyslogSettings{})});
  REQUIRE(tests.begin("log", "") == Begin::kStarted);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (tests.status_of("log").running && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(tests.status_of("log").detail == "no port is left");
  CHECK(tests.status_of("log").failed_count == 1);
}

}  // namespace
}  // namespace trapd::forwarders
