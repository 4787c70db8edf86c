// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/latency_buckets.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <memory>

namespace trapd::journal {
namespace {

std::size_t only_bucket(std::int64_t ns) {
  const auto buckets = std::make_unique<LatencyBuckets>();
  buckets->observe(ns);
  for (std::size_t i = 0; i < LatencyBuckets::kBuckets; ++i) {
    if (buckets->counts[i].get() != 0) return i;
  }
  return LatencyBuckets::kBuckets;
}

}  // namespace

TEST_CASE("a bucket holds what is above the bound before it, up to its own") {
  for (std::size_t i = 0; i + 1 < LatencyBuckets::kBuckets; ++i) {
    const auto bound_ns = std::llround(LatencyBuckets::upper_bound_s(i) * 1e9);
    CHECK(only_bucket(bound_ns) == i);
    CHECK(only_bucket(bound_ns + 1) == i + 1);
  }
  CHECK(only_bucket(0) == 0);
  CHECK(only_bucket(std::numeric_limits<std::int64_t>::max()) == LatencyBuckets::kBuckets - 1);
}

TEST_CASE("a bucket ends less than a fifth above the one before") {
  for (std::size_t i = 1; i + 1 < LatencyBuckets::kBuckets; ++i) {
    const double times = LatencyBuckets::upper_bound_s(i) / LatencyBuckets::upper_bound_s(i - 1);
    CHECK(times > 1.18);
    CHECK(times < 1.2);
  }
  CHECK(std::isinf(LatencyBuckets::upper_bound_s(LatencyBuckets::kBuckets - 1)));
}

TEST_CASE("octaves end at 50 us times a power of two and miss nothing") {
  const auto buckets = std::make_unique<LatencyBuckets>();
  for (const std::int64_t ns : {1, 50'000, 50'001, 59'461, 100'000, 100'001, 20'000'000}) {
    buckets->observe(ns);
  }
  buckets->observe(60'000'000'000);
  const LatencyBuckets::Rows rows = buckets->by_octave();
  REQUIRE(rows.size() == LatencyBuckets::kOctaves + 2);
  CHECK(rows[0] == std::pair{50e-6, std::uint64_t{2}});
  CHECK(rows[1] == std::pair{100e-6, std::uint64_t{3}});
  CHECK(rows[2] == std::pair{200e-6, std::uint64_t{1}});
  CHECK(rows[9] == std::pair{25.6e-3, std::uint64_t{1}});
  CHECK(rows.back().second == 1);
  CHECK(std::isinf(rows.back().first));
  std::uint64_t octaves = 0;
  std::uint64_t fine = 0;
  for (const auto& row : rows) octaves += row.second;
  for (const auto& row : buckets->fine()) fine += row.second;
  CHECK(octaves == 8);
  CHECK(fine == 8);
}

}  // namespace trapd::journal
