// SPDX-License-Identifier: Apache-2.0
// Hash index over rows that live elsewhere and are named by a 32-bit slot: 8 octets an entry, so
// that a million alarms can have three of them. One thread. Open addressing, linear probing;
// erasing closes the gap, so there are no tombstones to sweep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trapd::alarm {

class SlotIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  SlotIndex() : entries_(16) {}

  /// The slot with this hash for which same(slot) holds, or kNone.
  template <typename Same>
  std::uint32_t find(std::uint64_t hash, Same&& same) const {
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::size_t at = home(tag); entries_[at].slot != kNone; at = after(at)) {
      if (entries_[at].tag == tag && same(entries_[at].slot)) return entries_[at].slot;
    }
    return kNone;
  }
  /// The key must not be there yet.
  void insert(std::uint64_t hash, std::uint32_t slot);
  /// (hash, slot) must be there.
  void erase(std::uint64_t hash, std::uint32_t slot);
  /// (hash, from) must be there; the key then leads to `to`.
  void replace(std::uint64_t hash, std::uint32_t from, std::uint32_t to);
  std::size_t size() const { return used_; }

 private:
  struct Entry {
    std::uint32_t tag = 0;  // low half of the hash; says where the entry belongs
    std::uint32_t slot = kNone;
  };

  std::size_t mask() const { return entries_.size() - 1; }
  std::size_t home(std::uint32_t tag) const { return tag & mask(); }
  std::size_t after(std::size_t at) const { return (at + 1) & mask(); }

  std::size_t position(std::uint64_t hash, std::uint32_t slot) const;
  void place(Entry entry);
  void grow();

  std::vector<Entry> entries_;  // a power of two, at most four fifths used
  std::size_t used_ = 0;
};

}  // namespace trapd::alarm
