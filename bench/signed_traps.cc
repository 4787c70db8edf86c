// SPDX-License-Identifier: Apache-2.0
#include "bench/signed_traps.h"

#include <array>

#include "trapd/base/check.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/oids.h"
#include "trapd/usm/user.h"

namespace trapd::bench {

namespace {

// Four octets each, whatever the counter: a number of fixed length keeps the message's length.
constexpr std::uint32_t kFixedWidth = 0x40000000;
constexpr std::uint32_t kTimeBase = 100'000;  // three octets for the next 94 days

// linkDown with ifIndex, ifAdminStatus, ifOperStatus (RFC 2863)
constexpr std::array<std::uint8_t, 9> kLinkDown = {0x2b, 6, 1, 6, 3, 1, 1, 5, 3};
std::array<std::uint8_t, 10> interface_object(std::uint8_t column) {
  return {0x2b, 6, 1, 2, 1, 2, 2, 1, column, 3};
}

ByteView write_trap_pdu(std::uint32_t request, std::uint32_t uptime_s, MutableBytes buffer) {
  ber::Writer writer(buffer);
  for (const auto& [column, value] : {std::pair{8, 2}, {7, 1}, {1, 3}}) {
    const auto name = interface_object(static_cast<std::uint8_t>(column));
    snmp::write_varbind_integer(writer, snmp::OidView(name), value);
  }
  snmp::write_notification_head(writer, kFixedWidth + uptime_s * 100, snmp::OidView(kLinkDown));
  snmp::wrap_pdu(writer, 0, ber::kTrapV2, static_cast<std::int32_t>(request), 0, 0);
  return writer.done();
}

}  // namespace

std::vector<std::uint8_t> SignedTraps::engine_id(std::uint32_t index) {
  std::vector<std::uint8_t> id = {0x80, 0x00, 0x1f, 0x88, 0x05, 'b', 'l', 'a', 's', 't'};
  for (int shift = 24; shift >= 0; shift -= 8) {
    id.push_back(static_cast<std::uint8_t>(index >> shift));
  }
  return id;
}

SignedTraps::SignedTraps(const TrapSource& source, std::uint32_t boots)
    : source_(source), boots_(boots) {
  if (!source.community.empty()) return;
  usm::User user;
  user.name = source.user;
  user.auth = source.auth;
  user.priv = source.priv;
  user.auth_ku = usm::password_to_key(source.auth, as_bytes(source.auth_passphrase));
  user.priv_ku = usm::password_to_key(source.auth, as_bytes(source.priv_passphrase));
  for (std::uint32_t i = 0; i < source.engines; ++i) {
    engine_ids_.push_back(engine_id(i));
    keys_.push_back(usm::localise_user(user, engine_ids_.back()));
  }
}

std::size_t SignedTraps::next(std::uint32_t uptime_s, MutableBytes out) {
  std::array<std::uint8_t, 512> room;
  const ByteView pdu = write_trap_pdu(kFixedWidth | (++counter_ & 0x3fffffff), uptime_s, room);
  CHECK(!pdu.empty());
  if (!source_.community.empty()) {
    std::array<std::uint8_t, 600> whole;
    ber::Writer writer(whole);
    writer.raw(pdu);
    snmp::wrap_community_message(writer, 0, snmp::Version::kV2c, as_bytes(source_.community));
    const ByteView message = writer.done();
    std::memcpy(out.data(), message.data(), message.size());
    return message.size();
  }
  return next_v3(uptime_s, pdu, out);
}

std::size_t SignedTraps::next_v3(std::uint32_t uptime_s, ByteView pdu, MutableBytes out) {
  const std::size_t engine = counter_ % engine_ids_.size();
  std::array<std::uint8_t, 600> scoped_room;
  ber::Writer writer(scoped_room);
  writer.raw(pdu);
  snmp::wrap_scoped_pdu(writer, 0, engine_ids_[engine], {});
  usm::OutboundParameters parameters;
  parameters.msg_id = static_cast<std::int32_t>(kFixedWidth | (counter_ & 0x3fffffff));
  parameters.level = snmp::SecurityLevel::kAuthPriv;
  parameters.authoritative_engine_id = engine_ids_[engine];
  parameters.authoritative_engine_boots = boots_;
  parameters.authoritative_engine_time = kTimeBase + uptime_s;
  parameters.user_name = as_bytes(source_.user);
  parameters.auth = &keys_[engine].auth;
  parameters.priv = &keys_[engine].priv;
  parameters.priv_protocol = source_.priv;
  std::array<std::uint8_t, 1024> room;
  const ByteView message = builder_.build(parameters, writer.done(), room);
  CHECK(!message.empty() && message.size() <= out.size());
  std::memcpy(out.data(), message.data(), message.size());
  return message.size();
}

}  // namespace trapd::bench
