// SPDX-License-Identifier: Apache-2.0
// Durations counted in fixed buckets: four to an octave, so that a percentile read from them is at
// most a fifth too high; for Prometheus, whose every bucket is a line, one to an octave.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "trapd/base/counter.h"

namespace trapd::journal {

/// One writer, any readers. Bucket n ends at 50 us * 2^(n/4) inclusive, the last one is open.
struct LatencyBuckets {
  static constexpr std::size_t kPerOctave = 4;
  static constexpr std::size_t kOctaves = 18;  // up to 13.1 s
  static constexpr std::size_t kBuckets = kOctaves * kPerOctave + 2;
  using Rows = std::vector<std::pair<double, std::uint64_t>>;  // upper bound in s, count

  std::array<Counter, kBuckets> counts;
  Counter sum_ns;

  void observe(std::int64_t ns);
  /// Infinity for the last one.
  static double upper_bound_s(std::size_t bucket);
  /// All buckets, or those of an octave in one. Counts are of the row alone, not of those before.
  Rows fine() const;
  Rows by_octave() const;
};

}  // namespace trapd::journal
