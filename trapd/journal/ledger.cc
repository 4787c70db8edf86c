// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/ledger.h"

#include <utility>

#include "trapd/base/check.h"
#include "trapd/base/thread.h"
#include "trapd/journal/ledger_state.h"

namespace trapd::journal {

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::~Ledger() { stop(); }

Result<std::unique_ptr<Ledger>> Ledger::open(const Options& options, Store& store,
                                             const Clock& clock) {
  auto state = std::make_unique<State>(options, store, clock);
  if (Status opened = state->book.open(store); !opened) {
    return Unexpected<Error>(std::move(opened.error()));
  }
  if (Status loaded = state->cursors.load(store); !loaded) {
    return Unexpected<Error>(std::move(loaded.error()));
  }
  state->committed = store.usage().newest_sequence;
  const std::string own_device = to_hex(options.own_engine_id);
  const char* const full = alarm::row(alarm::OwnCondition::kAlarmTableFull).name;
  state->alarm_table_was_full = state->book.alarms().find(own_device, full, "") != nullptr;
  return std::unique_ptr<Ledger>(new Ledger(std::move(state)));
}

void Ledger::for_each_engine(
    const std::function<void(ByteView engine_id, const EngineRow&)>& row) const {
  const std::lock_guard hold(state_->book_mutex);
  state_->book.engines().for_each(row);
}

void Ledger::start(const std::vector<Source>& sources) {
  CHECK(!state_->thread.joinable());
  for (const Source& source : sources) state_->workers.push_back({source, {}});
  state_->operators.open();
  state_->thread = start_thread("ledger", [state = state_.get()] { state->run(); });
}

const Wakeup& Ledger::wakeup() const { return state_->wakeup; }

void Ledger::stop() {
  if (!state_->thread.joinable()) return;
  state_->stopping.store(true, std::memory_order_release);
  state_->wakeup.notify();
  state_->thread.join();
}

void Ledger::set_correlation(const alarm::Correlation& correlation) {
  const std::lock_guard hold(state_->book_mutex);
  state_->book.set_correlation(correlation);
}

std::uint64_t Ledger::committed() const {
  return state_->committed.load(std::memory_order_acquire);
}
void Ledger::on_commit(std::function<void(std::uint64_t newest_sequence)> callback) {
  state_->on_commit = std::move(callback);
}
void Ledger::on_loss(
    std::function<void(const std::string& destination, std::uint64_t records)> callback) {
  state_->on_loss = std::move(callback);
}
void Ledger::tell_former_losses() {
  for (const Loss& loss : state_->cursors.take_untold_losses()) state_->tell_loss(loss);
}
const LedgerCounters& Ledger::counters() const { return state_->counters; }

std::string Ledger::commit_error() const {
  return state_->commit_error.with([](const std::string& text) { return text; });
}

std::vector<alarm::AlarmState> Ledger::alarms_of(const std::string& device) const {
  const std::lock_guard hold(state_->book_mutex);
  const alarm::Correlator& list = std::as_const(state_->book).alarms();
  std::vector<alarm::AlarmState> alarms;
  for (const std::uint64_t id : list.alarms_of(device)) {
    if (const alarm::AlarmState* state = list.find(id)) alarms.push_back(*state);
  }
  return alarms;
}

std::vector<alarm::AlarmState> Ledger::alarms() const {
  const std::lock_guard hold(state_->book_mutex);
  std::vector<alarm::AlarmState> alarms;
  alarms.reserve(std::as_const(state_->book).alarms().size());
  std::as_const(state_->book).alarms().for_each([&](const alarm::AlarmState& state) {
    alarms.push_back(state);
  });
  return alarms;
}

void Ledger::look_at_devices(const std::function<void(alarm::DeviceTable&)>& look) {
  const std::lock_guard hold(state_->book_mutex);
  look(state_->book.devices());
}

std::vector<ReplayNotice> Ledger::take_replays() {
  const std::lock_guard hold(state_->book_mutex);
  return state_->book.take_replays();
}

std::vector<Ledger::AlarmRow> Ledger::alarm_rows(std::uint32_t from, std::size_t rows_max) const {
  std::vector<AlarmRow> rows;
  const std::lock_guard hold(state_->book_mutex);
  const alarm::Correlator& list = std::as_const(state_->book).alarms();
  while (rows.size() < rows_max) {
    const alarm::Correlator::Row row = list.row_from(from);
    if (row.state == nullptr) break;
    rows.push_back({row.number, *row.state});
    from = row.number + 1;
  }
  return rows;
}

std::uint64_t Ledger::alarms_active() const {
  const std::lock_guard hold(state_->book_mutex);
  return std::as_const(state_->book).alarms().size();
}

std::int64_t Ledger::alarms_changed_wall_ns() const {
  const std::lock_guard hold(state_->book_mutex);
  return std::as_const(state_->book).alarms().changed_wall_ns();
}

std::uint32_t Ledger::alarm_count(alarm::Severity severity, alarm::EventType type) const {
  const std::lock_guard hold(state_->book_mutex);
  return std::as_const(state_->book).alarms().count(severity, type);
}

bool Ledger::raise_as(alarm::OwnCondition condition, alarm::Severity severity, std::string resource,
                      std::string text) {
  return state_->put_report(
      {condition, true, std::move(resource), std::move(text), state_->clock.wall_ns(), severity});
}

bool Ledger::clear(alarm::OwnCondition condition, std::string resource, std::string text) {
  return state_->put_report(
      {condition, false, std::move(resource), std::move(text), state_->clock.wall_ns()});
}

bool Ledger::State::put_report(OwnReport report) {
  const OwnReports::Fate fate = reports.put(std::move(report), clock.monotonic_ns());
  if (fate == OwnReports::Fate::kWaits) wakeup.notify();
  return fate != OwnReports::Fate::kLeftOut;
}

Status Ledger::act(OperatorAction action) {
  std::future<Status> done = state_->operators.put(std::move(action));
  state_->wakeup.notify();
  return done.get();
}

Status Ledger::acknowledge(std::uint64_t alarm_id, const std::string& who, const std::string& why) {
  return act({.kind = alarm::Kind::kAcknowledge,
              .alarm_id = alarm_id,
              .engine_id = {},
              .who = who,
              .why = why});
}

Status Ledger::clear_alarm(std::uint64_t alarm_id, const std::string& who, const std::string& why) {
  return act({.kind = alarm::Kind::kManualClear,
              .alarm_id = alarm_id,
              .engine_id = {},
              .who = who,
              .why = why});
}

Status Ledger::forget_engine(const std::vector<std::uint8_t>& engine_id, const std::string& who) {
  state_->engine_notes.with(
      [&](auto& notes) { notes.erase(std::string(as_text(ByteView(engine_id)))); });
  return act({.kind = alarm::Kind::kForgetEngine,
              .alarm_id = 0,
              .engine_id = engine_id,
              .who = who,
              .why = {}});
}

void Ledger::note_engine(ByteView engine_id, const EngineRow& row) {
  state_->engine_notes.with(
      [&](auto& notes) { notes.insert_or_assign(std::string(as_text(engine_id)), row); });
}

std::uint64_t Ledger::cursor(const std::string& destination) const {
  return state_->cursors.get(destination);
}
bool Ledger::has_cursor(const std::string& destination) const {
  return state_->cursors.has(destination);
}
std::vector<std::pair<std::string, std::uint64_t>> Ledger::cursors() const {
  return state_->cursors.all();
}

}  // namespace trapd::journal
