// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/unmatched_traps.h"

#include <algorithm>
#include <cstring>

#include "trapd/base/hash.h"

namespace trapd::alarm {

void UnmatchedTraps::count(snmp::OidView trap) {
  const snmp::OidView kept = trap.content().size() > kOidOctetsMax ? snmp::OidView() : trap;
  const std::uint64_t hash = hash_bytes(kept.content());
  Slot* least = &slots_.front();
  std::uint64_t least_count = ~std::uint64_t{0};
  for (Slot& slot : slots_) {
    const std::uint64_t count = slot.count.load(std::memory_order_relaxed);
    if (count != 0 && slot.hash.load(std::memory_order_relaxed) == hash) {
      slot.count.store(count + 1, std::memory_order_relaxed);
      return;
    }
    if (count >= least_count) continue;
    least = &slot;
    least_count = count;
  }
  write(*least, kept, hash);
  least->count.store(least_count + 1, std::memory_order_relaxed);
}

void UnmatchedTraps::write(Slot& slot, snmp::OidView trap, std::uint64_t hash) {
  const ByteView content = trap.content();
  const std::uint32_t version = slot.version.load(std::memory_order_relaxed);
  slot.version.store(version + 1, std::memory_order_seq_cst);
  slot.hash.store(hash, std::memory_order_release);
  slot.octets.store(static_cast<std::uint32_t>(content.size()), std::memory_order_release);
  for (std::size_t i = 0; i * 8 < content.size(); ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, content.data() + i * 8, std::min<std::size_t>(8, content.size() - i * 8));
    slot.words[i].store(word, std::memory_order_release);
  }
  slot.version.store(version + 2, std::memory_order_release);
}

bool UnmatchedTraps::read(const Slot& slot, UnmatchedTrap* trap) {
  const std::uint32_t before = slot.version.load(std::memory_order_acquire);
  trap->count = slot.count.load(std::memory_order_acquire);
  std::array<std::uint8_t, kOidOctetsMax> octets{};
  const std::size_t size = slot.octets.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < kWords; ++i) {
    const std::uint64_t word = slot.words[i].load(std::memory_order_acquire);
    std::memcpy(octets.data() + i * 8, &word, sizeof word);
  }
  const std::uint32_t after = slot.version.load(std::memory_order_relaxed);
  if (before != after || before % 2 != 0 || trap->count == 0) return false;
  trap->trap = snmp::Oid(snmp::OidView(ByteView(octets).first(size)));
  return true;
}

std::vector<UnmatchedTrap> UnmatchedTraps::list() const {
  std::vector<UnmatchedTrap> traps;
  for (const Slot& slot : slots_) {
    UnmatchedTrap trap;
    if (read(slot, &trap)) traps.push_back(std::move(trap));
  }
  return traps;
}

}  // namespace trapd::alarm
