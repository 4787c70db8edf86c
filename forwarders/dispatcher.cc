// SPDX-License-Identifier: Apache-2.0
#include "forwarders/dispatcher.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>

#include "forwarders/filter.h"
#include "forwarders/retrier.h"
#include "trapd/base/guarded.h"
#include "trapd/base/log.h"
#include "trapd/base/thread.h"

namespace trapd::forwarders {

namespace {

constexpr std::size_t kReadOctets = 256 * 1024;  // and at most one packed value more
constexpr std::int64_t kReportEveryNs = 100 * kNsPerMs;
constexpr std::int64_t kIdleNs = kNsPerSecond;
constexpr std::int64_t kDownBeforeAlarmNs = 5 * kNsPerSecond;
/// How long the peer has to say that it has read everything: the first when the flush has taken
/// all its time, the second when there is time left.
constexpr std::int64_t kCloseMinNs = 300 * kNsPerMs;
constexpr std::int64_t kCloseMaxNs = 2 * kNsPerSecond;

}  // namespace

struct Dispatcher::State {
  // --- fixed ---
  Destination destination;
  std::unique_ptr<Forwarder> forwarder;
  const journal::Store& store;
  journal::Ledger& ledger;
  const Clock& clock;
  Wakeup wakeup;
  Retrier retrier;
  std::jthread thread;
  // --- any thread ---
  std::atomic<bool> stopping{false};
  std::atomic<std::int64_t> flush_until_ns{0};
  std::atomic<std::uint64_t> lost{0};
  Guarded<Status> published;  // counts and cursor that belong together
  journal::LatencyBuckets datagram_to_sent;
  // --- the destination's thread ---
  journal::Passage passage;  // what read() copied; the items point into it
  std::vector<Item> items;   // of its records, those that passed the filter
  std::size_t offered = 0;   // of `items`
  std::uint64_t scanned_through = 0;
  std::uint64_t cursor = 0;
  std::uint64_t passed = 0;        // delivered or filtered out by this process
  std::uint64_t resumed_at = 0;    // the cursor at the start
  std::uint64_t resumed_from = 0;  // before it, what is sent again; 0 = nothing
  std::uint64_t destination_sequence = 0;
  std::uint64_t last_number = 0;
  struct Sent {
    std::uint64_t sequence = 0;
    std::int64_t received_wall_ns = 0;
    std::uint64_t number = 0;
  };
  std::deque<Sent> under_way;             // as long as the forwarder's window
  std::vector<journal::DeadLetter> dead;  // not reported yet
  std::uint64_t reported = 0;
  std::uint64_t reported_resend = 0;
  std::int64_t reported_ns = 0;
  Health health;
  std::int64_t health_since_wall_ns = 0;
  std::int64_t down_since_ns = -1;
  bool alarm_raised = false;
  bool alarm_cleared = false;

  State(Destination to, std::unique_ptr<Forwarder> by, const journal::Store& from,
        journal::Ledger& reports_to, const Clock& time, Again again)
      : destination(std::move(to)),
        forwarder(std::move(by)),
        store(from),
        ledger(reports_to),
        clock(time),
        retrier(
            destination.name, std::move(again), [this] { return is_up(); }, store, ledger, clock) {}

  void begin();
  void work();
  void drain();
  void close();
  void turn(std::int64_t until_ns);
  bool fill();
  void pass_damage();
  void offer();
  void settle();
  void advance_cursor();
  void take_dead_letters();
  void watch_health();
  std::uint64_t resend_from() const;
  bool has_news() const;
  void report(bool now);
  void publish();
  bool is_up() const {
    return published.with([](const Status& status) { return status.health.up; });
  }
  bool idle() const { return offered == items.size() && scanned_through >= ledger.committed(); }
};

void Dispatcher::State::begin() {
  const std::string& name = destination.name;
  if (!destination.was.empty() && destination.was != name) {
    if (!ledger.has_cursor(name) && ledger.has_cursor(destination.was)) {
      log::info("destination {} takes over where {} had come to", name, destination.was);
    }
    ledger.rename_cursor(destination.was, name);
  }
  std::uint64_t at = 0;
  if (ledger.has_cursor(name)) {
    at = ledger.cursor(name);
    resumed_from = ledger.resend_from(name);
  } else if (destination.start == Destination::Start::kNow) {
    at = ledger.committed();
  } else if (const std::uint64_t oldest = store.usage().oldest_sequence; oldest > 0) {
    at = oldest - 1;
  }
  if (resumed_from > at) resumed_from = 0;
  cursor = resumed_at = at;
  scanned_through = passed = resumed_from > 0 ? resumed_from - 1 : at;
  if (resumed_from > 0) {
    log::info(
        "destination {} begins with sequence {} and not with {}: the peer may not have read "
        "what was sent over a connection that did not end in order",
        name, resumed_from, at + 1);
  }
  // At once: a destination that begins "now" must not begin later when trapd is restarted.
  ledger.report_delivery(name, {.through = at, .resend_from = resumed_from});
  reported = at;
  reported_resend = resumed_from;
  reported_ns = clock.monotonic_ns();
  health = forwarder->health();
  health_since_wall_ns = clock.wall_ns();
  publish();
}

/// Reads on when everything read so far is offered, up to what is committed: behind that there may
/// be records of a commit that was reported as failed, whose sequences others get after a power
/// cut. False when there is nothing new.
bool Dispatcher::State::fill() {
  if (offered < items.size()) return true;
  items.clear();
  offered = 0;
  const std::uint64_t committed = ledger.committed();
  if (scanned_through >= committed) return false;
  if (trapd::Status status = store.read(scanned_through + 1, kReadOctets, &passage); !status) {
    log::limited(log::Level::kError, destination.name + " read",
                 "destination " + destination.name + ": " + status.error().text);
    return false;
  }
  alarm::RecordSequence sequence(passage.records);
  alarm::RecordView record;
  const std::uint64_t before = scanned_through;
  while (sequence.next(&record)) {
    const std::uint64_t number = record.header().sequence;
    if (number <= scanned_through) continue;
    if (number > committed) break;
    scanned_through = number;
    if (wants(destination, record)) items.push_back({record, number, ++destination_sequence});
  }
  scanned_through = std::max(scanned_through, std::min(passage.through, committed));
  if (passage.unreadable > 0 && passage.unreadable_from <= committed) {
    // What is behind that is read, and counted, once more.
    passage.unreadable = std::min(passage.unreadable, committed + 1 - passage.unreadable_from);
    pass_damage();
  }
  return scanned_through > before;
}

/// A destination waits for a peer, never for what cannot come: the rest is delivered.
void Dispatcher::State::pass_damage() {
  lost.fetch_add(passage.unreadable, std::memory_order_relaxed);
  log::limited(log::Level::kError, destination.name + " damaged",
               "destination " + destination.name + ": the store " + store.directory() +
                   " is damaged, " + std::to_string(passage.unreadable) +
                   " records from sequence " + std::to_string(passage.unreadable_from) +
                   " on cannot be read and are lost");
}

void Dispatcher::State::offer() {
  while (offered < items.size()) {
    const std::size_t taken = forwarder->offer(std::span<const Item>(items).subspan(offered));
    if (taken == 0) return;
    for (std::size_t i = 0; i < taken; ++i) {
      const Item& item = items[offered + i];
      if (item.sequence <= resumed_at) continue;  // had been sent before the start
      under_way.push_back(
          {item.sequence, item.record.header().received_wall_ns, item.destination_sequence});
    }
    offered += taken;
  }
}

void Dispatcher::State::advance_cursor() {
  std::uint64_t through = forwarder->delivered_through();
  if (forwarder->under_way() == 0) {
    // What was filtered out counts as passed once nothing before it is left.
    through = offered < items.size() ? items[offered].sequence - 1 : scanned_through;
  }
  passed = std::max(passed, through);
  if (through <= cursor) return;
  cursor = through;
  const std::int64_t now = clock.wall_ns();
  while (!under_way.empty() && under_way.front().sequence <= through) {
    datagram_to_sent.observe(std::max<std::int64_t>(now - under_way.front().received_wall_ns, 0));
    last_number = under_way.front().number;
    under_way.pop_front();
  }
}

void Dispatcher::State::take_dead_letters() {
  for (DeadLetter& letter : forwarder->take_dead_letters()) {
    log::limited(log::Level::kWarning, destination.name + " dead",
                 "destination " + destination.name + " refuses record " +
                     std::to_string(letter.sequence) + ": " + letter.reason);
    dead.push_back({.sequence = letter.sequence,
                    .since_wall_ns = clock.wall_ns(),
                    .retry = false,
                    .reason = std::move(letter.reason)});
  }
}

void Dispatcher::State::watch_health() {
  Health now = forwarder->health();
  if (now.up != health.up) {
    health_since_wall_ns = clock.wall_ns();
    log::info("destination {} is {}: {}", destination.name, now.up ? "up" : "down", now.detail);
  }
  health = std::move(now);
  if (health.up) {
    down_since_ns = -1;
    // The first time too: the alarm may stand from before a restart.
    if (alarm_raised || !alarm_cleared) {
      ledger.clear(alarm::OwnCondition::kDestinationDown, destination.name, health.detail);
    }
    alarm_raised = false;
    alarm_cleared = true;
    return;
  }
  if (down_since_ns < 0) down_since_ns = clock.monotonic_ns();
  if (!alarm_raised && clock.monotonic_ns() - down_since_ns >= kDownBeforeAlarmNs) {
    ledger.raise(alarm::OwnCondition::kDestinationDown, destination.name, health.detail);
    alarm_raised = true;
  }
}

/// Until this process has come to where the last one was, what that one left in doubt is.
std::uint64_t Dispatcher::State::resend_from() const {
  return passed < resumed_at ? resumed_from : forwarder->resend_from();
}

bool Dispatcher::State::has_news() const {
  return cursor != reported || resend_from() != reported_resend || !dead.empty();
}

void Dispatcher::State::report(bool now) {
  const std::int64_t time = clock.monotonic_ns();
  if (!has_news() || (!now && time - reported_ns < kReportEveryNs)) return;
  reported_resend = resend_from();
  ledger.report_delivery(
      destination.name,
      {.through = cursor, .resend_from = reported_resend, .dead = std::exchange(dead, {})});
  reported = cursor;
  reported_ns = time;
}

void Dispatcher::State::publish() {
  Status status;
  status.sent = forwarder->delivered_count();
  status.failed = forwarder->failed_count();
  status.cursor = cursor;
  status.under_way = forwarder->under_way();
  status.last_number = last_number;
  status.health = health;
  status.since_wall_ns = health_since_wall_ns;
  published.with([&](Status& current) { current = std::move(status); });
}

void Dispatcher::State::settle() {
  advance_cursor();
  take_dead_letters();
  watch_health();
  report(!dead.empty());
  publish();
}

void Dispatcher::State::turn(std::int64_t until_ns) {
  wakeup.clear();
  const bool more = fill();
  offer();
  const std::int64_t now = clock.monotonic_ns();
  std::int64_t until = std::min(until_ns, now + kIdleNs);
  if (more && offered == items.size()) until = now;  // the journal may hold more
  if (has_news()) until = std::min(until, reported_ns + kReportEveryNs);
  forwarder->run(wakeup, until);
  settle();
}

void Dispatcher::State::drain() {
  const std::uint64_t target = ledger.committed();
  forwarder->flush();
  while (cursor < target && clock.monotonic_ns() < flush_until_ns) {
    // Nothing is won by waiting for a peer that is known to be down.
    if (!forwarder->health().up && forwarder->failed_count() > 0) break;
    turn(flush_until_ns);
  }
  settle();
  close();
  report(true);
}

/// What the peer has read to the end need not be sent again by the next process.
void Dispatcher::State::close() {
  const std::int64_t now = clock.monotonic_ns();
  forwarder->close(std::clamp(flush_until_ns.load(), now + kCloseMinNs, now + kCloseMaxNs));
  advance_cursor();
  take_dead_letters();
  publish();
}

void Dispatcher::State::work() {
  try {
    while (!stopping) turn(clock.monotonic_ns() + kIdleNs);
    drain();
  } catch (const std::exception& e) {
    // Out of memory, at most. The others go on; what is not delivered stays in the journal.
    log::error("destination {} has stopped: {}", destination.name, e.what());
    ledger.raise(alarm::OwnCondition::kDestinationDown, destination.name,
                 std::string("stopped: ") + e.what());
    published.with([&](Status& status) { status.health = {false, e.what()}; });
  }
  // Here, so that sockets, ports and a lookup under way are given up before stop() returns, and
  // side by side when several destinations stop.
  forwarder.reset();
}

Dispatcher::Dispatcher(Destination destination, std::unique_ptr<Forwarder> forwarder,
                       const journal::Store& store, journal::Ledger& ledger, const Clock& clock,
                       Again again)
    : state_(std::make_unique<State>(std::move(destination), std::move(forwarder), store, ledger,
                                     clock, std::move(again))) {}

Dispatcher::~Dispatcher() { stop(std::chrono::milliseconds(0)); }

void Dispatcher::start() {
  state_->begin();  // here, so that "now" means the call and not when the thread gets to run
  state_->thread = start_thread("to " + state_->destination.name, [this] { state_->work(); });
  retry();  // what an operator wanted before a restart
}

void Dispatcher::retry() { state_->retrier.look(); }

void Dispatcher::wake() const { state_->wakeup.notify(); }

void Dispatcher::stop(std::chrono::milliseconds flush_max) {
  if (!state_->thread.joinable()) return;
  state_->flush_until_ns = state_->clock.monotonic_ns() + flush_max.count() * kNsPerMs;
  state_->stopping = true;
  state_->wakeup.notify();
  state_->retrier.stop();
  state_->thread.join();
}

void Dispatcher::add_lost(std::uint64_t records) {
  state_->lost.fetch_add(records, std::memory_order_relaxed);
}

const std::string& Dispatcher::name() const { return state_->destination.name; }

Dispatcher::Status Dispatcher::status() const {
  Status status = state_->published.with([](const Status& current) { return current; });
  status.lost = lost();
  const std::uint64_t committed = state_->ledger.committed();
  status.backlog = committed > status.cursor ? committed - status.cursor : 0;
  return status;
}

std::uint64_t Dispatcher::lost() const { return state_->lost.load(std::memory_order_relaxed); }

const journal::LatencyBuckets& Dispatcher::datagram_to_sent() const {
  return state_->datagram_to_sent;
}

}  // namespace trapd::forwarders
