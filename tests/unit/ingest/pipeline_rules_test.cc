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

}  // namespace trapd::ingest
