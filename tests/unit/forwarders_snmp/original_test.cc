// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/original.h"

#include <doctest/doctest.h>

#include <array>

#include "tests/unit/forwarders_snmp/made_record.h"
#include "trapd/snmp/pdu.h"

namespace trapd::forwarders {
namespace {

using alarm::Field;

// sysUpTime.0 = 12345 and snmpTrapOID.0 = linkDown
const std::string kHead =
    "300e06082b0601020101030043023039"
    "3017060a2b060106030101040100"
    "06092b0601060301010503";
const std::string kAddress7 =
    "301106092b060106031201030040"
    "04c0000207";  // 192.0.2.7
const std::string kNoCommunity =
    "300d06092b060106031201040004"
    "00";

std::string rendered(MadeRecord& record) {
  std::array<std::uint8_t, 4096> room{};
  ber::Writer writer(room);
  CHECK(write_original_varbinds(record.view(), writer));
  return to_hex(writer.done());
}

}  // namespace

TEST_CASE("NBS-05 the varbinds of a v3 trap stay as they came, the source address is added") {
  MadeRecord record;
  CHECK(rendered(record) == kHead + kIfIndexVarbind + kAddress7);
}

TEST_CASE("NBS-05 octets that a decoder would normalise are not touched") {
  MadeRecord record;
  // A long-form length and a padded INTEGER: legal on the wire, and the device's own.
  record.set_hex(Field::kVarbinds, "30811106 0a2b0601020102020101030204000000 03");
  CHECK(rendered(record) == kHead + "308111060a2b060102010202010103020400000003" + kAddress7);
}

TEST_CASE("PDU-10 a v1 trap gets address, community and enterprise in this order") {
  MadeRecord record;
  record.from_v1("0a000001", "1.3.6.1.4.1.9");
  CHECK(rendered(record) == kHead + kIfIndexVarbind +
                                "301106092b0601060312010300"
                                "40040a000001" +
                                kNoCommunity +
                                "3014060a2b060106030101040300"
                                "06062b0601040109");
}

TEST_CASE("PDU-10 an agent address of 0.0.0.0 is passed on too") {
  MadeRecord record;
  record.from_v1("00000000", "1.3.6.1.4.1.9");
  CHECK(rendered(record).find("400400000000") != std::string::npos);
}

TEST_CASE("the community of a v1 device never leaves, nor does its name") {
  MadeRecord record;
  record.from_v1("0a000001", "1.3.6.1.4.1.9");
  CHECK(rendered(record).find(to_hex(as_bytes("site-community"))) == std::string::npos);
}

TEST_CASE("PDU-10 proxy varbinds that are there are not added again") {
  MadeRecord record;
  record.from_v1("0a000001", "1.3.6.1.4.1.9");
  const std::string sent =
      "301106092b0601060312010300"
      "4004c6336401"  // another first hop
      "301006092b0601060312010400"
      "0403616263"
      "3012060a2b060106030101040300"
      "06042b060104";
  record.set_hex(Field::kVarbinds, sent);
  CHECK(rendered(record) == kHead + sent);
}

TEST_CASE("NBS-07 the second hop keeps the address of the first device") {
  MadeRecord record;
  const std::string sent =
      "301106092b0601060312010300"
      "4004c6336401";
  record.set_hex(Field::kVarbinds, sent);
  CHECK(rendered(record) == kHead + sent);
}

TEST_CASE("NBS-07 an IPv6 source cannot go into snmpTrapAddress") {
  MadeRecord record;
  record.header().source = *Endpoint::parse("[2001:db8::7]:40000");
  CHECK(rendered(record) == kHead + kIfIndexVarbind);
}

TEST_CASE("PDU-02 a malformed notification keeps every varbind behind a head that is valid") {
  MadeRecord record;
  record.flag(alarm::RecordFlag::kMalformed);
  record.set(Field::kTrapOid, "");
  CHECK(rendered(record) ==
        "300d06082b060102010103004301"
        "00"
        "300f060a2b060106030101040100"
        "060100" +
            std::string(kIfIndexVarbind) + kAddress7);
}

TEST_CASE("a condition of trapd itself carries the objects of its notification, no proxy's") {
  MadeRecord record;
  record.header().kind = alarm::Kind::kOwn;
  record.set(Field::kVarbinds, "");
  record.set(Field::kResource, "nms");
  record.set(Field::kText, "down");
  const std::string arc = "2b06010401bf08ce0fce0fb923";  // trapdMIB
  CHECK(rendered(record) == kHead + "30180611" + arc +
                                "01011c00"
                                "04036e6d73" +
                                "30160611" + arc +
                                "01011d00"
                                "020102" +
                                "30190611" + arc +
                                "01011e00"
                                "0404646f776e");
}

TEST_CASE("only notifications have an original") {
  MadeRecord record;
  CHECK(has_original(record.view()));
  record.header().kind = alarm::Kind::kOwn;
  CHECK(has_original(record.view()));
  for (const auto kind : {alarm::Kind::kAcknowledge, alarm::Kind::kManualClear,
                          alarm::Kind::kForgetEngine, alarm::Kind::kAutomaticClear}) {
    record.header().kind = kind;
    CHECK_FALSE(has_original(record.view()));
  }
}

TEST_CASE("NBS-05 the context of a v3 notification is the original's, everything else is ours") {
  MadeRecord record;
  record.set(Field::kContextName, "slot-4");
  const std::vector<std::uint8_t> own = hex(kOwnEngineHex);
  const alarm::RecordView v3 = record.view();
  CHECK(to_hex(original_context(v3, own).engine_id) == kDeviceEngine);
  CHECK(as_text(original_context(v3, own).name) == "slot-4");

  record.header().snmp_version = 1;
  const alarm::RecordView v2c = record.view();
  CHECK(to_hex(original_context(v2c, own).engine_id) == kOwnEngineHex);
  CHECK(original_context(v2c, own).name.empty());
}

TEST_CASE("a notification that does not fit is refused, not cut") {
  MadeRecord record;
  std::array<std::uint8_t, 40> room{};
  ber::Writer writer(room);
  CHECK_FALSE(write_original_varbinds(record.view(), writer));
  CHECK(writer.done().empty());
}

}  // namespace trapd::forwarders
