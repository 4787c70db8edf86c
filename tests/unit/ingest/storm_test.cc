// SPDX-License-Identifier: Apache-2.0
// The table of devices when it is full.
#include "trapd/ingest/storm.h"

#include <doctest/doctest.h>

#include <string>

#include "trapd/base/clock.h"

namespace trapd::ingest {
namespace {

using Verdict = StormGuard::Verdict;

constexpr std::uint32_t kRate = 3;
constexpr std::int64_t kNow = 1000 * kNsPerSecond;

/// Each sends once.
void fill(StormGuard& guard, std::size_t devices, std::int64_t now_ns) {
  for (std::size_t i = 0; i < devices; ++i) guard.take("device " + std::to_string(i), now_ns);
}

TEST_CASE("beyond the rate is told once a second") {
  StormGuard guard;
  guard.set_rate(kRate);
  for (std::uint32_t i = 0; i < kRate; ++i) CHECK(guard.take("a", kNow) == Verdict::kWithin);
  CHECK(guard.take("a", kNow) == Verdict::kFirstBeyond);
  CHECK(guard.take("a", kNow) == Verdict::kBeyond);
  CHECK(guard.take("b", kNow) == Verdict::kWithin);
  CHECK(guard.take("a", kNow + kNsPerSecond) == Verdict::kWithin);
}

TEST_CASE("whoever has a place in a table that is full keeps it, and his count") {
  StormGuard guard;
  guard.set_rate(kRate);
  CHECK(guard.take("early", kNow) == Verdict::kWithin);
  fill(guard, 8 * StormGuard::kDevices, kNow);
  std::uint32_t within = 1;
  while (guard.take("early", kNow) == Verdict::kWithin) ++within;
  CHECK(within <= kRate);
  CHECK(guard.take("early", kNow) == Verdict::kBeyond);
}

TEST_CASE("those silent for a second give way in a table that is full") {
  StormGuard guard;
  guard.set_rate(kRate);
  fill(guard, 8 * StormGuard::kDevices, kNow);
  const std::int64_t next = kNow + kNsPerSecond;
  for (int i = 0; i < 100; ++i) {
    const std::string device = "new " + std::to_string(i);
    for (std::uint32_t sent = 0; sent < kRate; ++sent) {
      CHECK(guard.take(device, next) == Verdict::kWithin);
    }
    CHECK(guard.take(device, next) == Verdict::kFirstBeyond);
  }
}

}  // namespace
}  // namespace trapd::ingest
