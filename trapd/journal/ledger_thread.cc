// SPDX-License-Identifier: Apache-2.0
// The ledger's thread: when to collect, when to commit, how long to sleep.
#include <poll.h>

#include <algorithm>

#include "trapd/base/log.h"
#include "trapd/journal/ledger_state.h"

namespace trapd::journal {

namespace {

using std::chrono::milliseconds;

/// While a worker's answer ring is full nothing tells when it has room again.
constexpr milliseconds kAnswerRetry{1};
constexpr milliseconds kLongestSleep{1000};
constexpr std::uint64_t kBatchPartOfStore = 16;

// A commit costs the processor some 200 us whatever is in it. While records come fast a batch is
// let grow to so many, in so much time at most; by itself it has then some hundred already.
constexpr std::size_t kGatheredRecords = 2048;
constexpr milliseconds kGatherFor{4};
constexpr std::chrono::microseconds kGatherStep{500};

milliseconds until(std::chrono::steady_clock::time_point then) {
  const auto rest = then - std::chrono::steady_clock::now();
  return std::clamp(std::chrono::ceil<milliseconds>(rest), milliseconds{0}, kLongestSleep);
}

}  // namespace

Ledger::State::State(const Options& given, Store& opened, const Clock& any_clock)
    : options(given),
      store(opened),
      clock(any_clock),
      batch_octets_max(std::min<std::size_t>(given.batch_octets_max,
                                             opened.usage().bytes_limit / kBatchPartOfStore)),
      book({.alarms_max = given.alarms_max,
            .devices_max = given.devices_max,
            .duplicates_max = given.duplicates_max,
            .batch_octets_max = batch_octets_max,
            .correlation = given.correlation,
            .identity = {.engine_id = given.own_engine_id,
                         .device = to_hex(given.own_engine_id),
                         .device_name = given.own_device_name,
                         .trap_prefix = snmp::Oid(snmp::OidView(given.own_trap_prefix))}},
           any_clock) {}

bool Ledger::State::has_batch() const {
  return book.batch().records() > 0 || answer_octets > 0 || book.tally().retransmissions > 0 ||
         book.tally().duplicates > 0 || book.tally().correlated > 0;
}

bool Ledger::State::batch_is_full() const {
  return book.batch().records() >= options.batch_records_max ||
         book.batch().octets() + answer_octets >= batch_octets_max;
}

bool Ledger::State::waits_for_larger_batch() const {
  return has_batch() && !batch_is_full() && !stopping &&
         std::chrono::steady_clock::now() < batch_began + options.commit_delay;
}

bool Ledger::State::lets_gather() const {
  return records_come_fast && has_batch() && !stopping && !failing && !plan &&
         book.batch().records() < std::min(kGatheredRecords, options.batch_records_max) &&
         !batch_is_full() && std::chrono::steady_clock::now() < batch_began + kGatherFor;
}

bool Ledger::State::checkpoint_is_due() const {
  return std::chrono::steady_clock::now() >= next_checkpoint;
}

bool Ledger::State::answers_wait_for_room() const {
  return std::any_of(workers.begin(), workers.end(),
                     [](const Worker& worker) { return worker.answers.waits_for_room(); });
}

bool Ledger::State::sources_are_empty() const {
  return reports.empty() && taken_reports.empty() &&
         std::all_of(workers.begin(), workers.end(),
                     [](const Worker& worker) { return worker.source.records->empty(); });
}

void Ledger::State::run() {
  next_checkpoint = std::chrono::steady_clock::now() + options.checkpoint_interval;
  while (turn()) {
  }
  operators.close();
}

/// False when the ledger has stopped.
bool Ledger::State::turn() {
  wakeup.clear();  // before looking at what it stands for
  const bool stop = stopping.load(std::memory_order_acquire);
  move_answers();
  if (failing && !stop && std::chrono::steady_clock::now() < next_try) {
    refuse_operators(commit_error.with([](const std::string& text) { return text; }));
    wait(false);
    return true;
  }
  if (!plan) collect();
  if (waits_for_larger_batch()) {
    wait(false);
    return true;
  }
  if (lets_gather()) {
    std::this_thread::sleep_for(kGatherStep);  // not in poll: each datagram would end it
    return true;
  }
  const bool idle = !has_batch();
  bool succeeded = true;
  if (!idle || plan || checkpoint_is_due() || stop) {
    succeeded = commit(idle);
    next_checkpoint = std::chrono::steady_clock::now() + options.checkpoint_interval;
  }
  if (stop && !succeeded) {
    if (!idle)
      log::error("stopped with {} records that the store did not take", book.batch().records());
    return false;
  }
  const bool more =
      succeeded && (!sources_are_empty() || book.has_following() || book.may_be_due());
  // Rows that are still behind are left to the next start's replay.
  if (stop && idle && !more) return false;
  wait(stop || (more && !answers_wait_for_room()));
  return true;
}

void Ledger::State::wait(bool more) {
  milliseconds sleep = more ? milliseconds{0} : until(next_checkpoint);
  if (failing) sleep = until(next_try);
  if (waits_for_larger_batch()) sleep = until(batch_began + options.commit_delay);
  if (answers_wait_for_room()) sleep = std::min(sleep, kAnswerRetry);
  pollfd wake{.fd = wakeup.fd(), .events = POLLIN, .revents = 0};
  ::poll(&wake, 1, static_cast<int>(sleep.count()));
}

}  // namespace trapd::journal
