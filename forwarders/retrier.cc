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
/// So long letters may be under way to a peer that answers others. They are not lost, and marked
/// again by whoever still wants them; without this a single one could be tried for ever.
constexpr std::int64_t kNoAnswerMaxNs = 900 * kNsPerSecond;
}  // namespace

struct Retrier::State {
  State(std::string name, Make any_make, std::function<bool()> any_is_up,
        const journal::Store& from, journal::Ledger& reports_to, const Clock& time)
      : destination(std::move(name)),
        make(std::move(any_make)),
        is_up(std::move(any_is_up)),
        store(from),
        ledger(reports_to),
        clock(time) {}

  const std::string destination;
  const Make make;
  const std::function<bool()> is_up;
  const journal::Store& store;
  journal::Ledger& ledger;
  const Clock& clock;
  Wakeup wakeup;
  std::atomic<bool> stopping{false};

  // --- the retrier's thread ---
  struct Offered {
    std::uint64_t sequence = 0;
    std::int64_t since_ns = 0;
  };
  std::vector<Offered> under_way;  // ascending
  std::uint64_t last_offered = 0;  // to this forwarder, which wants them ascending
  std::unique_ptr<Forwarder> forwarder;
  std::uint64_t number = 0;
  std::string told;  // of the forwarder's health, in the log

  std::jthread thread;  // last: joined before what it uses goes

  void work();
  std::vector<std::uint64_t> marked() const;
  void send();
  bool fits(const std::vector<std::uint64_t>& sequences) const;
  void offer(const std::vector<std::uint64_t>& sequences);
  bool offer(std::uint64_t sequence);
  void turn();
  void settle();
  bool give_up();
  void refused(std::uint64_t sequence, std::string reason);
};

std::vector<std::uint64_t> Retrier::State::marked() const {
  std::vector<std::uint64_t> sequences;
  for (const journal::DeadLetter& letter : ledger.dead_letters(destination)) {
    if (letter.retry) sequences.push_back(letter.sequence);
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

/// Does the forwarder's order still hold? Not when the operator has dropped what is under way, or
/// marks what would have come before it.
bool Retrier::State::fits(const std::vector<std::uint64_t>& sequences) const {
  std::size_t known = 0;
  for (const std::uint64_t sequence : sequences) {
    if (sequence > last_offered) break;
    if (known == under_way.size() || under_way[known].sequence != sequence) return false;
    ++known;
  }
  return known == under_way.size();
}

void Retrier::State::offer(const std::vector<std::uint64_t>& sequences) {
  for (const std::uint64_t sequence : sequences) {
    if (stopping || under_way.size() >= kBatchMax) return;
    if (sequence > last_offered && !offer(sequence)) return;
  }
}

/// False: not now. It stays marked, and the next turn tries again.
bool Retrier::State::offer(std::uint64_t sequence) {
  journal::Passage passage;
  if (trapd::Status read = store.read(sequence, 1, &passage); !read) {
    log::limited(log::Level::kError, destination + " retry read",
                 "destination " + destination +
                     ": dead letters wait to be sent again: " + read.error().text);
    return false;
  }
  alarm::RecordSequence records(passage.records);
  alarm::RecordView record;
  while (records.next(&record)) {
    if (record.header().sequence != sequence) continue;
    const Item item{record, sequence, number + 1};
    if (forwarder->offer({&item, 1}) == 0) return false;
    ++number;
    last_offered = sequence;
    under_way.push_back({sequence, clock.monotonic_ns()});
    return true;
  }
  refused(sequence, "cannot be sent again: the store does not hold the record any more");
  return true;
}

/// What the forwarder has done with is delivered, but for what it refuses.
void Retrier::State::settle() {
  std::vector<std::uint64_t> dead;
  for (DeadLetter& letter : forwarder->take_dead_letters()) {
    dead.push_back(letter.sequence);
    refused(letter.sequence, std::move(letter.reason));
  }
  if (under_way.empty()) return;
  const std::uint64_t through =
      forwarder->under_way() == 0 ? last_offered : forwarder->delivered_through();
  std::erase_if(under_way, [&](const Offered& offered) {
    if (std::find(dead.begin(), dead.end(), offered.sequence) != dead.end()) return true;
    if (offered.sequence > through) return false;
    ledger.dead_letter_delivered(destination, offered.sequence);
    log::info("destination {} has taken dead letter {}", destination, offered.sequence);
    return true;
  });
}

/// Refuses what nobody has answered for too long. True: the forwarder holds some that are not
/// wanted any more.
bool Retrier::State::give_up() {
  const std::int64_t now = clock.monotonic_ns();
  const Health health = forwarder->health();
  if (health.up || !is_up()) {
    for (Offered& offered : under_way) offered.since_ns = now;
    return false;
  }
  return std::erase_if(under_way, [&](const Offered& offered) {
           if (now - offered.since_ns < kNoAnswerMaxNs) return false;
           refused(offered.sequence, "no answer to a retry in " +
                                         std::to_string(kNoAnswerMaxNs / kNsPerSecond) +
                                         " s: " + health.detail);
           return true;
         }) > 0;
}

/// Until nothing is marked any more, or the forwarder's order does not hold.
void Retrier::State::send() {
  forwarder = make();
  told = forwarder->health().detail;
  last_offered = 0;
  while (!stopping) {
    const std::vector<std::uint64_t> sequences = marked();
    if (sequences.empty() || !fits(sequences)) break;
    offer(sequences);
    forwarder->flush();
    turn();
    settle();
    if (give_up()) break;
  }
  if (!stopping) forwarder->close(clock.monotonic_ns() + kTurnNs);
  under_way.clear();
  forwarder.reset();
}

void Retrier::State::work() {
  try {
    while (!stopping) {
      if (!marked().empty()) {
        send();
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

Retrier::Retrier(std::string destination, Make make, std::function<bool()> is_up,
                 const journal::Store& store, journal::Ledger& ledger, const Clock& clock)
    : state_(std::make_unique<State>(std::move(destination), std::move(make), std::move(is_up),
                                     store, ledger, clock)) {}
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
