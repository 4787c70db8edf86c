// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/correlator.h"

#include <algorithm>
#include <utility>

#include "trapd/alarm/alarm_table.h"

namespace trapd::alarm {
namespace {

AlarmKey key_of(const RecordView& record) {
  return {record.text(Field::kDevice), record.text(Field::kAlarmName),
          record.text(Field::kResource)};
}

bool acts_on_alarm(Kind kind) {
  switch (kind) {
    case Kind::kAcknowledge:
    case Kind::kManualClear:
    case Kind::kAutomaticClear:
      return true;
    case Kind::kNotification:
    case Kind::kOwn:
    case Kind::kForgetEngine:
      return false;
  }
  return false;
}

/// What both a raise and its repeats bring up to date.
void take_latest(const RecordView& record, AlarmState* state) {
  const RecordHeader& header = record.header();
  state->last_sequence = header.sequence;
  state->last_wall_ns = header.received_wall_ns;
  state->severity = header.severity;
  state->type = header.type;
  state->cause = header.probable_cause;
  state->device_name.assign(record.text(Field::kDeviceName));
  state->text.assign(record.text(Field::kText));
  state->trap_oid.assign(record.text(Field::kTrapOid));
  state->origin.assign(record.text(Field::kSite), record.text(Field::kTenant),
                       record.text(Field::kRule));
  state->source = header.source;
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
    state->acknowledged_wall_ns = 0;
  }
  if (state->count != UINT32_MAX) ++state->count;
  take_latest(record, state);
}

void acknowledge(const RecordView& record, AlarmState* state) {
  state->acknowledged_by.assign(record.text(Field::kOperator));
  state->acknowledged_wall_ns = record.header().received_wall_ns;
  state->last_sequence = record.header().sequence;
}

/// What befalls an alarm that is active; `state` as it was before.
Correlator::Applied applied_to(const AlarmState& state, Outcome outcome) {
  return {outcome, state.id, state.severity, state.count, state.first_wall_ns};
}

Correlator::Applied apply_action(const RecordView& record, AlarmTable* table) {
  const RecordHeader& header = record.header();
  AlarmState* state = table->find(header.alarm_id);
  const bool clears = header.kind != Kind::kAcknowledge;
  if (state == nullptr) return {clears ? Outcome::kClearWithoutRaise : Outcome::kEvent};

  const Correlator::Applied applied =
      applied_to(*state, clears ? Outcome::kClear : Outcome::kEvent);
  if (clears) {
    table->remove(state->id, header.sequence);
  } else {
    table->alter(state, [&](AlarmState& altered) { acknowledge(record, &altered); });
  }
  return applied;
}

Correlator::Applied apply_clear(const RecordView& record, AlarmTable* table) {
  const AlarmState* state = table->find(key_of(record));
  if (state == nullptr) return {Outcome::kClearWithoutRaise};
  const Correlator::Applied applied = applied_to(*state, Outcome::kClear);
  table->remove(state->id, record.header().sequence);
  return applied;
}

Correlator::Applied apply_raise(const RecordView& record, std::size_t alarms_max,
                                AlarmTable* table) {
  AlarmState* state = table->find(key_of(record));
  if (state != nullptr) {
    const bool changed = state->severity != record.header().severity;
    Correlator::Applied applied = applied_to(*state, changed ? Outcome::kChange : Outcome::kRepeat);
    table->alter(state, [&](AlarmState& altered) { raise_again(record, &altered); });
    applied.count = state->count;
    return applied;
  }
  const bool own = record.header().kind == Kind::kOwn;
  if (table->size() >= alarms_max + (own ? Correlator::kOwnAlarmsRoom : 0)) {
    Correlator::Applied applied;
    applied.table_full = true;
    return applied;
  }
  state = table->insert(raised_by(record), false);
  return {Outcome::kRaise, state->id, Severity::kCleared, 1, state->first_wall_ns};
}

/// An older alarm of a key that a checkpoint row holds has been cleared since: its clear is still
/// to come in the replay, or its row would be there too.
void replay_raise(const RecordView& record, AlarmTable* table) {
  const AlarmState* holder = table->find(key_of(record));
  if (holder != nullptr && holder->id >= record.header().sequence) return;
  if (holder != nullptr) table->remove(holder->id, record.header().sequence);
  table->insert(raised_by(record), false);
}

}  // namespace

RecordFields record_about(const AlarmState& state, Kind kind) {
  const bool clears = kind == Kind::kManualClear || kind == Kind::kAutomaticClear;
  RecordFields fields;
  fields.header.kind = kind;
  fields.header.alarm_id = state.id;
  fields.header.severity = clears ? Severity::kCleared : state.severity;
  fields.header.action = clears ? Action::kClear : Action::kEvent;
  fields.header.type = state.type;
  fields.header.probable_cause = state.cause;
  fields.set(Field::kDevice, state.device);
  fields.set(Field::kDeviceName, state.device_name);
  fields.set(Field::kTrapOid, state.trap_oid);
  fields.set(Field::kAlarmName, state.name);
  fields.set(Field::kResource, state.resource);
  fields.set(Field::kText, state.text);
  fields.set(Field::kSite, state.origin.site());
  fields.set(Field::kTenant, state.origin.tenant());
  return fields;
}

Correlator::Correlator(const Options& options)
    : options_(options), table_(std::make_unique<AlarmTable>()) {}
Correlator::~Correlator() = default;

Correlator::Applied Correlator::apply(const RecordView& record) {
  const Applied applied = apply_to_list(record);
  if (applied.alarm_id != 0) note_change(record.header().received_wall_ns);
  return applied;
}

void Correlator::note_change(std::int64_t wall_ns) {
  changed_wall_ns_ = std::max(changed_wall_ns_, wall_ns);
}

Correlator::Applied Correlator::apply_to_list(const RecordView& record) {
  const RecordHeader& header = record.header();
  if (acts_on_alarm(header.kind)) return apply_action(record, table_.get());
  switch (header.action) {
    case Action::kEvent:
      return {};
    case Action::kRaise:
      // "Raised as cleared" can only mean a clear.
      if (header.severity == Severity::kCleared) return apply_clear(record, table_.get());
      return apply_raise(record, options_.alarms_max, table_.get());
    case Action::kClear:
      return apply_clear(record, table_.get());
  }
  return {};
}

void Correlator::replay(const RecordView& record) {
  const RecordHeader& header = record.header();
  AlarmState* state = table_->find(header.alarm_id);
  if (header.alarm_id != 0) note_change(header.received_wall_ns);
  const bool known = state != nullptr && state->last_sequence >= header.sequence;
  if (known) return;
  switch (header.outcome) {
    case Outcome::kRaise:
      if (state == nullptr) replay_raise(record, table_.get());
      return;
    case Outcome::kRepeat:
    case Outcome::kChange:
      if (state == nullptr) return;
      table_->alter(state, [&](AlarmState& altered) { raise_again(record, &altered); });
      return;
    case Outcome::kClear:
      if (state != nullptr) table_->remove(state->id, header.sequence);
      return;
    case Outcome::kEvent:
      if (state == nullptr || header.kind != Kind::kAcknowledge) return;
      table_->alter(state, [&](AlarmState& altered) { acknowledge(record, &altered); });
      return;
    case Outcome::kClearWithoutRaise:
      return;
  }
}

void Correlator::restore(AlarmState state) {
  if (table_->find(state.id) != nullptr) return;
  note_change(state.last_wall_ns);
  table_->insert(std::move(state), true);
}

std::optional<std::uint64_t> Correlator::oldest_dirty() const {
  const std::uint64_t sequence = table_->oldest_dirty();
  if (sequence == 0) return std::nullopt;
  return sequence;
}

void Correlator::take_dirty(
    std::size_t n, const std::function<void(std::uint64_t id, const AlarmState* state)>& row) {
  table_->take_dirty(n, row);
}

std::size_t Correlator::size() const { return table_->size(); }

std::uint32_t Correlator::count(Severity severity, EventType type) const {
  return table_->count(severity, type);
}

const AlarmState* Correlator::find(std::uint64_t alarm_id) const { return table_->find(alarm_id); }

Correlator::Row Correlator::row_from(std::uint32_t from) const {
  const AlarmState* const state = table_->first_from(&from);
  return {from, state};
}

void Correlator::for_each(const std::function<void(const AlarmState&)>& visit) const {
  table_->for_each(visit);
}

std::vector<std::uint64_t> Correlator::alarms_of(std::string_view device) const {
  return table_->alarms_of(device);
}

}  // namespace trapd::alarm
