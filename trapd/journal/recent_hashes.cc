// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/recent_hashes.h"

#include <algorithm>

#include "trapd/base/check.h"
#include "trapd/base/hash.h"

namespace trapd::journal {

namespace {
constexpr std::size_t kFirstEntries = 1024;
constexpr std::size_t kEntriesLimit = std::size_t{1} << 30;  // slots hold 32-bit indices
}  // namespace

RecentHashes::RecentHashes(std::size_t entries_max, std::int64_t window_ns)
    : entries_max_(std::clamp<std::size_t>(entries_max, 1, kEntriesLimit)),
      window_ns_(window_ns),
      ring_(kFirstEntries),
      slots_(kFirstEntries),
      seed_(process_hash_seed()) {}

std::uint32_t RecentHashes::tag_of(std::uint64_t hash) const {
  // A stranger may know how the hash is made, so its bits do not choose the slot directly.
  return static_cast<std::uint32_t>((hash ^ seed_) * 0x9e3779b97f4a7c15u >> 32);
}

std::size_t RecentHashes::find(std::uint64_t hash) const {
  const std::uint32_t tag = tag_of(hash);
  std::size_t slot = home(tag);
  while (!is_free(slot) && (slots_[slot].tag != tag || ring_[slots_[slot].entry].hash != hash)) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

bool RecentHashes::seen(std::uint64_t hash, std::int64_t now_ns) {
  while (count_ > 0 && now_ns - ring_[first_].seen_ns > window_ns_) drop_oldest();
  std::size_t slot = find(hash);
  if (!is_free(slot)) return true;
  if (count_ == entries_max_ || count_ == ring_.size() || crowded(slots_.size())) {
    make_room();
    slot = find(hash);
  }
  const std::size_t at = (first_ + count_) & (ring_.size() - 1);
  ring_[at] = {hash, now_ns};
  slots_[slot] = {tag_of(hash), static_cast<std::uint32_t>(at)};
  ++count_;
  return false;
}

std::int64_t RecentHashes::age_ns(std::uint64_t hash, std::int64_t now_ns) const {
  const std::size_t slot = find(hash);
  return is_free(slot) ? 0 : now_ns - ring_[slots_[slot].entry].seen_ns;
}

std::int64_t RecentHashes::covered_ns(std::int64_t now_ns) const {
  return count_ < entries_max_ ? window_ns_ : now_ns - ring_[first_].seen_ns;
}

void RecentHashes::make_room() {
  if (count_ < entries_max_) return grow();
  drop_oldest();
  ++left_early_;
}

void RecentHashes::drop_oldest() {
  if (count_ > kDroppedAhead) prefetch(ring_[(first_ + kDroppedAhead) & (ring_.size() - 1)].hash);
  const std::size_t slot = find(ring_[first_].hash);
  CHECK(!is_free(slot));
  erase_slot(slot);
  first_ = (first_ + 1) & (ring_.size() - 1);
  --count_;
}

/// Moves later entries of the same run back, so that no marks of deleted entries pile up.
void RecentHashes::erase_slot(std::size_t slot) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = slot;
  for (std::size_t at = (slot + 1) & mask; !is_free(at); at = (at + 1) & mask) {
    const std::size_t wanted = home(slots_[at].tag);
    if (((at - wanted) & mask) >= ((at - hole) & mask)) {
      slots_[hole] = slots_[at];
      hole = at;
    }
  }
  slots_[hole] = Slot{};
}

void RecentHashes::grow() {
  if (count_ == ring_.size()) {
    std::vector<Entry> larger(2 * ring_.size());
    for (std::size_t i = 0; i < count_; ++i) larger[i] = ring_[(first_ + i) & (ring_.size() - 1)];
    ring_.swap(larger);
    first_ = 0;
  }
  std::size_t wanted = slots_.size();
  while (crowded(wanted)) wanted *= 2;
  std::vector<Slot>(wanted).swap(slots_);
  for (std::size_t i = 0; i < count_; ++i) {
    const std::size_t at = (first_ + i) & (ring_.size() - 1);
    slots_[find(ring_[at].hash)] = {tag_of(ring_[at].hash), static_cast<std::uint32_t>(at)};
  }
}

}  // namespace trapd::journal
