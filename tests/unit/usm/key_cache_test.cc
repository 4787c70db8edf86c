// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/key_cache.h"

#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

const ByteView kOps = as_bytes("ops");

/// Keys that differ by `n`.
CachedKeys numbered(std::uint32_t n, AuthProtocol auth = AuthProtocol::kSha1,
                    std::size_t priv_octets = 16) {
  CachedKeys keys;
  Bytes kul(row(auth).digest_octets, 7);
  for (std::size_t i = 0; i < 4; ++i) kul[i] = static_cast<std::uint8_t>(n >> 8 * i);
  keys.auth = HmacKey(auth, Key(kul));
  Bytes priv(priv_octets, 9);
  for (std::size_t i = 0; i < 4; ++i) priv[i] = static_cast<std::uint8_t>(n >> 8 * i);
  keys.priv = Key(priv);
  return keys;
}

Bytes mac_of(const HmacKey& key) {
  Bytes mac(row(key.protocol()).mac_octets);
  key.sign(as_bytes("some message"), {}, {}, mac);
  return mac;
}

void check_same(const CachedKeys* found, const CachedKeys& expected) {
  REQUIRE(found != nullptr);
  CHECK(found->auth.protocol() == expected.auth.protocol());
  CHECK(mac_of(found->auth) == mac_of(expected.auth));
  CHECK(equal(found->priv.expose(), expected.priv.expose()));
}

TEST_CASE("an entry is found by its engine and user, and nothing else") {
  KeyCache cache(10);
  CHECK(cache.find(kEngine, kOps) == nullptr);
  User user;
  EngineClock clock;
  CachedKeys keys = numbered(1);
  keys.user = &user;
  keys.clock = &clock;
  REQUIRE(cache.add(kEngine, kOps, keys));
  check_same(cache.find(kEngine, kOps), keys);
  CHECK(cache.find(kEngine, kOps)->user == &user);
  CHECK(cache.find(kEngine, kOps)->clock == &clock);
  CHECK(cache.has(kEngine, kOps));
  CHECK(cache.find(kEngine, as_bytes("op")) == nullptr);
  CHECK(cache.find(kOwnEngine, kOps) == nullptr);
  CHECK_FALSE(cache.has(kOwnEngine, kOps));
  CHECK(cache.size() == 1);
}

TEST_CASE("keys of every protocol and length come back whole, whatever was found before") {
  KeyCache cache(100);
  std::vector<CachedKeys> all;
  for (const AuthProtocol auth :
       {AuthProtocol::kSha512, AuthProtocol::kMd5, AuthProtocol::kSha384, AuthProtocol::kSha1,
        AuthProtocol::kSha256, AuthProtocol::kSha224}) {
    for (const std::size_t priv_octets : {32U, 16U, 24U}) {
      const auto n = static_cast<std::uint32_t>(all.size());
      all.push_back(numbered(n, auth, priv_octets));
      REQUIRE(cache.add(numbered_engine(n), kOps, all.back()));
    }
  }
  for (std::uint32_t step : {1U, 5U, 7U}) {
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      const auto n = static_cast<std::uint32_t>(i * step % all.size());
      check_same(cache.find(numbered_engine(n), kOps), all[n]);
    }
  }
}

TEST_CASE("a user without privacy, or without any key, has an entry too") {
  KeyCache cache(10);
  CachedKeys plain;
  CachedKeys signed_only = numbered(3);
  signed_only.priv = {};
  REQUIRE(cache.add(kEngine, as_bytes("a"), plain));
  REQUIRE(cache.add(kEngine, as_bytes("b"), signed_only));
  REQUIRE(cache.add(kEngine, as_bytes("c"), numbered(4)));
  CHECK_FALSE(cache.find(kEngine, as_bytes("c"))->priv.empty());
  CHECK(cache.find(kEngine, as_bytes("b"))->priv.empty());
  CHECK(cache.find(kEngine, as_bytes("a"))->auth.protocol() == AuthProtocol::kNone);
}

TEST_CASE("the cache stops at its bound and keeps what it has; places are entries' own") {
  constexpr std::uint32_t kEntries = 5000;
  KeyCache cache(kEntries);
  std::vector<std::uintptr_t> places;
  for (std::uint32_t i = 0; i < kEntries; ++i) {
    REQUIRE(cache.add(numbered_engine(i), kOps, numbered(i)));
    places.push_back(cache.find(numbered_engine(i), kOps)->place);
  }
  CHECK_FALSE(cache.add(numbered_engine(kEntries), kOps, numbered(0)));
  CHECK(cache.find(numbered_engine(kEntries), kOps) == nullptr);
  CHECK(cache.size() == kEntries);
  for (std::uint32_t i = 0; i < kEntries; ++i) {
    const CachedKeys* const found = cache.find(numbered_engine(i), kOps);
    check_same(found, numbered(i));
    CHECK(found->place == places[i]);
  }
  std::sort(places.begin(), places.end());
  CHECK(std::unique(places.begin(), places.end()) == places.end());
}

TEST_CASE("after clear nothing is found and there is room again") {
  KeyCache cache(2);
  cache.add(kEngine, kOps, numbered(1));
  cache.add(kOwnEngine, kOps, numbered(2));
  CHECK(cache.find(kEngine, kOps) != nullptr);
  cache.clear();
  CHECK(cache.size() == 0);
  CHECK(cache.find(kEngine, kOps) == nullptr);
  REQUIRE(cache.add(kEngine, kOps, numbered(3)));
  check_same(cache.find(kEngine, kOps), numbered(3));
}

TEST_CASE("a cache without room, and names beyond their bounds, are refused") {
  KeyCache none(0);
  CHECK_FALSE(none.add(kEngine, kOps, {}));
  KeyCache cache(10);
  CHECK_FALSE(cache.add(Bytes(33, 1), kOps, {}));
  CHECK_FALSE(cache.add(kEngine, Bytes(33, 'x'), {}));
  const CachedKeys longest = numbered(1, AuthProtocol::kSha512, 32);
  CHECK(cache.add(Bytes(32, 1), Bytes(32, 'x'), longest));
  check_same(cache.find(Bytes(32, 1), Bytes(32, 'x')), longest);
}

}  // namespace
}  // namespace trapd::usm
