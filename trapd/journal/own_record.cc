// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/own_record.h"

#include "trapd/base/check.h"

namespace trapd::journal {

namespace {

using alarm::Field;
using alarm::RecordFields;

void encode_into(const RecordFields& fields, std::vector<std::uint8_t>* out) {
  out->resize(alarm::encoded_size(fields));
  CHECK(alarm::encode(fields, *out) == out->size());  // no varbinds: never beyond the bound
}

}  // namespace

void encode_own_condition(const OwnReport& report, const OwnIdentity& identity,
                          std::uint32_t sys_up_time, std::vector<std::uint8_t>* out) {
  const alarm::OwnConditionRow& row = alarm::row(report.condition);
  const snmp::Oid trap_oid = identity.trap_prefix.child(row.number);
  RecordFields fields;
  fields.header.kind = alarm::Kind::kOwn;
  fields.header.severity =
      report.raised ? report.severity.value_or(row.severity) : alarm::Severity::kCleared;
  fields.header.type = row.type;
  fields.header.probable_cause = row.cause;
  fields.header.action = !row.stateful   ? alarm::Action::kEvent
                         : report.raised ? alarm::Action::kRaise
                                         : alarm::Action::kClear;
  fields.header.received_wall_ns = report.wall_ns;
  fields.header.sys_up_time = sys_up_time;
  fields[Field::kAuthoritativeEngineId] = identity.engine_id;
  fields[Field::kContextEngineId] = identity.engine_id;
  fields.set(Field::kDevice, identity.device);
  fields.set(Field::kDeviceName, identity.device_name);
  fields[Field::kTrapOid] = trap_oid.view().content();
  fields.set(Field::kAlarmName, row.name);
  fields.set(Field::kResource, report.resource);
  fields.set(Field::kText, report.text);
  fields.set(Field::kLabels, report.labels);
  encode_into(fields, out);
}

void encode_about_alarm(const alarm::AlarmState& state, alarm::Kind kind, std::string_view who,
                        std::string_view why, std::int64_t wall_ns,
                        std::vector<std::uint8_t>* out) {
  RecordFields fields = alarm::record_about(state, kind);
  fields.header.received_wall_ns = wall_ns;
  fields.set(Field::kOperator, who);
  if (!why.empty()) fields.set(Field::kText, why);
  if (!who.empty()) fields.set(Field::kReason, why);
  encode_into(fields, out);
}

void encode_forget_engine(ByteView engine_id, std::string_view who, std::int64_t wall_ns,
                          std::vector<std::uint8_t>* out) {
  const std::string device = to_hex(engine_id);
  RecordFields fields;
  fields.header.kind = alarm::Kind::kForgetEngine;
  fields.header.received_wall_ns = wall_ns;
  fields[Field::kAuthoritativeEngineId] = engine_id;
  fields.set(Field::kDevice, device);
  fields.set(Field::kText, "boots and time of the engine are forgotten");
  fields.set(Field::kOperator, who);
  encode_into(fields, out);
}

}  // namespace trapd::journal
