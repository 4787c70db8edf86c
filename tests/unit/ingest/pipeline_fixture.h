// SPDX-License-Identifier: Apache-2.0
// A worker's pipeline without sockets, a device that sends to it, and a look at what came out.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "trapd/ingest/answer.h"
#include "trapd/ingest/pipeline.h"
#include "trapd/journal/ring_item.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/oids.h"
#include "trapd/usm/outbound.h"

// Last: its CHECK takes the place of trapd/base/check.h's.
#include <doctest/doctest.h>

namespace trapd::ingest {

using Bytes = std::vector<std::uint8_t>;
using snmp::DropReason;
using snmp::SecurityLevel;
using usm::AuthProtocol;
using usm::PrivProtocol;

inline const Bytes kOwnEngine = *from_hex("80001f8805aabbccdd");
inline const Bytes kDeviceEngine = *from_hex("8000138b0500000001");
inline const snmp::Oid kColdStart = *snmp::Oid::parse("1.3.6.1.6.3.1.1.5.1");

inline const usm::Key& passphrase(AuthProtocol auth) {
  static std::map<AuthProtocol, usm::Key> keys;
  auto found = keys.find(auth);
  if (found == keys.end()) {
    found = keys.emplace(auth, usm::password_to_key(auth, as_bytes("maplesyrup"))).first;
  }
  return found->second;
}

inline usm::User user(std::string name, AuthProtocol auth, PrivProtocol priv) {
  usm::User user;
  user.name = std::move(name);
  user.auth = auth;
  user.priv = priv;
  if (auth != AuthProtocol::kNone) user.auth_ku = passphrase(auth);
  if (priv != PrivProtocol::kNone) user.priv_ku = passphrase(auth);
  return user;
}

/// What a device sends; every field can be bent.
struct Sending {
  usm::User as = user("noc", AuthProtocol::kSha1, PrivProtocol::kAes128);
  SecurityLevel level = SecurityLevel::kAuthPriv;
  Bytes engine = kDeviceEngine;
  std::uint32_t boots = 7;
  std::uint32_t time = 1000;
  std::uint8_t pdu = ber::kTrapV2;
  std::int32_t request_id = 77;
  std::int32_t max_size = 65507;
  bool reportable = false;
  bool empty_list = false;
  Bytes context_engine{};  // empty = that of the message
  Bytes extra_octets{};    // one OCTET STRING varbind more
  Bytes names_address{};   // snmpTrapAddress.0
  std::string trap = "1.3.6.1.6.3.1.1.5.1";
};

inline Bytes pdu_bytes(const Sending& s) {
  Bytes buffer(70'000);
  ber::Writer writer(buffer);
  if (!s.extra_octets.empty()) {
    const snmp::Oid name = *snmp::Oid::parse("1.3.6.1.4.1.99.1");
    snmp::write_varbind_octets(writer, name, s.extra_octets);
  }
  if (!s.names_address.empty()) {
    snmp::write_varbind(writer, snmp::kSnmpTrapAddress0, {ber::kIpAddress, s.names_address});
  }
  const snmp::Oid trap = *snmp::Oid::parse(s.trap);
  if (!s.empty_list) snmp::write_notification_head(writer, 12345, trap);
  snmp::wrap_pdu(writer, 0, s.pdu, s.request_id, 0, 0);
  const ByteView done = writer.done();
  return {done.begin(), done.end()};
}

inline Bytes message(const Sending& s) {
  const Bytes pdu = pdu_bytes(s);
  Bytes scoped_buffer(70'000);
  ber::Writer writer(scoped_buffer);
  writer.raw(pdu);
  snmp::wrap_scoped_pdu(writer, 0, s.context_engine.empty() ? s.engine : s.context_engine, {});
  const usm::CachedKeys keys = usm::localise_user(s.as, s.engine);
  usm::OutboundParameters out;
  out.msg_id = 4660;
  out.max_size = s.max_size;
  out.level = s.level;
  out.reportable = s.reportable;
  out.authoritative_engine_id = s.engine;
  out.authoritative_engine_boots = s.boots;
  out.authoritative_engine_time = s.time;
  out.user_name = as_bytes(s.as.name);
  out.auth = &keys.auth;
  out.priv_protocol = s.as.priv;
  out.priv = &keys.priv;
  Bytes buffer(70'000);
  usm::MessageBuilder builder;
  const ByteView done = builder.build(out, writer.done(), buffer);
  return {done.begin(), done.end()};
}

inline Bytes community_message(snmp::Version version, std::string_view community,
                               const Sending& s) {
  Bytes buffer(70'000);
  ber::Writer writer(buffer);
  writer.raw(pdu_bytes(s));
  snmp::wrap_community_message(writer, 0, version, as_bytes(community));
  const ByteView done = writer.done();
  return {done.begin(), done.end()};
}

struct NoNames final : snmp::OidNames {
  std::optional<snmp::Oid> resolve(std::string_view name) const override {
    return snmp::Oid::parse(name);
  }
  std::string name_of(snmp::OidView oid) const override { return oid.text(); }
};

struct Receiver {
  explicit Receiver(std::vector<usm::User> users = {user("noc", AuthProtocol::kSha1,
                                                         PrivProtocol::kAes128)},
                    usm::Policy policy = usm::default_policy())
      : Receiver(std::move(users), policy, {}) {}

  Receiver(std::vector<usm::User> users, usm::Policy policy, Snapshot plan)
      : own(kOwnEngine, 3, clock),
        security(std::make_shared<usm::SecurityConfig>(
            usm::SecurityConfig{usm::UserTable(std::move(users)), policy, {}})),
        snapshot(complete(std::move(plan))),
        pipeline({.worker = 0,
                  .cached_keys_max = 100,
                  .dropped_total = [this](DropReason r) { return counters.dropped.get(r); },
                  .own_window_misses_total = [this] { return counters.own_window_misses.get(); }},
                 security, snapshot, engines, own, ring, counters, nullptr) {}

  static std::shared_ptr<const Snapshot> complete(Snapshot plan) {
    auto made = std::make_shared<Snapshot>(std::move(plan));
    if (made->sources.empty()) made->sources.resize(1);
    auto classifier = alarm::Classifier::build(rules(), NoNames());
    REQUIRE(classifier.has_value());
    made->classifier = *classifier;
    return made;
  }
  static std::vector<alarm::Rule> rules() {
    alarm::Rule raise;
    raise.name = "cold";
    raise.traps = {"1.3.6.1.6.3.1.1.5.1"};
    raise.severity = alarm::Severity::kWarning;
    raise.state = alarm::StateRule::kRaise;
    raise.text = "cold start of {device_name}";
    alarm::Rule drop;
    drop.name = "unwanted";
    drop.traps = {"1.3.6.1.6.3.1.1.5.2"};
    drop.drop = true;
    raise.timeout_s = 90;
    raise.labels = {{"site", "x"}};
    raise.goes_on = true;
    alarm::Rule of_site;
    of_site.name = "of-site";
    of_site.sender.emplace().sites = {"tlv"};
    of_site.sender->ports = {162};
    of_site.sender->sources = {*Network::parse("192.0.2.0/24")};
    of_site.sender->levels = {snmp::SecurityLevel::kAuthPriv};
    of_site.sender->versions = {snmp::Version::kV3};
    of_site.labels = {{"site", "tlv of {device_name}"}};
    return {raise, drop, of_site};
  }

  /// Takes one datagram; the law must hold after each.
  void receive(const Bytes& bytes, const char* from = "192.0.2.1:161") {
    net::Datagram datagram;
    datagram.bytes = bytes;
    datagram.source = *Endpoint::parse(from);
    datagram.local = *Endpoint::parse("192.0.2.100:162");
    datagram.wall_ns = clock.wall_ns();
    REQUIRE(pipeline.process(datagram, {0, 5}, clock.monotonic_ns()));
    const auto reply_view = pipeline.reply();
    reply.assign(reply_view.begin(), reply_view.end());
    CHECK(counters.received[0].get() ==
          counters.handed_over.get() + counters.dropped.sum() + counters.suppressed.sum());
  }
  void receive(const Sending& sending) { receive(message(sending)); }
  std::uint64_t dropped(DropReason reason) const { return counters.dropped.get(reason); }

  /// The oldest item of the ring; false when there is none.
  bool take() {
    const ByteView item = ring.front();
    if (item.empty()) return false;
    journal::RingItemHeader header;
    std::memcpy(&header, item.data(), sizeof header);
    record_bytes.assign(item.begin() + sizeof header,
                        item.begin() + sizeof header + header.record_octets);
    const ByteView rest = item.subspan(sizeof header + header.record_octets);
    REQUIRE(rest.size() == header.answer_octets);
    heard_only = header.heard_only != 0;
    answer.assign(rest.begin(), rest.end());
    record = alarm::RecordView(record_bytes);
    REQUIRE(record.valid());
    ring.pop();
    return true;
  }

  VirtualClock clock;
  usm::EngineTable engines{100};
  usm::OwnEngine own;
  Published<usm::SecurityConfig> security;
  Published<Snapshot> snapshot;
  SpscRing ring{1 << 20};
  WorkerCounters counters;
  Pipeline pipeline;
  Bytes reply;
  Bytes record_bytes;
  Bytes answer;
  bool heard_only = false;
  alarm::RecordView record;
};

/// A Report as it came back.
struct ReadReport {
  explicit ReadReport(const Bytes& bytes) {
    snmp::Message whole;
    REQUIRE(snmp::decode_message(bytes, &whole, nullptr) == snmp::DecodeStatus::kOk);
    v3 = whole.v3;
    snmp::ScopedPdu scoped;
    REQUIRE(snmp::decode_scoped_pdu(v3.plaintext_scoped_pdu, false, &scoped, nullptr));
    REQUIRE(snmp::decode_pdu(scoped.pdu, &pdu, nullptr));
    snmp::VarbindReader varbinds(pdu.varbinds);
    snmp::Varbind varbind;
    REQUIRE(varbinds.next(&varbind));
    counter = varbind.name.text();
    REQUIRE(ber::decode_uint32(varbind.value.content, &value));
  }
  snmp::V3Message v3;
  snmp::Pdu pdu;
  std::string counter;
  std::uint32_t value = 0;
};

}  // namespace trapd::ingest
