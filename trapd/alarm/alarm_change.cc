// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/alarm_change.h"

namespace trapd::alarm {
namespace {

/// A repeat mostly says the same again.
void take(std::string_view text, std::string* to) {
  if (!same_text(text, *to)) to->assign(text);
}

/// What both a raise and its repeats bring up to date.
void take_latest(const RecordView& record, AlarmState* state) {
  const RecordHeader& header = record.header();
  state->last_sequence = header.sequence;
  state->last_wall_ns = header.received_wall_ns;
  state->severity = header.severity;
  state->type = header.type;
  state->cause = header.probable_cause;
  state->timeout_s = record.extension().timeout_s;
  state->unsure = false;
  take(record.text(Field::kDeviceName), &state->device_name);
  state->origin.assign(record.text(Field::kSite), record.text(Field::kTenant),
                       record.text(Field::kRule));
  state->source = header.source;
  take(record.text(Field::kText), &state->text);
  state->labels.assign(record.text(Field::kLabels));
  take(record.text(Field::kTrapOid), &state->trap_oid);
}

}  // namespace

AlarmKey key_of(const RecordView& record) {
  return {record.text(Field::kDevice), record.text(Field::kAlarmName),
          record.text(Field::kResource), record.device_hash()};
}

bool is_clear(const RecordHeader& header) {
  return header.action == Action::kClear ||
         (header.action == Action::kRaise && header.severity == Severity::kCleared);
}

AlarmState raised_by(const RecordView& record) {
  AlarmState state;
  state.id = record.header().sequence;
  state.first_wall_ns = record.header().received_wall_ns;
  state.count = 1;
  state.device.assign(record.text(Field::kDevice));
  state.name.assign(record.text(Field::kAlarmName));
  state.resource.assign(record.text(Field::kResource));
  take_latest(record, &state);
  return state;
}

void raise_again(const RecordView& record, AlarmState* state) {
  // 3GPP 32.111-2: an alarm that got better or worse has not been seen by anybody yet.
  if (state->severity != record.header().severity) {
    state->acknowledged_by.clear();
    state->acknowledged_why.clear();
    state->acknowledged_wall_ns = 0;
  }
  if (state->count != UINT32_MAX) ++state->count;
  take_latest(record, state);
}

void acknowledge(const RecordView& record, AlarmState* state) {
  state->acknowledged_by.assign(record.text(Field::kOperator));
  state->acknowledged_why.assign(record.text(Field::kReason));
  state->acknowledged_wall_ns = record.header().received_wall_ns;
  state->last_sequence = record.header().sequence;
}

void begin_flapping(const RecordView& record, std::uint32_t changes, AlarmState* state) {
  state->flap = {changes, false, state->severity, record.header().received_wall_ns};
}

void hold(const RecordView& record, std::uint32_t changes, AlarmState* state) {
  if (!state->flaps()) begin_flapping(record, changes, state);
  if (state->flap.changes != changes) state->flap.last_wall_ns = record.header().received_wall_ns;
  state->flap.changes = changes;
  state->flap.cleared = is_clear(record.header());
  if (!state->flap.cleared) return raise_again(record, state);
  state->last_sequence = record.header().sequence;
  state->last_wall_ns = record.header().received_wall_ns;
}

void settle(const RecordView& record, AlarmState* state) {
  state->flap = {};
  state->last_sequence = record.header().sequence;
}

void mark_unsure(const RecordView& record, AlarmState* state) {
  state->unsure = true;
  state->last_sequence = record.header().sequence;
}

bool alters(const RecordHeader& header, const AlarmState& state) {
  if (is_clear(header)) return !state.flap.cleared;
  return state.flap.cleared || state.severity != header.severity;
}

}  // namespace trapd::alarm
