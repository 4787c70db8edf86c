// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/notification_writer.h"

#include <array>

#include "forwarders/snmp/alarm_format.h"
#include "forwarders/snmp/original.h"
#include "trapd/base/check.h"
#include "trapd/snmp/encode.h"

namespace trapd::forwarders {
namespace {

constexpr std::int64_t kNsPerHundredth = kNsPerSecond / 100;

bool is_v3(const SnmpSettings& settings) { return settings.version == SnmpSettings::Version::kV3; }

}  // namespace

NotificationWriter::NotificationWriter(const SnmpSettings& settings, const RenderContext& context)
    : settings_(settings),
      context_(context),
      mib_(context.mib),
      started_ns_(context.clock.monotonic_ns()) {
  if (!is_v3(settings)) return;
  CHECK(settings.user != nullptr);
  if (settings.inform) return;
  CHECK(context.own_engine != nullptr);
  own_keys_ = usm::localise_user(*settings.user, context.own_engine->engine_id());
}

bool NotificationWriter::takes(const alarm::RecordView& record) const {
  return settings_.format == SnmpSettings::Format::kAlarm || has_original(record);
}

std::uint32_t NotificationWriter::sys_up_time() const {
  const std::int64_t up_ns = context_.own_engine != nullptr
                                 ? context_.own_engine->time() * kNsPerSecond
                                 : context_.clock.monotonic_ns() - started_ns_;
  return static_cast<std::uint32_t>(up_ns / kNsPerHundredth);  // TimeTicks wrap
}

ByteView NotificationWriter::finish_pdu(ber::Writer& writer, std::int32_t request_id,
                                        ByteView context_engine_id, ByteView context_name) const {
  snmp::wrap_pdu(writer, 0, settings_.inform ? ber::kInformRequest : ber::kTrapV2, request_id, 0,
                 0);
  if (is_v3(settings_)) snmp::wrap_scoped_pdu(writer, 0, context_engine_id, context_name);
  return writer.done();
}

ByteView NotificationWriter::write_record(const Item& item, std::int32_t request_id,
                                          MutableBytes room) {
  ber::Writer writer(room);
  if (settings_.format == SnmpSettings::Format::kAlarm) {
    mib_.refresh();
    const AlarmFormatInput input{item.destination_sequence, sys_up_time(), context_.own_engine_id,
                                 mib_.operator->()};
    write_alarm_varbinds(item.record, input, writer);
    return finish_pdu(writer, request_id, context_.own_engine_id, {});
  }
  write_original_varbinds(item.record, writer);
  const NotificationContext from = original_context(item.record, context_.own_engine_id);
  return finish_pdu(writer, request_id, from.engine_id, from.name);
}

ByteView NotificationWriter::write_heartbeat(std::uint64_t last_sequence, std::int32_t request_id,
                                             MutableBytes room) const {
  Heartbeat heartbeat{.last_sequence = last_sequence,
                      .sys_up_time = sys_up_time(),
                      .active_alarms = std::nullopt,
                      .lost_records = std::nullopt};
  if (context_.active_alarms) heartbeat.active_alarms = context_.active_alarms();
  if (context_.lost_records) heartbeat.lost_records = context_.lost_records();
  ber::Writer writer(room);
  write_heartbeat_varbinds(heartbeat, writer);
  return finish_pdu(writer, request_id, context_.own_engine_id, {});
}

ByteView NotificationWriter::write_list_rebuilt(std::int32_t request_id, MutableBytes room) const {
  ListRebuilt rebuilt{.sys_up_time = sys_up_time(),
                      .active_alarms = std::nullopt,
                      .reason = context_.rebuild_reason};
  if (context_.active_alarms) rebuilt.active_alarms = context_.active_alarms();
  ber::Writer writer(room);
  write_list_rebuilt_varbinds(rebuilt, writer);
  return finish_pdu(writer, request_id, context_.own_engine_id, {});
}

ByteView NotificationWriter::wrap_v2c(ByteView pdu, MutableBytes room) const {
  ber::Writer writer(room);
  writer.raw(pdu);
  snmp::wrap_community_message(writer, 0, snmp::Version::kV2c, as_bytes(settings_.community));
  return writer.done();
}

ByteView NotificationWriter::wrap_v3_trap(ByteView scoped_pdu, std::int32_t msg_id,
                                          MutableBytes room) {
  const usm::OwnEngine& own = *context_.own_engine;
  usm::OutboundParameters parameters;
  parameters.msg_id = msg_id;
  parameters.level = settings_.user->level();
  parameters.authoritative_engine_id = own.engine_id();
  parameters.authoritative_engine_boots = own.boots();
  parameters.authoritative_engine_time = own.time();
  parameters.user_name = as_bytes(settings_.user->name);
  parameters.auth = &own_keys_.auth;
  parameters.priv_protocol = settings_.user->priv;
  parameters.priv = &own_keys_.priv;
  return builder_.build(parameters, scoped_pdu, room);
}

ByteView NotificationWriter::wrap_v3_inform(ByteView scoped_pdu, std::int32_t msg_id,
                                            const PeerEngine& peer, std::int64_t now_s,
                                            MutableBytes room) {
  usm::OutboundParameters parameters;
  parameters.msg_id = msg_id;
  parameters.level = settings_.user->level();
  parameters.reportable = true;
  parameters.authoritative_engine_id = peer.engine_id();
  parameters.authoritative_engine_boots = peer.boots();
  parameters.authoritative_engine_time = peer.time(now_s);
  parameters.user_name = as_bytes(settings_.user->name);
  parameters.auth = &peer.keys().auth;
  parameters.priv_protocol = settings_.user->priv;
  parameters.priv = &peer.keys().priv;
  return builder_.build(parameters, scoped_pdu, room);
}

ByteView NotificationWriter::write_discovery(std::int32_t msg_id, MutableBytes room) {
  std::array<std::uint8_t, 64> scoped_room;
  ber::Writer writer(scoped_room);
  snmp::write_pdu(writer, ber::kGetRequest, msg_id, 0, 0, {});
  snmp::wrap_scoped_pdu(writer, 0, {}, {});
  usm::OutboundParameters parameters;
  parameters.msg_id = msg_id;
  parameters.reportable = true;
  return builder_.build(parameters, writer.done(), room);
}

}  // namespace trapd::forwarders
