// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/bytes.h"

#include <doctest/doctest.h>

#include <array>

#include "trapd/base/hash.h"
#include "trapd/base/secret.h"

using namespace trapd;

namespace {
std::string round_trip(std::string_view text) {
  const auto bytes = from_hex(text);
  return bytes ? to_hex(*bytes) : "refused";
}
}  // namespace

TEST_CASE("bytes: hexadecimal text, both ways") {
  CHECK(round_trip("00ff7f80") == "00ff7f80");
  CHECK(round_trip("00FF7f80") == "00ff7f80");
  CHECK(round_trip("0x00ff") == "00ff");
  CHECK(round_trip("0X00ff") == "00ff");
  CHECK(round_trip("00:11:aa:BB") == "0011aabb");
  CHECK(round_trip(" 00 11\n\taa ") == "0011aa");
  CHECK(round_trip("") == "");
  CHECK(round_trip("0x") == "");
  for (const char* wrong :
       {"0", "000", "0g", "g0", "0x0", "00 1", "0 0", "00-11", "x00", "00 0x11"}) {
    CAPTURE(wrong);
    CHECK(round_trip(wrong) == "refused");
  }
}

TEST_CASE("bytes: equality and prefixes, empty views included") {
  const std::array<std::uint8_t, 3> abc = {'a', 'b', 'c'};
  CHECK(equal(abc, as_bytes("abc")));
  CHECK_FALSE(equal(abc, as_bytes("abd")));
  CHECK_FALSE(equal(abc, as_bytes("ab")));
  CHECK(equal({}, {}));
  CHECK(equal({}, ByteView(abc).first(0)));
  CHECK(starts_with(abc, as_bytes("ab")));
  CHECK(starts_with(abc, {}));
  CHECK(starts_with({}, {}));
  CHECK_FALSE(starts_with(as_bytes("ab"), abc));
  CHECK_FALSE(starts_with(abc, as_bytes("b")));
  CHECK(as_text(abc) == "abc");
  CHECK(same_text("ab", "ab"));
  CHECK(same_text({}, ""));
  CHECK_FALSE(same_text("ab", "ac"));
  CHECK_FALSE(same_text("ab", "abc"));
}

TEST_CASE("bytes: integers in their byte order") {
  std::array<std::uint8_t, 8> at{};
  store_be32(at.data(), 0x01020304);
  CHECK(to_hex(at) == "0102030400000000");
  store_be64(at.data(), 0x0102030405060708);
  CHECK(to_hex(at) == "0102030405060708");
  CHECK(load_be64(at.data()) == 0x0102030405060708);
  CHECK(load_be32(at.data()) == 0x01020304);
  store_le<std::uint32_t>(at.data(), 0x0a0b0c0d);
  CHECK(to_hex(at) == "0d0c0b0a05060708");
  CHECK(load_le<std::uint16_t>(at.data()) == 0x0c0d);
}

TEST_CASE("bytes: a few octets are copied, and none beside them") {
  for (std::size_t size = 0; size <= 40; ++size) {
    CAPTURE(size);
    std::vector<std::uint8_t> from(size);
    for (std::size_t i = 0; i < size; ++i) from[i] = static_cast<std::uint8_t>(i + 1);
    std::vector<std::uint8_t> to(size + 2, 0xee);
    copy_few(to.data() + 1, from);
    CHECK(equal(ByteView(to).subspan(1, size), from));
    CHECK(to.front() == 0xee);
    CHECK(to.back() == 0xee);
  }
}

TEST_CASE("hash: depends on the bytes and on the seed, and is one value within a process") {
  CHECK(hash_bytes(as_bytes("abc"), 1) == hash_bytes(as_bytes("abc"), 1));
  CHECK(hash_bytes(as_bytes("abc"), 1) != hash_bytes(as_bytes("abd"), 1));
  CHECK(hash_bytes(as_bytes("abc"), 1) != hash_bytes(as_bytes("abc"), 2));
  CHECK(process_hash_seed() == process_hash_seed());
  CHECK(hash_bytes(as_bytes("abc")) == hash_bytes(as_bytes("abc"), process_hash_seed()));
  CHECK(BytesHash{}("abc") == hash_bytes(as_bytes("abc")));
}

TEST_CASE("secret: moves leave nothing behind, a duplicate is its own") {
  Secret first(as_bytes("maplesyrup"));
  Secret second = first.duplicate();
  CHECK(as_text(first.expose()) == "maplesyrup");
  const Secret third = std::move(first);
  CHECK(first.empty());  // NOLINT: the moved-from state is what is tested
  CHECK(as_text(third.expose()) == "maplesyrup");
  CHECK(second.expose().data() != third.expose().data());
  second = Secret(as_bytes("other"));
  CHECK(as_text(second.expose()) == "other");
  static_assert(!std::is_copy_constructible_v<Secret>);
  static_assert(!std::is_copy_assignable_v<Secret>);
}

TEST_CASE("secret: wiping overwrites the bytes in place") {
  std::array<std::uint8_t, 4> key = {1, 2, 3, 4};
  wipe(key);
  CHECK(to_hex(key) == "00000000");
  wipe(MutableBytes());
  std::string passphrase = "maplesyrup";
  wipe(passphrase);
  CHECK(passphrase.empty());
}
