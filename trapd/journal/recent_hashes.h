// SPDX-License-Identifier: Apache-2.0
// The hashes seen within a window of time, at most so many: what makes a retransmission or a
// duplicate known. Memory grows with use up to the bound (about 28 octets an entry); beyond it the
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
  static constexpr std::uint32_t kFree = 0xffffffff;

  std::size_t home(std::uint64_t hash) const;
  std::size_t find(std::uint64_t hash) const;  // index of the slot, or of the free one
  void drop_oldest();
  void erase_slot(std::size_t slot);
  void grow();

  const std::size_t entries_max_;
  const std::int64_t window_ns_;
  std::vector<Entry> ring_;  // in order of time, from first_ on, wrapping; a power of two
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::vector<std::uint32_t> slots_;  // open addressing, linear; index into ring_; twice as long
  std::uint64_t left_early_ = 0;
};

}  // namespace trapd::journal
