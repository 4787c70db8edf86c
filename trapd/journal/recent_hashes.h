// SPDX-License-Identifier: Apache-2.0
// The hashes seen within a window of time, at most so many: what makes a retransmission or a
// duplicate known. Memory grows with use up to the bound (about 32 octets an entry); beyond it the
// oldest leave before their time, counted. One thread; changes of `now_ns` go forward only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trapd::journal {

class RecentHashes {
 public:
  RecentHashes(std::size_t entries_max, std::int64_t window_ns);

  /// True when the hash came within the window already (its time stays the first one's);
  /// otherwise it is remembered.
  bool seen(std::uint64_t hash, std::int64_t now_ns);
  /// Fetches what seen() will look at: the table is larger than a cache, and each hash lies
  /// somewhere else. To be called some hashes ahead.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[home(tag_of(hash))]); }
  /// How long ago a remembered hash came first; 0 for any other.
  std::int64_t age_ns(std::uint64_t hash, std::int64_t now_ns) const;

  std::size_t size() const { return count_; }
  /// Entries that had to leave before the window was over.
  std::uint64_t left_early() const { return left_early_; }
  /// How far back the table reaches.
  std::int64_t covered_ns(std::int64_t now_ns) const;

 private:
  struct Entry {
    std::uint64_t hash = 0;
    std::int64_t seen_ns = 0;
  };
  /// The tag says where the entry belongs, and spares a look at the ring for most others.
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t entry = kFree;
  };
  static constexpr std::uint32_t kFree = 0xffffffff;
  static constexpr std::size_t kDroppedAhead = 8;

  std::uint32_t tag_of(std::uint64_t hash) const;
  std::size_t home(std::uint32_t tag) const { return tag & (slots_.size() - 1); }
  bool is_free(std::size_t slot) const { return slots_[slot].entry == kFree; }
  std::size_t find(std::uint64_t hash) const;  // index of the slot, or of the free one
  /// Would so many slots be, with one more entry?
  bool crowded(std::size_t slots) const { return (count_ + 1) * 5 > slots * 4; }
  void make_room();
  void drop_oldest();
  void erase_slot(std::size_t slot);
  void grow();

  const std::size_t entries_max_;
  const std::int64_t window_ns_;
  std::vector<Entry> ring_;  // in order of time, from first_ on, wrapping; a power of two
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::vector<Slot> slots_;  // open addressing, linear; leads into ring_; at most 4/5 used
  const std::uint64_t seed_;
  std::uint64_t left_early_ = 0;
};

}  // namespace trapd::journal
