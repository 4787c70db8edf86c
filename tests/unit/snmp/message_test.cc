// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/message.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/data/ber_bytes.h"
#include "tests/data/whole_messages.h"
#include "tests/unit/snmp/message_outcome.h"
#include "tests/unit/snmp/v3_fields.h"
#include "trapd/snmp/pdu.h"

using namespace trapd;
using namespace trapd::test;
using snmp::decode_message;
using snmp::DecodeFault;
using snmp::DecodeStatus;
using snmp::Message;
using snmp::Version;

namespace {

// Through all layers of a plaintext message.
bool decodes_to_varbinds(const Bytes& bytes) {
  Message message;
  snmp::ScopedPdu scoped;
  snmp::Pdu pdu;
  return decode_message(bytes, &message, nullptr) == DecodeStatus::kOk &&
         snmp::decode_scoped_pdu(message.v3.plaintext_scoped_pdu, false, &scoped, nullptr) &&
         snmp::decode_pdu(scoped.pdu, &pdu, nullptr);
}

Bytes community_message(const Bytes& version, const Bytes& pdu) {
  return tlv(0x30, version + hex("0406") + text("public") + pdu);
}

}  // namespace

TEST_CASE("message: every whole message decodes to its fields") {
  for (const WholeMessage& whole : kWholeMessages) {
    CAPTURE(whole.name);
    const Bytes bytes = hex(whole.hex);
    Message message;
    REQUIRE(decode_message(bytes, &message, nullptr) == DecodeStatus::kOk);
    const snmp::V3Message& v3 = message.v3;
    CHECK(message.version == Version::kV3);
    CHECK(message.deviations.none());
    CHECK(v3.whole.data() == bytes.data());
    CHECK(v3.whole.size() == bytes.size());
    CHECK(v3.msg_id == 4660);
    CHECK(v3.max_size == 65507);
    CHECK(v3.security_model == snmp::kUsmSecurityModel);
    CHECK(to_hex(v3.authoritative_engine_id) == "000000000000000000000002");
    CHECK(as_text(v3.user_name) == whole.user);
    CHECK_FALSE(v3.reportable());
    CHECK((v3.level() == snmp::SecurityLevel::kAuthPriv) == whole.encrypted);
    CHECK(v3.privacy_parameters.size() == (whole.encrypted ? 8 : 0));
    CHECK(v3.encrypted_pdu.empty() != whole.encrypted);
    CHECK(to_hex(v3.plaintext_scoped_pdu) == (whole.encrypted ? "" : kLinkDownScopedPdu));
  }
}

TEST_CASE("message: boots, time, flags and parameters of W1, W2 and W7") {
  Message message;
  const Bytes w1 = hex(kWholeMessages[0].hex);
  REQUIRE(decode_message(w1, &message, nullptr) == DecodeStatus::kOk);
  CHECK(message.v3.authoritative_engine_boots == 0);
  CHECK(message.v3.level() == snmp::SecurityLevel::kNoAuthNoPriv);
  CHECK(message.v3.authentication_parameters.empty());

  const Bytes w2 = hex(kWholeMessages[1].hex);
  REQUIRE(decode_message(w2, &message, nullptr) == DecodeStatus::kOk);
  CHECK(message.v3.authoritative_engine_boots == 7);
  CHECK(message.v3.authoritative_engine_time == 1001);
  CHECK(message.v3.level() == snmp::SecurityLevel::kAuthNoPriv);
  CHECK(to_hex(message.v3.authentication_parameters) == "0c3bc2357c3c9957a9e99211");

  const Bytes w7 = hex(kWholeMessages[6].hex);
  REQUIRE(decode_message(w7, &message, nullptr) == DecodeStatus::kOk);
  CHECK(message.v3.authentication_parameters.size() == 48);
  CHECK(to_hex(message.v3.privacy_parameters) == "0123456789abcdef");
  CHECK(message.v3.encrypted_pdu.size() == 89);
  CHECK(message.v3.authentication_parameters.data() > message.v3.whole.data());
  CHECK(message.v3.encrypted_pdu.data() + 89 == w7.data() + w7.size());
}

TEST_CASE("message: a second decode leaves nothing of the first") {
  Message message;
  const Bytes w3 = hex(kWholeMessages[2].hex);
  REQUIRE(decode_message(w3, &message, nullptr) == DecodeStatus::kOk);
  const Bytes v2c = community_message(hex("020101"), kTrapPdu) + hex("00");
  const snmp::Deviations trailing(snmp::Deviation::kTrailingOctets);
  REQUIRE(decode_message(v2c, &message, nullptr, trailing) == DecodeStatus::kOk);
  CHECK(message.v3.whole.empty());
  CHECK(message.v3.user_name.empty());
  CHECK(message.deviations == trailing);
  const Bytes w1 = hex(kWholeMessages[0].hex);
  REQUIRE(decode_message(w1, &message, nullptr) == DecodeStatus::kOk);
  CHECK(message.community.pdu.empty());
  CHECK(message.deviations.none());
}

TEST_CASE("EDG-02 every proper prefix of every whole message is malformed") {
  for (const WholeMessage& whole : kWholeMessages) {
    CAPTURE(whole.name);
    const Bytes bytes = hex(whole.hex);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(size);
      const Bytes prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      check_malformed(prefix, "Message");
    }
  }
}

TEST_CASE("message: a prefix whose outer length was made to fit is malformed too") {
  for (const WholeMessage& whole : kWholeMessages) {
    CAPTURE(whole.name);
    const Bytes bytes = hex(whole.hex);
    const std::size_t header = 2 + (bytes[1] & 0x7f);
    for (std::size_t size = header; size < bytes.size(); ++size) {
      CAPTURE(size);
      const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(header);
      const Bytes content(begin, bytes.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK(status(tlv(0x30, content)) == DecodeStatus::kMalformed);
    }
  }
}

TEST_CASE("MP-01 no version can be found") {
  check_malformed({}, "Message");
  check_malformed(hex("00"), "Message");
  check_malformed(hex("30"), "Message");
  check_malformed(hex("3000"), "version");
  check_malformed(hex("020103"), "Message");
  check_malformed(hex("3002 0500"), "version");
  check_malformed(hex("3002 0200"), "version");
  check_malformed(hex("3003 040103"), "version");
  check_malformed(hex("3003 020203"), "version");
  check_malformed(hex("3007 02050100000003"), "version");  // 3 modulo 2^32
  check_malformed(hex("3103 020103"), "Message");
  check_malformed(text("GET / HTTP/1.1\r\n\r\n"), "Message");
}

TEST_CASE("MP-02 a version that does not exist") {
  for (const char* version : {"020102", "020104", "0201ff", "02017f", "02047fffffff",
                              "020480000000", "02020100", "02020103"}) {
    CAPTURE(version);
    CHECK(status(tlv(0x30, hex(version))) == DecodeStatus::kBadVersion);
    CHECK(status(tlv(0x30, hex(version) + hex("ff80ff"))) == DecodeStatus::kBadVersion);
    V3Fields v3;
    v3.version = hex(version);
    CHECK(status(v3.build()) == DecodeStatus::kBadVersion);
  }
}

TEST_CASE("message: v1 and v2c give community and PDU") {
  for (const char* version : {"020100", "020101"}) {
    CAPTURE(version);
    const Bytes bytes = community_message(hex(version), kTrapPdu);
    Message message;
    REQUIRE(decode_message(bytes, &message, nullptr) == DecodeStatus::kOk);
    const bool v1 = version[5] == '0';
    CHECK(message.version == (v1 ? Version::kV1 : Version::kV2c));
    CHECK(message.community.version == message.version);
    CHECK(as_text(message.community.community) == "public");
    CHECK(equal(message.community.pdu, kTrapPdu));
  }
  const Bytes no_community = tlv(0x30, hex("020101 0400") + kTrapPdu);
  CHECK(status(no_community) == DecodeStatus::kOk);
}

TEST_CASE("message: what is wrong in a v1 or v2c message is named") {
  check_malformed(tlv(0x30, hex("020101")), "community");
  check_malformed(tlv(0x30, hex("020101 020101") + kTrapPdu), "community");
  check_malformed(tlv(0x30, hex("020101 0407") + text("public")), "community");
  check_malformed(tlv(0x30, hex("020101 0400")), "data");
  check_malformed(tlv(0x30, hex("020101 0400 a705 020101")), "data");
  check_malformed(tlv(0x30, hex("020101 0400 a780 0000")), "data");
  check_malformed(tlv(0x30, hex("020101 0400") + kTrapPdu + hex("00")), "Message");
}

TEST_CASE("MP-03 msgID and msgMaxSize at their edges") {
  const auto with_id = [](const char* octets) {
    V3Fields v3;
    v3.msg_id = hex(octets);
    return v3.build();
  };
  CHECK(status(with_id("020100")) == DecodeStatus::kOk);
  CHECK(status(with_id("02047fffffff")) == DecodeStatus::kOk);
  CHECK(status(with_id("020200ff")) == DecodeStatus::kOk);
  for (const char* octets : {"0201ff", "02050080000000", "020480000000", "0200", "040100", "0500",
                             "020801000000000000ff"}) {
    CAPTURE(octets);
    check_malformed(with_id(octets), "msgID");
  }
  const auto with_size = [](const char* octets) {
    V3Fields v3;
    v3.max_size = hex(octets);
    return v3.build();
  };
  CHECK(status(with_size("020201e4")) == DecodeStatus::kOk);  // 484
  CHECK(status(with_size("02047fffffff")) == DecodeStatus::kOk);
  for (const char* octets : {"020201e3", "020100", "02050080000000", "0201ff", "0200"}) {
    CAPTURE(octets);
    check_malformed(with_size(octets), "msgMaxSize");
  }
}

TEST_CASE("MP-04 msgFlags is exactly one octet") {
  for (const char* octets : {"0400", "04020000", "020100", "0500"}) {
    CAPTURE(octets);
    V3Fields v3;
    v3.flags = hex(octets);
    check_malformed(v3.build(), "msgFlags");
  }
}

TEST_CASE("MP-05 privacy without authentication") {
  for (int flags = 0; flags < 256; ++flags) {
    CAPTURE(flags);
    V3Fields v3;
    v3.flags = Bytes{0x04, 0x01, static_cast<std::uint8_t>(flags)};
    const bool invalid = (flags & 3) == 2;
    CHECK(status(v3.build()) == (invalid ? DecodeStatus::kInvalidFlags : DecodeStatus::kOk));
  }
}

TEST_CASE("MP-06 reserved flag bits are ignored") {
  V3Fields v3;
  v3.flags = hex("0401f8");
  const Bytes bytes = v3.build();
  Message message;
  REQUIRE(decode_message(bytes, &message, nullptr) == DecodeStatus::kOk);
  CHECK(message.v3.level() == snmp::SecurityLevel::kNoAuthNoPriv);
  CHECK_FALSE(message.v3.reportable());
  v3.flags = hex("0401ff");
  const Bytes all = v3.build();
  REQUIRE(decode_message(all, &message, nullptr) == DecodeStatus::kOk);
  CHECK(message.v3.level() == snmp::SecurityLevel::kAuthPriv);
  CHECK(message.v3.reportable());
}

TEST_CASE("MP-07 the security model is found wrong before the flags are") {
  const auto with_model = [](const char* model, const char* flags) {
    V3Fields v3;
    v3.model = hex(model);
    v3.flags = hex(flags);
    return v3;
  };
  for (const char* model : {"020100", "0201ff", "02050080000000", "0200"}) {
    CAPTURE(model);
    check_malformed(with_model(model, "040100").build(), "msgSecurityModel");
    check_malformed(with_model(model, "040102").build(), "msgSecurityModel");
  }
  for (const char* model : {"020163", "020101", "020102", "020104", "02047fffffff"}) {
    CAPTURE(model);
    for (const char* flags : {"040100", "040102", "040106"}) {
      CHECK(status(with_model(model, flags).build()) == DecodeStatus::kUnknownSecurityModel);
    }
  }
  // Parameters of a model that nobody knows here are not looked into ...
  V3Fields v3 = with_model("020104", "040100");
  v3.engine_id = hex("0500");
  CHECK(status(v3.build()) == DecodeStatus::kUnknownSecurityModel);
  // ... and those of USM only when the flags are possible.
  v3 = with_model("020103", "040102");
  v3.engine_id = hex("0500");
  CHECK(status(v3.build()) == DecodeStatus::kInvalidFlags);
  // A message that does not parse is just that, whatever its model.
  v3 = with_model("020163", "040102");
  v3.behind_data = hex("0500");
  CHECK(status(v3.build()) == DecodeStatus::kMalformed);
}

TEST_CASE("message: whether the data is encrypted is told by its tag, not by the flags") {
  V3Fields v3;
  v3.flags = hex("040103");
  const Bytes plain = v3.build();
  Message message;
  REQUIRE(decode_message(plain, &message, nullptr) == DecodeStatus::kOk);
  CHECK(message.v3.encrypted_pdu.empty());
  CHECK_FALSE(message.v3.plaintext_scoped_pdu.empty());
  v3.flags = hex("040100");
  v3.data = hex("0403 010203");
  const Bytes encrypted = v3.build();
  REQUIRE(decode_message(encrypted, &message, nullptr) == DecodeStatus::kOk);
  CHECK(to_hex(message.v3.encrypted_pdu) == "010203");
  CHECK(message.v3.plaintext_scoped_pdu.empty());
}

TEST_CASE("BER-05 octets behind the message are refused, or told and not part of the whole") {
  const snmp::Deviations tolerated(snmp::Deviation::kTrailingOctets);
  for (const WholeMessage& whole : kWholeMessages) {
    CAPTURE(whole.name);
    const Bytes bytes = hex(whole.hex);
    for (const Bytes& behind : {hex("00"), hex("ff"), bytes, repeat(1000, 0x30)}) {
      const Bytes longer = bytes + behind;
      Message message;
      CHECK(decode_message(longer, &message, nullptr) == DecodeStatus::kMalformed);
      REQUIRE(decode_message(longer, &message, nullptr, tolerated) == DecodeStatus::kOk);
      CHECK(message.deviations == tolerated);
      CHECK(equal(message.v3.whole, bytes));
    }
  }
}

TEST_CASE("BER-01 lengths in long form are taken at every level of a message") {
  const auto long_form = [](const Bytes& element) {  // of an element whose length is short
    return Bytes{element[0]} + long_length(element[1], 4) +
           Bytes(element.begin() + 2, element.end());
  };
  V3Fields v3;
  for (auto field :
       {&V3Fields::version, &V3Fields::msg_id, &V3Fields::max_size, &V3Fields::flags,
        &V3Fields::model, &V3Fields::engine_id, &V3Fields::boots, &V3Fields::time, &V3Fields::user,
        &V3Fields::authentication, &V3Fields::privacy, &V3Fields::data}) {
    v3.*field = long_form(v3.*field);
  }
  const Bytes content =
      v3.version + long_form(v3.header()) + long_form(tlv(0x04, long_form(v3.usm()))) + v3.data;
  const Bytes bytes = Bytes{0x30} + long_length(content.size(), 8) + content;
  Message message;
  REQUIRE(decode_message(bytes, &message, nullptr) == DecodeStatus::kOk);
  CHECK(as_text(message.v3.user_name) == "noa");
  CHECK(message.v3.whole.size() == bytes.size());
}

TEST_CASE("message: every length made one longer or one shorter is refused") {
  for (const std::size_t which : {0U, 1U, 9U}) {
    CAPTURE(which);
    const Bytes bytes = hex(kWholeMessages[which].hex);
    const std::vector<std::size_t> lengths = length_octets(bytes);
    CHECK(lengths.size() == 32);
    for (const std::size_t at : lengths) {
      CAPTURE(at);
      for (const int delta : {-1, 1}) {
        CAPTURE(delta);
        if (bytes[at] == 0 && delta < 0) continue;
        // The engine ID ends in 02: one octet less, and boots read as 02 02 01 xx, which is sound.
        if (bytes[at] == 12 && bytes[at + 13] == 2 && delta < 0) continue;
        Bytes changed = bytes;
        changed[at] = static_cast<std::uint8_t>(changed[at] + delta);
        CHECK_FALSE(decodes_to_varbinds(changed));
      }
    }
    CHECK(decodes_to_varbinds(bytes));
  }
}

TEST_CASE("message: the fault says where") {
  V3Fields v3;
  v3.time = hex("0201ff");
  Message message;
  DecodeFault fault;
  const Bytes bytes = v3.build();
  CHECK(decode_message(bytes, &message, &fault) == DecodeStatus::kMalformed);
  CHECK(std::string(fault.field) == "msgAuthoritativeEngineTime");
  CHECK(fault.error == ber::Error::kOutOfRange);
  CHECK(to_hex(ByteView(bytes).subspan(fault.offset, 3)) == "0201ff");
  CHECK(message.version == Version::kV3);
  CHECK(message.v3.msg_id == 4660);
}

TEST_CASE("EDG-03 deep nesting is refused without recursion") {
  CHECK(status(repeat(65507, 0x30)) == DecodeStatus::kMalformed);
  Bytes nested;
  for (int depth = 0; depth < 2000; ++depth) nested = tlv(0x30, nested);
  CHECK(status(nested) == DecodeStatus::kMalformed);
  V3Fields v3;
  v3.data = nested;
  const Bytes bytes = v3.build();
  Message message;
  REQUIRE(decode_message(bytes, &message, nullptr) == DecodeStatus::kOk);
  snmp::ScopedPdu scoped;
  CHECK_FALSE(snmp::decode_scoped_pdu(message.v3.plaintext_scoped_pdu, false, &scoped, nullptr));
}

TEST_CASE("EDG-01 a message of 65507 octets") {
  V3Fields v3;
  const std::size_t rest = v3.build().size() - v3.data.size();
  v3.data = tlv(0x04, repeat(65507 - rest - 2 - 4, 0x5a));  // both lengths need two octets more
  const Bytes bytes = v3.build();
  CHECK(bytes.size() >= 65500);
  Message message;
  REQUIRE(decode_message(bytes, &message, nullptr) == DecodeStatus::kOk);
  CHECK(message.v3.encrypted_pdu.size() == 65507 - rest - 6);
}

TEST_CASE("message: versions and levels have their names") {
  CHECK(std::string(snmp::to_text(Version::kV1)) == "v1");
  CHECK(std::string(snmp::to_text(Version::kV2c)) == "v2c");
  CHECK(std::string(snmp::to_text(Version::kV3)) == "v3");
  CHECK(std::string(snmp::to_text(snmp::SecurityLevel::kNoAuthNoPriv)) == "noAuthNoPriv");
  CHECK(std::string(snmp::to_text(snmp::SecurityLevel::kAuthNoPriv)) == "authNoPriv");
  CHECK(std::string(snmp::to_text(snmp::SecurityLevel::kAuthPriv)) == "authPriv");
}
