// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/recent_hashes.h"

#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <unordered_set>
#include <utility>

#include "trapd/base/clock.h"

namespace trapd::journal {
namespace {

TEST_CASE("a hash is known from its first time until the window is over") {
  RecentHashes hashes(100, 150 * kNsPerSecond);
  CHECK(!hashes.seen(1, 0));
  CHECK(hashes.seen(1, 0));
  CHECK(hashes.seen(1, 150 * kNsPerSecond));  // does not prolong it
  CHECK(!hashes.seen(1, 150 * kNsPerSecond + 1));
  CHECK(hashes.size() == 1);
  CHECK(hashes.left_early() == 0);
  CHECK(hashes.covered_ns(0) == 150 * kNsPerSecond);
}

TEST_CASE("the age of a hash is that of its first time") {
  RecentHashes hashes(100, 150);
  CHECK(!hashes.seen(1, 10));
  CHECK(hashes.seen(1, 40));
  CHECK(hashes.age_ns(1, 100) == 90);
  CHECK(hashes.age_ns(2, 100) == 0);
}

TEST_CASE("a full table loses its oldest, and says how many and how far it reaches") {
  RecentHashes hashes(3, 100);
  for (std::uint64_t i = 1; i <= 5; ++i) CHECK(!hashes.seen(i, static_cast<std::int64_t>(i)));
  CHECK(hashes.size() == 3);
  CHECK(hashes.left_early() == 2);
  CHECK(hashes.covered_ns(10) == 7);
  CHECK(hashes.seen(3, 6));
  CHECK(!hashes.seen(1, 6));
}

TEST_CASE("the table agrees with a set under random use, growth and wrapping included") {
  constexpr std::size_t kMax = 5'000;
  constexpr std::int64_t kWindow = 4'000;
  RecentHashes hashes(kMax, kWindow);
  std::deque<std::pair<std::uint64_t, std::int64_t>> order;
  std::unordered_set<std::uint64_t> present;
  const auto drop_first = [&] {
    present.erase(order.front().first);
    order.pop_front();
  };
  std::mt19937_64 random(3);
  std::int64_t now = 0;
  for (int i = 0; i < 200'000; ++i) {
    now += i % 3 == 0 ? 1 : 0;
    if (i % 60'000 == 59'999) now += kWindow + 1;
    // Few enough values that many come again; all bits in play.
    const std::uint64_t hash = (random() % 40'000) * 0x9e3779b97f4a7c15u;
    while (!order.empty() && now - order.front().second > kWindow) drop_first();
    const bool known = present.count(hash) > 0;
    REQUIRE(hashes.seen(hash, now) == known);
    if (!known) {
      if (order.size() == kMax) drop_first();
      order.emplace_back(hash, now);
      present.insert(hash);
    }
    REQUIRE(hashes.size() == order.size());
  }
  CHECK(hashes.left_early() > 0);
}

}  // namespace
}  // namespace trapd::journal
