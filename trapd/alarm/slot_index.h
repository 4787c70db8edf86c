// SPDX-License-Identifier: Apache-2.0
// Hash index over rows that live elsewhere and are named by a 32-bit slot: 8 octets an entry, so
// that a million alarms can have three of them. One thread. Open addressing, linear probing;
// erasing closes the gap, so there are no tombstones to sweep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "trapd/base/check.h"

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
  void insert(std::uint64_t hash, std::uint32_t slot) {
    if ((used_ + 1) * 4 > entries_.size() * 3) grow();
    place({static_cast<std::uint32_t>(hash), slot});
    ++used_;
  }
  /// (hash, slot) must be there.
  void erase(std::uint64_t hash, std::uint32_t slot) {
    std::size_t gap = position(hash, slot);
    for (std::size_t at = after(gap); entries_[at].slot != kNone; at = after(at)) {
      // An entry may move back into the gap unless its home lies behind the gap.
      const std::size_t distance = (at - home(entries_[at].tag)) & mask();
      if (distance < ((at - gap) & mask())) continue;
      entries_[gap] = entries_[at];
      gap = at;
    }
    entries_[gap] = Entry{};
    --used_;
  }
  /// (hash, from) must be there; the key then leads to `to`.
  void replace(std::uint64_t hash, std::uint32_t from, std::uint32_t to) {
    entries_[position(hash, from)].slot = to;
  }
  std::size_t size() const { return used_; }

 private:
  struct Entry {
    std::uint32_t tag = 0;  // low half of the hash; says where the entry belongs
    std::uint32_t slot = kNone;
  };

  std::size_t mask() const { return entries_.size() - 1; }
  std::size_t home(std::uint32_t tag) const { return tag & mask(); }
  std::size_t after(std::size_t at) const { return (at + 1) & mask(); }

  std::size_t position(std::uint64_t hash, std::uint32_t slot) const {
    std::size_t at = home(static_cast<std::uint32_t>(hash));
    while (entries_[at].slot != slot) {
      CHECK(entries_[at].slot != kNone);
      at = after(at);
    }
    return at;
  }
  void place(Entry entry) {
    std::size_t at = home(entry.tag);
    while (entries_[at].slot != kNone) at = after(at);
    entries_[at] = entry;
  }
  void grow() {
    std::vector<Entry> old(entries_.size() * 2);
    old.swap(entries_);
    for (const Entry& entry : old) {
      if (entry.slot != kNone) place(entry);
    }
  }

  std::vector<Entry> entries_;  // a power of two, never full
  std::size_t used_ = 0;
};

}  // namespace trapd::alarm
