// SPDX-License-Identifier: Apache-2.0
#include "forwarders/backoff.h"

#include <doctest/doctest.h>

#include <set>

using namespace trapd;
using namespace trapd::forwarders;

namespace {
std::int64_t wait_ns(Backoff& backoff, VirtualClock& clock) {
  backoff.failed();
  const std::int64_t wait = backoff.ready_ns() - clock.monotonic_ns();
  clock.advance_ns(wait - 1);
  CHECK_FALSE(backoff.ready());
  clock.advance_ns(1);
  CHECK(backoff.ready());
  return wait;
}
}  // namespace

TEST_CASE("waits double from half a second to a minute, each with jitter") {
  VirtualClock clock;
  Backoff backoff(clock, 1);
  CHECK(backoff.ready());
  std::int64_t longest = kNsPerSecond;
  for (int i = 0; i < 12; ++i) {
    const std::int64_t wait = wait_ns(backoff, clock);
    CHECK(wait >= longest / 2);
    CHECK(wait <= longest);
    longest = std::min(longest * 2, 60 * kNsPerSecond);
  }
}

TEST_CASE("two gateways do not come back in step") {
  VirtualClock clock;
  std::set<std::int64_t> waits;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Backoff backoff(clock, seed);
    backoff.failed();
    waits.insert(backoff.ready_ns());
  }
  CHECK(waits.size() == 20);
}

TEST_CASE("only what has worked for a while begins anew") {
  VirtualClock clock;
  Backoff backoff(clock, 1);
  for (int i = 0; i < 5; ++i) wait_ns(backoff, clock);
  backoff.succeeded();
  clock.advance_ns(29 * kNsPerSecond);
  CHECK(wait_ns(backoff, clock) >= 16 * kNsPerSecond);
  backoff.succeeded();
  backoff.succeeded();
  clock.advance_ns(30 * kNsPerSecond);
  CHECK(wait_ns(backoff, clock) <= kNsPerSecond);
}
