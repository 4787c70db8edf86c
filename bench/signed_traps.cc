// SPDX-License-Identifier: Apache-2.0
#include "bench/signed_traps.h"

#include <array>

#include "trapd/base/check.h"
#include "trapd/ber/tag.h"
#include "trapd/snmp/encode.h"

namespace trapd::bench {

namespace {

constexpr std::uint32_t kTimeBase = 100'000;  // three octets for the next 94 days

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
  const usm::User user = usm_user(source);
  for (std::uint32_t i = 0; i < source.engines; ++i) {
    engine_ids_.push_back(engine_id(source.first_engine + i));
    keys_.push_back(usm::localise_user(user, engine_ids_.back()));
  }
}

std::size_t SignedTraps::next(std::uint32_t uptime_s, MutableBytes out) {
  std::array<std::uint8_t, kMessageOctetsMax> room;
  ++counter_;
  const std::uint32_t turn = counter_ / source_.engines;  // an alarm of every engine, then the next
  const ByteView pdu = write_link_down(ber::kTrapV2, fixed_width(counter_),
                                       {.uptime_s = uptime_s,
                                        .alarm = turn % source_.alarms,
                                        .alarms = source_.alarms,
                                        .varbinds = source_.varbinds},
                                       room);
  if (!source_.community.empty()) {
    std::array<std::uint8_t, kMessageOctetsMax> whole;
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
  std::array<std::uint8_t, kMessageOctetsMax> scoped_room;
  ber::Writer writer(scoped_room);
  writer.raw(pdu);
  snmp::wrap_scoped_pdu(writer, 0, engine_ids_[engine], {});
  usm::OutboundParameters parameters;
  parameters.msg_id = fixed_width(counter_);
  parameters.level = snmp::SecurityLevel::kAuthPriv;
  parameters.authoritative_engine_id = engine_ids_[engine];
  parameters.authoritative_engine_boots = boots_;
  parameters.authoritative_engine_time = kTimeBase + uptime_s;
  parameters.user_name = as_bytes(source_.user);
  parameters.auth = &keys_[engine].auth;
  parameters.priv = &keys_[engine].priv;
  parameters.priv_protocol = source_.priv;
  std::array<std::uint8_t, kMessageOctetsMax> room;
  const ByteView message = builder_.build(parameters, writer.done(), room);
  CHECK(!message.empty() && message.size() <= out.size());
  std::memcpy(out.data(), message.data(), message.size());
  return message.size();
}

}  // namespace trapd::bench
