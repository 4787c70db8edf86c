// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/ingest/pipeline_fixture.h"

namespace trapd::ingest {

TEST_CASE("a good trap becomes a record with everything in it") {
  Receiver r;
  r.receive(Sending{});
  REQUIRE(r.take());
  const alarm::RecordHeader& h = r.record.header();
  CHECK(h.snmp_version == 3);
  CHECK(h.security_level == static_cast<std::uint8_t>(SecurityLevel::kAuthPriv));
  CHECK(h.severity == alarm::Severity::kWarning);
  CHECK(h.action == alarm::Action::kRaise);
  CHECK(h.engine_boots == 7);
  CHECK(h.engine_time == 1000);
  CHECK(h.sys_up_time == 12345);
  CHECK(h.source.text() == "192.0.2.1:161");
  CHECK(h.duplicate_hash != 0);
  CHECK(h.retransmission_hash == 0);
  CHECK(r.record.text(alarm::Field::kDevice) == to_hex(kDeviceEngine));
  CHECK(r.record.text(alarm::Field::kDeviceName) == "192.0.2.1");
  CHECK(r.record.text(alarm::Field::kSecurityName) == "noc");
  CHECK(r.record.text(alarm::Field::kText) == "cold start of 192.0.2.1");
  CHECK(r.record.trap_oid().text() == "1.3.6.1.6.3.1.1.5.1");
  CHECK(r.answer.empty());
  CHECK(r.reply.empty());
}

TEST_CASE("MP-09 a trap with the reportable flag is processed as usual") {
  Receiver r;
  r.receive(Sending{.reportable = true});
  CHECK(r.take());
  CHECK(r.reply.empty());
}

TEST_CASE("an inform carries its Response to the ledger, and nothing leaves before") {
  Receiver r;
  Sending s;
  s.pdu = ber::kInformRequest;
  s.engine = kOwnEngine;
  s.boots = 3;
  s.time = 0;
  s.context_engine = kDeviceEngine;
  s.reportable = true;
  r.receive(s);
  CHECK(r.reply.empty());
  REQUIRE(r.take());
  CHECK(r.record.has(alarm::RecordFlag::kInform));
  CHECK(r.record.text(alarm::Field::kDevice) == to_hex(kDeviceEngine));
  CHECK(r.record.header().retransmission_hash != 0);
  CHECK(r.record.header().duplicate_hash != 0);
  REQUIRE(r.answer.size() > sizeof(AnswerHeader));
  AnswerHeader header;
  std::memcpy(&header, r.answer.data(), sizeof header);
  CHECK(header.peer.text() == "192.0.2.1:161");
  CHECK(header.local.text() == "192.0.2.100:162");
  CHECK(header.socket == 5);
  const ByteView response = ByteView(r.answer).subspan(sizeof header);
  snmp::Message whole;
  REQUIRE(snmp::decode_message(response, &whole, nullptr) == snmp::DecodeStatus::kOk);
  CHECK(whole.v3.msg_id == 4660);
  CHECK(whole.v3.level() == SecurityLevel::kAuthPriv);
  CHECK_FALSE(whole.v3.reportable());
}

TEST_CASE("INF-14 the same inform tried again has the same hash, another request has not") {
  Receiver r;
  Sending s;
  s.pdu = ber::kInformRequest;
  s.engine = kOwnEngine;
  s.boots = 3;
  s.time = 0;
  r.receive(s);
  REQUIRE(r.take());
  const std::uint64_t first = r.record.header().retransmission_hash;
  s.time = 1;
  r.receive(s);
  REQUIRE(r.take());
  CHECK(r.record.header().retransmission_hash == first);
  s.request_id = 78;
  r.receive(s);
  REQUIRE(r.take());
  CHECK(r.record.header().retransmission_hash != first);
}

TEST_CASE("an inform's datagram is known again under another source address, its content is not") {
  Receiver r;
  Sending s{.engine = kOwnEngine, .boots = 3, .time = 0, .pdu = ber::kInformRequest};
  const Bytes bytes = message(s);
  r.receive(bytes);
  REQUIRE(r.take());
  const alarm::RecordHeader first = r.record.header();
  r.receive(bytes, "198.51.100.1:161");
  REQUIRE(r.take());
  CHECK(r.record.header().duplicate_hash == first.duplicate_hash);
  CHECK(r.record.header().retransmission_hash != first.retransmission_hash);
  s.time = 1;
  r.receive(s);
  REQUIRE(r.take());
  CHECK(r.record.header().duplicate_hash != first.duplicate_hash);
}

TEST_CASE("INF-06 discovery is answered with our engine, boots and time") {
  Receiver r;
  Sending s;
  s.as = usm::User{};
  s.level = SecurityLevel::kNoAuthNoPriv;
  s.engine = {};
  s.boots = 0;
  s.time = 0;
  s.pdu = ber::kGetRequest;
  s.empty_list = true;
  s.reportable = true;
  r.receive(s);
  CHECK(r.dropped(DropReason::kDiscovery) == 1);
  const ReadReport report(r.reply);
  CHECK(report.counter == "1.3.6.1.6.3.15.1.1.4.0");
  CHECK(report.value == 1);
  CHECK(equal(report.v3.authoritative_engine_id, kOwnEngine));
  CHECK(report.v3.authoritative_engine_boots == 3);
  CHECK(report.pdu.request_id == 77);
  CHECK(report.v3.level() == SecurityLevel::kNoAuthNoPriv);
  CHECK_FALSE(report.v3.reportable());
  CHECK(r.engines.size() == 0);
}

TEST_CASE("INF-07 time synchronisation is answered with a signed Report") {
  for (const SecurityLevel level : {SecurityLevel::kAuthNoPriv, SecurityLevel::kAuthPriv}) {
    Receiver r;
    Sending s;
    s.level = level;
    s.engine = kOwnEngine;
    s.boots = 0;
    s.time = 0;
    s.pdu = ber::kInformRequest;
    s.reportable = true;
    r.receive(s);
    CHECK(r.dropped(DropReason::kTimeSync) == 1);
    const ReadReport report(r.reply);
    CHECK(report.counter == "1.3.6.1.6.3.15.1.1.2.0");
    CHECK(report.v3.level() == SecurityLevel::kAuthNoPriv);
  }
}

TEST_CASE(
    "a sender of informs that has our last boots synchronises, one that has others is refused") {
  Receiver r;
  Sending s{.engine = kOwnEngine, .boots = 2, .time = 70'000, .pdu = ber::kInformRequest};
  s.reportable = true;
  r.receive(s);
  CHECK(r.dropped(DropReason::kTimeSync) == 1);
  CHECK(ReadReport(r.reply).counter == "1.3.6.1.6.3.15.1.1.2.0");
  CHECK(r.counters.own_window_misses.get() == 1);
  s.boots = 4;
  r.receive(s);
  s.boots = 3;
  s.time = 151;
  r.receive(s);
  CHECK(r.dropped(DropReason::kTimeSync) == 1);
  CHECK(r.dropped(DropReason::kNotInTimeWindow) == 2);
  // What asks for no answer is a replay and nothing else.
  r.receive(Sending{.engine = kOwnEngine, .boots = 2});
  CHECK(r.dropped(DropReason::kNotInTimeWindow) == 3);
  CHECK(r.reply.empty());
}

TEST_CASE("plaintext under the flags of encryption gets no Report: nothing was to be decrypted") {
  Receiver r;
  Sending s{.level = SecurityLevel::kAuthNoPriv,
            .engine = kOwnEngine,
            .boots = 3,
            .time = 0,
            .pdu = ber::kInformRequest};
  s.reportable = true;
  Bytes bytes = message(s);
  snmp::Message whole;
  REQUIRE(snmp::decode_message(bytes, &whole, nullptr) == snmp::DecodeStatus::kOk);
  // The only INTEGER 65507, then the OCTET STRING of one octet that holds the flags.
  const Bytes before_flags = {0x02, 0x03, 0x00, 0xff, 0xe3, 0x04, 0x01};
  const auto at = std::search(bytes.begin(), bytes.end(), before_flags.begin(), before_flags.end());
  REQUIRE(at != bytes.end());
  at[static_cast<std::ptrdiff_t>(before_flags.size())] = 7;
  const auto mac =
      static_cast<std::size_t>(whole.v3.authentication_parameters.data() - bytes.data());
  const std::size_t mac_octets = whole.v3.authentication_parameters.size();
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(mac), mac_octets, std::uint8_t{0});
  usm::localise_user(s.as, kOwnEngine)
      .auth.sign(bytes, {}, {}, MutableBytes(bytes).subspan(mac, mac_octets));
  r.receive(bytes);
  CHECK(r.dropped(DropReason::kMalformed) == 1);
  CHECK(r.reply.empty());
}

TEST_CASE("INF-09 a confirmed message with a wrong digest or an unknown user gets its Report") {
  Receiver r;
  Sending s;
  s.engine = kOwnEngine;
  s.boots = 3;
  s.time = 0;
  s.pdu = ber::kInformRequest;
  s.reportable = true;
  Bytes bytes = message(s);
  bytes.back() ^= 1;
  r.receive(bytes);
  CHECK(r.dropped(DropReason::kWrongDigest) == 1);
  CHECK(ReadReport(r.reply).counter == "1.3.6.1.6.3.15.1.1.5.0");
  s.as.name = "stranger";
  r.receive(s);
  CHECK(r.dropped(DropReason::kUnknownUser) == 1);
  CHECK(ReadReport(r.reply).counter == "1.3.6.1.6.3.15.1.1.3.0");
}

TEST_CASE("a trap that is refused gets no answer, whatever is wrong with it") {
  Receiver r;
  Sending s;
  Bytes bytes = message(s);
  bytes.back() ^= 1;
  r.receive(bytes);
  CHECK(r.dropped(DropReason::kWrongDigest) == 1);
  CHECK(r.reply.empty());
  s.as.name = "stranger";
  r.receive(s);
  CHECK(r.dropped(DropReason::kUnknownUser) == 1);
  CHECK(r.reply.empty());
  CHECK_FALSE(r.take());
}

TEST_CASE("TRP-11 a trap outside the window is refused silently and counted") {
  Receiver r;
  r.receive(Sending{.boots = 7});
  r.receive(Sending{.boots = 6});
  CHECK(r.dropped(DropReason::kNotInTimeWindow) == 1);
  CHECK(r.counters.own_window_misses.get() == 0);
  CHECK(r.reply.empty());
}

TEST_CASE("by default SNMPv1, SNMPv2c and lower levels are refused, each under its own reason") {
  Receiver r({user("noc", AuthProtocol::kSha1, PrivProtocol::kAes128),
              user("plain", AuthProtocol::kNone, PrivProtocol::kNone),
              user("signed", AuthProtocol::kSha1, PrivProtocol::kNone),
              user("weak", AuthProtocol::kMd5, PrivProtocol::kAes128)});
  r.receive(community_message(snmp::Version::kV2c, "public", Sending{}));
  CHECK(r.dropped(DropReason::kV2cRefused) == 1);
  r.receive(community_message(snmp::Version::kV1, "public", Sending{}));
  CHECK(r.dropped(DropReason::kV1Refused) == 1);
  r.receive(Sending{.as = user("plain", AuthProtocol::kNone, PrivProtocol::kNone),
                    .level = SecurityLevel::kNoAuthNoPriv});
  CHECK(r.dropped(DropReason::kNoAuthNoPriv) == 1);
  r.receive(Sending{.as = user("signed", AuthProtocol::kSha1, PrivProtocol::kNone),
                    .level = SecurityLevel::kAuthNoPriv});
  CHECK(r.dropped(DropReason::kAuthNoPriv) == 1);
  r.receive(Sending{.as = user("weak", AuthProtocol::kMd5, PrivProtocol::kAes128)});
  CHECK(r.dropped(DropReason::kWeakAlgorithm) == 1);
  CHECK_FALSE(r.take());
}

TEST_CASE("USM-11 a message may not lower the level of its user, even when the policy is lower") {
  usm::Policy open = usm::default_policy();
  open.level = SecurityLevel::kNoAuthNoPriv;
  Receiver r({user("noc", AuthProtocol::kSha1, PrivProtocol::kAes128)}, open);
  r.receive(Sending{.level = SecurityLevel::kNoAuthNoPriv});
  r.receive(Sending{.level = SecurityLevel::kAuthNoPriv});
  CHECK(r.dropped(DropReason::kLevelBelowUser) == 2);
}

TEST_CASE("PDU-16 communities are taken from where they are allowed only") {
  Snapshot plan;
  plan.communities = {{"legacy",
                       std::make_shared<const Secret>(as_bytes("s3cret")),
                       {{*Network::parse("192.0.2.0/24")}, {}}}};
  Receiver r({}, usm::default_policy(), plan);
  const Bytes good = community_message(snmp::Version::kV2c, "s3cret", Sending{});
  r.receive(good);
  REQUIRE(r.take());
  CHECK(r.record.text(alarm::Field::kSecurityName) == "legacy");
  CHECK(r.record.text(alarm::Field::kDevice) == "192.0.2.1");
  r.receive(good, "198.51.100.1:161");
  r.receive(community_message(snmp::Version::kV2c, "public", Sending{}));
  CHECK(r.dropped(DropReason::kBadCommunity) == 2);
}

TEST_CASE("MP-17 a request for objects of ours is refused with unknownPDUHandlers") {
  Receiver r;
  r.receive(Sending{.engine = kOwnEngine,
                    .boots = 3,
                    .time = 0,
                    .pdu = ber::kGetRequest,
                    .reportable = true,
                    .empty_list = true});
  CHECK(r.dropped(DropReason::kGet) == 1);
  CHECK(ReadReport(r.reply).counter == "1.3.6.1.6.3.11.2.1.3.0");
}

TEST_CASE("USM-07 an inform under the sender's engine is not answered with a Response") {
  Receiver r;
  r.receive(Sending{.pdu = ber::kInformRequest, .reportable = true});
  CHECK(r.dropped(DropReason::kUnknownEngine) == 1);
  CHECK(ReadReport(r.reply).counter == "1.3.6.1.6.3.15.1.1.4.0");
  CHECK_FALSE(r.take());
}

TEST_CASE("INF-13 an inform whose Response would not fit is answered tooBig and not delivered") {
  Receiver r;
  Sending s{.engine = kOwnEngine, .boots = 3, .time = 0, .pdu = ber::kInformRequest};
  s.extra_octets.assign(900, 0x41);
  s.max_size = 484;
  r.receive(s);
  CHECK(r.dropped(DropReason::kTooBig) == 1);
  CHECK_FALSE(r.reply.empty());
  CHECK(r.reply.size() <= 484);
  CHECK_FALSE(r.take());
}

TEST_CASE("INF-13 an SNMPv2c inform whose Response would not fit is answered tooBig too") {
  Snapshot plan;
  plan.communities = {{"legacy", std::make_shared<const Secret>(as_bytes("s3cret")), {}}};
  Receiver r({}, usm::default_policy(), plan);
  Sending s{.pdu = ber::kInformRequest};
  s.extra_octets.assign(65'430, 0x41);  // as only IPv6 carries it
  const Bytes bytes = community_message(snmp::Version::kV2c, "s3cret", s);
  REQUIRE(bytes.size() > snmp::kMessageOctetsMax);
  REQUIRE(bytes.size() <= 65'527);
  r.receive(bytes, "[2001:db8::1]:161");
  CHECK(r.dropped(DropReason::kTooBig) == 1);
  CHECK_FALSE(r.take());
  snmp::Message whole;
  REQUIRE(snmp::decode_message(r.reply, &whole, nullptr) == snmp::DecodeStatus::kOk);
  snmp::Pdu pdu;
  REQUIRE(snmp::decode_pdu(whole.community.pdu, &pdu, nullptr));
  CHECK(pdu.type == ber::kResponse);
  CHECK(pdu.request_id == 77);
  CHECK(pdu.error_status == 1);
  CHECK(pdu.varbinds.empty());
}

TEST_CASE("a trap of our own engine that comes back is a loop") {
  Receiver r;
  r.receive(Sending{.engine = kOwnEngine, .boots = 3, .time = 0});
  CHECK(r.dropped(DropReason::kLoop) == 1);
}

TEST_CASE("PDU-02 a notification without its first varbinds is delivered as malformed") {
  Receiver r;
  r.receive(Sending{.empty_list = true});
  REQUIRE(r.take());
  CHECK(r.record.has(alarm::RecordFlag::kMalformed));
}

TEST_CASE("source lists come first") {
  Snapshot plan;
  plan.sources = {{{*Network::parse("10.0.0.0/8")}, {*Network::parse("10.6.6.0/24")}}};
  Receiver r({user("noc", AuthProtocol::kSha1, PrivProtocol::kAes128)}, usm::default_policy(),
             plan);
  const Bytes bytes = message(Sending{});
  r.receive(bytes, "192.0.2.1:161");
  r.receive(bytes, "10.6.6.1:161");
  CHECK(r.dropped(DropReason::kSourceAcl) == 2);
  r.receive(bytes, "10.1.1.1:161");
  CHECK(r.take());
}

TEST_CASE("a storm of one device is suppressed beyond its rate, another device is not") {
  Snapshot plan;
  plan.per_engine = 3;
  Receiver r({user("noc", AuthProtocol::kSha1, PrivProtocol::kAes128)}, usm::default_policy(),
             plan);
  for (std::uint32_t i = 0; i < 5; ++i) r.receive(Sending{.time = 1000 + i});
  CHECK(r.counters.suppressed.get(snmp::SuppressReason::kStorm) == 2);
  r.receive(Sending{.engine = *from_hex("8000138b0500000002")});
  CHECK(r.counters.handed_over.get() == 4);
  r.clock.advance_ns(kNsPerSecond);
  r.receive(Sending{.time = 1010});
  CHECK(r.counters.handed_over.get() == 5);
}

TEST_CASE("a full ring stops the worker and loses nothing") {
  Receiver r;
  const Bytes bytes = message(Sending{});
  net::Datagram datagram;
  datagram.bytes = bytes;
  datagram.source = *Endpoint::parse("192.0.2.1:161");
  std::uint64_t taken = 0;
  while (r.pipeline.process(datagram, {0, 0}, r.clock.monotonic_ns())) ++taken;
  CHECK(r.counters.received[0].get() == taken);
  CHECK(taken == r.counters.handed_over.get());
  while (r.take()) {
  }
  CHECK(r.pipeline.process(datagram, {0, 0}, r.clock.monotonic_ns()));
}

TEST_CASE("a relayed trap belongs to the device named in snmpTrapAddress.0") {
  Snapshot plan;
  plan.relays = {{*Network::parse("192.0.2.0/28"), "noc"}};
  plan.devices =
      DeviceDirectory({{"sbc-9", {}, Endpoint::parse_address("203.0.113.9"), "tlv", ""}});
  Receiver r({user("noc", AuthProtocol::kSha1, PrivProtocol::kAes128)}, usm::default_policy(),
             plan);
  Sending s;
  Bytes buffer(2000);
  ber::Writer writer(buffer);
  const Bytes address = {203, 0, 113, 9};
  snmp::write_varbind(writer, snmp::kSnmpTrapAddress0, {ber::kIpAddress, address});
  snmp::write_notification_head(writer, 1, kColdStart);
  snmp::wrap_pdu(writer, 0, ber::kTrapV2, 1, 0, 0);
  snmp::wrap_scoped_pdu(writer, 0, kDeviceEngine, {});
  const usm::CachedKeys keys = usm::localise_user(s.as, s.engine);
  usm::OutboundParameters out;
  out.level = SecurityLevel::kAuthPriv;
  out.authoritative_engine_id = s.engine;
  out.authoritative_engine_boots = 1;
  out.authoritative_engine_time = 1;
  out.user_name = as_bytes(s.as.name);
  out.auth = &keys.auth;
  out.priv = &keys.priv;
  out.priv_protocol = s.as.priv;
  Bytes room(4000);
  usm::MessageBuilder builder;
  const ByteView bytes = builder.build(out, writer.done(), room);
  r.receive(Bytes(bytes.begin(), bytes.end()));
  REQUIRE(r.take());
  CHECK(r.record.has(alarm::RecordFlag::kRelayed));
  CHECK(r.record.text(alarm::Field::kDeviceName) == "sbc-9");
  CHECK(r.record.text(alarm::Field::kSite) == "tlv");
}

TEST_CASE("a community's label does not pass for the user of a relay") {
  Snapshot plan;
  plan.relays = {{*Network::parse("192.0.2.0/28"), "noc"}};
  plan.communities = {{"noc", std::make_shared<const Secret>(as_bytes("s3cret")), {}}};
  Sending s;
  s.names_address = {203, 0, 113, 9};
  const Bytes bytes = community_message(snmp::Version::kV2c, "s3cret", s);
  Receiver named({}, usm::default_policy(), plan);
  named.receive(bytes);
  REQUIRE(named.take());
  CHECK_FALSE(named.record.has(alarm::RecordFlag::kRelayed));
  CHECK(named.record.text(alarm::Field::kDevice) == "192.0.2.1");
  plan.relays[0].user.clear();
  Receiver any({}, usm::default_policy(), plan);
  any.receive(bytes);
  REQUIRE(any.take());
  CHECK(any.record.text(alarm::Field::kDevice) == "203.0.113.9");
}

TEST_CASE("every octet of a good trap changed leaves it undelivered") {
  Receiver r;
  const Bytes good = message(Sending{});
  Snapshot open = *r.snapshot.get().first;
  open.refused_per_source = 0;
  r.snapshot.publish(std::make_shared<Snapshot>(open));
  r.pipeline.refresh();
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x10;
    r.receive(bad);
  }
  CHECK(r.counters.handed_over.get() == 0);
  CHECK(r.engines.size() == 0);
}

}  // namespace trapd::ingest
