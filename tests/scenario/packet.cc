// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/packet.h"

#include "tests/scenario/failure.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/oids.h"
#include "trapd/usm/outbound.h"

namespace trapd::scenario {
namespace {

constexpr std::size_t kRoomOctets = 72 * 1024;  // more than a datagram can hold
constexpr std::int32_t kEnterpriseSpecific = 6;

Bytes copied(ByteView bytes) {
  if (bytes.empty() || bytes.size() > snmp::kMessageOctetsMax) {
    throw Mistake("this does not fit a datagram");
  }
  return {bytes.begin(), bytes.end()};
}

void write_varbinds(ber::Writer& writer, const Packet& packet) {
  for (auto varbind = packet.varbinds.rbegin(); varbind != packet.varbinds.rend(); ++varbind) {
    writer.raw(*varbind);
  }
}

Bytes encode_pdu_v2(const Packet& packet) {
  Bytes room(kRoomOctets);
  ber::Writer writer(room);
  write_varbinds(writer, packet);
  if (!packet.trap.empty()) {
    snmp::write_notification_head(writer, packet.uptime, packet.trap);
  }
  snmp::wrap_pdu(writer, 0, packet.pdu, packet.request_id, 0, 0);
  return copied(writer.done());
}

/// RFC 3584 3.2: what of SNMPv1 a trap OID stands for.
struct TrapV1Name {
  snmp::Oid enterprise;
  std::int32_t generic = 0;
  std::int32_t specific = 0;
};

TrapV1Name v1_name(const snmp::Oid& trap) {
  std::vector<std::uint32_t> arcs = trap.view().arcs();
  if (arcs.size() < 4) throw Mistake("SNMPv1 has no trap " + trap.text());
  const std::uint32_t last = arcs.back();
  arcs.pop_back();
  if (trap.view().starts_with(snmp::kSnmpTraps) && last >= 1 && last <= 6) {
    return {*snmp::Oid::from_arcs(arcs), static_cast<std::int32_t>(last) - 1, 0};
  }
  if (arcs.back() == 0) arcs.pop_back();
  return {*snmp::Oid::from_arcs(arcs), kEnterpriseSpecific, static_cast<std::int32_t>(last)};
}

Bytes encode_trap_v1(const Packet& packet) {
  const TrapV1Name name = v1_name(packet.trap);
  Bytes room(kRoomOctets);
  ber::Writer writer(room);
  write_varbinds(writer, packet);
  writer.wrap(ber::kSequence, 0);
  writer.unsigned64(packet.uptime, ber::kTimeTicks);
  writer.integer(name.specific);
  writer.integer(name.generic);
  writer.element(ber::kIpAddress, packet.agent_address);
  writer.oid(name.enterprise.view().content());
  writer.wrap(ber::kTrapV1, 0);
  return copied(writer.done());
}

Bytes encode_community(const Packet& packet, const Bytes& pdu) {
  Bytes room(kRoomOctets);
  ber::Writer writer(room);
  writer.raw(pdu);
  snmp::wrap_community_message(writer, 0, packet.version, as_bytes(packet.community));
  return copied(writer.done());
}

Bytes encode_v3(const Packet& packet, const Bytes& pdu) {
  Bytes scoped_room(kRoomOctets);
  ber::Writer scoped(scoped_room);
  scoped.raw(pdu);
  snmp::wrap_scoped_pdu(scoped, 0, packet.context_engine, as_bytes(packet.context));
  const usm::CachedKeys keys = usm::localise_user(packet.as, packet.engine);
  usm::OutboundParameters out;
  out.msg_id = packet.msg_id;
  out.max_size = packet.max_size;
  out.level = packet.level;
  out.reportable = packet.reportable;
  out.authoritative_engine_id = packet.engine;
  out.authoritative_engine_boots = packet.boots;
  out.authoritative_engine_time = packet.time;
  out.user_name = as_bytes(packet.as.name);
  out.auth = &keys.auth;
  out.priv_protocol = packet.as.priv;
  out.priv = &keys.priv;
  Bytes room(kRoomOctets);
  usm::MessageBuilder builder;
  return copied(builder.build(out, scoped.done(), room));
}

}  // namespace

Bytes encode_pdu(const Packet& packet) {
  const bool trap_v1 = packet.version == snmp::Version::kV1 && packet.pdu == ber::kTrapV2;
  return trap_v1 ? encode_trap_v1(packet) : encode_pdu_v2(packet);
}

Bytes encode(const Packet& packet) {
  const Bytes pdu = encode_pdu(packet);
  return packet.version == snmp::Version::kV3 ? encode_v3(packet, pdu)
                                              : encode_community(packet, pdu);
}

}  // namespace trapd::scenario
