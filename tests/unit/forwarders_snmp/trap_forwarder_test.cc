// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <set>

#include "tests/unit/forwarders_snmp/forwarder_fixture.h"

namespace trapd::forwarders {

TEST_CASE("a v2c trap reaches the peer from a port of the range and is delivered") {
  ForwarderFixture f(false);
  f.offer("a");
  CHECK(f.delivered(1));
  REQUIRE(f.until([&] { return f.peer.seen.size() == 1; }));
  CHECK(f.peer.seen[0].type == ber::kTrapV2);
  CHECK(f.peer.seen[0].from_port >= 21800);
  CHECK(f.peer.seen[0].from_port <= 21899);
  CHECK(f.peer.seen[0].varbinds.find(kIfIndexVarbind) != std::string::npos);
  CHECK(f.forwarder->delivered_count() == 1);
  CHECK(f.forwarder->under_way() == 0);
  CHECK(f.forwarder->health().up);
}

TEST_CASE("a v3 trap goes out under our own engine at the user's level") {
  ForwarderFixture f(false, made_user(usm::AuthProtocol::kSha256, usm::PrivProtocol::kAes128));
  f.peer.expect_traps_of(f.own_engine.engine_id());
  f.offer("a");
  REQUIRE(f.until([&] { return f.peer.seen.size() == 1; }));
  CHECK(f.peer.seen[0].level == snmp::SecurityLevel::kAuthPriv);
  CHECK(f.peer.seen[0].context_engine_id == kDeviceEngine);
}

TEST_CASE("many traps arrive all, in order, in batches of any size") {
  ForwarderFixture f(false);
  std::vector<MadeRecord> records(300);
  std::vector<Item> items;
  for (std::uint64_t i = 0; i < records.size(); ++i) {
    records[i].header().sys_up_time = static_cast<std::uint32_t>(0x01000000 + i);
    items.push_back(records[i].item(i + 1, i + 1));
  }
  std::size_t taken = 0;
  REQUIRE(f.until([&] {
    taken += f.forwarder->offer(std::span(items).subspan(taken));
    return taken == items.size();
  }));
  CHECK(f.delivered(300));
  REQUIRE(f.until([&] { return f.peer.seen.size() == 300; }));
  std::set<std::int32_t> ids;
  for (std::size_t i = 0; i < 300; ++i) {
    const std::string ticks = to_hex(std::vector<std::uint8_t>{
        1, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i & 0xff)});
    CHECK(f.peer.seen[i].varbinds.find("4304" + ticks) != std::string::npos);
    ids.insert(f.peer.seen[i].request_id);
  }
  CHECK(ids.size() == 300);  // NBS-01
}

TEST_CASE("a refusing peer is heard, and nothing more is lost until it is back") {
  ForwarderFixture f(false);
  f.offer("a");
  REQUIRE(f.delivered(1));
  f.peer.vanish();
  f.offer("b");  // may be lost: the kernel takes it before the refusal is known
  REQUIRE(f.down_because("ICMP"));
  CHECK(f.forwarder->failed_count() > 0);
  f.peer.come_back();
  f.offer("c", [](MadeRecord& record) { record.header().sys_up_time = 99; });
  CHECK(f.delivered(3));
  REQUIRE(f.until([&] {
    return !f.peer.seen.empty() && f.peer.seen.back().varbinds.find("430163") != std::string::npos;
  }));
  CHECK(f.forwarder->health().up);
}

TEST_CASE("a probe that is refused is not delivered, but sent again") {
  ForwarderFixture f(false);
  f.peer.vanish();
  f.offer("a");
  REQUIRE(f.down_because("ICMP"));
  f.offer("b");
  CHECK_FALSE(f.until([&] { return f.forwarder->delivered_through() == 2; }, 2));
  f.peer.come_back();
  CHECK(f.delivered(2));
  CHECK(f.peer.seen.size() >= 1);
}

TEST_CASE("NBS-08 what no datagram can hold is a dead letter and blocks nothing") {
  ForwarderFixture f(false);
  f.offer("a", [](MadeRecord& record) {
    record.set_hex(alarm::Field::kVarbinds,
                   "3082ffd0060a2b06010201020201010304"
                   "82ffc0" +
                       std::string(2 * 0xffc0, '5'));
  });
  f.offer("b");
  CHECK(f.delivered(2));
  REQUIRE(f.dead.size() == 1);
  CHECK(f.dead[0].sequence == 1);
  CHECK(f.dead[0].reason.find("65507") != std::string::npos);
  CHECK(f.forwarder->delivered_count() == 1);
}

TEST_CASE("records without an original pass by in format original") {
  ForwarderFixture f(false);
  f.offer("a", [](MadeRecord& record) { record.header().kind = alarm::Kind::kManualClear; });
  CHECK(f.delivered(1));
  CHECK(f.peer.seen.empty());
  CHECK(f.forwarder->delivered_count() == 0);
}

TEST_CASE("the heartbeat comes without records, and names the last sequence after one") {
  ForwarderFixture f(false);
  f.settings.heartbeat = std::chrono::seconds(1);
  const std::string heartbeat = "2b06010401bf08ce0fce0fb9230005";
  const auto heartbeats = [&] {
    std::size_t count = 0;
    for (const Seen& seen : f.peer.seen)
      count += seen.varbinds.find(heartbeat) != std::string::npos;
    return count;
  };
  REQUIRE(f.until([&] { return heartbeats() == 1; }));
  f.offer("a");
  REQUIRE(f.until([&] { return heartbeats() == 2; }));
  CHECK(f.peer.seen.back().varbinds.find("01011700"
                                         "460101") != std::string::npos);
  CHECK(f.forwarder->delivered_through() == 1);
  CHECK(f.forwarder->delivered_count() == 1);
}

TEST_CASE("a name that does not resolve is a reason, and is asked again") {
  ForwarderFixture f(false);
  // A label that no DNS name can have: refused without a packet.
  f.settings.peer.host = std::string(64, 'x') + ".example";
  CHECK(f.down_because(f.settings.peer.host, 20));
  CHECK(f.forwarder->offer({}) == 0);
}

TEST_CASE("run returns when woken, long before its time is up") {
  ForwarderFixture f(false);
  f.start();
  f.until([&] { return f.forwarder->health().up; });
  f.wakeup.notify();
  const std::int64_t before = f.clock.monotonic_ns();
  f.forwarder->run(f.wakeup, before + 20 * kNsPerSecond);
  CHECK(f.clock.monotonic_ns() - before < 10 * kNsPerSecond);
}

}  // namespace trapd::forwarders
