// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/line_limiter.h"

#include <doctest/doctest.h>

#include "trapd/base/clock.h"

namespace trapd::log {
namespace {

constexpr std::int64_t kStart = 1000 * kNsPerSecond;

std::string numbered(std::size_t i) { return "key " + std::to_string(i); }

void fill(LineLimiter* limiter, std::int64_t at_ns) {
  for (std::size_t i = 0; i < LineLimiter::kKeysMax; ++i) limiter->take(numbered(i), at_ns);
}

}  // namespace

TEST_CASE("a key's line passes once a second and says how many it left out") {
  LineLimiter limiter;
  CHECK(limiter.take("a", kStart).pass);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(limiter.take("a", kStart + kNsPerSecond - 1).pass);
  CHECK(limiter.take("b", kStart).pass);
  const LineLimiter::Verdict next = limiter.take("a", kStart + kNsPerSecond);
  CHECK(next.pass);
  CHECK(next.left_out == 5);
}

TEST_CASE("keys beyond the bound share one, and the table does not grow") {
  LineLimiter limiter;
  fill(&limiter, kStart);
  CHECK(limiter.take("new 1", kStart).pass);
  CHECK_FALSE(limiter.take("new 2", kStart).pass);
  CHECK(limiter.keys() == LineLimiter::kKeysMax);
}

TEST_CASE("a full table takes new keys again when older ones have been quiet for a minute") {
  LineLimiter limiter;
  fill(&limiter, kStart);
  const std::int64_t later = kStart + (LineLimiter::kQuietSeconds + 1) * kNsPerSecond;
  limiter.take(numbered(7), later);  // this one is not quiet
  CHECK(limiter.take("new 1", later).pass);
  CHECK(limiter.take("new 2", later).pass);
  CHECK(limiter.keys() == 3);
  CHECK_FALSE(limiter.take(numbered(7), later).pass);
}

}  // namespace trapd::log
