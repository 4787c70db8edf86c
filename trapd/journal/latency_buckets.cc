// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/latency_buckets.h"

#include <bit>
#include <limits>

#include "trapd/base/clock.h"

namespace trapd::journal {

namespace {

constexpr std::int64_t kFirstNs = 50'000;
/// kFirstNs * 2^(n/4).
constexpr std::array<std::int64_t, LatencyBuckets::kPerOctave> kBoundsNs = {kFirstNs, 59'460,
                                                                            70'711, 84'090};

std::size_t bucket_of(std::int64_t ns) {
  if (ns <= kFirstNs) return 0;
  const auto firsts = static_cast<std::uint64_t>((ns - 1) / kFirstNs);
  const auto octave = static_cast<std::size_t>(std::bit_width(firsts) - 1);
  if (octave >= LatencyBuckets::kOctaves) return LatencyBuckets::kBuckets - 1;
  std::size_t bucket = octave * LatencyBuckets::kPerOctave + 1;
  for (std::size_t i = 1; i < kBoundsNs.size(); ++i) bucket += ns > kBoundsNs[i] << octave ? 1 : 0;
  return bucket;
}

}  // namespace

void LatencyBuckets::observe(std::int64_t ns) {
  counts[bucket_of(ns)].add();
  sum_ns.add(static_cast<std::uint64_t>(ns));
}

double LatencyBuckets::upper_bound_s(std::size_t bucket) {
  if (bucket + 1 >= kBuckets) return std::numeric_limits<double>::infinity();
  const std::int64_t ns = kBoundsNs[bucket % kPerOctave] << bucket / kPerOctave;
  return static_cast<double>(ns) / static_cast<double>(kNsPerSecond);
}

LatencyBuckets::Rows LatencyBuckets::fine() const {
  Rows rows;
  rows.reserve(kBuckets);
  for (std::size_t i = 0; i < kBuckets; ++i) rows.emplace_back(upper_bound_s(i), counts[i].get());
  return rows;
}

LatencyBuckets::Rows LatencyBuckets::by_octave() const {
  Rows rows;
  rows.reserve(kOctaves + 2);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    count += counts[i].get();
    if (i % kPerOctave != 0 && i + 1 < kBuckets) continue;
    rows.emplace_back(upper_bound_s(i), std::exchange(count, 0));
  }
  return rows;
}

}  // namespace trapd::journal
