// SPDX-License-Identifier: Apache-2.0
// From the batch to the disk, and what may happen only after it.
#include <algorithm>

#include "trapd/base/log.h"
#include "trapd/journal/ledger_state.h"

namespace trapd::journal {

namespace {
/// How often a disk that fails is named again; the metrics and /ready show it all the time.
constexpr std::chrono::seconds kFailingWord{60};
/// From here on a commit has held up what waits in the rings.
constexpr std::chrono::seconds kHoldUp{1};
/// Records of a batch that nobody let grow from which on they come fast, and of one that has grown.
constexpr std::size_t kFastFrom = 256;
constexpr std::size_t kStillFastFrom = 512;
}  // namespace

bool Ledger::State::commit(bool idle) {
  if (!failing) {
    commit_since = std::chrono::steady_clock::now();
    commit_since_ns = clock.monotonic_ns();
  }
  if (!plan) {
    const std::lock_guard hold(book_mutex);
    plan = plan_commit(idle, &book, &cursors, store);
  }
  const bool needs_disk =
      book.batch().records() > 0 || !plan->rows.empty() || plan->trim_below != 0;
  if (needs_disk) {
    if (plan->trim_below != 0) {
      store.trim_with_next_commit(plan->trim_below, plan->trim_alone_below, plan->trim_alone_rows);
    }
    if (Status done = store.commit(book.batch().entries(), plan->rows); !done) {
      commit_failed(done.error().text);
      return false;
    }
  }
  commit_succeeded(needs_disk);
  return true;
}

void Ledger::State::commit_failed(const std::string& why) {
  counters.commit_failures.add();
  const auto now = std::chrono::steady_clock::now();
  next_try = now + options.commit_retry;
  if (!failing) {
    failing = true;
    failing_since = now;
    log::error("{}; nothing is acknowledged until it works again", why);
    next_word = now + kFailingWord;
  } else if (now >= next_word) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - failing_since);
    log::error("{}; nothing was acknowledged for {} s", why, seconds.count());
    next_word = now + kFailingWord;
  }
  commit_error.with([&](std::string& text) { text = why; });
  for (std::promise<Status>& done : waiting_operators) {
    done.set_value(failure(why + "; the action is made when the store works again"));
  }
  waiting_operators.clear();
  refuse_operators(why);
}

void Ledger::State::refuse_operators(const std::string& why) {
  for (PendingAction& pending : operators.take()) pending.done.set_value(failure(why));
}

/// A commit that took long, tries that failed included: nothing was collected meanwhile.
void Ledger::State::note_hold_up() {
  if (!failing && std::chrono::steady_clock::now() - commit_since < kHoldUp) return;
  const std::lock_guard hold(book_mutex);
  book.was_held_up(clock.monotonic_ns() - commit_since_ns);
}

void Ledger::State::commit_succeeded(bool on_disk) {
  note_hold_up();
  const std::uint64_t newest = book.batch().last_sequence();
  if (on_disk) counters.commits.add();
  records_come_fast = book.batch().records() >= (records_come_fast ? kStillFastFrom : kFastFrom);
  answer_octets = 0;
  for (Worker& worker : workers) worker.answers.commit();
  move_answers();
  // Behind the answers: who waits at the end until everything is counted then finds them all.
  count_batch(clock.wall_ns());
  if (newest != 0) committed.store(newest, std::memory_order_release);
  {
    const std::lock_guard hold(book_mutex);
    book.batch().clear();
    book.tally() = {};
  }
  for (std::promise<Status>& done : waiting_operators) done.set_value({});
  waiting_operators.clear();

  const CommitPlan done = std::move(*plan);
  plan.reset();
  for (const Loss& loss : done.losses) {
    log::limited(log::Level::kWarning, "loss " + loss.destination,
                 fmt::format("the store {} is full: destination {} loses {} records",
                             store.directory(), loss.destination, loss.records));
    tell_loss(loss);
  }
  if (failing) {
    failing = false;
    const std::string why =
        commit_error.with([](std::string& text) { return std::exchange(text, {}); });
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::steady_clock::now() - failing_since);
    log::warning("the store {} works again after {} s", store.directory(), seconds.count());
    // Nobody could be told while it lasted, but it shall stand in the history.
    const std::string text = fmt::format("commits failed for {} s: {}", seconds.count(), why);
    for (const bool raised : {true, false}) {  // past the queue, which may have filled meanwhile
      taken_reports.push_back(
          {alarm::OwnCondition::kStoreFailed, raised, store.directory(), text, clock.wall_ns()});
    }
  }
  if (newest != 0 && on_commit) on_commit(newest);
}

/// Marked as told in a commit of its own, behind that of the loss: a crash in between tells twice.
void Ledger::State::tell_loss(const Loss& loss) {
  if (on_loss) on_loss(loss.destination, loss.records);
  cursors.loss_told(loss);
}

void Ledger::State::count_batch(std::int64_t wall_ns) {
  const Tally& tally = book.tally();
  counters.stored.add(tally.stored);
  counters.originated.add(tally.originated);
  counters.suppressed.add(snmp::SuppressReason::kRetransmission, tally.retransmissions);
  counters.suppressed.add(snmp::SuppressReason::kDuplicate, tally.duplicates);
  counters.suppressed.add(snmp::SuppressReason::kCorrelation, tally.correlated);
  counters.alarm_table_full.add(tally.alarm_table_full);
  counters.records_committed.add(book.batch().records());
  alarm::RecordSequence records(book.batch().packed());
  alarm::RecordView record;
  while (records.next(&record)) {
    if (record.header().kind != alarm::Kind::kNotification) continue;
    counters.datagram_to_commit.observe(
        std::max<std::int64_t>(wall_ns - record.header().received_wall_ns, 0));
  }
}

void Ledger::State::move_answers() {
  for (Worker& worker : workers) {
    if (worker.answers.waits_for_room() && worker.answers.move_to(worker.source.answers)) {
      worker.source.worker->notify();
    }
  }
}

}  // namespace trapd::journal
