// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/outbound.h"

#include <set>

#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

TEST_CASE("what is built is taken, for each pair of protocols and each level it allows") {
  for (const AuthRow& auth : kAuthRows) {
    for (const PrivRow& priv : kPrivRows) {
      const bool no_auth = auth.protocol == AuthProtocol::kNone;
      if (no_auth && priv.protocol != PrivProtocol::kNone) continue;
      CAPTURE(auth.name);
      CAPTURE(priv.name);
      const User user = make_user("ops", auth.protocol, priv.protocol);
      Receiver receiver({user}, allow_all());
      Device device(user);
      const Inbound inbound = receiver.receive(device.send());
      REQUIRE(inbound.step == Step::kAccepted);
      CHECK(inbound.authenticated != no_auth);
      CHECK(equal(inbound.scoped_pdu.first(kScopedPdu.size()), kScopedPdu));
      CHECK(receiver.message.v3.level() == user.level());
      // Known now: the keys come from the cache.
      device.time += 1;
      CHECK(receiver.accepts(device.send()));
    }
  }
}

TEST_CASE("MP-06: reserved flag bits are never set, and reportable only when asked for") {
  const User user = make_user("ops", AuthProtocol::kSha1, PrivProtocol::kAes128);
  Device device(user);
  Receiver receiver({user});
  for (const bool reportable : {false, true}) {
    device.reportable = reportable;
    REQUIRE(receiver.decode(device.send(SecurityLevel::kAuthPriv)) == snmp::DecodeStatus::kOk);
    CHECK(receiver.message.v3.flags == (reportable ? 7 : 3));
    REQUIRE(receiver.decode(device.send(SecurityLevel::kAuthNoPriv)) == snmp::DecodeStatus::kOk);
    CHECK(receiver.message.v3.flags == (reportable ? 5 : 1));
    REQUIRE(receiver.decode(device.send(SecurityLevel::kNoAuthNoPriv)) == snmp::DecodeStatus::kOk);
    CHECK(receiver.message.v3.flags == (reportable ? 4 : 0));
    CHECK(receiver.message.v3.authentication_parameters.empty());
    CHECK(receiver.message.v3.privacy_parameters.empty());
  }
}

TEST_CASE("the header carries what was asked for") {
  const User user = make_user("ops", AuthProtocol::kSha256, PrivProtocol::kAes128);
  Device device(user);
  device.boots = 2147483646;
  device.time = 2147483647;
  Receiver receiver({user});
  REQUIRE(receiver.decode(device.send()) == snmp::DecodeStatus::kOk);
  const snmp::V3Message& message = receiver.message.v3;
  CHECK(message.msg_id == 4660);
  CHECK(message.max_size == 65507);
  CHECK(message.security_model == 3);
  CHECK(equal(message.authoritative_engine_id, kEngine));
  CHECK(message.authoritative_engine_boots == 2147483646);
  CHECK(message.authoritative_engine_time == 2147483647);
  CHECK(as_text(message.user_name) == "ops");
  CHECK(message.authentication_parameters.size() == 24);
  CHECK(message.privacy_parameters.size() == 8);
}

TEST_CASE("12.6: a discovery is built octet by octet as published") {
  OutboundParameters p;
  p.msg_id = 4660;
  p.reportable = true;
  MessageBuilder builder;
  Bytes buffer(200);
  const Bytes scoped = hex("301204000400a00c020212340201000201003000");
  CHECK(
      to_hex(builder.build(p, scoped, buffer)) ==
      "303a020103300f02021234020300ffe30401040201030410300e0400020100020100040004000400301204000400"
      "a00c020212340201000201003000");
}

TEST_CASE("a level without its keys is not built at a weaker one") {
  const User user = make_user("ops", AuthProtocol::kSha1, PrivProtocol::kNone);
  Device device(user);
  CHECK_FALSE(device.send(SecurityLevel::kAuthNoPriv).empty());
  CHECK(device.send(SecurityLevel::kAuthPriv).empty());
  Device nobody(make_user("noa", AuthProtocol::kNone, PrivProtocol::kNone));
  CHECK_FALSE(nobody.send(SecurityLevel::kNoAuthNoPriv).empty());
  CHECK(nobody.send(SecurityLevel::kAuthNoPriv).empty());
  OutboundParameters p;
  p.level = SecurityLevel::kAuthPriv;
  MessageBuilder builder;
  Bytes buffer(500);
  CHECK(builder.build(p, kScopedPdu, buffer).empty());
  p.auth = &device.keys.auth;
  CHECK(builder.build(p, kScopedPdu, buffer).empty());
  p.priv_protocol = PrivProtocol::kAes128;
  CHECK(builder.build(p, kScopedPdu, buffer).empty());
  const Key short_key(Bytes(15, 1));
  p.priv = &short_key;
  CHECK(builder.build(p, kScopedPdu, buffer).empty());
}

TEST_CASE("a buffer one octet too small gives nothing, the exact one gives the message") {
  const CachedKeys keys =
      localise_user(make_user("ops", AuthProtocol::kSha1, PrivProtocol::kDes), kEngine);
  OutboundParameters p;
  p.level = SecurityLevel::kAuthPriv;
  p.authoritative_engine_id = kEngine;
  p.user_name = as_bytes("ops");
  p.auth = &keys.auth;
  p.priv_protocol = PrivProtocol::kDes;
  p.priv = &keys.priv;
  MessageBuilder builder;
  Bytes buffer(500);
  const std::size_t octets = builder.build(p, kScopedPdu, buffer).size();
  REQUIRE(octets > 0);
  for (std::size_t room = 0; room < octets; ++room) {
    CHECK(builder.build(p, kScopedPdu, MutableBytes(buffer).first(room)).empty());
  }
  CHECK(builder.build(p, kScopedPdu, MutableBytes(buffer).first(octets)).size() == octets);
}

TEST_CASE("KEY-10: no two messages carry the same salt") {
  for (const PrivProtocol priv : {PrivProtocol::kDes, PrivProtocol::kAes128}) {
    const User user = make_user("ops", AuthProtocol::kSha1, priv);
    Device a(user);
    Device b(user);
    std::set<Bytes> salts;
    snmp::Message message;
    for (int i = 0; i < 1000; ++i) {
      for (Device* device : {&a, &b}) {
        const Bytes sent = device->send();
        REQUIRE(snmp::decode_message(sent, &message, nullptr) == snmp::DecodeStatus::kOk);
        const ByteView salt = message.v3.privacy_parameters;
        CHECK(salts.insert(Bytes(salt.begin(), salt.end())).second);
      }
    }
  }
}

TEST_CASE("a large ScopedPDU is built and taken") {
  const User user = make_user("ops", AuthProtocol::kSha1, PrivProtocol::kAes128);
  Receiver receiver({user});
  Device device(user);
  const Bytes large(65'000, 0x30);
  const Inbound inbound = receiver.receive(device.send(SecurityLevel::kAuthPriv, large));
  REQUIRE(inbound.step == Step::kAccepted);
  CHECK(equal(inbound.scoped_pdu, large));
}

}  // namespace
}  // namespace trapd::usm
