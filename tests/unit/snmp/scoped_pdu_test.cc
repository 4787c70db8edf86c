// SPDX-License-Identifier: Apache-2.0
// Context and PDU inside an SNMPv3 message (RFC 3412 6.8).
#include <doctest/doctest.h>

#include "tests/data/ber_bytes.h"
#include "tests/data/whole_messages.h"
#include "tests/unit/snmp/message_outcome.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/pdu.h"

using namespace trapd;
using namespace trapd::test;
using snmp::decode_message;
using snmp::DecodeFault;
using snmp::DecodeStatus;
using snmp::Message;

TEST_CASE("scoped PDU: context and PDU of the published example of RFC 5675") {
  const Bytes bytes =
      hex("307c0408800002b804616263040463747831a76a02036d0867020100020100305d"
          "300f06082b06010201010300430301728c3017060a2b06010603010104010006092b0601060301010504"
          "300f060a2b060102010202010103020103300f060a2b060102010202010703020101"
          "300f060a2b060102010202010803020101");
  snmp::ScopedPdu scoped;
  REQUIRE(snmp::decode_scoped_pdu(bytes, false, &scoped, nullptr));
  CHECK(to_hex(scoped.context_engine_id) == "800002b804616263");
  CHECK(as_text(scoped.context_name) == "ctx1");
  CHECK(scoped.pdu.size() == 0x6c);
  CHECK(scoped.pdu[0] == ber::kTrapV2);
}

TEST_CASE("BER-06 octets behind the scoped PDU are padding after decryption only") {
  const Bytes bytes = hex(kLinkDownScopedPdu);
  snmp::ScopedPdu scoped;
  for (std::size_t padding = 0; padding < 16; ++padding) {
    CAPTURE(padding);
    const Bytes padded = bytes + repeat(padding, 0xa5);
    DecodeFault fault;
    CHECK(snmp::decode_scoped_pdu(padded, true, &scoped, &fault));
    CHECK(scoped.pdu.size() == 0x47);
    CHECK(snmp::decode_scoped_pdu(padded, false, &scoped, &fault) == (padding == 0));
    if (padding != 0) CHECK(fault.error == ber::Error::kTrailingOctets);
  }
}

TEST_CASE("MP-13 scoped PDUs that do not parse") {
  struct Case {
    Bytes bytes;
    const char* field;
  };
  const Bytes pdu = kTrapPdu;
  const Case cases[] = {
      {{}, "ScopedPDU"},
      {hex("04"), "ScopedPDU"},
      {hex("0400"), "ScopedPDU"},
      {hex("3000"), "contextEngineID"},
      {tlv(0x30, hex("020100 0400") + pdu), "contextEngineID"},
      {tlv(0x30, hex("0400 020100") + pdu), "contextName"},
      {tlv(0x30, hex("0400") + pdu), "contextName"},
      {tlv(0x30, hex("0400 0400")), "data"},
      {tlv(0x30, hex("0400 0400 a702 05")), "data"},
      {tlv(0x30, hex("0400 0400 1f8101") + repeat(9, 0)), "data"},
      {tlv(0x30, hex("0400 0400") + pdu + hex("00")), "ScopedPDU"},
  };
  for (const Case& c : cases) {
    CAPTURE(to_hex(c.bytes));
    snmp::ScopedPdu scoped;
    for (const bool padded : {false, true}) {
      DecodeFault fault;
      CHECK_FALSE(snmp::decode_scoped_pdu(c.bytes, padded, &scoped, &fault));
      CHECK(std::string(fault.field) == c.field);
    }
  }
  const Bytes whole = hex(kLinkDownScopedPdu);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const Bytes prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    snmp::ScopedPdu scoped;
    CHECK_FALSE(snmp::decode_scoped_pdu(prefix, true, &scoped, nullptr));
  }
}

TEST_CASE("MP-18 contexts of any size pass") {
  for (const std::size_t size : {0U, 33U, 255U, 3000U}) {
    CAPTURE(size);
    const Bytes context = tlv(0x04, repeat(size, 'c'));
    const Bytes bytes = tlv(0x30, context + context + kTrapPdu);
    snmp::ScopedPdu scoped;
    REQUIRE(snmp::decode_scoped_pdu(bytes, false, &scoped, nullptr));
    CHECK(scoped.context_engine_id.size() == size);
    CHECK(scoped.context_name.size() == size);
    CHECK(equal(scoped.pdu, kTrapPdu));
  }
}
