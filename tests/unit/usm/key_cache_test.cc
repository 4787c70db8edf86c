// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/key_cache.h"

#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

const ByteView kOps = as_bytes("ops");

TEST_CASE("an entry is found by its engine and user, and nothing else") {
  KeyCache cache(10);
  CHECK(cache.find(kEngine, kOps) == nullptr);
  CachedKeys* const added = cache.add(kEngine, kOps);
  REQUIRE(added != nullptr);
  CHECK(cache.find(kEngine, kOps) == added);
  CHECK(cache.find(kEngine, as_bytes("op")) == nullptr);
  CHECK(cache.find(kOwnEngine, kOps) == nullptr);
  CHECK(cache.add(kEngine, kOps) == added);
  CHECK(cache.size() == 1);
}

TEST_CASE("the cache stops at its bound, keeps what it has, and pointers stay good") {
  constexpr std::uint32_t kEntries = 5000;
  KeyCache cache(kEntries);
  std::vector<CachedKeys*> entries;
  for (std::uint32_t i = 0; i < kEntries; ++i) {
    entries.push_back(cache.add(numbered_engine(i), kOps));
    REQUIRE(entries.back() != nullptr);
  }
  CHECK(cache.add(numbered_engine(kEntries), kOps) == nullptr);
  CHECK(cache.find(numbered_engine(kEntries), kOps) == nullptr);
  CHECK(cache.size() == kEntries);
  for (std::uint32_t i = 0; i < kEntries; ++i) {
    CHECK(cache.find(numbered_engine(i), kOps) == entries[i]);
  }
}

TEST_CASE("after clear nothing is found and there is room again") {
  KeyCache cache(2);
  cache.add(kEngine, kOps)->priv = Key(Bytes(16, 1));
  cache.add(kOwnEngine, kOps);
  cache.clear();
  CHECK(cache.size() == 0);
  CHECK(cache.find(kEngine, kOps) == nullptr);
  REQUIRE(cache.add(kEngine, kOps) != nullptr);
  CHECK(cache.find(kEngine, kOps)->priv.empty());
}

TEST_CASE("a cache without room, and names beyond their bounds, are refused") {
  KeyCache none(0);
  CHECK(none.add(kEngine, kOps) == nullptr);
  KeyCache cache(10);
  CHECK(cache.add(Bytes(33, 1), kOps) == nullptr);
  CHECK(cache.add(kEngine, Bytes(33, 'x')) == nullptr);
  CHECK(cache.add(Bytes(32, 1), Bytes(32, 'x')) != nullptr);
}

}  // namespace
}  // namespace trapd::usm
