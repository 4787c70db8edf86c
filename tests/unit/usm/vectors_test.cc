// SPDX-License-Identifier: Apache-2.0
// Whole messages, each accepted by Net-SNMP's snmptrapd 5.9.3: msgID 4660, boots 7, the engine of
// RFC 3414 A.3, passphrase "maplesyrup" for authentication and privacy.
#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

struct WholeMessage {
  const char* what;
  const char* user;
  AuthProtocol auth;
  PrivProtocol priv;
  std::uint32_t boots;
  std::uint32_t time;
  const char* octets;
};

#define TRAPD_PLAIN_SCOPED_PDU                                                                     \
  "3057040c0000000000000000000000020400a745020101020100020100303a300e06082b0601020101030043023039" \
  "3017060a2b06010603010104010006092b0601060301010503300f060a2b060102010202010103020103"

constexpr WholeMessage kMessages[] = {
    {"W1 noAuthNoPriv", "noa", AuthProtocol::kNone, PrivProtocol::kNone, 0, 0,
     "30818e020103300f02021234020300ffe3040100020103041f301d040c00000000000000000000000202010002010"
     "0"
     "04036e6f6104000400" TRAPD_PLAIN_SCOPED_PDU},
    {"W2 HMAC-MD5-96", "bert", AuthProtocol::kMd5, PrivProtocol::kNone, 7, 1001,
     "30819c020103300f02021234020300ffe3040101020103042d302b040c0000000000000000000000020201070202"
     "03e9040462657274040c0c3bc2357c3c9957a9e992110400" TRAPD_PLAIN_SCOPED_PDU},
    {"W3 HMAC-MD5-96, DES", "bert", AuthProtocol::kMd5, PrivProtocol::kDes, 7, 1002,
     "3081ad020103300f02021234020300ffe304010302010304353033040c0000000000000000000000020201070202"
     "03ea040462657274040c9fc32accd3efa05fe55b31d8040800000007000000010460aa646d0b296b9c36190b6b35"
     "c03f1909ef0d092e57a05e96ca4e55c7978932055cc31e497e24ebdd01dcc5de92a74f7c470887bf187ffe08b3cc"
     "e178ad1f5d588c452b5ccddb4d9d022b4a692b6e292ffbaed246c354e48c1480f5c597a5469d"},
    {"W4 HMAC-SHA-96, AES-128", "sha", AuthProtocol::kSha1, PrivProtocol::kAes128, 7, 1003,
     "3081a5020103300f02021234020300ffe304010302010304343032040c0000000000000000000000020201070202"
     "03eb0403736861040cdd92809501fc3786222c30a304080123456789abcdef04596cffa72d2d3b0986f9715e0dd0"
     "45e475247ef3ee97fb9cab1d1f1d4606b33a71b99dff4cf9c4b1b4e591f643ec6333dd24e6092b8655aebcb3402d"
     "883b3dbdbb2c0eef62692416baabfcece8329ef3553001dfa3d2b4e76f1a"},
    {"W5 HMAC-192-SHA-256", "sha256", AuthProtocol::kSha256, PrivProtocol::kNone, 7, 1004,
     "3081aa020103300f02021234020300ffe3040101020103043b3039040c0000000000000000000000020201070202"
     "03ec04067368613235360418eeb66354753c40a0bfbba2f01843b9d22f9a707e3f835d4f0400"  //
     TRAPD_PLAIN_SCOPED_PDU},
    {"W6 HMAC-192-SHA-256, AES-128", "sha256", AuthProtocol::kSha256, PrivProtocol::kAes128, 7,
     1005,
     "3081b4020103300f02021234020300ffe304010302010304433041040c0000000000000000000000020201070202"
     "03ed04067368613235360418f6865e9d5244d3a2e50b24952beab5a71e3d6ca2649a807b04080123456789abcdef"
     "04591fcf1a94026a78293fcbdeaa2c930b32f0e69dc17efc1b3a7008aa8e843fa633b54436d32c31971091893432"
     "151f2b9fdb00f371b93781c45f38999a8af40b08ca3e21b8824907c20ae33df361f8b2b4a69e73c55b32889fe4"},
    {"W7 HMAC-384-SHA-512, AES-128", "sha512", AuthProtocol::kSha512, PrivProtocol::kAes128, 7,
     1006,
     "3081cc020103300f02021234020300ffe3040103020103045b3059040c0000000000000000000000020201070202"
     "03ee040673686135313204304100d24f26d0d2fab3a3f464a18578f1bff76f5e97a5460dc6fd63e0ccfaeceed581"
     "4abdc5e13620e3dbd1212e23991804080123456789abcdef0459c38495bf91c5f79b83177327a9d99b3013e970d0"
     "1eb5b8162b5d0abaa3b294edcef9c001afe4ec68a77202211c8f8fae46ce4859b813455ef54c1301dfb320962a7a"
     "e002bb76f5778e9324320d034aae78d185f925ca31f45a"},
    {"W8 HMAC-SHA-96, AES-256 Blumenthal", "sha1b", AuthProtocol::kSha1,
     PrivProtocol::kAes256Blumenthal, 7, 1007,
     "3081a7020103300f02021234020300ffe304010302010304363034040c0000000000000000000000020201070202"
     "03ef04057368613162040c41b5c8b666a5e1c6d9c56c6e04080123456789abcdef0459e8e3cfe07fdcd1945f5980"
     "2d8c8fa4ee403436e29a871078fa14dba6c70a7cb09599becbc846a9433bb32c1f221950a652a87129c28357277a"
     "c63b264d442f559f9000a6387d6073012f3f0be87f2ee924e44fe8e4352c3329"},
    {"W9 HMAC-SHA-96, AES-256 Reeder", "sha1r", AuthProtocol::kSha1, PrivProtocol::kAes256Reeder, 7,
     1008,
     "3081a7020103300f02021234020300ffe304010302010304363034040c0000000000000000000000020201070202"
     "03f004057368613172040cd4da94c849f7ea74f239a57404080123456789abcdef045995daad5e4cf602809b761a"
     "19dfd0085f983c3e415fdc696ab9f989e73d057ea372da133e544fdb6f5177ccc1a79fde21b3e2586bd98f935ee5"
     "5d2d18dc9f48ca7de21c9a45e84f27ebf8f8720782566d64b631a01043ae06af"},
    {"W10 as W2, outer length in four octets", "bert", AuthProtocol::kMd5, PrivProtocol::kNone, 7,
     1009,
     "30840000009c020103300f02021234020300ffe3040101020103042d302b040c0000000000000000000000020201"
     "07020203f1040462657274040c422c6d17de9c17c7ea6e49cd0400" TRAPD_PLAIN_SCOPED_PDU},
};

TEST_CASE("TRP-01: messages that Net-SNMP takes are taken, in order, and read the same") {
  Receiver receiver({}, allow_all());
  for (const WholeMessage& sent : kMessages) {
    CAPTURE(sent.what);
    receiver.config.publish(make_config({make_user(sent.user, sent.auth, sent.priv)}, allow_all()));
    receiver.processor.refresh();
    const Inbound inbound = receiver.receive(hex(sent.octets));
    REQUIRE(inbound.step == Step::kAccepted);
    CHECK(inbound.user->name == sent.user);
    CHECK(inbound.authenticated == (sent.auth != AuthProtocol::kNone));
    CHECK(inbound.padded == (sent.priv != PrivProtocol::kNone));
    CHECK(to_hex(inbound.scoped_pdu.first(kScopedPdu.size())) == to_hex(kScopedPdu));
    if (inbound.authenticated) {
      CHECK(inbound.clock->state().boots == sent.boots);
      CHECK(inbound.clock->state().latest_time == sent.time);
    }
  }
  CHECK(receiver.engines.size() == 1);
}

TEST_CASE("EDG-02: no proper prefix of a message is taken") {
  for (const WholeMessage& sent : kMessages) {
    CAPTURE(sent.what);
    const Bytes octets = hex(sent.octets);
    for (std::size_t n = 0; n < octets.size(); ++n) {
      snmp::Message message;
      const Bytes prefix(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(n));
      CHECK(snmp::decode_message(prefix, &message, nullptr) != snmp::DecodeStatus::kOk);
    }
  }
}

TEST_CASE("USM-14: each flipped bit of each authenticated message is refused") {
  for (const WholeMessage& sent : kMessages) {
    if (sent.auth == AuthProtocol::kNone) continue;
    CAPTURE(sent.what);
    Receiver receiver({make_user(sent.user, sent.auth, sent.priv)}, allow_all());
    Bytes octets = hex(sent.octets);
    REQUIRE(receiver.accepts(octets));
    const ByteView mac = receiver.message.v3.authentication_parameters;
    const auto mac_at = static_cast<std::size_t>(mac.data() - receiver.received.data());
    const std::size_t mac_end = mac_at + mac.size();
    for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
      CAPTURE(bit);
      const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
      octets[bit / 8] ^= mask;
      if (receiver.decode(octets) == snmp::DecodeStatus::kOk) {
        const Inbound inbound = receiver.receive(octets);
        CHECK(inbound.step != Step::kAccepted);
        CHECK_FALSE(inbound.authenticated);
        if (bit / 8 >= mac_at && bit / 8 < mac_end) {
          CHECK(inbound.reason == DropReason::kWrongDigest);
        }
      }
      octets[bit / 8] ^= mask;
    }
    CHECK(receiver.engines.size() == 1);
    CHECK(receiver.accepts(octets));
  }
}

}  // namespace
}  // namespace trapd::usm
