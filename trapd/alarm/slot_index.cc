// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/slot_index.h"

#include "trapd/base/check.h"

namespace trapd::alarm {

void SlotIndex::insert(std::uint64_t hash, std::uint32_t slot) {
  if ((used_ + 1) * 5 > entries_.size() * 4) grow();
  place({static_cast<std::uint32_t>(hash), slot});
  ++used_;
}

void SlotIndex::erase(std::uint64_t hash, std::uint32_t slot) {
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

void SlotIndex::replace(std::uint64_t hash, std::uint32_t from, std::uint32_t to) {
  entries_[position(hash, from)].slot = to;
}

std::size_t SlotIndex::position(std::uint64_t hash, std::uint32_t slot) const {
  std::size_t at = home(static_cast<std::uint32_t>(hash));
  while (entries_[at].slot != slot) {
    CHECK(entries_[at].slot != kNone);
    at = after(at);
  }
  return at;
}

void SlotIndex::place(Entry entry) {
  std::size_t at = home(entry.tag);
  while (entries_[at].slot != kNone) at = after(at);
  entries_[at] = entry;
}

void SlotIndex::grow() {
  std::vector<Entry> old(entries_.size() * 2);
  old.swap(entries_);
  for (const Entry& entry : old) {
    if (entry.slot != kNone) place(entry);
  }
}

}  // namespace trapd::alarm
