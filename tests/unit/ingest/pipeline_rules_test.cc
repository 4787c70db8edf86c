// SPDX-License-Identifier: Apache-2.0
// What rules are told of the sender, and what of theirs goes into the record.
#include "tests/unit/ingest/pipeline_fixture.h"

namespace trapd::ingest {

TEST_CASE("rules see the sender; labels and timeout go into the record, an alias does not") {
  Snapshot plan;
  plan.listeners = {*Endpoint::parse("0.0.0.0:162")};
  DeviceEntry device{"sbc-1", kDeviceEngine, {}, "tlv", ""};
  // As if the device sent its traps below the standard ones, and meant cold starts of others.
  device.aliases = {
      {*snmp::Oid::parse("1.3.6.1.6.3.1.1.5.9"), *snmp::Oid::parse("1.3.6.1.6.3.1.1.5.1")}};
  plan.devices = DeviceDirectory({device});
  Receiver r({user("noc", AuthProtocol::kSha1, PrivProtocol::kAes128)}, usm::default_policy(),
             plan);
  Sending s;
  s.trap = "1.3.6.1.6.3.1.1.5.9";
  r.receive(s);
  REQUIRE(r.take());
  CHECK(r.record.trap_oid().text() == "1.3.6.1.6.3.1.1.5.9");
  CHECK(r.record.text(alarm::Field::kRule) == "cold");
  CHECK(r.record.text(alarm::Field::kLabels) == "site=tlv of sbc-1");
  CHECK(r.record.extension().timeout_s == 90);
}

TEST_CASE("conditions on the sender that do not hold say nothing") {
  Receiver r;  // no such listener, no such site
  r.receive(Sending{});
  REQUIRE(r.take());
  CHECK(r.record.text(alarm::Field::kLabels) == "site=x");
}

TEST_CASE("an engine that the inventory does not name is the device of its address alone") {
  Snapshot plan;
  plan.listeners = {*Endpoint::parse("0.0.0.0:162")};
  const std::optional<Endpoint> address = *Endpoint::parse_address("192.0.2.1");
  plan.devices = DeviceDirectory({{"ups", {}, address, "tlv", "acme"}});
  Receiver r({user("noc", AuthProtocol::kSha1, PrivProtocol::kAes128)}, usm::default_policy(),
             plan);
  r.receive(Sending{});
  REQUIRE(r.take());
  CHECK(r.record.text(alarm::Field::kDevice) == to_hex(kDeviceEngine));
  CHECK(r.record.text(alarm::Field::kDeviceName) == "ups");
  CHECK(r.record.text(alarm::Field::kSite) == "tlv");
  CHECK(r.record.text(alarm::Field::kTenant) == "acme");
  CHECK(r.record.text(alarm::Field::kLabels) == "site=tlv of ups");
}

TEST_CASE("an entry that names another engine says nothing about its address") {
  Snapshot plan;
  const std::optional<Endpoint> address = *Endpoint::parse_address("192.0.2.1");
  plan.devices = DeviceDirectory({{"other", *from_hex("8000138b0500000077"), address, "tlv", ""}});
  Receiver r({user("noc", AuthProtocol::kSha1, PrivProtocol::kAes128)}, usm::default_policy(),
             plan);
  r.receive(Sending{});
  REQUIRE(r.take());
  CHECK(r.record.text(alarm::Field::kDeviceName) == "192.0.2.1");
  CHECK(r.record.text(alarm::Field::kSite).empty());
}

TEST_CASE("what a rule keeps out of the journal is handed on as heard, and answers nothing") {
  Receiver r;
  Sending s;
  s.trap = "1.3.6.1.6.3.1.1.5.2";
  r.receive(s);
  REQUIRE(r.take());
  CHECK(r.heard_only);
  CHECK(r.answer.empty());
  CHECK(r.record.text(alarm::Field::kDevice) == to_hex(kDeviceEngine));
  CHECK(r.counters.handed_over.get() == 0);
  CHECK(r.counters.heard_only.get() == 1);
  CHECK(r.dropped(DropReason::kRule) == 1);
  CHECK(!r.take());
}

TEST_CASE("an inform speaks for the engine in its context only when its user may") {
  usm::User noc = user("noc", AuthProtocol::kSha1, PrivProtocol::kAes128);
  const auto device_of = [&](std::vector<std::vector<std::uint8_t>> engines) {
    noc.engines = std::move(engines);
    Receiver r({noc});
    Sending s;
    s.pdu = ber::kInformRequest;
    s.engine = kOwnEngine;
    s.boots = 3;
    s.time = r.own.time();
    s.context_engine = kDeviceEngine;
    r.receive(s);
    REQUIRE(r.take());
    return std::string(r.record.text(alarm::Field::kDevice));
  };
  CHECK(device_of({}) == to_hex(kDeviceEngine));  // any engine
  CHECK(device_of({kOwnEngine, kDeviceEngine}) == to_hex(kDeviceEngine));
  CHECK(device_of({kOwnEngine, *from_hex("8000138b0500000077")}) == "192.0.2.1");
}

}  // namespace trapd::ingest
