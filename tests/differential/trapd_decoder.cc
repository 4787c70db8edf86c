// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/trapd_decoder.h"

#include <algorithm>

#include "trapd/base/check.h"

namespace trapd::differential {

namespace {

std::shared_ptr<const usm::SecurityConfig> security() {
  return std::make_shared<const usm::SecurityConfig>(usm::SecurityConfig{
      usm::UserTable(users()), {snmp::SecurityLevel::kNoAuthNoPriv, ~0U, ~0U}, {}});
}

Bytes copy(ByteView octets) { return {octets.begin(), octets.end()}; }

std::uint64_t widened(std::int32_t number) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(number));
}

void add_value(const ber::Value& value, std::size_t varbind, Decoded* out) {
  std::int32_t int32 = 0;
  std::uint64_t uint64 = 0;
  switch (value.tag) {
    case ber::kInteger:
      CHECK(ber::decode_int32(value.content, &int32));
      return out->add_number(Field::kVarbindValue, widened(int32), varbind);
    case ber::kCounter32:
    case ber::kGauge32:
    case ber::kTimeTicks:
    case ber::kCounter64:
      CHECK(ber::decode_uint64(value.content, &uint64));
      return out->add_number(Field::kVarbindValue, uint64, varbind);
    case ber::kObjectIdentifier:
      return out->add_oid(Field::kVarbindValue, snmp::OidView(value.content).arcs(), varbind);
    default:
      return out->add(Field::kVarbindValue, value.content, varbind);
  }
}

void add_varbinds(ByteView list, TrapdDecoded* out) {
  snmp::VarbindReader reader(list);
  snmp::Varbind varbind;
  for (std::size_t i = 0; reader.next(&varbind); ++i) {
    out->add_oid(Field::kVarbindName, varbind.name.arcs(), i);
    out->add_number(Field::kVarbindType, varbind.value.tag, i);
    add_value(varbind.value, i, out);
    Bytes raw{varbind.value.tag};
    raw.insert(raw.end(), varbind.value.content.begin(), varbind.value.content.end());
    out->values.push_back(std::move(raw));
  }
}

void refuse(Stage stage, const snmp::DecodeFault& fault, ByteView bytes, TrapdDecoded* out) {
  out->stage = stage;
  out->fault = fault;
  out->words = std::string(ber::to_text(fault.error)) + " at " + fault.field + ", octet " +
               std::to_string(fault.offset);
  const ByteView rest = bytes.subspan(std::min(fault.offset, bytes.size()));
  out->at_fault.assign(rest.begin(), rest.end());
  out->accepted = false;
}

bool needs_no_padding(const usm::User& user) { return user.priv != usm::PrivProtocol::kDes; }

}  // namespace

TrapdDecoder::TrapdDecoder()
    : own_(kOwnEngine, kOwnBoots, clock_),
      config_(security()),
      processor_({.cached_keys_max = 64}, config_, engines_, own_),
      scratch_(snmp::kMessageOctetsMax) {
  CHECK(engines_.find_or_add(kDevice) != nullptr);
}

TrapdDecoded TrapdDecoder::decode(ByteView packet, Clock known, std::uint32_t own_time,
                                  snmp::Deviations tolerated) {
  tolerated_ = tolerated;
  clock_.advance_ns((std::int64_t{own_time} - own_.time()) * kNsPerSecond);
  engines_.find(kDevice)->restore({known.boots, known.time, clock_.monotonic_ns() / kNsPerSecond});
  TrapdDecoded out;
  snmp::Message message;
  snmp::DecodeFault fault;
  out.message_status = snmp::decode_message(packet, &message, &fault, tolerated);
  out.version = message.version;
  out.deviations = message.deviations;
  out.level = message.v3.level();
  out.engine_id = copy(message.v3.authoritative_engine_id);
  out.user = copy(message.v3.user_name);
  out.auth_parameters = copy(message.v3.authentication_parameters);
  out.privacy_parameters = copy(message.v3.privacy_parameters);
  out.community = copy(message.community.community);
  switch (out.message_status) {
    case snmp::DecodeStatus::kOk:
      break;
    case snmp::DecodeStatus::kMalformed:
      refuse(Stage::kMessage, fault, packet, &out);
      return out;
    case snmp::DecodeStatus::kBadVersion:
      out.words = "bad version";
      return out;
    case snmp::DecodeStatus::kUnknownSecurityModel:
      out.words = "unknown security model";
      return out;
    case snmp::DecodeStatus::kInvalidFlags:
      out.words = "invalid flags";
      return out;
  }
  out.add_number(Field::kVersion, static_cast<std::uint64_t>(message.version));
  if (message.version == snmp::Version::kV3) {
    decode_v3(message.v3, &out);
  } else {
    decode_community(message.community, &out);
  }
  if (!out.accepted) out.items.clear();
  return out;
}

void TrapdDecoder::decode_community(const snmp::CommunityMessage& message, TrapdDecoded* out) {
  out->add(Field::kCommunity, message.community);
  out->pdu_tag = message.pdu[0];
  if (message.version == snmp::Version::kV1 && out->pdu_tag == ber::kTrapV1) {
    return decode_trap_v1(message.pdu, out);
  }
  decode_pdu(message.pdu, out);
}

void TrapdDecoder::decode_v3(const snmp::V3Message& message, TrapdDecoded* out) {
  out->inbound = processor_.process(message, clock_.monotonic_ns(), scratch_);
  const usm::Inbound& inbound = out->inbound;
  if (inbound.step != usm::Step::kAccepted) {
    out->stage = Stage::kUsm;
    out->words = snmp::text(inbound.reason);
    return;
  }
  out->scoped_pdu = copy(inbound.scoped_pdu);
  const usm::EngineClock::State device = engines_.find(kDevice)->state();
  out->add_number(Field::kMessageId, widened(message.msg_id));
  out->add_number(Field::kLevel, static_cast<std::uint64_t>(message.level()));
  out->add(Field::kEngineId, message.authoritative_engine_id);
  out->add(Field::kUser, message.user_name);
  out->add_number(Field::kClockBoots, device.boots);
  out->add_number(Field::kClockTime, device.latest_time);
  const bool padded = inbound.padded && (!needs_no_padding(*inbound.user) ||
                                         tolerated_.has(snmp::Deviation::kPrivacyPadding));
  snmp::ScopedPdu scoped;
  snmp::DecodeFault fault;
  if (!snmp::decode_scoped_pdu(inbound.scoped_pdu, padded, &scoped, &fault)) {
    return refuse(Stage::kScopedPdu, fault, inbound.scoped_pdu, out);
  }
  out->pdu_tag = scoped.pdu[0];
  out->add(Field::kContextEngineId, scoped.context_engine_id);
  out->add(Field::kContextName, scoped.context_name);
  decode_pdu(scoped.pdu, out);
}

void TrapdDecoder::decode_trap_v1(ByteView bytes, TrapdDecoded* out) {
  snmp::TrapV1Pdu trap;
  snmp::DecodeFault fault;
  if (!snmp::decode_trap_v1(bytes, &trap, &fault, tolerated_)) {
    return refuse(Stage::kPdu, fault, bytes, out);
  }
  snmp::TrapOidBuffer buffer;
  snmp::Notification notification;
  if (!snmp::from_trap_v1(trap, &buffer, &notification)) {
    out->stage = Stage::kTranslation;
    out->words = "no SNMPv2 form (RFC 3584 3.1)";
    return;
  }
  out->accepted = true;
  out->words = "v1 trap";
  out->add_number(Field::kPduType, ber::kTrapV1);
  out->add_oid(Field::kEnterprise, trap.enterprise.arcs());
  out->add(Field::kAgentAddress, trap.agent_address);
  out->add_number(Field::kGenericTrap, widened(trap.generic_trap));
  out->add_number(Field::kSpecificTrap, widened(trap.specific_trap));
  out->add_number(Field::kTimeStamp, trap.time_stamp);
  out->add_oid(Field::kTrapOid, notification.trap_oid.arcs());
  add_varbinds(trap.varbinds, out);
}

void TrapdDecoder::decode_pdu(ByteView bytes, TrapdDecoded* out) {
  snmp::Pdu pdu;
  snmp::DecodeFault fault;
  if (!snmp::decode_pdu(bytes, &pdu, &fault, tolerated_)) {
    return refuse(Stage::kPdu, fault, bytes, out);
  }
  out->accepted = true;
  out->words = "PDU";
  out->add_number(Field::kPduType, pdu.type);
  out->add_number(Field::kRequestId, widened(pdu.request_id));
  out->add_number(Field::kErrorStatus, widened(pdu.error_status));
  out->add_number(Field::kErrorIndex, widened(pdu.error_index));
  const snmp::Notification notification = snmp::from_pdu(pdu);
  if (!notification.malformed) out->add_oid(Field::kTrapOid, notification.trap_oid.arcs());
  add_varbinds(pdu.varbinds, out);
}

}  // namespace trapd::differential
