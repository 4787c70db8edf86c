// SPDX-License-Identifier: Apache-2.0
// The USM parameters of an SNMPv3 message (RFC 3414 2.4), field by field.
#include <doctest/doctest.h>

#include "tests/data/ber_bytes.h"
#include "tests/data/whole_messages.h"
#include "tests/unit/snmp/message_outcome.h"
#include "tests/unit/snmp/v3_fields.h"
#include "trapd/snmp/message.h"

using namespace trapd;
using namespace trapd::test;
using snmp::decode_message;
using snmp::DecodeFault;
using snmp::DecodeStatus;
using snmp::Message;

TEST_CASE("USM-01 the security parameters are one SEQUENCE of six fields") {
  struct Case {
    Bytes V3Fields::*field;
    const char* octets;
    const char* at;
  };
  const Case cases[] = {
      {&V3Fields::engine_id, "020100", "msgAuthoritativeEngineID"},
      {&V3Fields::engine_id, "", "msgAuthoritativeEngineID"},
      {&V3Fields::engine_id, "24020400", "msgAuthoritativeEngineID"},
      {&V3Fields::boots, "040107", "msgAuthoritativeEngineBoots"},
      {&V3Fields::boots, "0200", "msgAuthoritativeEngineBoots"},
      {&V3Fields::time, "430107", "msgAuthoritativeEngineTime"},
      {&V3Fields::time, "", "msgAuthoritativeEngineTime"},
      {&V3Fields::user, "020100", "msgUserName"},
      {&V3Fields::authentication, "0500", "msgAuthenticationParameters"},
      {&V3Fields::privacy, "0500", "msgPrivacyParameters"},
      {&V3Fields::privacy, "", "msgPrivacyParameters"},
      {&V3Fields::privacy, "0401", "msgPrivacyParameters"},
      {&V3Fields::behind_usm, "0400", "UsmSecurityParameters"},
      {&V3Fields::behind_usm, "00", "UsmSecurityParameters"},
      {&V3Fields::behind_usm_sequence, "0400", "msgSecurityParameters"},
      {&V3Fields::behind_usm_sequence, "00", "msgSecurityParameters"},
      {&V3Fields::behind_header, "020100", "msgGlobalData"},
      {&V3Fields::behind_header, "00", "msgGlobalData"},
      {&V3Fields::behind_data, "0500", "SNMPv3Message"},
      {&V3Fields::behind_data, "00", "SNMPv3Message"},
      {&V3Fields::data, "", "msgData"},
      {&V3Fields::data, "0500", "msgData"},
      {&V3Fields::data, "020100", "msgData"},
      {&V3Fields::data, "a7020000", "msgData"},
      {&V3Fields::data, "24020400", "msgData"},
      {&V3Fields::data, "3003 0201", "msgData"},
      {&V3Fields::data, "0403 0201", "msgData"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.at);
    CAPTURE(c.octets);
    V3Fields v3;
    v3.*c.field = hex(c.octets);
    check_malformed(v3.build(), c.at);
  }
}

TEST_CASE("USM-01 the parameters must be there, in an OCTET STRING") {
  const V3Fields v3;
  const auto with = [&v3](const Bytes& parameters) {
    return tlv(0x30, v3.version + v3.header() + parameters + v3.data);
  };
  CHECK(status(with(tlv(0x04, v3.usm()))) == DecodeStatus::kOk);
  check_malformed(with(v3.usm()), "msgSecurityParameters");
  check_malformed(with(tlv(0x24, v3.usm())), "msgSecurityParameters");
  check_malformed(with(hex("0400")), "UsmSecurityParameters");
  check_malformed(with(hex("0402 3000")), "msgAuthoritativeEngineID");
  check_malformed(with(hex("0402 0500")), "UsmSecurityParameters");
  check_malformed(with(hex("0402 3001")), "UsmSecurityParameters");
  check_malformed(with({}), "msgSecurityParameters");
}

TEST_CASE("USM-02 boots and time are 0..2147483647") {
  for (auto field : {&V3Fields::boots, &V3Fields::time}) {
    for (const char* octets : {"020100", "02047fffffff", "020500 7fffffff"}) {
      CAPTURE(octets);
      V3Fields v3;
      v3.*field = hex(octets);
      CHECK(status(v3.build()) == DecodeStatus::kOk);
    }
    for (const char* octets :
         {"0201ff", "02050080000000", "02050100000002", "020480000000", "02080000000100000002"}) {
      CAPTURE(octets);
      V3Fields v3;
      v3.*field = hex(octets);
      check_malformed(v3.build(), field == &V3Fields::boots ? "msgAuthoritativeEngineBoots"
                                                            : "msgAuthoritativeEngineTime");
    }
  }
}

TEST_CASE("USM-03 msgUserName is 0..32 octets") {
  for (const std::size_t size : {0U, 1U, 32U, 33U, 255U}) {
    CAPTURE(size);
    V3Fields v3;
    v3.user = tlv(0x04, repeat(size, 'u'));
    if (size <= 32) {
      CHECK(status(v3.build()) == DecodeStatus::kOk);
    } else {
      check_malformed(v3.build(), "msgUserName");
    }
  }
}

TEST_CASE("USM-05 USM-13 engine ID, digest and salt of any length reach the security model") {
  for (const std::size_t size : {0U, 1U, 4U, 5U, 32U, 33U, 64U, 255U}) {
    CAPTURE(size);
    V3Fields v3;
    v3.engine_id = tlv(0x04, repeat(size, 7));
    v3.authentication = tlv(0x04, repeat(size, 8));
    v3.privacy = tlv(0x04, repeat(size, 9));
    const Bytes bytes = v3.build();
    Message message;
    REQUIRE(decode_message(bytes, &message, nullptr) == DecodeStatus::kOk);
    CHECK(equal(message.v3.authoritative_engine_id, repeat(size, 7)));
    CHECK(equal(message.v3.authentication_parameters, repeat(size, 8)));
    CHECK(equal(message.v3.privacy_parameters, repeat(size, 9)));
  }
}
