// SPDX-License-Identifier: Apache-2.0
// Storage of the active alarms: rows at fixed addresses, found by key, by id and by device, the
// list of those whose checkpoint is out of date, and when something is due for which. No decisions
// here (correlator.h). One thread.
//
// Memory: 416 octets a row, its texts, and 20 to 40 octets of index; 1 GB holds a million.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "trapd/alarm/correlator.h"
#include "trapd/alarm/slot_index.h"
#include "trapd/alarm/timeouts.h"
#include "trapd/base/hash.h"

namespace trapd::alarm {

struct AlarmKey {
  std::string_view device;
  std::string_view name;
  std::string_view resource;
  std::uint64_t device_hash = hash_bytes(as_bytes(device));
};
/// Of this process (base/hash.h).
std::uint64_t hash_of(const AlarmKey& key);

class AlarmTable {
 public:
  /// Null when there is none. The pointer lasts until the alarm is removed.
  AlarmState* find(std::uint64_t id);
  AlarmState* find(const AlarmKey& key);

  /// Fetches the row of what is probably this key, and returns it; then, for that, what it leads
  /// to.
  std::uint32_t prefetch(const AlarmKey& key) const;
  void prefetch_texts(std::uint32_t slot) const;

  /// Neither id nor key may be in the table. `checkpointed`: its row is on disk already.
  AlarmState* insert(AlarmState state, bool checkpointed);
  void remove(std::uint64_t id, std::uint64_t sequence);
  /// `change` gets the state and may alter everything but id and key.
  template <typename Change>
  void alter(AlarmState* state, Change&& change) {
    const bool was_unsure = state->unsure;
    --counter(*state);
    change(*state);
    ++counter(*state);
    if (state->unsure != was_unsure) count_sure(state->device, state->unsure ? -1 : 1);
    mark_dirty(&row_of(*state), state->last_sequence);
  }

  /// Something is due for this alarm at that time, instead of what was said before; 0 = nothing.
  void set_due(const AlarmState& state, std::int64_t at_ns);
  /// May be so for an alarm that is gone or has another time by now: take_due() knows.
  bool may_be_due(std::int64_t now_ns) const { return timeouts_.is_due(now_ns); }
  /// One whose time has come, which is forgotten then; null when there is none.
  AlarmState* take_due(std::int64_t now_ns);

  std::uint64_t oldest_dirty() const;  // 0 = none
  void take_dirty(std::size_t n,
                  const std::function<void(std::uint64_t id, const AlarmState* state)>& row);

  std::size_t size() const { return by_id_.size(); }
  std::size_t own_size() const { return own_; }
  std::uint32_t count(Severity severity, EventType type) const;
  /// The first active row at *slot or behind it, *slot being set to where; null: none.
  const AlarmState* first_from(std::uint32_t* slot) const;
  void for_each(const std::function<void(const AlarmState&)>& visit) const;
  std::vector<std::uint64_t> alarms_of(std::string_view device) const;
  /// How many of a device's alarms there are that are not unsure; 0 also when it has none.
  std::uint32_t sure_of(std::string_view device) const;
  std::uint32_t count_of(std::string_view device) const;
  bool has_any(std::string_view device) const { return first_of(device) != kNone; }

 private:
  static constexpr std::uint32_t kNone = SlotIndex::kNone;
  static constexpr std::size_t kChunkRows = 1024;

  struct Link {
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
  };
  enum class Use : std::uint8_t { kFree, kActive, kGone };  // gone: its row on disk is not, yet
  /// Derived, so that the state that callers hold leads back to its row without a search.
  struct Row : AlarmState {
    AlarmState& state() { return *this; }
    const AlarmState& state() const { return *this; }

    std::uint64_t dirty_since = 0;  // sequence; 0 = clean
    std::int64_t due_ns = 0;        // 0 = never
    std::int64_t entry_ns = 0;      // of the entry in timeouts_ that counts; 0 = none
    Link dirty;
    Link sibling;  // the device's other alarms; a free row's next free one
    Use use = Use::kFree;
    bool checkpointed = false;
    bool own = false;  // as it was raised
    // Of the device's newest alarm only, all of them: how many, and how many that are not unsure.
    std::uint32_t siblings = 0;
    std::uint32_t sure_siblings = 0;
    std::uint32_t slot = kNone;  // of this row
  };
  Row& row_of(const AlarmState& state) { return at(static_cast<const Row&>(state).slot); }

  Row& at(std::uint32_t slot) { return chunks_[slot / kChunkRows][slot % kChunkRows]; }
  const Row& at(std::uint32_t slot) const { return chunks_[slot / kChunkRows][slot % kChunkRows]; }
  std::uint32_t slot_of(std::uint64_t id) const;
  std::uint32_t first_of(std::string_view device) const;
  std::uint32_t& counter(const AlarmState& state);

  std::uint32_t take_free();
  void give_back(std::uint32_t slot);
  void link_device(std::uint32_t slot);
  void unlink_device(std::uint32_t slot);
  void count_sure(std::string_view device, int change);
  void mark_dirty(Row* row, std::uint64_t sequence);
  void mark_clean(std::uint32_t slot);

  std::vector<std::unique_ptr<Row[]>> chunks_;
  std::vector<std::uint32_t> active_;  // rows of each chunk that are
  std::uint32_t free_ = kNone;
  Timeouts timeouts_;  // at most twice the alarms, and some
  SlotIndex by_id_;
  SlotIndex by_key_;
  SlotIndex by_device_;                                    // leads to the device's newest alarm
  Link dirty_ends_;                                        // previous = last, next = first
  std::array<std::array<std::uint32_t, 12>, 7> counts_{};  // [severity][type]
  std::size_t own_ = 0;
};

}  // namespace trapd::alarm
