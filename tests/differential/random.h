// SPDX-License-Identifier: Apache-2.0
// Random choices that are the same on every machine for the same seed (SplitMix64).
#pragma once

#include <cstdint>
#include <span>

#include "tests/differential/decoded.h"

namespace trapd::differential {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t u64() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebU;
    return mixed ^ mixed >> 31;
  }
  std::uint8_t octet() { return static_cast<std::uint8_t>(u64() >> 56); }
  /// 0..count-1.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>((u64() >> 11) % count); }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <typename Range>
  const auto& pick(const Range& range) {
    return std::data(range)[below(std::size(range))];
  }
  Bytes octets(std::size_t size) {
    Bytes out(size);
    for (std::uint8_t& each : out) each = octet();
    return out;
  }

 private:
  std::uint64_t state_;
};

}  // namespace trapd::differential
