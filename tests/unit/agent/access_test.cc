// SPDX-License-Identifier: Apache-2.0
// Who is answered, with what, and what counts.
#include "tests/unit/agent/snmp_asker.h"

namespace trapd::agent {
namespace {

using snmp::DropReason;
using snmp::SecurityLevel;

bool is_report(const Got& got, const char* counter) {
  return got.any && got.type == ber::kReport && got.varbinds.size() == 1 &&
         got.varbinds[0].name == counter;
}
constexpr char kUnknownEngineIds[] = "1.3.6.1.6.3.15.1.1.4.0";
constexpr char kNotInTimeWindows[] = "1.3.6.1.6.3.15.1.1.2.0";

}  // namespace

TEST_CASE("a source outside the list is dropped without a word") {
  Managed managed;
  Asking asking;
  asking.from = "198.51.100.1:4711";
  CHECK_FALSE(managed.ask(asking).any);
  CHECK(managed.dropped(DropReason::kSourceAcl) == 1);
  Settings nobody;
  managed.settings.publish(std::make_shared<Settings>(nobody));
  managed.responder.refresh();
  CHECK_FALSE(managed.ask(Asking{}).any);  // an empty list is nobody
}

TEST_CASE("discovery and time synchronisation are answered by Reports") {
  Managed managed;
  Asking discovery;
  discovery.as = user("");
  discovery.level = SecurityLevel::kNoAuthNoPriv;
  discovery.engine = discovery.context_engine = {};
  discovery.names = {};
  const Got engine = managed.ask(discovery);
  CHECK(is_report(engine, kUnknownEngineIds));
  CHECK(engine.level == SecurityLevel::kNoAuthNoPriv);
  CHECK(engine.octets < 200);
  CHECK(managed.dropped(DropReason::kDiscovery) == 1);

  Asking sync;
  sync.boots = 0;
  sync.level = SecurityLevel::kAuthNoPriv;
  const Got time = managed.ask(sync);
  CHECK(is_report(time, kNotInTimeWindows));
  CHECK(time.level == SecurityLevel::kAuthNoPriv);
  CHECK(managed.dropped(DropReason::kTimeSync) == 1);
  CHECK(managed.responder.counters().own_window_misses.get() == 1);
}

TEST_CASE("the window of our own engine is 150 s either way") {
  Managed managed;
  managed.clock.advance_ns(1000 * kNsPerSecond);
  Asking asking;
  asking.time = 850;
  CHECK(managed.ask(asking).type == ber::kResponse);
  asking.time = 1150;
  CHECK(managed.ask(asking).type == ber::kResponse);
  asking.time = 849;
  CHECK(is_report(managed.ask(asking), kNotInTimeWindows));
  asking.time = 1151;
  CHECK(is_report(managed.ask(asking), kNotInTimeWindows));
}

TEST_CASE("each refusal of USM: counted by its reason, answered by its counter") {
  Managed managed;
  Asking asking;
  asking.as = user("stranger");
  CHECK(is_report(managed.ask(asking), "1.3.6.1.6.3.15.1.1.3.0"));
  CHECK(managed.dropped(DropReason::kUnknownUser) == 1);
  asking.as = user("nms", true, "another secret");
  const Got wrong = managed.ask(asking);
  CHECK(is_report(wrong, "1.3.6.1.6.3.15.1.1.5.0"));
  CHECK(wrong.varbinds[0].number() == 1);
  CHECK(managed.dropped(DropReason::kWrongDigest) == 1);
  asking = Asking{};
  asking.engine = *from_hex("8000138b0500000099");
  CHECK(is_report(managed.ask(asking), kUnknownEngineIds));
  asking = Asking{};
  asking.level = SecurityLevel::kAuthNoPriv;
  CHECK_FALSE(managed.ask(asking).any);
  CHECK(managed.dropped(DropReason::kLevelBelowUser) == 1);
  asking.level = SecurityLevel::kNoAuthNoPriv;
  CHECK_FALSE(managed.ask(asking).any);
  CHECK(managed.dropped(DropReason::kLevelBelowUser) == 2);
  CHECK_FALSE(managed.ask(Bytes{0x30, 0x03, 0x02, 0x01, 0x01}, "192.0.2.1:1").any);
  CHECK(managed.dropped(DropReason::kMalformed) == 1);
}

TEST_CASE("SNMPv1 and SNMPv2c are not answered") {
  Managed managed;
  for (const auto version : {snmp::Version::kV1, snmp::Version::kV2c}) {
    Bytes room(2000);
    ber::Writer writer(room);
    snmp::wrap_pdu(writer, 0, ber::kGetRequest, 1, 0, 0);
    snmp::wrap_community_message(writer, 0, version, as_bytes("public"));
    const ByteView done = writer.done();
    CHECK_FALSE(managed.ask(Bytes(done.begin(), done.end()), "192.0.2.1:1").any);
  }
  CHECK(managed.dropped(DropReason::kV1Refused) == 1);
  CHECK(managed.dropped(DropReason::kV2cRefused) == 1);
}

TEST_CASE("a user for notifications is no user of the agent: authorizationError") {
  Managed managed;
  Asking asking;
  asking.as = user("device", false);
  const Got got = managed.ask(asking);
  CHECK(got.status == static_cast<std::int32_t>(ErrorStatus::kAuthorizationError));
  REQUIRE(got.varbinds.size() == 1);
  CHECK(got.varbinds[0].tag == ber::kNull);
  CHECK(managed.responder.counters().not_authorised.get() == 1);
}

TEST_CASE("whatever security: allows, the agent wants authPriv") {
  Managed managed;
  usm::Policy weak = usm::default_policy();
  weak.level = SecurityLevel::kNoAuthNoPriv;
  usm::User no_privacy = user("plain", true, "maplesyrup", PrivProtocol::kNone);
  managed.security.publish(std::make_shared<usm::SecurityConfig>(
      usm::SecurityConfig{usm::UserTable({no_privacy}), weak, {}}));
  managed.responder.refresh();
  Asking asking;
  asking.as = no_privacy;
  asking.level = SecurityLevel::kAuthNoPriv;
  const Got got = managed.ask(asking);
  CHECK(got.status == static_cast<std::int32_t>(ErrorStatus::kAuthorizationError));
}

TEST_CASE("another context, and PDUs that are no requests") {
  Managed managed;
  Asking asking;
  asking.context = "other";
  CHECK(is_report(managed.ask(asking), "1.3.6.1.6.3.12.1.5.0"));
  CHECK(managed.responder.counters().unknown_contexts.get() == 1);
  asking = Asking{};
  asking.context_engine = *from_hex("8000138b0500000099");
  CHECK(is_report(managed.ask(asking), "1.3.6.1.6.3.11.2.1.3.0"));
  asking = Asking{};
  asking.pdu = ber::kInformRequest;
  CHECK(is_report(managed.ask(asking), "1.3.6.1.6.3.11.2.1.3.0"));
  asking.pdu = ber::kTrapV2;
  CHECK_FALSE(managed.ask(asking).any);
  asking.pdu = ber::kResponse;
  CHECK_FALSE(managed.ask(asking).any);
  CHECK(managed.dropped(DropReason::kResponse) == 1);
}

TEST_CASE("a flood of refusals from one address costs no more digests, and known users go on") {
  Managed managed;
  Asking wrong;
  wrong.as = user("stranger");
  int reports = 0;
  for (int i = 0; i < 500; ++i) reports += managed.ask(wrong).any ? 1 : 0;
  CHECK(reports <= 101);
  CHECK(managed.dropped(DropReason::kRefusedRate) > 300);
  CHECK(managed.ask(Asking{}).type == ber::kResponse);
}

TEST_CASE("Reports are limited over all addresses") {
  Managed managed;
  Asking wrong;
  wrong.as = user("nms", true, "another secret");
  std::vector<std::string> sources;
  int reports = 0;
  const Bytes bytes = Managed::message(wrong);
  for (int i = 0; i < 800; ++i) {
    const std::string from = "192.0.2." + std::to_string(i % 250 + 1) + ":1000";
    reports += managed.ask(bytes, from.c_str()).any ? 1 : 0;
  }
  CHECK(reports == static_cast<int>(Responder::kReportsPerSecond));
  CHECK(managed.responder.counters().reports_withheld.get() ==
        static_cast<std::uint64_t>(800 - reports));
  Asking sync;  // a user that has our time yet to learn
  sync.boots = 0;
  sync.from = "192.0.2.251:1000";
  CHECK(is_report(managed.ask(sync), kNotInTimeWindows));
  managed.clock.advance_ns(2 * kNsPerSecond);
  CHECK(managed.ask(bytes, "192.0.2.7:1").any);
}

TEST_CASE("a user that a reload has taken away is unknown at once") {
  Managed managed;
  CHECK(managed.ask(Asking{}).type == ber::kResponse);
  managed.security.publish(std::make_shared<usm::SecurityConfig>(
      usm::SecurityConfig{usm::UserTable({user("other")}), usm::default_policy(), {}}));
  managed.responder.refresh();
  CHECK(managed.ask(Asking{}).type == ber::kReport);
}

TEST_CASE("each refusal is told, with who and where; what is answered is not") {
  Managed managed;
  Asking asking;
  managed.ask(asking);
  CHECK(managed.refusals.empty());
  asking.from = "198.51.100.1:4711";
  managed.ask(asking);
  asking = Asking{};
  asking.as = user("stranger");
  managed.ask(asking);
  asking.as = user("nms", true, "another secret");
  managed.ask(asking);
  asking.as = user("device", false);
  managed.ask(asking);
  asking = Asking{};
  asking.time = 10'000;
  managed.ask(asking);
  const std::string here = "192.0.2.1:4711";
  CHECK(managed.refusals ==
        std::vector<Managed::Told>{{DropReason::kSourceAcl, false, "", "198.51.100.1:4711"},
                                   {DropReason::kUnknownUser, false, "stranger", here},
                                   {DropReason::kWrongDigest, false, "nms", here},
                                   {DropReason::kUnknownUser, true, "device", here},
                                   {DropReason::kNotInTimeWindow, true, "nms", here}});
}

TEST_CASE("a GetBulk with names in thousands of rows keeps those rows, and not what lies behind") {
  Managed managed;
  constexpr std::uint32_t kNames = 2000;
  for (std::uint32_t row = 0; row < 20 * kNames; ++row) managed.add_alarm(row);
  std::size_t fetched = 0;
  managed.after_fetch_of = [&](std::size_t rows) { fetched += rows; };
  Asking asking;
  asking.pdu = ber::kGetBulkRequest;
  asking.repetitions = 2;
  asking.names.clear();
  for (std::uint32_t i = 0; i < kNames; ++i) {
    asking.names.push_back(kActive + "8." + std::to_string(20 * i + 1));
  }
  const Got got = managed.ask(asking);
  CHECK(got.status == 0);
  CHECK(got.varbinds.size() > 1000);
  CHECK(fetched < AlarmRows::kAheadMax + 16 + got.varbinds.size() + 1);
}

}  // namespace trapd::agent
