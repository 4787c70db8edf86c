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
#include <unordered_map>
#include <vector>

#include "trapd/alarm/record.h"
#include "trapd/base/hash.h"
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
    const auto found = rows_.find(engine_id);
    if (found != rows_.end()) __builtin_prefetch(&found->second.row);
  }

  bool has(ByteView engine_id) const;
  std::size_t size() const;
  void for_each(const std::function<void(ByteView engine_id, const EngineRow&)>& visit) const;

  /// As in alarm::Correlator: what the checkpoint lacks.
  std::optional<std::uint64_t> oldest_dirty() const;
  /// row == nullptr: forgotten, delete it. Rows of note_clock() come on top of the n, all of them.
  void take_dirty(
      std::size_t n,
      const std::function<void(const std::string& engine_id, const EngineRow* row)>& visit);

 private:
  struct Entry {
    EngineRow row;
    std::uint64_t dirty_since = 0;  // 0 = clean
    bool forgotten = false;
    bool unrecorded = false;  // stands in unrecorded_
  };
  using Map = std::unordered_map<std::string, Entry, BytesHash, std::equal_to<>>;

  /// False: nothing new.
  bool advance(Entry* known, const EngineRow& row);
  void mark(Map::value_type* entry, std::uint64_t sequence);
  /// Null: it tells no clock, or nothing new.
  Map::value_type* advance(const alarm::RecordView& record);
  void mark_unrecorded(Map::value_type* entry);

  const std::string own_engine_id_;
  Map rows_;
  std::size_t forgotten_ = 0;
  std::vector<std::string> unrecorded_;  // engine ids of note_clock()
  std::deque<Map::value_type*> dirty_;   // oldest first; nodes of a map stay where they are
};

}  // namespace trapd::journal
