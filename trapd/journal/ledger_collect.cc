// SPDX-License-Identifier: Apache-2.0
// From the workers' rings and the queues into the batch.
#include <utility>

#include "trapd/base/check.h"
#include "trapd/journal/ledger_state.h"
#include "trapd/journal/records_ahead.h"
#include "trapd/journal/ring_item.h"

namespace trapd::journal {

namespace {
/// Records taken from one worker before the next one's turn.
constexpr std::size_t kTakenInARow = 256;
/// Timeouts in one turn.
constexpr std::size_t kDueInARow = 1024;
}  // namespace

void Ledger::State::collect() {
  const std::lock_guard hold(book_mutex);
  const bool was_empty = !has_batch();
  follow();
  if (std::exchange(due_waits, false)) collect_due();
  if (!batch_is_full()) {
    collect_engine_notes();
    collect_operators();
    collect_reports();
  }
  for (bool found = true; found && !batch_is_full();) {
    found = false;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      Worker& worker = workers[(first_worker + i) % workers.size()];
      // A worker that does not take its answers back gets no further work done meanwhile; at the
      // end nobody takes them.
      const bool blocked = worker.answers.waits_for_room() && !stopping;
      if (blocked || worker.source.records->empty()) continue;
      drain(&worker);
      found = true;
    }
    if (!workers.empty()) first_worker = (first_worker + 1) % workers.size();
  }
  // Behind what waited: a repeat that is here already has come in time.
  if (!batch_is_full()) {
    collect_due();
  } else {
    due_waits = book.may_be_due();
  }
  watch_alarm_table();
  if (was_empty && has_batch()) batch_began = std::chrono::steady_clock::now();
}

void Ledger::State::drain(Worker* worker) {
  SpscRing& ring = *worker->source.records;
  const std::int64_t now_ns = clock.monotonic_ns();
  RecordsAhead ahead;
  for (std::size_t n = 0; n < kTakenInARow && !batch_is_full(); ++n) {
    const ByteView item = ring.front();
    if (item.empty()) break;
    if (ahead.empty()) book.prefetch(ahead.look(ring));
    take_item(item, ahead.take(), now_ns, &worker->answers);
    ring.pop_later();
    follow();
  }
  ring.release();
}

void Ledger::State::follow() {
  while (book.has_following() && !batch_is_full()) book.make_following();
}

/// A slice: what comes from devices waits for no more than that.
void Ledger::State::collect_due() {
  for (std::size_t n = 0; n < kDueInARow && !batch_is_full() && book.make_due(); ++n) follow();
  follow();
}

void Ledger::State::take_item(ByteView item, const alarm::RecordView& record,
                              std::int64_t monotonic_ns, AnswerQueue* answers) {
  const auto header = load_le<RingItemHeader>(item.data());
  if (header.heard_only != 0) return book.hear(record);
  book.take(record, monotonic_ns);
  if (header.answer_octets == 0) return;
  answers->add(item.subspan(sizeof header + header.record_octets));
  answer_octets += header.answer_octets;
}

void Ledger::State::collect_operators() {
  for (PendingAction& pending : operators.take()) {
    if (Status made = book.act(pending.action); !made) {
      pending.done.set_value(std::move(made));
    } else {
      waiting_operators.push_back(std::move(pending.done));
      follow();
    }
  }
}

void Ledger::State::collect_engine_notes() {
  const auto taken = engine_notes.with([](auto& notes) { return std::exchange(notes, {}); });
  for (const auto& [engine_id, row] : taken) book.engines().note_clock(engine_id, row);
}

void Ledger::State::collect_reports() {
  if (taken_reports.empty()) reports.take(&taken_reports);
  auto next = taken_reports.begin();
  for (; next != taken_reports.end() && !batch_is_full(); ++next) book.report(*next);
  taken_reports.erase(taken_reports.begin(), next);
  follow();
  counters.own_left_out.set(reports.left_out());
  counters.duplicates_left_early.set(book.hashes_left_early());
  counters.informs_known_ns.set(static_cast<std::uint64_t>(book.informs_known_ns()));
  counters.traps_known_ns.set(static_cast<std::uint64_t>(book.traps_known_ns()));
}

/// Raised by a device's alarm that found no room, ended when a tenth is free again.
void Ledger::State::watch_alarm_table() {
  const auto report = [&](bool raised, std::string text) {
    reports.put(
        {alarm::OwnCondition::kAlarmTableFull, raised, "", std::move(text), clock.wall_ns()},
        clock.monotonic_ns());
  };
  const std::uint64_t refused = book.tally().alarm_table_full - book.tally().device_full;
  if (refused > 0 && !alarm_table_was_full) {
    alarm_table_was_full = true;
    report(true, "limits.alarms (" + std::to_string(options.alarms_max) +
                     ") is reached: further alarms are kept as events");
  } else if (alarm_table_was_full && refused == 0 &&
             book.alarms().size() - book.alarms().own_size() <
                 options.alarms_max - options.alarms_max / 10) {
    alarm_table_was_full = false;
    report(false, "the list of alarms has room again");
  }
}

}  // namespace trapd::journal
