// SPDX-License-Identifier: Apache-2.0
// What goes into one commit: records packed as they will lie in the journal, and the answers that
// may leave after it. Buffers are kept from batch to batch. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "trapd/alarm/record.h"
#include "trapd/base/spsc_ring.h"
#include "trapd/journal/store.h"

namespace trapd::journal {

class Batch {
 public:
  /// octets_max: room made at once; a batch may grow beyond it by a record and its consequences.
  explicit Batch(std::size_t octets_max);

  /// Copies a record in and gives it its sequence. The reference and the view of it live until
  /// the next add() or clear().
  alarm::RecordHeader& add(ByteView record, std::uint64_t sequence);
  /// The record that add() returned last.
  alarm::RecordView last() const;

  std::size_t records() const { return records_; }
  std::size_t octets() const { return packed_.size(); }
  std::size_t values() const { return values_.size(); }
  std::uint64_t stored_octets() const;  // what the values will take up in the store
  std::uint64_t last_sequence() const { return last_sequence_; }  // 0 = no record
  /// Views into the batch, valid until the next add() or clear().
  std::vector<PackedEntry> entries() const;
  ByteView packed() const { return packed_; }
  void clear();

 private:
  struct Value {
    std::uint64_t first_sequence = 0;
    std::size_t offset = 0;
  };
  std::vector<std::uint8_t> packed_;  // operator new aligns it to 16
  std::vector<Value> values_;
  std::size_t last_offset_ = 0;
  std::size_t records_ = 0;
  std::uint64_t last_sequence_ = 0;
};

/// Answers to one worker's informs, oldest first: they wait for the commit, then for room in the
/// worker's ring.
class AnswerQueue {
 public:
  void add(ByteView answer);
  /// The commit that everything added so far waited for has succeeded.
  void commit() { committed_ = sizes_.size(); }
  /// Puts committed answers into the ring until it is full; true when any was put.
  bool move_to(SpscRing* ring);
  /// Committed answers that found no room.
  bool waits_for_room() const { return next_ < committed_; }
  bool empty() const { return next_ == sizes_.size(); }
  std::size_t octets() const { return bytes_.size() - offset_; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint32_t> sizes_;
  std::size_t next_ = 0;       // index of the oldest
  std::size_t offset_ = 0;     // and where its bytes begin
  std::size_t committed_ = 0;  // sizes_[next_ .. committed_) may leave
};

}  // namespace trapd::journal
