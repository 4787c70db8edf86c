// SPDX-License-Identifier: Apache-2.0
#include "trapd/ber/writer.h"

#include <doctest/doctest.h>

#include <array>

#include "tests/data/ber_bytes.h"
#include "trapd/ber/reader.h"

using namespace trapd;
using namespace trapd::test;
using ber::Writer;

namespace {

template <typename Write>
std::string written(Write write) {
  std::array<std::uint8_t, 512> buffer{};
  Writer writer(buffer);
  write(writer);
  CHECK(writer.ok());
  return to_hex(writer.done());
}

}  // namespace

TEST_CASE("writer: fields written in reverse stand in order") {
  CHECK(written([](Writer& w) {
          const std::size_t mark = w.mark();
          w.null();
          w.octets(as_bytes("ab"));
          w.integer(7);
          w.wrap(ber::kSequence, mark);
        }) ==
        "3009"
        "020107"
        "04026162"
        "0500");
}

TEST_CASE("writer: nothing written is an empty view") {
  CHECK(written([](Writer&) {}).empty());
  Writer nowhere{MutableBytes()};
  nowhere.raw({});
  CHECK(nowhere.ok());
  nowhere.null();
  CHECK_FALSE(nowhere.ok());
}

TEST_CASE("writer: integers take as few octets as two's complement allows") {
  const std::pair<std::int64_t, const char*> cases[] = {
      {0, "020100"},
      {1, "020101"},
      {127, "02017f"},
      {128, "02020080"},
      {255, "020200ff"},
      {256, "02020100"},
      {32767, "02027fff"},
      {32768, "0203008000"},
      {-1, "0201ff"},
      {-128, "020180"},
      {-129, "0202ff7f"},
      {2147483647, "02047fffffff"},
      {-2147483648LL, "020480000000"},
      {4294967295LL, "020500ffffffff"},
      {INT64_MAX, "02087fffffffffffffff"},
      {INT64_MIN, "02088000000000000000"},
  };
  for (const auto& [value, octets] : cases) {
    const std::int64_t number = value;
    CAPTURE(number);
    CHECK(written([number](Writer& w) { w.integer(number); }) == octets);
  }
}

TEST_CASE("writer: unsigned values keep a leading zero where the sign would be") {
  const std::pair<std::uint64_t, const char*> cases[] = {
      {0, "460100"},
      {127, "46017f"},
      {128, "46020080"},
      {0x7fffffff, "46047fffffff"},
      {0xffffffff, "460500ffffffff"},
      {UINT64_MAX, "460900ffffffffffffffff"},
  };
  for (const auto& [value, octets] : cases) {
    const std::uint64_t number = value;
    CAPTURE(number);
    CHECK(written([number](Writer& w) { w.unsigned64(number, ber::kCounter64); }) == octets);
  }
}

TEST_CASE("writer: lengths are as short as they can be at every edge") {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65535U, 65536U}) {
    CAPTURE(size);
    std::vector<std::uint8_t> buffer(size + 8);
    Writer writer(buffer);
    writer.octets(repeat(size, 'x'));
    REQUIRE(writer.ok());
    CHECK(to_hex(writer.done()) == to_hex(tlv(0x04, repeat(size, 'x'))));
  }
}

TEST_CASE("writer: exactly enough room is enough, one octet less fails for good") {
  const Bytes expected = tlv(0x30, tlv(0x04, text("hello")) + hex("020203e8"));
  for (std::size_t room = 0; room <= expected.size() + 1; ++room) {
    CAPTURE(room);
    // Guard octets on both sides show a write outside.
    Bytes buffer = repeat(room + 2, 0xee);
    Writer writer(MutableBytes(buffer).subspan(1, room));
    const std::size_t mark = writer.mark();
    writer.integer(1000);
    writer.octets(as_bytes("hello"));
    writer.wrap(ber::kSequence, mark);
    CHECK(writer.ok() == (room >= expected.size()));
    if (writer.ok()) {
      CHECK(equal(writer.done(), expected));
    } else {
      CHECK(writer.done().empty());
      writer.raw({});
      CHECK_FALSE(writer.ok());
    }
    CHECK(buffer.front() == 0xee);
    CHECK(buffer.back() == 0xee);
  }
}

TEST_CASE("writer: a mark that lies ahead fails instead of making a length up") {
  std::array<std::uint8_t, 32> buffer{};
  Writer writer(buffer);
  writer.integer(1);
  writer.wrap(ber::kSequence, writer.size() + 1);
  CHECK_FALSE(writer.ok());
}

TEST_CASE("writer: what is written reads back") {
  std::array<std::uint8_t, 64> buffer{};
  for (int shift = 0; shift < 64; ++shift) {
    for (const std::int64_t delta : {-1, 0, 1}) {
      const std::uint64_t bits = (std::uint64_t{1} << shift) + static_cast<std::uint64_t>(delta);
      CAPTURE(bits);
      Writer writer(buffer);
      writer.unsigned64(bits, ber::kCounter64);
      ber::Reader reader(writer.done());
      std::uint64_t back = ~bits;
      CHECK(ber::decode_uint64(reader.expect(ber::kCounter64), &back));
      CHECK(back == bits);
      const auto narrow = static_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
      Writer signed_writer(buffer);
      signed_writer.integer(narrow);
      CHECK(ber::Reader(signed_writer.done()).integer(INT32_MIN, INT32_MAX) == narrow);
    }
  }
}
