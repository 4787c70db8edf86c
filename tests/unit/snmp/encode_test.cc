// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/encode.h"

#include <doctest/doctest.h>

#include <array>

#include "tests/data/ber_bytes.h"
#include "tests/data/whole_messages.h"
#include "trapd/snmp/notification.h"
#include "trapd/snmp/oids.h"
#include "trapd/snmp/pdu.h"

using namespace trapd;
using namespace trapd::test;
using ber::Writer;
using snmp::Oid;
using snmp::Version;

namespace {

bool write_link_down(Writer& writer) {
  const Oid if_index = *Oid::parse("1.3.6.1.2.1.2.2.1.1.3");
  const Oid link_down = *Oid::parse("1.3.6.1.6.3.1.1.5.3");
  const std::size_t mark = writer.mark();
  snmp::write_varbind_integer(writer, if_index, 3);
  snmp::write_notification_head(writer, 12345, link_down);
  return snmp::wrap_pdu(writer, mark, ber::kTrapV2, 1, 0, 0);
}

}  // namespace

TEST_CASE("encode: the scoped PDU of the whole messages, octet for octet") {
  std::array<std::uint8_t, 512> buffer{};
  Writer writer(buffer);
  REQUIRE(write_link_down(writer));
  REQUIRE(snmp::wrap_scoped_pdu(writer, 0, hex("000000000000000000000002"), {}));
  CHECK(to_hex(writer.done()) == kLinkDownScopedPdu);
}

TEST_CASE("encode: a v2c message decodes to what was written") {
  std::array<std::uint8_t, 512> buffer{};
  Writer writer(buffer);
  REQUIRE(write_link_down(writer));
  REQUIRE(snmp::wrap_community_message(writer, 0, Version::kV2c, as_bytes("public")));
  snmp::Message message;
  REQUIRE(snmp::decode_message(writer.done(), &message, nullptr) == snmp::DecodeStatus::kOk);
  CHECK(message.version == Version::kV2c);
  CHECK(as_text(message.community.community) == "public");
  snmp::Pdu pdu;
  REQUIRE(snmp::decode_pdu(message.community.pdu, &pdu, nullptr));
  const snmp::Notification notification = snmp::from_pdu(pdu);
  CHECK_FALSE(notification.malformed);
  CHECK(notification.sys_up_time == 12345);
  CHECK(notification.trap_oid.text() == "1.3.6.1.6.3.1.1.5.3");
  CHECK(notification.varbind_count == 1);
}

TEST_CASE("encode: a response repeats the varbinds of the inform as they stand") {
  const Bytes varbinds = hex("308110 06082b06010201010300 430400003039");  // odd, but as received
  std::array<std::uint8_t, 128> buffer{};
  Writer writer(buffer);
  REQUIRE(snmp::write_pdu(writer, ber::kResponse, -2, 0, 0, varbinds));
  CHECK(to_hex(writer.done()) ==
        to_hex(tlv(0xa2, hex("0201fe 020100 020100") + tlv(0x30, varbinds))));
  Writer empty(buffer);
  REQUIRE(snmp::write_pdu(empty, ber::kResponse, INT32_MAX, 1, 0, {}));
  CHECK(to_hex(empty.done()) == "a20e02047fffffff0201010201003000");
}

TEST_CASE("encode: varbinds of each kind") {
  const auto written = [](auto write) {
    std::array<std::uint8_t, 128> buffer{};
    Writer writer(buffer);
    CHECK(write(writer));
    return to_hex(writer.done());
  };
  const snmp::OidView name = snmp::kUsmStatsUnknownEngineIds0;
  CHECK(written([&](Writer& w) {
          return snmp::write_varbind_unsigned(w, name, ber::kCounter32, 1);
        }) == "300f060a2b060106030f01010400410101");
  CHECK(written([&](Writer& w) {
          return snmp::write_varbind_unsigned(w, name, ber::kCounter64, UINT64_MAX);
        }) == "3017060a2b060106030f01010400460900ffffffffffffffff");
  CHECK(written([&](Writer& w) { return snmp::write_varbind_integer(w, name, -1); }) ==
        "300f060a2b060106030f010104000201ff");
  CHECK(written([&](Writer& w) { return snmp::write_varbind_octets(w, name, as_bytes("ab")); }) ==
        "3010060a2b060106030f0101040004026162");
  CHECK(written([&](Writer& w) { return snmp::write_varbind_oid(w, name, snmp::kSnmpTraps); }) ==
        "3016060a2b060106030f0101040006082b06010603010105");
  CHECK(written([&](Writer& w) {
          return snmp::write_varbind(w, name, {ber::kNull, {}});
        }) == "300e060a2b060106030f010104000500");
}

TEST_CASE("encode: a discovery report around its counter") {
  std::array<std::uint8_t, 256> buffer{};
  Writer writer(buffer);
  const std::size_t mark = writer.mark();
  snmp::write_varbind_unsigned(writer, snmp::kUsmStatsUnknownEngineIds0, ber::kCounter32, 1);
  snmp::wrap_pdu(writer, mark, ber::kReport, 4660, 0, 0);
  const Bytes engine_id = hex("8000000005676174657761792d31");
  REQUIRE(snmp::wrap_scoped_pdu(writer, mark, engine_id, {}));
  CHECK(to_hex(writer.done()) ==
        "3031040e8000000005676174657761792d310400a81d02021234020100020100"
        "3011300f060a2b060106030f01010400410101");
}

TEST_CASE("encode: a buffer that is too small fails at every layer") {
  std::array<std::uint8_t, 512> buffer{};
  Writer whole(buffer);
  write_link_down(whole);
  snmp::wrap_community_message(whole, 0, Version::kV2c, as_bytes("public"));
  REQUIRE(whole.ok());
  for (std::size_t room = 0; room < whole.size(); ++room) {
    CAPTURE(room);
    Writer writer(MutableBytes(buffer).first(room));
    write_link_down(writer);
    CHECK_FALSE(snmp::wrap_community_message(writer, 0, Version::kV2c, as_bytes("public")));
    CHECK(writer.done().empty());
  }
}
