// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/notification.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/data/ber_bytes.h"
#include "trapd/snmp/oid.h"

using namespace trapd;
using namespace trapd::test;
using snmp::Notification;
using snmp::Oid;
using snmp::Pdu;
using snmp::TrapOidBuffer;
using snmp::TrapV1Pdu;

namespace {

const Bytes kUptime = hex("300e 06082b06010201010300 43023039");
const Bytes kTrapOid = hex("3017 060a2b060106030101040100 06092b0601060301010503");
const Bytes kIfIndex = hex("300f 060a2b060102010202010103 020103");

// The notification in a PDU with this VarBindList content, which must outlive it.
Notification notification_of(const Bytes& varbinds, std::uint8_t type = ber::kTrapV2) {
  const Bytes bytes = tlv(type, hex("020101 020105 020107") + tlv(0x30, varbinds));
  Pdu pdu;
  REQUIRE(snmp::decode_pdu(bytes, &pdu, nullptr));
  pdu.varbinds = varbinds;  // the same octets, in the caller's keeping
  return snmp::from_pdu(pdu);
}

struct Translated {
  bool done = false;
  std::string trap_oid;
  TrapOidBuffer buffer{};
  Notification notification;
};

void translate(const TrapV1Pdu& pdu, Translated* out) {
  out->done = snmp::from_trap_v1(pdu, &out->buffer, &out->notification);
  out->trap_oid = out->notification.trap_oid.text();
}

std::string trap_oid_of(const char* enterprise, std::int32_t generic, std::int32_t specific) {
  const auto oid = Oid::parse(enterprise);
  TrapV1Pdu pdu;
  pdu.enterprise = oid->view();
  pdu.generic_trap = generic;
  pdu.specific_trap = specific;
  Translated out;
  translate(pdu, &out);
  return out.done ? out.trap_oid : "refused";
}

}  // namespace

TEST_CASE("PDU-01 a well-formed notification gives time, name and the rest") {
  const Bytes varbinds = kUptime + kTrapOid + kIfIndex;
  for (const std::uint8_t type : {std::uint8_t{ber::kTrapV2}, std::uint8_t{ber::kInformRequest}}) {
    const Notification notification = notification_of(varbinds, type);
    CHECK_FALSE(notification.malformed);
    CHECK(notification.sys_up_time == 12345);
    CHECK(notification.trap_oid.text() == "1.3.6.1.6.3.1.1.5.3");
    CHECK(equal(notification.varbinds, kIfIndex));
    CHECK(notification.varbind_count == 1);
    CHECK(notification.agent_address.empty());
    CHECK(notification.enterprise.empty());
  }
  const Bytes nothing_else = kUptime + kTrapOid;
  const Notification bare = notification_of(nothing_else);
  CHECK_FALSE(bare.malformed);
  CHECK(bare.varbinds.empty());
  CHECK(bare.varbind_count == 0);
}

TEST_CASE("PDU-02 everything else is a malformed notification with all its varbinds") {
  const Bytes cases[] = {
      {},
      kUptime,
      kTrapOid,
      kTrapOid + kUptime,
      kTrapOid + kUptime + kIfIndex,
      kIfIndex + kUptime + kTrapOid,
      kUptime + kIfIndex + kTrapOid,
      kUptime + kUptime + kTrapOid,
      kUptime + kIfIndex,
      // sysUpTime.0 as Gauge32, as INTEGER, as NULL
      hex("300e 06082b06010201010300 42023039") + kTrapOid,
      hex("300e 06082b06010201010300 02023039") + kTrapOid,
      hex("300c 06082b06010201010300 0500") + kTrapOid,
      // sysUpTime without its instance, or with another one
      hex("300d 06072b060102010103 43023039") + kTrapOid,
      hex("300e 06082b06010201010301 43023039") + kTrapOid,
      // snmpTrapOID.0 as OCTET STRING, INTEGER, noSuchObject
      kUptime + hex("3017 060a2b060106030101040100 04092b0601060301010503"),
      kUptime + hex("300f 060a2b060106030101040100 020105"),
      kUptime + hex("300e 060a2b060106030101040100 8000"),
      // snmpTrapOID without its instance
      kUptime + hex("3016 06092b0601060301010401 06092b0601060301010503"),
  };
  for (const Bytes& varbinds : cases) {
    CAPTURE(to_hex(varbinds));
    const Notification notification = notification_of(varbinds);
    CHECK(notification.malformed);
    CHECK(notification.trap_oid.empty());
    CHECK(notification.sys_up_time == 0);
    CHECK(equal(notification.varbinds, varbinds));
    std::uint32_t count = 0;
    snmp::VarbindReader list(varbinds);
    for (snmp::Varbind varbind; list.next(&varbind);) ++count;
    CHECK(notification.varbind_count == count);
  }
}

TEST_CASE("PDU-01 lengths in long form and padded times are still well-formed") {
  const Bytes varbinds = hex("308110 06082b06010201010300 430400003039 ") + hex("308200 17") +
                         Bytes(kTrapOid.begin() + 2, kTrapOid.end());
  const Notification notification = notification_of(varbinds);
  CHECK_FALSE(notification.malformed);
  CHECK(notification.sys_up_time == 12345);
}

TEST_CASE("PDU-08 generic traps become those of snmpTraps") {
  for (std::int32_t generic = 0; generic <= 5; ++generic) {
    CAPTURE(generic);
    const std::string expected = "1.3.6.1.6.3.1.1.5." + std::to_string(generic + 1);
    CHECK(trap_oid_of("1.3.6.1.4.1.9", generic, 0) == expected);
    CHECK(trap_oid_of("1.3.6.1.4.1.9", generic, -1) == expected);
  }
  CHECK(trap_oid_of("1.3.6.1.4.1.9", 7, 0) == "refused");
  CHECK(trap_oid_of("1.3.6.1.4.1.9", -1, 0) == "refused");
  CHECK(trap_oid_of("1.3.6.1.4.1.9", INT32_MAX, 0) == "refused");
}

TEST_CASE("PDU-09 specific traps are enterprise, 0, specific, also behind a 0") {
  CHECK(trap_oid_of("1.3.6.1.4.1.9", 6, 42) == "1.3.6.1.4.1.9.0.42");
  CHECK(trap_oid_of("1.3.6.1.4.1.9.0", 6, 42) == "1.3.6.1.4.1.9.0.0.42");
  CHECK(trap_oid_of("1.3.6.1.4.1.9", 6, 0) == "1.3.6.1.4.1.9.0.0");
  CHECK(trap_oid_of("1.3.6.1.4.1.9", 6, INT32_MAX) == "1.3.6.1.4.1.9.0.2147483647");
}

TEST_CASE("PDU-10 time, varbinds, address and enterprise of an SNMPv1 trap are kept") {
  const Bytes bytes = tlv(0xa4, hex("06062b0601040109 4004c0000201 020106 02012a 43023039") +
                                    tlv(0x30, kIfIndex + kIfIndex));
  TrapV1Pdu pdu;
  REQUIRE(snmp::decode_trap_v1(bytes, &pdu, nullptr));
  Translated out;
  translate(pdu, &out);
  REQUIRE(out.done);
  CHECK(out.trap_oid == "1.3.6.1.4.1.9.0.42");
  CHECK(out.notification.sys_up_time == 12345);
  CHECK(out.notification.varbind_count == 2);
  CHECK(equal(out.notification.varbinds, kIfIndex + kIfIndex));
  CHECK(to_hex(out.notification.agent_address) == "c0000201");
  CHECK(out.notification.enterprise.text() == "1.3.6.1.4.1.9");
  CHECK_FALSE(out.notification.malformed);
}

TEST_CASE("PDU-11 a negative specific-trap has no SNMPv2 form") {
  CHECK(trap_oid_of("1.3.6.1.4.1.9", 6, -1) == "refused");
  CHECK(trap_oid_of("1.3.6.1.4.1.9", 6, INT32_MIN) == "refused");
}

TEST_CASE("PDU-11 the trap OID has at most 128 arcs") {
  const auto enterprise = [](std::size_t arcs) {
    std::vector<std::uint32_t> numbers(arcs, 4294967295U);
    numbers[0] = 1;
    numbers[1] = 3;
    return *Oid::from_arcs(numbers);
  };
  for (const std::size_t arcs : {126U, 127U, 128U}) {
    CAPTURE(arcs);
    const Oid oid = enterprise(arcs);
    TrapV1Pdu pdu;
    pdu.enterprise = oid.view();
    pdu.generic_trap = 6;
    pdu.specific_trap = INT32_MAX;
    Translated out;
    translate(pdu, &out);
    CHECK(out.done == (arcs == 126));
    if (out.done) {
      CHECK(out.notification.trap_oid.arcs().size() == 128);
      CHECK(ber::valid_oid(out.notification.trap_oid.content()));
    } else {
      CHECK(out.notification.trap_oid.empty());
    }
    // A generic trap does not use the enterprise.
    pdu.generic_trap = 0;
    translate(pdu, &out);
    CHECK(out.done);
  }
  TrapV1Pdu empty;
  empty.generic_trap = 6;
  Translated out;
  translate(empty, &out);
  CHECK_FALSE(out.done);
}
