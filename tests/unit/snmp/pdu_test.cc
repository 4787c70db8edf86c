// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/pdu.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/data/ber_bytes.h"
#include "tests/data/whole_messages.h"

using namespace trapd;
using namespace trapd::test;
using snmp::DecodeFault;
using snmp::Pdu;
using snmp::TrapV1Pdu;
using snmp::Varbind;
using snmp::VarbindReader;

namespace {

struct PduFields {
  std::uint8_t tag = ber::kTrapV2;
  Bytes request_id = hex("020101");
  Bytes error_status = hex("020100");
  Bytes error_index = hex("020100");
  Bytes varbinds;
  Bytes behind;

  Bytes build() const {
    return tlv(tag, request_id + error_status + error_index + tlv(0x30, varbinds) + behind);
  }
};

struct TrapV1Fields {
  Bytes enterprise = hex("06062b0601040109");
  Bytes agent_address = hex("4004c0000201");
  Bytes generic = hex("020106");
  Bytes specific = hex("02012a");
  Bytes time_stamp = hex("43023039");
  Bytes list = hex("3000");
  Bytes behind;

  Bytes build() const {
    return tlv(0xa4, enterprise + agent_address + generic + specific + time_stamp + list + behind);
  }
};

const Bytes kName = hex("06032b0601");

Bytes varbind(const Bytes& value) { return tlv(0x30, kName + value); }

Bytes with_value(const Bytes& value) {
  PduFields fields;
  fields.varbinds = varbind(value);
  return fields.build();
}

bool decodes(const Bytes& bytes) {
  Pdu pdu;
  return snmp::decode_pdu(bytes, &pdu, nullptr);
}

void check_refused(const Bytes& bytes, const char* field) {
  Pdu pdu;
  DecodeFault fault;
  CHECK_FALSE(snmp::decode_pdu(bytes, &pdu, &fault));
  CHECK(std::string(fault.field == nullptr ? "" : fault.field) == field);
  CHECK(fault.error != ber::Error::kNone);
}

bool decodes_v1(const Bytes& bytes) {
  TrapV1Pdu pdu;
  return snmp::decode_trap_v1(bytes, &pdu, nullptr);
}

void check_refused_v1(const Bytes& bytes, const char* field) {
  TrapV1Pdu pdu;
  DecodeFault fault;
  CHECK_FALSE(snmp::decode_trap_v1(bytes, &pdu, &fault));
  CHECK(std::string(fault.field == nullptr ? "" : fault.field) == field);
}

}  // namespace

TEST_CASE("pdu: linkDown gives its three varbinds") {
  const Bytes scoped_bytes = hex(kLinkDownScopedPdu);
  snmp::ScopedPdu scoped;
  REQUIRE(snmp::decode_scoped_pdu(scoped_bytes, false, &scoped, nullptr));
  Pdu pdu;
  REQUIRE(snmp::decode_pdu(scoped.pdu, &pdu, nullptr));
  CHECK(pdu.type == ber::kTrapV2);
  CHECK(pdu.request_id == 1);
  CHECK(pdu.error_status == 0);
  CHECK(pdu.error_index == 0);
  CHECK(pdu.varbind_count == 3);
  CHECK_FALSE(pdu.confirmed());

  VarbindReader list(pdu.varbinds);
  Varbind varbind;
  REQUIRE(list.next(&varbind));
  CHECK(varbind.name.text() == "1.3.6.1.2.1.1.3.0");
  CHECK(varbind.value.tag == ber::kTimeTicks);
  CHECK(to_hex(varbind.value.content) == "3039");
  REQUIRE(list.next(&varbind));
  CHECK(varbind.name.text() == "1.3.6.1.6.3.1.1.4.1.0");
  CHECK(list.rest().size() == 17);
  REQUIRE(list.next(&varbind));
  CHECK(varbind.name.text() == "1.3.6.1.2.1.2.2.1.1.3");
  CHECK(varbind.value.tag == ber::kInteger);
  CHECK_FALSE(list.next(&varbind));
  CHECK(list.rest().empty());
}

TEST_CASE("MP-14 which PDUs are known") {
  for (int tag = 0; tag < 256; ++tag) {
    CAPTURE(tag);
    PduFields fields;
    fields.tag = static_cast<std::uint8_t>(tag);
    const bool known = tag >= 0xa0 && tag <= 0xa8 && tag != 0xa4;
    CHECK(decodes(fields.build()) == known);
    if (!known) check_refused(fields.build(), "PDU");
    if (known) {
      Pdu pdu;
      const Bytes bytes = fields.build();
      REQUIRE(snmp::decode_pdu(bytes, &pdu, nullptr));
      CHECK(pdu.type == tag);
      CHECK(pdu.confirmed() == snmp::confirmed_class(fields.tag));
    }
  }
  check_refused({}, "PDU");
}

TEST_CASE("pdu: the confirmed class is get, getNext, set, getBulk and inform") {
  for (int tag = 0; tag < 256; ++tag) {
    CAPTURE(tag);
    const bool confirmed = tag == 0xa0 || tag == 0xa1 || tag == 0xa3 || tag == 0xa5 || tag == 0xa6;
    CHECK(snmp::confirmed_class(static_cast<std::uint8_t>(tag)) == confirmed);
  }
}

TEST_CASE("PDU-03 request-id is any Integer32") {
  const auto with_id = [](const char* octets) {
    PduFields fields;
    fields.request_id = hex(octets);
    return fields.build();
  };
  Pdu pdu;
  const Bytes least = with_id("020480000000");
  REQUIRE(snmp::decode_pdu(least, &pdu, nullptr));
  CHECK(pdu.request_id == INT32_MIN);
  const Bytes most = with_id("02047fffffff");
  REQUIRE(snmp::decode_pdu(most, &pdu, nullptr));
  CHECK(pdu.request_id == INT32_MAX);
  check_refused(with_id("02050080000000"), "request-id");
  check_refused(with_id("0205ff7fffffff"), "request-id");
  check_refused(with_id("0200"), "request-id");
  check_refused(with_id("410101"), "request-id");
}

TEST_CASE("PDU-04 error-status and error-index are any INTEGER, and nothing else") {
  PduFields fields;
  fields.error_status = hex("020105");
  fields.error_index = hex("020107");
  CHECK(decodes(fields.build()));
  fields.error_status = hex("040105");
  check_refused(fields.build(), "error-status");
  fields = PduFields{};
  fields.error_index = hex("0500");
  check_refused(fields.build(), "error-index");
  fields.error_index = {};
  check_refused(fields.build(), "error-index");
}

TEST_CASE("pdu: getBulk has the same shape") {
  PduFields fields;
  fields.tag = ber::kGetBulkRequest;
  fields.error_status = hex("020101");
  fields.error_index = hex("02020100");
  fields.varbinds = varbind(hex("0500"));
  const Bytes bytes = fields.build();
  Pdu pdu;
  REQUIRE(snmp::decode_pdu(bytes, &pdu, nullptr));
  CHECK(pdu.error_status == 1);
  CHECK(pdu.error_index == 256);
  CHECK(pdu.varbind_count == 1);
  fields.varbinds = varbind(hex("0501 00"));
  check_refused(fields.build(), "value");
}

TEST_CASE("PDU-05 NULL and the exceptions are values") {
  for (const char* value : {"0500", "8000", "8100", "8200"}) {
    CAPTURE(value);
    CHECK(decodes(with_value(hex(value))));
  }
}

TEST_CASE("PDU-06 as many varbinds as fit, in order") {
  PduFields fields;
  for (std::uint32_t i = 0; i < 2500; ++i) {
    fields.varbinds = fields.varbinds + varbind(Bytes{0x02, 0x02, static_cast<std::uint8_t>(i >> 8),
                                                      static_cast<std::uint8_t>(i & 0xff)});
  }
  const Bytes bytes = fields.build();
  Pdu pdu;
  REQUIRE(snmp::decode_pdu(bytes, &pdu, nullptr));
  CHECK(pdu.varbind_count == 2500);
  VarbindReader list(pdu.varbinds);
  Varbind varbind;
  std::int32_t expected = 0;
  while (list.next(&varbind)) {
    std::int32_t value = -1;
    REQUIRE(ber::decode_int32(varbind.value.content, &value));
    REQUIRE(value == expected++);
  }
  CHECK(expected == 2500);
}

TEST_CASE("pdu: values of every type, at their edges") {
  struct Case {
    const char* value;
    bool ok;
  };
  const Case cases[] = {
      {"020100", true},
      {"020480000000", true},
      {"02050080000000", false},         // BER-09
      {"0208 0000000000000001", true},   // BER-08
      {"0208 0000000100000001", false},  //
      {"0200", false},                   // BER-07
      {"0400", true},
      {"0403 00ff0a", true},
      {"06032b0601", true},
      {"0600", false},          // BER-13
      {"06028006", false},      // BER-14
      {"06022b86", false},      //
      {"4004 c0000201", true},  // BER-12
      {"4000", false},
      {"4003 c00002", false},
      {"4005 c000020100", false},
      {"4010 20010db8000000000000000000000001", false},
      {"0501 00", false},
      {"8001 00", false},
      {"8101 00", false},
      {"8201 00", false},
      {"410100", true},
      {"4104 ffffffff", true},    // BER-10
      {"4105 00ffffffff", true},  // BER-11
      {"4105 0100000000", false},
      {"4105 ffffffffff", false},
      {"4100", false},
      {"4200", false},
      {"4202 80e8", true},
      {"4205 0100000000", false},
      {"4300", false},
      {"4304 ffffffff", true},
      {"4305 0100000000", false},
      {"4600", false},
      {"4608 ffffffffffffffff", true},
      {"4609 00ffffffffffffffff", true},
      {"4609 010000000000000000", false},
      {"4609 ffffffffffffffffff", false},
      {"4400", true},
      {"4407 9f780442f60000", true},  // PDU-17
      {"4404 9f780441", true},
      {"0302 0001", false},  // BER-18
      {"4502 0001", false},
      {"470101", false},
      {"480101", false},
      {"010101", false},
      {"3000", false},
      {"2402 0400", false},  // BER-02
      {"2203 020101", false},
      {"6404 04020000", false},
      {"8300", false},
      {"a000", false},
      {"1f0101", false},
      {"9f7800", false},
      {"0480 0000", false},
      {"04ff", false},
      {"0000", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.value);
    const Bytes bytes = with_value(hex(c.value));
    CHECK(decodes(bytes) == c.ok);
    if (!c.ok) check_refused(bytes, "value");
  }
}

TEST_CASE("BER-17 an OCTET STRING of 65535 octets passes, one more does not") {
  CHECK(decodes(with_value(tlv(0x04, repeat(65535, 'x')))));
  check_refused(with_value(tlv(0x04, repeat(65536, 'x'))), "value");
}

TEST_CASE("BER-15 names and values of 128 sub-identifiers") {
  const auto with_name = [](std::size_t sub_identifiers) {
    PduFields fields;
    fields.varbinds = tlv(0x30, tlv(0x06, repeat(sub_identifiers, 1)) + hex("0500"));
    return fields.build();
  };
  CHECK(decodes(with_name(127)));
  check_refused(with_name(128), "name");
  CHECK(decodes(with_value(tlv(0x06, repeat(127, 1)))));
  check_refused(with_value(tlv(0x06, repeat(128, 1))), "value");
}

TEST_CASE("BER-03 spare and missing octets around varbinds") {
  struct Case {
    const char* varbinds;
    const char* field;
  };
  const Case cases[] = {
      {"00", "VarBind"},
      {"30", "VarBind"},
      {"3001", "VarBind"},
      {"0500", "VarBind"},
      {"3000", "name"},
      {"3002 0500", "name"},
      {"3002 0600", "name"},
      {"3003 06012b", "value"},
      {"3004 06012b05", "value"},
      {"3006 06012b050000", "VarBind"},
      {"3007 06012b05000500", "VarBind"},
      {"3005 06012b0500 00", "VarBind"},
      {"3005 06012b0500 3080", "VarBind"},
      {"3005 06022b0500", "value"},
      {"3005 26012b0500", "name"},
      {"3005 06012b0501", "value"},
      {"3006 06012b0500", "VarBind"},
      {"3004 06012b0500", "value"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.varbinds);
    PduFields fields;
    fields.varbinds = hex(c.varbinds);
    check_refused(fields.build(), c.field);
  }
  PduFields fields;
  fields.behind = hex("00");
  check_refused(fields.build(), "PDU");
  check_refused(PduFields{}.build() + hex("00"), "data");
  check_refused(tlv(0xa7, hex("020101 020100 020100")), "variable-bindings");
  check_refused(tlv(0xa7, hex("020101 020100 020100 0400")), "variable-bindings");
  check_refused(hex("a700"), "request-id");
}

TEST_CASE("pdu: a varbind is the same however long its lengths are written") {
  const auto long_tlv = [](std::uint8_t tag, const Bytes& content) {
    return Bytes{tag, 0x82, 0, static_cast<std::uint8_t>(content.size())} + content;
  };
  const Bytes name = hex("2b0601040109");
  for (const Bytes& value : {hex("020105"), hex("0400"), hex("4604ffffffff"), hex("8000"),
                             hex("4104ffffffff"), hex("06022b06"), hex("0500"), hex("44020101")}) {
    const Bytes content(value.begin() + 2, value.end());
    for (int shape = 0; shape < 8; ++shape) {
      const Bytes named = (shape & 1) != 0 ? long_tlv(0x06, name) : tlv(0x06, name);
      const Bytes valued = (shape & 2) != 0 ? long_tlv(value[0], content) : value;
      const Bytes bound =
          (shape & 4) != 0 ? long_tlv(0x30, named + valued) : tlv(0x30, named + valued);
      PduFields fields;
      fields.varbinds = varbind(hex("020101")) + bound + varbind(hex("020102"));
      const Bytes bytes = fields.build();
      Pdu pdu;
      REQUIRE(snmp::decode_pdu(bytes, &pdu, nullptr));
      CHECK(pdu.varbind_count == 3);
      VarbindReader list(pdu.varbinds);
      Varbind second;
      REQUIRE((list.next(&second) && list.next(&second)));
      CHECK(equal(second.name.content(), name));
      CHECK(second.value.tag == value[0]);
      CHECK(equal(second.value.content, content));
      REQUIRE(list.next(&second));
      CHECK_FALSE(list.next(&second));
    }
  }
}

TEST_CASE("pdu: the fault of a varbind says where it stands") {
  PduFields fields;
  fields.varbinds = varbind(hex("0500")) + varbind(hex("4003010203"));
  const Bytes bytes = fields.build();
  Pdu pdu;
  DecodeFault fault;
  CHECK_FALSE(snmp::decode_pdu(bytes, &pdu, &fault));
  CHECK(fault.error == ber::Error::kBadLength);
  CHECK(to_hex(ByteView(bytes).subspan(fault.offset)) == "4003010203");
  CHECK(pdu.varbind_count == 1);
}

TEST_CASE("pdu: every prefix and every changed length is refused") {
  const Bytes scoped_bytes = hex(kLinkDownScopedPdu);
  const Bytes bytes(scoped_bytes.begin() + 18, scoped_bytes.end());
  REQUIRE(decodes(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(decodes(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))));
  }
  for (const std::size_t at : length_octets(bytes)) {
    CAPTURE(at);
    for (const int delta : {-1, 1}) {
      Bytes changed = bytes;
      changed[at] = static_cast<std::uint8_t>(changed[at] + delta);
      CHECK_FALSE(decodes(changed));
    }
  }
}

TEST_CASE("PDU-07 an SNMPv1 trap gives its fields") {
  TrapV1Fields fields;
  fields.list = tlv(0x30, varbind(hex("020103")) + varbind(hex("0400")));
  const Bytes bytes = fields.build();
  TrapV1Pdu pdu;
  REQUIRE(snmp::decode_trap_v1(bytes, &pdu, nullptr));
  CHECK(pdu.enterprise.text() == "1.3.6.1.4.1.9");
  CHECK(to_hex(pdu.agent_address) == "c0000201");
  CHECK(pdu.generic_trap == 6);
  CHECK(pdu.specific_trap == 42);
  CHECK(pdu.time_stamp == 12345);
  CHECK(pdu.varbind_count == 2);
}

TEST_CASE("PDU-07 what an SNMPv1 trap may not hold") {
  struct Case {
    Bytes TrapV1Fields::*field;
    const char* octets;
    const char* at;
  };
  const Case cases[] = {
      {&TrapV1Fields::enterprise, "0600", "enterprise"},
      {&TrapV1Fields::enterprise, "0400", "enterprise"},
      {&TrapV1Fields::enterprise, "06022b86", "enterprise"},
      {&TrapV1Fields::agent_address, "4003c00002", "agent-addr"},
      {&TrapV1Fields::agent_address, "4005c000020100", "agent-addr"},
      {&TrapV1Fields::agent_address, "4000", "agent-addr"},
      {&TrapV1Fields::agent_address, "0404c0000201", "agent-addr"},
      {&TrapV1Fields::generic, "020107", "generic-trap"},
      {&TrapV1Fields::generic, "0201ff", "generic-trap"},
      {&TrapV1Fields::generic, "0200", "generic-trap"},
      {&TrapV1Fields::specific, "02050080000000", "specific-trap"},
      {&TrapV1Fields::specific, "430100", "specific-trap"},
      {&TrapV1Fields::time_stamp, "020100", "time-stamp"},
      {&TrapV1Fields::time_stamp, "43050100000000", "time-stamp"},
      {&TrapV1Fields::time_stamp, "4300", "time-stamp"},
      {&TrapV1Fields::list, "", "variable-bindings"},
      {&TrapV1Fields::list, "0400", "variable-bindings"},
      {&TrapV1Fields::behind, "00", "Trap-PDU"},
      {&TrapV1Fields::list, "300c 300a 06032b0601 4603 010203", "value"},
      {&TrapV1Fields::list, "3009 3007 06032b0601 8000", "value"},
      {&TrapV1Fields::list, "3009 3007 06032b0601 4500", "value"},
  };
  CHECK(decodes_v1(TrapV1Fields{}.build()));
  for (const Case& c : cases) {
    CAPTURE(c.at);
    CAPTURE(c.octets);
    TrapV1Fields fields;
    fields.*c.field = hex(c.octets);
    check_refused_v1(fields.build(), c.at);
  }
  check_refused_v1(TrapV1Fields{}.build() + hex("00"), "data");
  Bytes other = TrapV1Fields{}.build();
  other[0] = 0xa7;
  check_refused_v1(other, "PDU");
  check_refused_v1({}, "PDU");
}

TEST_CASE("PDU-07 edges that an SNMPv1 trap may hold") {
  for (const char* generic : {"020100", "020101", "020106"}) {
    TrapV1Fields fields;
    fields.generic = hex(generic);
    CHECK(decodes_v1(fields.build()));
  }
  for (const char* specific : {"02047fffffff", "020480000000", "0201ff", "020100"}) {
    TrapV1Fields fields;
    fields.specific = hex(specific);
    CHECK(decodes_v1(fields.build()));
  }
  TrapV1Fields fields;
  fields.enterprise = tlv(0x06, repeat(127, 1));
  CHECK(decodes_v1(fields.build()));
  fields.enterprise = tlv(0x06, repeat(128, 1));
  check_refused_v1(fields.build(), "enterprise");
}

TEST_CASE("pdu: every proper prefix of an SNMPv1 trap is refused") {
  TrapV1Fields fields;
  fields.list = tlv(0x30, varbind(hex("020103")));
  const Bytes bytes = fields.build();
  REQUIRE(decodes_v1(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    const Bytes prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(decodes_v1(prefix));
  }
}
