// SPDX-License-Identifier: Apache-2.0
#include "forwarders/retrier.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "trapd/base/log.h"
#include "trapd/base/thread.h"

namespace trapd::forwarders {

namespace {
constexpr std::int64_t kTurnNs = kNsPerSecond;
}  // namespace

struct Retrier::State {
  State(std::string name, Make any_make, const journal::Store& from, journal::Ledger& reports_to,
        const Clock& time)
      : destination(std::move(name)),
        make(std::move(any_make)),
        store(from),
        ledger(reports_to),
        clock(time) {}

  const std::string destination;
  const Make make;
  const journal::Store& store;
  journal::Ledger& ledger;
  const Clock& clock;
  Wakeup wakeup;
  std::atomic<bool> stopping{false};

  // --- the retrier's thread ---
  std::vector<std::uint64_t> under_way;  // ascending
  std::unique_ptr<Forwarder> forwarder;
  std::uint64_t number = 0;
  std::string told;  // of the forwarder's health, in the log

  std::jthread thread;  // last: joined before what it uses goes

  void work();
  std::vector<std::uint64_t> marked() const;
  void send(const std::vector<std::uint64_t>& sequences);
  void offer(std::uint64_t sequence);
  void turn();
  void settle();
  void refused(std::uint64_t sequence, std::string reason);
};

std::vector<std::uint64_t> Retrier::State::marked() const {
  std::vector<std::uint64_t> sequences;
  for (const journal::DeadLetter& letter : ledger.dead_letters(destination)) {
    if (letter.retry && sequences.size() < kBatchMax) sequences.push_back(letter.sequence);
  }
  return sequences;
}

void Retrier::State::refused(std::uint64_t sequence, std::string reason) {
  ledger.dead_letter_refused(destination, {.sequence = sequence,
                                           .since_wall_ns = clock.wall_ns(),
                                           .retry = false,
                                           .reason = std::move(reason)});
}

void Retrier::State::turn() {
  wakeup.clear();
  if (stopping) return;
  forwarder->run(wakeup, clock.monotonic_ns() + kTurnNs);
  const Health health = forwarder->health();
  if (health.up || health.detail == told) return;
  told = health.detail;
  log::limited(log::Level::kWarning, destination + " retry",
               "destination " + destination + ": dead letters wait to be sent again: " + told);
}

void Retrier::State::offer(std::uint64_t sequence) {
  journal::Passage passage;
  if (trapd::Status read = store.read(sequence, 1, &passage); !read) {
    return refused(sequence, read.error().text);
  }
  alarm::RecordSequence records(passage.records);
  alarm::RecordView record;
  while (records.next(&record)) {
    if (record.header().sequence != sequence) continue;
    const Item item{record, sequence, ++number};
    while (!stopping && forwarder->offer({&item, 1}) == 0) turn();
    if (!stopping) under_way.push_back(sequence);
    return;
  }
  refused(sequence, "cannot be sent again: the store does not hold the record any more");
}

/// What the forwarder has done with is delivered, but for what it refuses.
void Retrier::State::settle() {
  std::vector<std::uint64_t> dead;
  for (DeadLetter& letter : forwarder->take_dead_letters()) {
    dead.push_back(letter.sequence);
    refused(letter.sequence, std::move(letter.reason));
  }
  const std::uint64_t through =
      forwarder->under_way() == 0 ? under_way.back() : forwarder->delivered_through();
  std::erase_if(under_way, [&](std::uint64_t sequence) {
    if (std::find(dead.begin(), dead.end(), sequence) != dead.end()) return true;
    if (sequence > through) return false;
    ledger.dead_letter_delivered(destination, sequence);
    log::info("destination {} has taken dead letter {}", destination, sequence);
    return true;
  });
}

void Retrier::State::send(const std::vector<std::uint64_t>& sequences) {
  // A new one for each batch: it has been told to flush, and its order begins anew.
  forwarder = make();
  told = forwarder->health().detail;
  for (const std::uint64_t sequence : sequences) {
    if (!stopping) offer(sequence);
  }
  forwarder->flush();
  while (!stopping && !under_way.empty()) {
    turn();
    settle();
  }
  if (!stopping) forwarder->close(clock.monotonic_ns() + kTurnNs);
  under_way.clear();
  forwarder.reset();
}

void Retrier::State::work() {
  try {
    while (!stopping) {
      const std::vector<std::uint64_t> sequences = marked();
      if (!sequences.empty()) {
        send(sequences);
        continue;
      }
      pollfd waiting{wakeup.fd(), POLLIN, 0};
      ::poll(&waiting, 1, -1);
      wakeup.clear();
    }
  } catch (const std::exception& e) {
    // Out of memory, at most. What is marked is sent again after the next start.
    log::error("destination {}: dead letters are not sent again: {}", destination, e.what());
  }
  forwarder.reset();
}

Retrier::Retrier(std::string destination, Make make, const journal::Store& store,
                 journal::Ledger& ledger, const Clock& clock)
    : state_(
          std::make_unique<State>(std::move(destination), std::move(make), store, ledger, clock)) {}
Retrier::~Retrier() { stop(); }

void Retrier::look() {
  State& state = *state_;
  if (!state.make || state.stopping) return;
  if (state.thread.joinable()) return state.wakeup.notify();
  if (state.marked().empty()) return;
  state.thread = start_thread("re " + state.destination, [&state] { state.work(); });
}

void Retrier::stop() {
  state_->stopping = true;
  state_->wakeup.notify();
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace trapd::forwarders
