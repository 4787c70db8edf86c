// SPDX-License-Identifier: Apache-2.0
#include "forwarders/resync_record.h"

#include <algorithm>
#include <array>

#include "mib/trapd_mib.h"
#include "trapd/base/check.h"
#include "trapd/ber/writer.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/text_octets.h"
#include "trapd/usm/own_engine.h"

namespace trapd::forwarders {
namespace {

using alarm::Field;
using alarm::RecordFields;

constexpr std::string_view kStartName = "trapdResyncStart";
constexpr std::string_view kEndName = "trapdResyncEnd";

void mark(RecordFields* fields) {
  fields->header.flags = static_cast<std::uint8_t>(
      fields->header.flags | static_cast<std::uint8_t>(alarm::RecordFlag::kResync));
}

/// Of a scalar of TRAPD-MIB.
snmp::Oid instance(snmp::OidView object) { return snmp::Oid(object).child(mib::kScalarInstance); }
const snmp::Oid kActiveAlarmCount0 = instance(mib::kTrapdActiveAlarmCount);
const snmp::Oid kResyncResult0 = instance(mib::kTrapdResyncResult);
const snmp::Oid kResyncTarget0 = instance(mib::kTrapdResyncTarget);

struct Varbinds {
  std::array<std::uint8_t, 512> room{};
  ber::Writer writer{room};

  // In reverse order of how they stand.
  void active_alarms(std::uint64_t alarms) {
    snmp::write_varbind_unsigned(writer, kActiveAlarmCount0, ber::kGauge32,
                                 std::min(alarms, std::uint64_t{0xffffffff}));
  }
  void result(ResyncResult result) {
    snmp::write_varbind_integer(writer, kResyncResult0, static_cast<std::int32_t>(result));
  }
  void target(const std::string& target) {
    snmp::write_varbind_octets(writer, kResyncTarget0,
                               snmp::text_prefix(as_bytes(target), snmp::kAdminStringOctetsMax));
  }
};

RecordFields own_fields(const ResyncRecord::Origin& origin, std::string_view name,
                        snmp::OidView trap_oid) {
  RecordFields fields;
  fields.header.kind = alarm::Kind::kOwn;
  fields.header.received_wall_ns = origin.wall_ns;
  mark(&fields);
  fields.set(Field::kDevice, origin.own_device);
  fields.set(Field::kDeviceName, origin.own_device_name);
  fields.set(Field::kAlarmName, name);
  fields[Field::kTrapOid] = trap_oid.content();
  return fields;
}

void fill_from(const alarm::AlarmState& state, RecordFields* fields) {
  mark(fields);
  fields->header.sequence = state.last_sequence;
  fields->header.repeat_count = state.count;
  fields->extension.first_raised_wall_ns = state.first_wall_ns;
  fields->header.received_wall_ns = state.last_wall_ns;
  fields->set(Field::kRule, state.origin.rule());
  fields->set(Field::kOperator, state.acknowledged_by);
}

}  // namespace

const char* to_text(ResyncResult result) {
  switch (result) {
    case ResyncResult::kNone:
      return "none";
    case ResyncResult::kCompleted:
      return "completed";
    case ResyncResult::kStopped:
      return "stopped";
    case ResyncResult::kFailed:
      return "failed";
  }
  return "failed";
}

ResyncRecord::ResyncRecord(RecordFields fields) {
  words_.resize(alarm::encoded_size(fields) / sizeof(std::uint64_t));
  const MutableBytes room(reinterpret_cast<std::uint8_t*>(words_.data()), words_.size() * 8);
  CHECK(alarm::encode(fields, room) == room.size());
}

ResyncRecord ResyncRecord::start(const Origin& origin, const std::string& target,
                                 std::uint64_t alarms) {
  RecordFields fields = own_fields(origin, kStartName, mib::kTrapdResyncStart);
  const std::string text = "resynchronisation of " + target + " begins: " + std::to_string(alarms) +
                           " active alarms in the list";
  fields.set(Field::kText, text);
  Varbinds varbinds;
  varbinds.active_alarms(alarms);
  varbinds.target(target);
  fields[Field::kVarbinds] = varbinds.writer.done();
  return ResyncRecord(fields);
}

ResyncRecord ResyncRecord::end(const Origin& origin, const std::string& target, ResyncResult result,
                               std::uint64_t alarms) {
  RecordFields fields = own_fields(origin, kEndName, mib::kTrapdResyncEnd);
  const std::string text = "resynchronisation of " + target + " ends: " + to_text(result) + ", " +
                           std::to_string(alarms) + " active alarms in the list";
  fields.set(Field::kText, text);
  Varbinds varbinds;
  varbinds.active_alarms(alarms);
  varbinds.result(result);
  varbinds.target(target);
  fields[Field::kVarbinds] = varbinds.writer.done();
  return ResyncRecord(fields);
}

ResyncRecord ResyncRecord::alarm(const Origin& origin, const alarm::AlarmState& state) {
  const bool own = state.device == origin.own_device;
  RecordFields fields =
      alarm::record_about(state, own ? alarm::Kind::kOwn : alarm::Kind::kNotification);
  fields.header.action = alarm::Action::kRaise;
  fields.header.outcome = alarm::Outcome::kRaise;
  fill_from(state, &fields);
  const auto engine_id = from_hex(state.device);
  if (!own && engine_id && usm::legal_engine_id(*engine_id)) {
    fields[Field::kAuthoritativeEngineId] = *engine_id;
  }
  return ResyncRecord(fields);
}

ResyncRecord ResyncRecord::clear(const Origin& origin, const alarm::AlarmState& state) {
  RecordFields fields = alarm::record_about(state, alarm::Kind::kAutomaticClear);
  fields.header.outcome = alarm::Outcome::kClear;
  fields.header.previous_severity = state.severity;
  fill_from(state, &fields);
  fields.header.received_wall_ns = origin.wall_ns;
  fields.set(Field::kOperator, {});
  return ResyncRecord(fields);
}

const char* resync_text(const alarm::RecordView& record) {
  if (!record.has(alarm::RecordFlag::kResync)) return nullptr;
  const std::string_view name = record.text(Field::kAlarmName);
  if (record.header().alarm_id == 0) return name == kStartName ? "start" : "end";
  return record.header().outcome == alarm::Outcome::kClear ? "clear" : "alarm";
}

}  // namespace trapd::forwarders
