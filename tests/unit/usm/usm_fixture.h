// SPDX-License-Identifier: Apache-2.0
// A receiver and a sending device, so that a case is a few lines.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trapd/ber/writer.h"
#include "trapd/usm/inbound.h"
#include "trapd/usm/outbound.h"

namespace trapd::usm {

using Bytes = std::vector<std::uint8_t>;
using snmp::DropReason;
using snmp::SecurityLevel;

inline Bytes hex(std::string_view digits) { return from_hex(digits).value(); }

inline std::string text(const Key& key) { return to_hex(key.expose()); }

/// The engine of RFC 3414 A.3.
inline const Bytes kEngine = hex("000000000000000000000002");
inline const Bytes kOwnEngine = hex("80001f880501020304");
/// linkDown, ifIndex.3 = 3, contextEngineID = kEngine.
inline const Bytes kScopedPdu = hex(
    "3057040c0000000000000000000000020400a745020101020100020100303a300e06082b0601020101030043023039"
    "3017060a2b06010603010104010006092b0601060301010503300f060a2b060102010202010103020103");

inline const Key& maplesyrup(AuthProtocol auth) {
  static std::map<AuthProtocol, Key> kus;
  auto found = kus.find(auth);
  if (found == kus.end()) {
    found = kus.emplace(auth, password_to_key(auth, as_bytes("maplesyrup"))).first;
  }
  return found->second;
}

inline User make_user(std::string name, AuthProtocol auth, PrivProtocol priv) {
  User user;
  user.name = std::move(name);
  user.auth = auth;
  user.priv = priv;
  if (auth != AuthProtocol::kNone) user.auth_ku = maplesyrup(auth);
  if (priv != PrivProtocol::kNone) user.priv_ku = maplesyrup(auth);
  return user;
}

inline Policy allow_all() { return {SecurityLevel::kNoAuthNoPriv, ~0U, ~0U}; }

inline std::shared_ptr<const SecurityConfig> make_config(std::vector<User> users,
                                                         Policy policy = default_policy(),
                                                         TimeWindowRules windows = {}) {
  SecurityConfig config{UserTable(std::move(users)), policy, std::move(windows)};
  return std::make_shared<const SecurityConfig>(std::move(config));
}

/// boots 3, started 1,000 seconds ago.
struct Receiver {
  explicit Receiver(std::vector<User> users, Policy policy = default_policy(),
                    TimeWindowRules windows = {}, std::size_t engines_max = 1000,
                    std::size_t keys_max = 1000)
      : engines(engines_max),
        own(kOwnEngine, 3, clock),
        config(make_config(std::move(users), policy, std::move(windows))),
        processor({.cached_keys_max = keys_max}, config, engines, own) {
    advance_s(1000);
  }

  void advance_s(std::int64_t seconds) { clock.advance_ns(seconds * kNsPerSecond); }
  snmp::DecodeStatus decode(ByteView datagram) {
    received.assign(datagram.begin(), datagram.end());
    return snmp::decode_message(received, &message, nullptr, tolerated);
  }
  Inbound receive(ByteView datagram) {
    REQUIRE(decode(datagram) == snmp::DecodeStatus::kOk);
    return processor.process(message.v3, clock.monotonic_ns(), scratch);
  }
  bool accepts(ByteView datagram) { return receive(datagram).step == Step::kAccepted; }

  VirtualClock clock;
  EngineTable engines;
  OwnEngine own;
  Published<SecurityConfig> config;
  InboundProcessor processor;
  Bytes received;
  snmp::Message message;
  snmp::Deviations tolerated = snmp::kUsualTolerance;
  Bytes scratch = Bytes(snmp::kMessageOctetsMax);
};

/// A sender; `engine` is the authoritative one, which is the receiver's for informs.
struct Device {
  explicit Device(User sending_user, Bytes authoritative_engine = kEngine)
      : user(std::move(sending_user)),
        engine(std::move(authoritative_engine)),
        keys(localise_user(user, engine)) {}

  Bytes send(SecurityLevel level) { return send(level, kScopedPdu); }
  Bytes send() { return send(user.level()); }
  Bytes send(SecurityLevel level, ByteView scoped_pdu) {
    OutboundParameters p;
    p.msg_id = 4660;
    p.level = level;
    p.reportable = reportable;
    p.authoritative_engine_id = engine;
    p.authoritative_engine_boots = boots;
    p.authoritative_engine_time = time;
    p.user_name = as_bytes(user.name);
    p.auth = &keys.auth;
    p.priv_protocol = user.priv;
    p.priv = &keys.priv;
    Bytes buffer(scoped_pdu.size() + 512);
    const ByteView message = builder.build(p, scoped_pdu, buffer);
    return Bytes(message.begin(), message.end());
  }
  Bytes send_at(std::uint32_t at_boots, std::uint32_t at_time) {
    boots = at_boots;
    time = at_time;
    return send();
  }

  User user;
  Bytes engine;
  CachedKeys keys;
  std::uint32_t boots = 7;
  std::uint32_t time = 1000;
  bool reportable = false;
  MessageBuilder builder;
};

/// A message with any octets in its fields; digest_octets zeros stand where a digest goes.
struct Handmade {
  std::uint8_t flags = 0;
  Bytes engine = kEngine;
  std::uint32_t boots = 7;
  std::uint32_t time = 1000;
  Bytes user = {'o', 'p', 's'};
  Bytes digest;
  Bytes salt;
  Bytes data = kScopedPdu;  // with its header

  Bytes octets() const {
    Bytes buffer(data.size() + 1024);
    ber::Writer writer(buffer);
    writer.raw(data);
    const std::size_t parameters = writer.mark();
    writer.octets(salt);
    writer.octets(digest);
    writer.octets(user);
    writer.integer(time);
    writer.integer(boots);
    writer.octets(engine);
    writer.wrap(ber::kSequence, parameters);
    writer.wrap(ber::kOctetString, parameters);
    const std::size_t header = writer.mark();
    writer.integer(3);
    writer.octets(Bytes{flags});
    writer.integer(65507);
    writer.integer(4660);
    writer.wrap(ber::kSequence, header);
    writer.integer(3);
    writer.wrap(ber::kSequence, 0);
    return Bytes(writer.done().begin(), writer.done().end());
  }
};

inline Bytes octet_string(ByteView content) {
  Bytes buffer(content.size() + 10);
  ber::Writer writer(buffer);
  writer.octets(content);
  return Bytes(writer.done().begin(), writer.done().end());
}

/// A private, legal engine ID per number.
inline Bytes numbered_engine(std::uint32_t number) {
  Bytes engine = hex("8000138b0500000000");
  store_be32(engine.data() + 5, number);
  return engine;
}

/// Signs a hand-made message anew: the digest's octets are found inside it.
inline Bytes resign(Bytes datagram, const HmacKey& key) {
  snmp::Message message;
  REQUIRE(snmp::decode_message(datagram, &message, nullptr) == snmp::DecodeStatus::kOk);
  const ByteView mac = message.v3.authentication_parameters;
  const auto at = static_cast<std::size_t>(mac.data() - datagram.data());
  const MutableBytes place = MutableBytes(datagram).subspan(at, mac.size());
  std::fill(place.begin(), place.end(), std::uint8_t{0});
  key.sign(message.v3.whole, {}, {}, place);
  return datagram;
}

}  // namespace trapd::usm
