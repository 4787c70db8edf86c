// SPDX-License-Identifier: Apache-2.0
#include "bench/signed_informs.h"

#include "trapd/base/check.h"
#include "trapd/base/clock.h"
#include "trapd/ber/tag.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/pdu.h"

namespace trapd::bench {

SignedInforms::SignedInforms(const TrapSource& source) : source_(source), user_(usm_user(source)) {}

usm::OutboundParameters SignedInforms::parameters(std::int32_t msg_id) const {
  usm::OutboundParameters parameters;
  parameters.msg_id = msg_id;
  parameters.reportable = true;
  parameters.authoritative_engine_id = engine_id_;
  if (engine_id_.empty()) return parameters;
  parameters.level = snmp::SecurityLevel::kAuthNoPriv;
  parameters.user_name = as_bytes(source_.user);
  parameters.auth = &keys_.auth;
  parameters.priv_protocol = source_.priv;
  parameters.priv = &keys_.priv;
  return parameters;
}

std::size_t SignedInforms::put(const usm::OutboundParameters& parameters, ByteView pdu,
                               MutableBytes out) {
  std::array<std::uint8_t, kMessageOctetsMax> scoped;
  ber::Writer writer(scoped);
  writer.raw(pdu);
  snmp::wrap_scoped_pdu(writer, 0, engine_id_, {});
  std::array<std::uint8_t, kMessageOctetsMax> room;
  const ByteView message = builder_.build(parameters, writer.done(), room);
  CHECK(!message.empty() && message.size() <= out.size());
  std::memcpy(out.data(), message.data(), message.size());
  return message.size();
}

std::size_t SignedInforms::question(MutableBytes out) {
  std::array<std::uint8_t, 64> room;
  ber::Writer writer(room);
  snmp::write_pdu(writer, ber::kGetRequest, fixed_width(0), 0, 0, {});
  return put(parameters(fixed_width(0)), writer.done(), out);
}

bool SignedInforms::authentic(const snmp::V3Message& message) const {
  return equal(message.authoritative_engine_id, engine_id_) &&
         keys_.auth.verify(message.whole, message.authentication_parameters);
}

bool SignedInforms::learn(ByteView report, std::int64_t now_ns) {
  snmp::Message message;
  if (snmp::decode_message(report, &message, nullptr) != snmp::DecodeStatus::kOk) return false;
  const snmp::V3Message& v3 = message.v3;
  if (message.version != snmp::Version::kV3 || v3.authoritative_engine_id.empty()) return false;
  if (engine_id_.empty()) {
    engine_id_.assign(v3.authoritative_engine_id.begin(), v3.authoritative_engine_id.end());
    keys_ = usm::localise_user(user_, engine_id_);
    return true;
  }
  if (!authentic(v3)) return false;
  boots_ = static_cast<std::uint32_t>(v3.authoritative_engine_boots);
  time_ = static_cast<std::uint32_t>(v3.authoritative_engine_time);
  learnt_ns_ = now_ns;
  synchronised_ = true;
  return true;
}

std::size_t SignedInforms::make(std::uint32_t number, std::int64_t now_ns, MutableBytes out) {
  const auto passed_s = static_cast<std::uint32_t>((now_ns - learnt_ns_) / kNsPerSecond);
  std::array<std::uint8_t, kMessageOctetsMax> room;
  const ByteView pdu =
      write_link_down(ber::kInformRequest, fixed_width(number), {.uptime_s = passed_s}, room);
  usm::OutboundParameters to = parameters(fixed_width(number));
  to.level = snmp::SecurityLevel::kAuthPriv;
  to.authoritative_engine_boots = boots_;
  to.authoritative_engine_time = time_ + passed_s;
  return put(to, pdu, out);
}

std::optional<std::uint32_t> SignedInforms::answered(ByteView datagram) {
  snmp::Message message;
  if (snmp::decode_message(datagram, &message, nullptr) != snmp::DecodeStatus::kOk ||
      message.version != snmp::Version::kV3) {
    return std::nullopt;
  }
  const snmp::V3Message& v3 = message.v3;
  if (v3.level() != snmp::SecurityLevel::kAuthPriv || !authentic(v3) ||
      v3.encrypted_pdu.size() > plain_.size() ||
      !cipher_.decrypt(source_.priv, keys_.priv,
                       static_cast<std::uint32_t>(v3.authoritative_engine_boots),
                       static_cast<std::uint32_t>(v3.authoritative_engine_time),
                       v3.privacy_parameters, v3.encrypted_pdu, plain_)) {
    return std::nullopt;
  }
  snmp::ScopedPdu scoped;
  snmp::Pdu pdu;
  if (!snmp::decode_scoped_pdu(ByteView(plain_).first(v3.encrypted_pdu.size()), true, &scoped,
                               nullptr) ||
      !snmp::decode_pdu(scoped.pdu, &pdu, nullptr) || pdu.type != ber::kResponse ||
      pdu.error_status != 0 || pdu.request_id != v3.msg_id) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(pdu.request_id) & 0x3fffffffU;
}

}  // namespace trapd::bench
