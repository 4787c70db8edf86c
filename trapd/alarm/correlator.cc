// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/correlator.h"

#include <algorithm>
#include <array>
#include <utility>

#include "trapd/alarm/alarm_change.h"
#include "trapd/alarm/alarm_table.h"
#include "trapd/alarm/own_condition.h"
#include "trapd/base/clock.h"

namespace trapd::alarm {
namespace {

bool acts_on_alarm(Kind kind) {
  switch (kind) {
    case Kind::kAcknowledge:
    case Kind::kManualClear:
    case Kind::kAutomaticClear:
    case Kind::kSettled:
      return true;
    case Kind::kNotification:
    case Kind::kOwn:
    case Kind::kForgetEngine:
      return false;
  }
  return false;
}

/// What befalls an alarm that is active; `state` as it was before.
Correlator::Applied applied_to(const AlarmState& state, Outcome outcome) {
  Correlator::Applied applied;
  applied.outcome = outcome;
  applied.alarm_id = state.id;
  applied.previous = state.severity;
  applied.count = state.count;
  applied.first_wall_ns = state.first_wall_ns;
  applied.flap_changes = state.flap.changes;
  return applied;
}

Correlator::Applied only(Outcome outcome) {
  Correlator::Applied applied;
  applied.outcome = outcome;
  return applied;
}

Correlator::Applied removed(const AlarmState& state, std::uint64_t sequence, AlarmTable* table) {
  Correlator::Applied applied = applied_to(state, Outcome::kClear);
  applied.ended_to_flap = state.flaps();
  applied.flap_changes = 0;
  if (state.flaps()) applied.previous = state.flap.told;  // nobody knows of another
  table->remove(state.id, sequence);
  return applied;
}

/// An older alarm of a key that a checkpoint row holds has been cleared since: its clear is still
/// to come in the replay, or its row would be there too.
void replay_raise(const RecordView& record, AlarmTable* table) {
  const AlarmState* holder = table->find(key_of(record));
  if (holder != nullptr && holder->id >= record.header().sequence) return;
  if (holder != nullptr) table->remove(holder->id, record.header().sequence);
  AlarmState raised = raised_by(record);
  const std::uint32_t changes = record.extension().flap_changes;
  if (changes != 0) begin_flapping(record, changes, &raised);
  table->insert(std::move(raised), false);
}

}  // namespace

bool AlarmState::is_own() const {
  // Rows of an older trapd have no source, whoever sent the alarm.
  return source == Endpoint{} && own_condition(name).has_value();
}

RecordFields record_about(const AlarmState& state, Kind kind) {
  const bool clears = kind == Kind::kManualClear || kind == Kind::kAutomaticClear;
  RecordFields fields;
  fields.header.kind = kind;
  fields.header.alarm_id = state.id;
  fields.header.severity = clears ? Severity::kCleared : state.severity;
  fields.header.action = clears ? Action::kClear : Action::kEvent;
  fields.header.type = state.type;
  fields.header.probable_cause = state.cause;
  // A destination that selects by address is told the end of what it was told the beginning of.
  fields.header.source = state.source;
  fields.set(Field::kDevice, state.device);
  fields.set(Field::kDeviceName, state.device_name);
  fields.set(Field::kTrapOid, state.trap_oid);
  fields.set(Field::kAlarmName, state.name);
  fields.set(Field::kResource, state.resource);
  fields.set(Field::kText, state.text);
  fields.set(Field::kSite, state.origin.site());
  fields.set(Field::kTenant, state.origin.tenant());
  fields.set(Field::kLabels, state.labels);
  return fields;
}

Correlator::Correlator(const Options& options)
    : options_(options), table_(std::make_unique<AlarmTable>()) {}
Correlator::~Correlator() = default;

// --- new records ---

Correlator::Applied Correlator::apply(const RecordView& record, std::int64_t monotonic_ns) {
  const Applied applied = apply_to_list(record, monotonic_ns);
  if (applied.alarm_id != 0) note_change(record.header().received_wall_ns);
  return applied;
}

void Correlator::prefetch(std::span<const RecordView> records) const {
  std::array<std::uint32_t, 16> rows;
  for (; !records.empty(); records = records.subspan(std::min(records.size(), rows.size()))) {
    const std::size_t count = std::min(records.size(), rows.size());
    for (std::size_t i = 0; i < count; ++i) rows[i] = table_->prefetch(key_of(records[i]));
    for (std::size_t i = 0; i < count; ++i) table_->prefetch_texts(rows[i]);
  }
}

void Correlator::note_change(std::int64_t wall_ns) {
  changed_wall_ns_ = std::max(changed_wall_ns_, wall_ns);
}

Correlator::Applied Correlator::apply_to_list(const RecordView& record, std::int64_t monotonic_ns) {
  const RecordHeader& header = record.header();
  Applied applied;
  if (acts_on_alarm(header.kind)) {
    applied = apply_action(record, monotonic_ns);
  } else if (is_clear(header)) {
    applied = apply_clear(record, monotonic_ns);
  } else if (header.action == Action::kRaise) {
    applied = apply_raise(record, monotonic_ns);
  }
  if (record.has(RecordFlag::kMarksDevice)) mark_device(record);
  return applied;
}

Correlator::Applied Correlator::apply_action(const RecordView& record, std::int64_t monotonic_ns) {
  const RecordHeader& header = record.header();
  AlarmState* state = table_->find(header.alarm_id);
  const bool clears = header.kind == Kind::kManualClear || header.kind == Kind::kAutomaticClear;
  if (state == nullptr) return only(clears ? Outcome::kClearWithoutRaise : Outcome::kEvent);
  if (clears) return removed(*state, header.sequence, table_.get());

  if (header.kind == Kind::kAcknowledge) {
    const Applied applied = applied_to(*state, Outcome::kEvent);
    table_->alter(state, [&](AlarmState& altered) { acknowledge(record, &altered); });
    return applied;
  }
  Applied applied = applied_to(*state, Outcome::kChange);
  applied.previous = state->flaps() ? state->flap.told : state->severity;
  applied.ended_to_flap = state->flaps();
  applied.flap_changes = 0;
  table_->alter(state, [&](AlarmState& altered) { settle(record, &altered); });
  set_due(*state, true, monotonic_ns);
  return applied;
}

Correlator::Applied Correlator::apply_clear(const RecordView& record, std::int64_t monotonic_ns) {
  AlarmState* state = table_->find(key_of(record));
  if (state == nullptr) return only(Outcome::kClearWithoutRaise);
  if (state->flaps()) {
    const bool change = alters(record.header(), *state);
    return held(record, state->flap.changes + (change ? 1 : 0), monotonic_ns, state);
  }
  if (counts_changes(record.header())) {
    if (const std::uint32_t changes = flap_changes(record, *state)) {
      return held(record, changes, monotonic_ns, state);
    }
  }
  return removed(*state, record.header().sequence, table_.get());
}

/// A clear or another severity of an alarm that is active: how many changes, when they are enough
/// to flap; else 0.
std::uint32_t Correlator::flap_changes(const RecordView& record, const AlarmState& state) {
  const std::uint64_t key = hash_of(key_of(record));
  const std::uint32_t changes = windows_.changed(key, record.header().received_wall_ns,
                                                 state.first_wall_ns, options_.flapping->within_ns);
  if (changes < options_.flapping->changes) return 0;
  windows_.forget(key);
  return changes;
}

Correlator::Applied Correlator::apply_raise(const RecordView& record, std::int64_t monotonic_ns) {
  AlarmState* state = table_->find(key_of(record));
  if (state == nullptr) return apply_first_raise(record, monotonic_ns);
  const bool change = alters(record.header(), *state);
  if (state->flaps() && change) {
    return held(record, state->flap.changes + 1, monotonic_ns, state);
  }
  if (change && counts_changes(record.header())) {
    if (const std::uint32_t changes = flap_changes(record, *state)) {
      return held(record, changes, monotonic_ns, state);
    }
  }
  Applied applied = applied_to(*state, change ? Outcome::kChange : Outcome::kRepeat);
  const bool was_timed = state->timeout_s != 0;
  table_->alter(state, [&](AlarmState& altered) { raise_again(record, &altered); });
  // Who flaps is quiet while nothing changes.
  if (!state->flaps()) set_due(*state, was_timed, monotonic_ns);
  applied.count = state->count;
  return applied;
}

Correlator::Applied Correlator::apply_first_raise(const RecordView& record,
                                                  std::int64_t monotonic_ns) {
  const RecordHeader& header = record.header();
  const bool own = header.kind == Kind::kOwn;
  const bool full = own ? table_->size() >= options_.alarms_max + kOwnAlarmsRoom
                        : table_->size() - table_->own_size() >= options_.alarms_max;
  if (full) {
    Applied applied;
    applied.table_full = true;
    return applied;
  }
  if (!own && count_of(record.text(Field::kDevice)) >= device_alarms_max()) {
    Applied applied;
    applied.table_full = applied.device_full = true;
    return applied;
  }
  AlarmState raised = raised_by(record);
  if (counts_changes(header)) {
    const std::uint64_t key = hash_of(key_of(record));
    const std::uint32_t changes =
        windows_.raised(key, header.received_wall_ns, options_.flapping->within_ns);
    if (changes >= options_.flapping->changes) {
      windows_.forget(key);
      begin_flapping(record, changes, &raised);
    }
  }
  const AlarmState* state = table_->insert(std::move(raised), false);
  set_due(*state, false, monotonic_ns);
  Applied applied = applied_to(*state, Outcome::kRaise);
  applied.previous = Severity::kCleared;
  applied.began_to_flap = state->flaps();
  return applied;
}

Correlator::Applied Correlator::held(const RecordView& record, std::uint32_t changes,
                                     std::int64_t monotonic_ns, AlarmState* state) {
  Applied applied = applied_to(*state, Outcome::kHeld);
  applied.began_to_flap = !state->flaps();
  const bool quiet = state->flap.changes == changes;
  table_->alter(state, [&](AlarmState& altered) { hold(record, changes, &altered); });
  if (!quiet) set_due(*state, true, monotonic_ns);
  applied.count = state->count;
  applied.flap_changes = changes;
  return applied;
}

/// trapd's own alarms have their own way of keeping quiet.
bool Correlator::counts_changes(const RecordHeader& header) const {
  return options_.flapping && header.kind == Kind::kNotification;
}

bool Correlator::would_change(const RecordView& record) const {
  const RecordHeader& header = record.header();
  const std::string_view device = record.text(Field::kDevice);
  if (record.has(RecordFlag::kClearsDevice) && table_->has_any(device)) return true;
  if (record.has(RecordFlag::kMarksDevice) && table_->sure_of(device) > 0) return true;
  if (header.action == Action::kEvent) return false;
  const AlarmState* state = table_->find(key_of(record));
  if (state == nullptr) return !is_clear(header);
  return alters(header, *state) || (state->unsure && !is_clear(header));
}

void Correlator::heard(const RecordView& record, std::int64_t monotonic_ns) {
  if (record.header().action != Action::kRaise || is_clear(record.header())) return;
  const AlarmState* state = table_->find(key_of(record));
  if (state == nullptr || state->flaps()) return;
  set_due(*state, false, monotonic_ns);
}

void Correlator::mark_device(const RecordView& record) {
  if (table_->sure_of(record.text(Field::kDevice)) == 0) return;
  for (const std::uint64_t id : table_->alarms_of(record.text(Field::kDevice))) {
    AlarmState* state = table_->find(id);
    // What the restart itself raised is sure; so is what a checkpoint row knows of later records.
    if (state->unsure || state->last_sequence >= record.header().sequence) continue;
    table_->alter(state, [&](AlarmState& altered) { mark_unsure(record, &altered); });
  }
}

// --- what is due ---

/// How long it may be quiet; 0 = for ever.
std::int64_t Correlator::patience_ns(const AlarmState& state) const {
  // Flapping that was switched off ends at once.
  if (state.flaps()) return options_.flapping ? options_.flapping->hold_ns : 1;
  return std::int64_t{state.timeout_s} * kNsPerSecond;
}

void Correlator::set_due(const AlarmState& state, bool was_timed, std::int64_t monotonic_ns) {
  const std::int64_t patience = patience_ns(state);
  if (patience != 0) {
    table_->set_due(state, monotonic_ns + patience);
  } else if (was_timed) {
    table_->set_due(state, 0);
  }
}

bool Correlator::may_be_due(std::int64_t monotonic_ns) const {
  return table_->may_be_due(monotonic_ns);
}

const AlarmState* Correlator::take_due(std::int64_t monotonic_ns) {
  return table_->take_due(monotonic_ns);
}

void Correlator::resume(std::int64_t monotonic_ns, std::int64_t wall_ns) {
  table_->for_each([&](const AlarmState& state) {
    const std::int64_t patience = patience_ns(state);
    if (patience == 0) return;
    const std::int64_t since = state.flaps() ? state.flap.last_wall_ns : state.last_wall_ns;
    const std::int64_t rest =
        std::clamp(since + patience - wall_ns, std::min(patience, kGraceNs), patience);
    table_->set_due(state, monotonic_ns + rest);
  });
}

// --- at start ---

void Correlator::replay(const RecordView& record) {
  replay_alarm(record);
  if (record.has(RecordFlag::kMarksDevice)) mark_device(record);
}

void Correlator::replay_alarm(const RecordView& record) {
  const RecordHeader& header = record.header();
  AlarmState* state = table_->find(header.alarm_id);
  if (header.alarm_id != 0) note_change(header.received_wall_ns);
  const bool known = state != nullptr && state->last_sequence >= header.sequence;
  if (known) return;
  if (header.outcome == Outcome::kRaise && state == nullptr) {
    return replay_raise(record, table_.get());
  }
  if (state == nullptr) return;
  const auto alter = [&](auto&& change) { table_->alter(state, change); };
  switch (header.outcome) {
    case Outcome::kRepeat:
    case Outcome::kChange:
      if (header.kind == Kind::kSettled) {
        return alter([&](AlarmState& altered) { settle(record, &altered); });
      }
      return alter([&](AlarmState& altered) { raise_again(record, &altered); });
    case Outcome::kHeld:
      return alter(
          [&](AlarmState& altered) { hold(record, record.extension().flap_changes, &altered); });
    case Outcome::kClear:
      return table_->remove(state->id, header.sequence);
    case Outcome::kEvent:
      if (header.kind != Kind::kAcknowledge) return;
      return alter([&](AlarmState& altered) { acknowledge(record, &altered); });
    case Outcome::kRaise:
    case Outcome::kClearWithoutRaise:
      return;
  }
}

void Correlator::restore(AlarmState state) {
  if (table_->find(state.id) != nullptr) return;
  note_change(state.last_wall_ns);
  table_->insert(std::move(state), true);
}

void Correlator::note_tail(const RecordView& record) {
  const RecordHeader& header = record.header();
  if (!counts_changes(header)) return;
  const std::uint64_t key = hash_of(key_of(record));
  const std::int64_t within_ns = options_.flapping->within_ns;
  if (header.outcome == Outcome::kRaise) {
    windows_.raised(key, header.received_wall_ns, within_ns);
  } else if (header.outcome == Outcome::kClear || header.outcome == Outcome::kChange) {
    windows_.changed(key, header.received_wall_ns, record.extension().first_raised_wall_ns,
                     within_ns);
  }
  if (record.extension().flap_changes != 0) windows_.forget(key);
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

std::size_t Correlator::device_alarms_max() const {
  return std::max(kDeviceAlarmsMin, options_.alarms_max / 10);
}

std::size_t Correlator::count_of(std::string_view device) const { return table_->count_of(device); }

std::size_t Correlator::size() const { return table_->size(); }
std::size_t Correlator::own_size() const { return table_->own_size(); }

std::uint32_t Correlator::count(Severity severity, EventType type) const {
  return table_->count(severity, type);
}

const AlarmState* Correlator::find(std::uint64_t alarm_id) const { return table_->find(alarm_id); }

Correlator::Row Correlator::row_from(std::uint32_t from) const {
  const AlarmState* const state = table_->first_from(&from);
  return {from, state};
}

const AlarmState* Correlator::find(std::string_view device, std::string_view name,
                                   std::string_view resource) const {
  return table_->find(AlarmKey{device, name, resource});
}

void Correlator::for_each(const std::function<void(const AlarmState&)>& visit) const {
  table_->for_each(visit);
}

std::vector<std::uint64_t> Correlator::alarms_of(std::string_view device) const {
  return table_->alarms_of(device);
}

}  // namespace trapd::alarm
