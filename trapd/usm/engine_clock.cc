// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/engine_clock.h"

#include <algorithm>

#include "trapd/base/check.h"
#include "trapd/base/hash.h"

namespace trapd::usm {
namespace {

// boots_time_:   boots << 32 | latest time; boots < 2^31, so that it rises as a plain number
// tag_received_: tag of boots_time_ << 32 | seconds (signed) of reception; 0 = no moment yet

constexpr std::uint64_t kNoMoment = 0;

constexpr std::uint64_t pack(std::uint32_t boots, std::uint32_t time) {
  return std::uint64_t{boots} << 32 | time;
}
constexpr std::uint32_t high(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }
constexpr std::uint32_t low(std::uint64_t word) { return static_cast<std::uint32_t>(word); }

/// Never 0, so that a moment is never taken for kNoMoment.
constexpr std::uint32_t tag_of(std::uint64_t boots_time) {
  return high((boots_time + 1) * 0x9e3779b97f4a7c15U) | 1U;
}
constexpr std::uint64_t moment(std::uint64_t boots_time, std::int64_t received_s) {
  return std::uint64_t{tag_of(boots_time)} << 32 | static_cast<std::uint32_t>(received_s);
}
constexpr std::int64_t received_of(std::uint64_t tag_received) {
  return static_cast<std::int32_t>(low(tag_received));
}

/// Both words as they were at one moment. A tag_received that does not belong to boots_time: its
/// writer has not got so far, so it was received just now.
struct Seen {
  std::uint64_t boots_time = 0;
  std::uint64_t tag_received = kNoMoment;

  bool complete() const { return high(tag_received) == tag_of(boots_time); }
  /// Seconds since the latest time was received. Batches of two workers may have taken their time
  /// in the other order; the notion of an engine's clock never runs backwards for that.
  std::int64_t elapsed_s(std::int64_t now_s) const {
    if (!complete()) return 0;
    return std::max<std::int64_t>(now_s - received_of(tag_received), 0);
  }
};

/// An older boots_time with a newer moment must not pass for "received just now": that would let
/// in what was too old before the change and is too old after it.
Seen look(const std::atomic<std::uint64_t>& boots_time,
          const std::atomic<std::uint64_t>& tag_received) {
  Seen seen{boots_time.load(std::memory_order_acquire), kNoMoment};
  for (;;) {
    seen.tag_received = tag_received.load(std::memory_order_acquire);
    if (seen.complete()) return seen;
    const std::uint64_t again = boots_time.load(std::memory_order_acquire);
    if (again == seen.boots_time) return seen;
    seen.boots_time = again;
  }
}

/// RFC 3414 3.2 (7)(b) (2), for a message that is not newer than what is stored.
EngineClock::Verdict judge_older(const Seen& seen, std::uint32_t boots, std::uint32_t time,
                                 std::int64_t now_s) {
  using Verdict = EngineClock::Verdict;
  if (high(seen.boots_time) == kBootsMax) return Verdict::kBootsMaximum;
  if (boots < high(seen.boots_time)) return Verdict::kBootsLower;
  const std::int64_t notion = std::int64_t{low(seen.boots_time)} + seen.elapsed_s(now_s);
  return std::int64_t{time} < notion - kTimeWindowSeconds ? Verdict::kTooOld : Verdict::kInWindow;
}

/// RFC 3414 3.2 (7)(b) (1) has taken the message over; the maximum is refused all the same
/// (TRP-10).
EngineClock::Verdict judge_newer(std::uint32_t boots) {
  return boots >= kBootsMax ? EngineClock::Verdict::kBootsMaximum : EngineClock::Verdict::kFresh;
}

}  // namespace

EngineClock::Verdict EngineClock::check(std::uint32_t boots, std::uint32_t time,
                                        std::int64_t now_s) {
  const std::uint64_t offered = pack(boots, time);
  std::uint64_t stored = boots_time_.load(std::memory_order_acquire);
  while (offered > stored) {
    if (boots_time_.compare_exchange_weak(stored, offered, std::memory_order_acq_rel,
                                          std::memory_order_acquire)) {
      note_received(offered, now_s);
      return judge_newer(boots);
    }
  }
  Seen seen = look(boots_time_, tag_received_);
  // The first message of an engine that begins with 0/0 moves nothing; it only starts the clock.
  if (seen.boots_time == 0 && !seen.complete()) {
    note_received(0, now_s);
    seen = look(boots_time_, tag_received_);
  }
  return judge_older(seen, boots, time, now_s);
}

void EngineClock::note_received(std::uint64_t boots_time, std::int64_t now_s) {
  std::uint64_t old = tag_received_.load(std::memory_order_acquire);
  // Somebody newer writes his own moment. If he does so between our look and our exchange, the
  // exchange fails, and the next look finds him.
  while (boots_time_.load(std::memory_order_acquire) == boots_time &&
         !tag_received_.compare_exchange_weak(old, moment(boots_time, now_s),
                                              std::memory_order_acq_rel,
                                              std::memory_order_acquire)) {
  }
}

EngineClock::Verdict EngineClock::judge(std::uint32_t boots, std::uint32_t time,
                                        std::int64_t now_s) const {
  const Seen seen = look(boots_time_, tag_received_);
  if (pack(boots, time) > seen.boots_time) return judge_newer(boots);
  return judge_older(seen, boots, time, now_s);
}

EngineClock::State EngineClock::state() const {
  // A writer is at most a few instructions away from its second store. Should it be descheduled
  // just there, the moment before is the safe one to keep: it closes the window earlier.
  constexpr int kLooksMax = 1000;
  Seen seen = look(boots_time_, tag_received_);
  for (int i = 0; i < kLooksMax && !seen.complete() && seen.tag_received != kNoMoment; ++i) {
    seen = look(boots_time_, tag_received_);
  }
  return {high(seen.boots_time), low(seen.boots_time), received_of(seen.tag_received)};
}

void EngineClock::restore(const State& state) {
  const std::uint64_t boots_time = pack(state.boots, state.latest_time);
  const bool forgotten = boots_time == 0 && state.received_s == 0;
  // The moment first. A worker may take a message between the two stores, and must not find its own
  // moment taken away from under the boots and time that it has set: they would count as received
  // just now for as long as they stay the latest. This way its message is forgotten with the rest.
  tag_received_.store(forgotten ? kNoMoment : moment(boots_time, state.received_s),
                      std::memory_order_release);
  boots_time_.store(boots_time, std::memory_order_release);
}

EngineClock* EngineTable::find(ByteView engine_id) {
  const std::lock_guard hold(mutex_);
  const std::uint32_t number = places_[place_of(engine_id)];
  return number != 0 ? &engines_[number - 1] : nullptr;
}

EngineClock* EngineTable::find_or_add(ByteView engine_id) {
  CHECK(engine_id.size() <= kEngineIdOctetsMax);
  const std::lock_guard hold(mutex_);
  const std::uint32_t known = places_[place_of(engine_id)];
  if (known != 0) return &engines_[known - 1];
  if (engines_.size() >= engines_max_) return nullptr;
  EngineClock& added = engines_.add();
  added.engine_id_.assign(as_text(engine_id));
  if (engines_.size() * 5 > places_.size() * 4) grow();
  places_[place_of(engine_id)] = static_cast<std::uint32_t>(engines_.size());
  return &added;
}

std::size_t EngineTable::place_of(ByteView engine_id) const {
  const std::size_t mask = places_.size() - 1;
  std::size_t at = hash_bytes(engine_id) & mask;
  while (places_[at] != 0 && !equal(engines_[places_[at] - 1].engine_id(), engine_id)) {
    at = (at + 1) & mask;
  }
  return at;
}

/// Of all but the newest engine, which is not in its place yet.
void EngineTable::grow() {
  places_.assign(places_.size() * 2, 0);
  for (std::size_t i = 0; i + 1 < engines_.size(); ++i) {
    places_[place_of(engines_[i].engine_id())] = static_cast<std::uint32_t>(i + 1);
  }
}

bool EngineTable::forget(ByteView engine_id) {
  EngineClock* const clock = find(engine_id);
  if (clock == nullptr) return false;
  clock->restore({});
  return true;
}

std::size_t EngineTable::size() const {
  const std::lock_guard hold(mutex_);
  return engines_.size();
}

std::vector<EngineClock*> EngineTable::all() {
  const std::lock_guard hold(mutex_);
  std::vector<EngineClock*> clocks;
  clocks.reserve(engines_.size());
  for (std::size_t i = 0; i < engines_.size(); ++i) clocks.push_back(&engines_[i]);
  return clocks;
}

}  // namespace trapd::usm
