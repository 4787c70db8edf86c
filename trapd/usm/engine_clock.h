// SPDX-License-Identifier: Apache-2.0
// What we know of the clock of an engine that sends to us: the replay protection of RFC 3414
// 2.3 and 3.2 (7)(b), shared by all workers without a lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "trapd/base/bytes.h"
#include "trapd/base/chunks.h"
#include "trapd/base/short_name.h"

namespace trapd::usm {

inline constexpr std::uint32_t kBootsMax = 2147483647;
inline constexpr std::int64_t kTimeWindowSeconds = 150;
inline constexpr std::size_t kEngineIdOctetsMax = 32;

/// Per device: `time_window` of the configuration.
enum class TimeWindow : std::uint8_t { kEnforce, kReport, kOff };

/// One engine. State = (boots, latest received time) in one word that only rises, and the moment
/// at which that latest time was received, in a second word that carries a tag of the first, so
/// that a reader sees when the two do not belong together (the writer is then between its two
/// stores, and the moment is now). Any thread.
class EngineClock {
 public:
  enum class Verdict : std::uint8_t {
    kFresh,        // inside the window, state moved forward
    kInWindow,     // inside the window, nothing to move (reordered, or the same second)
    kBootsLower,   // boots below what is stored: replay, or a device that forgot its boots
    kTooOld,       // same boots, older than the notion of time minus 150 s
    kBootsMaximum  // latched (RFC 3414 2.2.2)
  };
  /// RFC 3414 3.2 (7)(b); only for a message whose digest has been verified.
  /// now_s: monotonic seconds of this process, which may start below zero.
  Verdict check(std::uint32_t boots, std::uint32_t time, std::int64_t now_s);
  /// What check() would say, without moving anything (explain, time_window: report).
  Verdict judge(std::uint32_t boots, std::uint32_t time, std::int64_t now_s) const;

  struct State {
    std::uint32_t boots = 0;
    std::uint32_t latest_time = 0;
    std::int64_t received_s = 0;  // monotonic seconds
  };
  State state() const;
  /// Start-up only (no other thread yet), or forget-engine with a default State.
  void restore(const State& state);

  /// A message has moved the clock and leaves no record (suppressed, refused behind the digest):
  /// the journal must hear of the clock itself, or a restart would take that message's replay.
  void mark_unrecorded() { unrecorded_.store(true, std::memory_order_release); }
  /// True once after one or more marks.
  bool take_unrecorded() {
    return unrecorded_.load(std::memory_order_relaxed) &&
           unrecorded_.exchange(false, std::memory_order_acquire);
  }

  ByteView engine_id() const { return as_bytes(engine_id_.view()); }

 private:
  friend class EngineTable;
  void note_received(std::uint64_t boots_time, std::int64_t now_s);
  std::atomic<std::uint64_t> boots_time_{0};
  std::atomic<std::uint64_t> tag_received_{0};
  ShortName<20> engine_id_;  // of 5 to 32 octets; never changes
  std::atomic<bool> unrecorded_{false};
};
static_assert(sizeof(EngineClock) == 40, "there may be a hundred thousand");

/// All engines, bounded. Entries are never removed, so pointers stay good for the life of the
/// process and no entry can be evicted by a flood (eviction would reopen replay).
class EngineTable {
 public:
  explicit EngineTable(std::size_t engines_max) : engines_max_(engines_max) {}

  /// Takes the lock; workers keep the pointer beside their key cache. nullptr when unknown.
  EngineClock* find(ByteView engine_id);
  /// Only after a verified digest, or when the journal is read at start. nullptr: table full.
  EngineClock* find_or_add(ByteView engine_id);
  /// Operator's order: the next authentic message sets the clock anew. False when unknown.
  bool forget(ByteView engine_id);
  std::size_t size() const;
  std::size_t capacity() const { return engines_max_; }
  /// Copies the pointers; for listings and checkpoints.
  std::vector<EngineClock*> all();

 private:
  const std::size_t engines_max_;
  mutable std::mutex mutex_;
  /// Where the engine is, or the empty place where it would be.
  std::size_t place_of(ByteView engine_id) const;
  void grow();

  Chunks<EngineClock, 1024> engines_;
  /// Open addressing, at most four fifths full: number of the engine plus 1, 0 = empty. A map of
  /// strings takes ten times as much.
  std::vector<std::uint32_t> places_ = std::vector<std::uint32_t>(256);
};

}  // namespace trapd::usm
