// SPDX-License-Identifier: Apache-2.0
// The traps that no rule matched, those seen most: which rule to write next. One thread counts, any
// thread reads; no lock, no allocation while counting. Bounded: when the table is full the trap
// that was seen least gives way, and the new one takes over its count (the "space saving" of
// Metwally et al.), so that a trap seen often is never missing and a count is never too low.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "trapd/snmp/oid.h"

namespace trapd::alarm {

struct UnmatchedTrap {
  snmp::Oid trap;
  std::uint64_t count = 0;  // at most this many
};

class UnmatchedTraps {
 public:
  static constexpr std::size_t kTrapsMax = 64;
  static constexpr std::size_t kOidOctetsMax = 128;  // longer ones share one entry without OID

  void count(snmp::OidView trap);
  std::vector<UnmatchedTrap> list() const;

 private:
  static constexpr std::size_t kWords = kOidOctetsMax / sizeof(std::uint64_t);
  /// Read while it is written: `version` is odd meanwhile, and the reader then leaves it out.
  struct Slot {
    std::atomic<std::uint64_t> hash{0};
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::uint32_t> version{0};
    std::atomic<std::uint32_t> octets{0};
    std::array<std::atomic<std::uint64_t>, kWords> words{};
  };
  static void write(Slot& slot, snmp::OidView trap, std::uint64_t hash);
  static bool read(const Slot& slot, UnmatchedTrap* trap);

  std::array<Slot, kTrapsMax> slots_;
};

}  // namespace trapd::alarm
