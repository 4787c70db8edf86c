// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "tests/unit/forwarders_snmp/forwarder_fixture.h"

namespace trapd::forwarders {
namespace {

using Reaction = FakePeer::Reaction;

std::shared_ptr<const usm::User> sha_aes() {
  return made_user(usm::AuthProtocol::kSha1, usm::PrivProtocol::kAes128);
}

}  // namespace

TEST_CASE("a v2c inform is delivered by its Response") {
  ForwarderFixture f(true);
  f.offer("a");
  CHECK(f.forwarder->delivered_through() == 0);
  CHECK(f.forwarder->under_way() == 1);
  CHECK(f.delivered(1));
  CHECK(f.peer.seen[0].type == ber::kInformRequest);
  CHECK(f.forwarder->delivered_count() == 1);
  CHECK(f.forwarder->health().detail.find("acknowledged by 127.0.0.1") != std::string::npos);
}

TEST_CASE("a v3 inform discovers, synchronises, and is delivered, at the user's level") {
  for (const auto auth : {usm::AuthProtocol::kSha1, usm::AuthProtocol::kSha512}) {
    for (const auto priv : {usm::PrivProtocol::kNone, usm::PrivProtocol::kAes128,
                            usm::PrivProtocol::kAes256Blumenthal}) {
      ForwarderFixture f(true, made_user(auth, priv));
      f.settings.timeout = std::chrono::seconds(5);  // each message is counted
      f.offer("a");
      REQUIRE(f.delivered(1));
      CHECK(f.peer.discoveries == 1);
      CHECK(f.peer.time_syncs == 1);
      REQUIRE(f.peer.seen.size() == 1);
      CHECK(f.peer.seen[0].level == f.settings.user->level());
    }
  }
}

TEST_CASE("a v3 user without keys is served too, when the owner wants that") {
  ForwarderFixture f(true, made_user(usm::AuthProtocol::kNone, usm::PrivProtocol::kNone));
  f.settings.timeout = std::chrono::seconds(5);  // each message is counted
  f.offer("a");
  CHECK(f.delivered(1));
  CHECK(f.peer.time_syncs == 0);
}

TEST_CASE("one inform per device is outstanding, a window of them across devices") {
  ForwarderFixture f(true);
  f.peer.react = [](const Seen&) { return Reaction::kIgnore; };
  f.settings.timeout = std::chrono::seconds(20);
  for (const char* device : {"a", "a", "b", "c", "c"}) f.offer(device);
  CHECK(f.until([&] { return f.peer.seen.size() == 3; }));
  CHECK_FALSE(f.until([&] { return f.peer.seen.size() > 3; }, 1));
  CHECK(f.forwarder->under_way() == 5);
}

TEST_CASE("the window takes no more than it may hold") {
  ForwarderFixture f(true);
  f.settings.window = 2;
  f.peer.silent = true;
  f.settings.timeout = std::chrono::seconds(20);
  for (int i = 0; i < 8; ++i) f.offer("device-" + std::to_string(i));
  MadeRecord record;
  const Item item = record.item(9, 9);
  CHECK(f.forwarder->offer({&item, 1}) == 0);
}

TEST_CASE("delivery is told in order, whatever order the answers come in") {
  ForwarderFixture f(true);
  bool hold_first = true;
  std::int32_t first = 0;
  f.peer.react = [&](const Seen& seen) {
    if (first == 0) first = seen.request_id;
    return hold_first && seen.request_id == first ? Reaction::kIgnore : Reaction::kAnswer;
  };
  f.settings.timeout = std::chrono::milliseconds(300);
  f.offer("a");
  f.offer("b");
  REQUIRE(f.until([&] { return f.forwarder->delivered_count() == 1; }));
  CHECK(f.forwarder->delivered_through() == 0);
  hold_first = false;
  CHECK(f.delivered(2));
}

TEST_CASE("NBS-02 an inform without answer is sent 1 + retries times, each with a fresh msgID") {
  ForwarderFixture f(true, sha_aes());
  f.peer.react = [](const Seen&) { return Reaction::kIgnore; };
  f.offer("a");
  REQUIRE(f.down_because("does not answer: 4 informs without a Response"));
  CHECK(f.peer.seen.size() == 4);
  std::set<std::int32_t> msg_ids;
  for (const Seen& seen : f.peer.seen) {
    msg_ids.insert(seen.msg_id);
    CHECK(seen.request_id == f.peer.seen[0].request_id);  // the peer knows it as a repetition
  }
  CHECK(msg_ids.size() == 4);
  CHECK(f.forwarder->under_way() == 1);

  f.peer.react = [](const Seen&) { return Reaction::kAnswer; };
  CHECK(f.delivered(1));  // after the back-off: never lost
  CHECK(f.forwarder->health().up);
}

TEST_CASE("after a silence one inform at a time goes out until one is answered") {
  ForwarderFixture f(true);
  f.peer.react = [](const Seen&) { return Reaction::kIgnore; };
  for (const char* device : {"a", "b", "c", "d"}) f.offer(device);
  REQUIRE(f.down_because("does not answer"));
  f.peer.pump();
  f.peer.seen.clear();
  REQUIRE(f.until([&] { return !f.peer.seen.empty(); }));
  f.until([&] { return f.peer.seen.size() > 1; }, 0);
  CHECK(f.peer.seen.size() == 1);
  f.peer.react = [](const Seen&) { return Reaction::kAnswer; };
  CHECK(f.delivered(4));
}

TEST_CASE("a peer that restarts is followed without losing an inform") {
  ForwarderFixture f(true, sha_aes());
  f.settings.timeout = std::chrono::seconds(5);  // each message is counted
  f.offer("a");
  REQUIRE(f.delivered(1));
  f.peer.restart(6);
  f.offer("b");
  CHECK(f.delivered(2));
  CHECK(f.peer.time_syncs == 2);
  CHECK(f.peer.discoveries == 1);
  CHECK(f.forwarder->failed_count() == 0);
}

TEST_CASE("a peer that is replaced by another engine is discovered anew") {
  ForwarderFixture f(true, sha_aes());
  f.offer("a");
  REQUIRE(f.delivered(1));
  f.peer.become(hex("80000000017f000002"));
  f.offer("b");
  CHECK(f.delivered(2));
}

TEST_CASE("a peer that lost its boots is followed after a pause") {
  ForwarderFixture f(true, sha_aes());
  f.offer("a");
  REQUIRE(f.delivered(1));
  f.peer.restart(1);
  f.offer("b");
  REQUIRE(f.down_because("fewer engine boots"));
  CHECK(f.delivered(2));
}

TEST_CASE("wrong keys are named, and delivery goes on once they are right") {
  ForwarderFixture f(true, sha_aes());
  f.peer.expect_user(
      made_user(usm::AuthProtocol::kSha1, usm::PrivProtocol::kAes128, "another one"));
  f.offer("a");
  REQUIRE(f.down_because("wrongDigests"));
  CHECK(f.forwarder->health().detail.find("user oss") != std::string::npos);
  CHECK(f.forwarder->delivered_through() == 0);
  f.peer.expect_user(f.settings.user);
  CHECK(f.delivered(1));
}

TEST_CASE("an unknown user and a lower level are named") {
  ForwarderFixture f(true, sha_aes());
  auto other = std::make_shared<usm::User>(*f.settings.user);
  other->name = "somebody";
  f.peer.expect_user(other);
  f.offer("a");
  CHECK(f.down_because("unknownUserNames"));
  f.peer.expect_user(made_user(usm::AuthProtocol::kSha1, usm::PrivProtocol::kNone));
  CHECK(f.down_because("unsupportedSecLevels"));
}

TEST_CASE("NBS-03 a peer that reports for ever is no loop") {
  ForwarderFixture f(true, sha_aes());
  f.offer("a");
  REQUIRE(f.delivered(1));
  f.peer.msg_ids.clear();
  f.peer.always_report = snmp::kUsmStatsUnknownEngineIds0.view();
  f.offer("b");
  REQUIRE(f.down_because("unknownEngineIDs"));
  CHECK(f.peer.msg_ids.size() <= 2);
}

TEST_CASE("NBS-04 forged Reports neither move the clock nor stop delivery") {
  ForwarderFixture f(true, sha_aes());
  f.peer.forge_report = snmp::kUsmStatsNotInTimeWindows0.view();
  f.offer("a");
  CHECK(f.delivered(1));
  CHECK(f.forwarder->failed_count() == 0);
}

TEST_CASE("a Response without authentication acknowledges nothing") {
  ForwarderFixture f(true, sha_aes());
  f.peer.react = [](const Seen&) { return Reaction::kAnswerUnauthenticated; };
  f.offer("a");
  REQUIRE(f.down_because("does not answer"));
  CHECK(f.forwarder->delivered_through() == 0);
}

TEST_CASE("a Response of another community acknowledges nothing") {
  ForwarderFixture f(true);
  f.settings.community = "secret";
  f.offer("a");
  CHECK(f.down_because("does not answer"));
  CHECK(f.peer.seen.empty());
}

TEST_CASE("NBS-08 tooBig is a dead letter with its reason, and blocks nothing") {
  ForwarderFixture f(true);
  f.peer.react = [&](const Seen&) {
    return f.peer.seen.size() == 1 ? Reaction::kTooBig : Reaction::kAnswer;
  };
  f.offer("a");
  f.offer("a");
  CHECK(f.delivered(2));
  REQUIRE(f.dead.size() == 1);
  CHECK(f.dead[0].sequence == 1);
  CHECK(f.dead[0].reason.find("tooBig") != std::string::npos);
}

TEST_CASE("NBS-08 nothing above the peer's msgMaxSize is sent") {
  ForwarderFixture f(true, sha_aes());
  f.peer.max_size = 484;
  f.offer("a");
  REQUIRE(f.delivered(1));
  const std::size_t before = f.peer.msg_ids.size();
  f.offer("b", [](MadeRecord& record) {
    record.set_hex(alarm::Field::kVarbinds,
                   "30820210060a2b06010201020201010304820200" + std::string(2 * 0x200, '5'));
  });
  CHECK(f.delivered(2));
  REQUIRE(f.dead.size() == 1);
  CHECK(f.dead[0].reason.find("takes 484 at most") != std::string::npos);
  CHECK(f.peer.msg_ids.size() == before);
}

TEST_CASE("one notification the peer never acknowledges does not hold up the others for ever") {
  ForwarderFixture f(true);
  f.settings.timeout = std::chrono::milliseconds(20);
  std::int32_t poison = 0;
  f.peer.react = [&](const Seen& seen) {
    if (poison == 0) poison = seen.request_id;
    return seen.request_id == poison ? Reaction::kIgnore : Reaction::kAnswer;
  };
  f.offer("bad");
  f.offer("bad");
  // Others are acknowledged all the time.
  const std::int64_t deadline = f.clock.monotonic_ns() + 20 * kNsPerSecond;
  while (f.dead.empty() && f.clock.monotonic_ns() < deadline) {
    f.offer("good");
    f.until([&] { return f.forwarder->under_way() <= 2 || !f.dead.empty(); });
  }
  CHECK(f.delivered(f.sequence));
  REQUIRE(f.dead.size() == 1);
  CHECK(f.dead[0].sequence == 1);
  CHECK(f.dead[0].reason.find("acknowledges others but not this one") != std::string::npos);
}

TEST_CASE("a window full of what the peer never acknowledges does not stall the others for ever") {
  ForwarderFixture f(true);
  f.settings.timeout = std::chrono::milliseconds(20);
  f.settings.retries = 1;
  f.settings.window = 2;  // and 8 wait
  std::set<std::int32_t> poison;
  bool heartbeat = false;
  f.peer.react = [&](const Seen& seen) {
    if (poison.size() < 2) poison.insert(seen.request_id);
    heartbeat = heartbeat || (poison.size() == 2 && !poison.contains(seen.request_id));
    return poison.contains(seen.request_id) ? Reaction::kIgnore : Reaction::kAnswer;
  };
  for (int i = 0; i < 4; ++i) {
    f.offer("stuck-1");
    f.offer("stuck-2");
  }
  MadeRecord record;
  const Item item = record.item(99, 99);
  REQUIRE(f.forwarder->offer({&item, 1}) == 0);
  // No other inform can come in, and nobody is answered but a heartbeat that nobody asked for.
  REQUIRE(f.until([&] { return f.dead.size() == 2; }, 40));
  CHECK(heartbeat);
  CHECK(f.dead[0].sequence == 1);
  CHECK(f.dead[1].sequence == 2);
  CHECK(f.delivered(8));
  CHECK(f.forwarder->delivered_count() == 6);
  f.offer("good");
  CHECK(f.delivered(9));
}

TEST_CASE(
    "one inform alone that the peer never acknowledges is set aside when no more is to come") {
  ForwarderFixture f(true);
  f.settings.timeout = std::chrono::milliseconds(20);
  f.settings.retries = 1;
  std::int32_t poison = 0;
  bool away = false;
  f.peer.react = [&](const Seen& seen) {
    if (poison == 0) poison = seen.request_id;
    return away || seen.request_id == poison ? Reaction::kIgnore : Reaction::kAnswer;
  };
  SUBCASE("it answers others") {
    f.offer("bad");
    f.forwarder->flush();
    REQUIRE(f.until([&] { return !f.dead.empty(); }, 40));
    CHECK(f.dead[0].reason.find("acknowledges others but not this one") != std::string::npos);
    CHECK(f.delivered(1));
  }
  SUBCASE("it is away") {
    away = true;
    f.offer("bad");
    f.forwarder->flush();
    REQUIRE(f.until([&] { return f.forwarder->failed_count() >= 7; }, 30));
    CHECK(f.dead.empty());
    away = false;
    poison = -1;
    CHECK(f.delivered(1, 40));
  }
}

TEST_CASE("a peer that is away for long costs no record, however full the window is") {
  ForwarderFixture f(true);
  f.settings.timeout = std::chrono::milliseconds(10);
  f.settings.retries = 1;
  f.settings.window = 2;
  bool away = true;
  f.peer.react = [&](const Seen&) { return away ? Reaction::kIgnore : Reaction::kAnswer; };
  for (int i = 0; i < 8; ++i) f.offer("device-" + std::to_string(i % 4));
  const std::uint64_t failed = f.forwarder->failed_count();
  REQUIRE(f.until([&] { return f.forwarder->failed_count() >= failed + 7; }, 30));
  away = false;
  CHECK(f.delivered(8, 40));
  CHECK(f.dead.empty());
}

TEST_CASE("an error that may pass is tried again") {
  ForwarderFixture f(true);
  f.peer.react = [&](const Seen&) {
    return f.peer.seen.size() == 1 ? Reaction::kGenErr : Reaction::kAnswer;
  };
  f.offer("a");
  CHECK(f.delivered(1));
  CHECK(f.dead.empty());
  CHECK(f.forwarder->failed_count() == 1);
}

TEST_CASE("a refusing peer is heard at once, and everything arrives when it is back") {
  ForwarderFixture f(true, sha_aes());
  f.peer.vanish();
  f.start();
  REQUIRE(f.down_because("ICMP"));
  f.peer.come_back();
  for (const char* device : {"a", "b", "a"}) f.offer(device);
  CHECK(f.delivered(3));
}

TEST_CASE("an idle destination is up again as soon as discovery is answered") {
  ForwarderFixture f(true, sha_aes());
  f.peer.silent = true;
  f.start();
  REQUIRE(f.down_because("discoveries without a Report"));
  f.peer.silent = false;
  CHECK(f.until([&] { return f.forwarder->health().up; }));
}

TEST_CASE("the heartbeat is an inform too, and is not counted as a record") {
  ForwarderFixture f(true, sha_aes());
  f.settings.heartbeat = std::chrono::seconds(1);
  f.context.active_alarms = [] { return std::uint64_t{12}; };
  REQUIRE(f.until([&] { return f.peer.seen.size() >= 2; }));
  CHECK(f.peer.seen[0].type == ber::kInformRequest);
  CHECK(f.peer.seen[0].context_engine_id == kOwnEngineHex);
  CHECK(f.peer.seen[0].varbinds.find("01011600"
                                     "42010c") != std::string::npos);
  CHECK(f.forwarder->under_way() == 0);
  CHECK(f.forwarder->delivered_count() == 0);
}

TEST_CASE("hundreds of informs of many devices arrive all, each device in order") {
  ForwarderFixture f(true, sha_aes());
  std::map<std::string, std::vector<std::uint32_t>> order;
  f.peer.react = [&](const Seen& seen) {
    // One in seven is lost on the way.
    return seen.msg_id % 7 == 0 ? Reaction::kIgnore : Reaction::kAnswer;
  };
  for (std::uint32_t i = 0; i < 400; ++i) {
    f.offer("device-" + std::to_string(i % 40),
            [&](MadeRecord& record) { record.header().sys_up_time = 0x01000000 + i; });
  }
  CHECK(f.delivered(400, 60));
  CHECK(f.dead.empty());
  std::map<std::uint32_t, std::uint32_t> last;
  for (const Seen& seen : f.peer.seen) {
    const auto ticks = hex(seen.varbinds.substr(seen.varbinds.find("430401") + 6, 6));
    const std::uint32_t n = ticks[0] * 65536U + ticks[1] * 256U + ticks[2];
    CHECK(n >= last[n % 40]);
    last[n % 40] = n;
  }
}

}  // namespace trapd::forwarders
