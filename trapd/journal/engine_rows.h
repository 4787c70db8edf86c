// SPDX-License-Identifier: Apache-2.0
// The clocks of the engines that sent authenticated notifications, as the journal knows them
// (TRP-12): the same records in give the same rows, so that a start can rebuild them. One thread.
// Bounded by usm's engine table: a worker passes on no notification of an engine that has no
// place there.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/record.h"
#include "trapd/alarm/slot_index.h"
#include "trapd/base/chunks.h"
#include "trapd/base/hash.h"
#include "trapd/base/short_name.h"
#include "trapd/journal/ledger.h"

namespace trapd::journal {

/// Value of the `engines` table: boots u32, latest time u32, received i64; little-endian.
std::string encode_engine(const EngineRow& row);
std::optional<EngineRow> decode_engine(ByteView value);

class EngineRows {
 public:
  /// own_engine_id: messages for which we are authoritative (informs) say nothing of the sender.
  explicit EngineRows(std::string own_engine_id) : own_engine_id_(std::move(own_engine_id)) {}

  /// A checkpoint row at start, before any note().
  void restore(ByteView engine_id, const EngineRow& row);
  /// Takes boots and time of a v3 notification that was authenticated, when they are later than
  /// what is known; and forgets the engine of a kForgetEngine record. `sequence`: the record's
  /// own.
  void note(const alarm::RecordView& record, std::uint64_t sequence);
  /// Of a record that is not going to be written.
  void note_unrecorded(const alarm::RecordView& record);

  /// The same of a message that left no record: no replay would bring it back, so that its row
  /// goes before the others.
  void note_clock(std::string_view engine_id, const EngineRow& row);

  /// Fetches what note() will look at.
  void prefetch(std::string_view engine_id) const {
    const std::uint32_t slot = index_.find(hash_of(engine_id), [](std::uint32_t) { return true; });
    if (slot != kNone) prefetch_octets(&rows_[slot], sizeof(Row));
  }

  bool has(ByteView engine_id) const;
  std::size_t size() const { return index_.size() - forgotten_; }
  void for_each(const std::function<void(ByteView engine_id, const EngineRow&)>& visit) const;

  /// As in alarm::Correlator: what the checkpoint lacks.
  std::optional<std::uint64_t> oldest_dirty() const;
  /// row == nullptr: forgotten, delete it. Rows of note_clock() come on top of the n, all of them.
  void take_dirty(
      std::size_t n,
      const std::function<void(std::string_view engine_id, const EngineRow* row)>& visit);

 private:
  static constexpr std::uint32_t kNone = alarm::SlotIndex::kNone;

  /// There may be a hundred thousand. Engine IDs of more than 20 octets (5 to 32 are allowed) stand
  /// elsewhere.
  struct Row {
    EngineRow clock;
    std::uint64_t dirty_since = 0;  // 0 = clean
    ShortName<20> engine_id;        // empty: the slot is free
    bool forgotten = false;
    bool unrecorded = false;  // stands in unrecorded_
  };
  static_assert(sizeof(Row) == 48);

  static std::uint64_t hash_of(std::string_view engine_id) {
    return hash_bytes(as_bytes(engine_id));
  }
  std::uint32_t slot_of(std::string_view engine_id) const;
  std::uint32_t find_or_add(std::string_view engine_id);
  void erase(std::uint32_t slot);
  /// False: nothing new.
  bool advance(Row* known, const EngineRow& clock);
  /// The slot, or kNone: it tells no clock, or nothing new.
  std::uint32_t advance(const alarm::RecordView& record);
  void mark(std::uint32_t slot, std::uint64_t sequence);
  void mark_unrecorded(std::uint32_t slot);

  const std::string own_engine_id_;
  Chunks<Row, 8192> rows_;  // by slot; those given up are used again
  std::vector<std::uint32_t> free_;
  alarm::SlotIndex index_;  // by engine ID
  std::size_t forgotten_ = 0;
  std::vector<std::uint32_t> unrecorded_;  // of note_clock() and note_unrecorded()
  std::deque<std::uint32_t> dirty_;        // oldest first
};

}  // namespace trapd::journal
