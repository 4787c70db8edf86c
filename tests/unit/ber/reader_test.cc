// SPDX-License-Identifier: Apache-2.0
#include "trapd/ber/reader.h"

#include <doctest/doctest.h>

#include "tests/data/ber_bytes.h"

using namespace trapd;
using namespace trapd::test;
using ber::Error;
using ber::Reader;

TEST_CASE("reader: walks the elements of a structure and reports its end") {
  const Bytes bytes = tlv(0x30, hex("02012a 0403616263 0500"));
  Reader outer(bytes);
  Reader fields = outer.enter(ber::kSequence);
  CHECK(outer.at_end());
  CHECK(fields.peek() == ber::kInteger);
  CHECK(fields.integer(0, 100) == 42);
  CHECK(as_text(fields.octets(0, 10)) == "abc");
  const ber::Value null = fields.any();
  CHECK(null.tag == ber::kNull);
  CHECK(null.content.empty());
  CHECK(fields.at_end());
  fields.expect_end();
  CHECK(fields.ok());
  CHECK(fields.taken() == 3);
}

TEST_CASE("reader: the first failure stays, later reads give nothing and loops end") {
  const Bytes bytes = hex("020101 0403616263 020102");
  Reader reader(bytes);
  CHECK(reader.integer(0, 9) == 1);
  CHECK(reader.integer(0, 9) == 0);  // an OCTET STRING stands there
  CHECK(reader.error() == Error::kUnexpectedTag);
  CHECK(reader.error_offset() == 3);
  CHECK(reader.taken() == 1);
  CHECK(reader.octets(0, 9).empty());
  CHECK(reader.raw().empty());
  CHECK(reader.oid().empty());
  CHECK(reader.unsigned32(ber::kGauge32) == 0);
  CHECK(reader.any().tag == 0);
  CHECK(reader.peek() == 0);
  CHECK(reader.at_end());
  CHECK(reader.rest().empty());
  reader.fail(Error::kBadOid);
  reader.expect_end();
  CHECK_FALSE(reader.enter(ber::kInteger).ok());
  CHECK(reader.error() == Error::kUnexpectedTag);
  CHECK(reader.error_offset() == 3);
  CHECK(reader.taken() == 1);
}

TEST_CASE("reader: a range or length failure stands at its element, not behind it") {
  const Bytes bytes = hex("020101 0202 0100 020102");
  Reader reader(bytes);
  reader.integer(0, 9);
  reader.integer(0, 255);
  CHECK(reader.error() == Error::kOutOfRange);
  CHECK(reader.error_offset() == 3);
  CHECK(reader.taken() == 1);

  Reader strings(bytes);
  strings.any();
  strings.octets(0, 1);
  CHECK(strings.error() == Error::kUnexpectedTag);
}

TEST_CASE("reader: offsets of nested cursors count from the datagram") {
  const Bytes bytes = tlv(0x30, hex("020101") + tlv(0x30, hex("020101 0400")));
  Reader outer(bytes);
  Reader middle = outer.enter(ber::kSequence);
  middle.integer(0, 9);
  Reader inner = middle.enter(ber::kSequence);
  inner.integer(0, 9);
  inner.integer(0, 9);
  CHECK(inner.error_offset() == 10);
  Reader whole(bytes);
  whole.adopt(inner);
  CHECK(whole.error() == Error::kUnexpectedTag);
  CHECK(whole.error_offset() == 10);
  CHECK(whole.at_end());  // though nothing was taken: a loop over it ends
  whole.adopt(Reader(bytes));
  CHECK_FALSE(whole.ok());
}

TEST_CASE("reader: a cursor entered at a failure has failed with it") {
  const Bytes bytes = hex("0403616263");
  Reader reader(bytes);
  Reader nested = reader.enter(ber::kSequence);
  CHECK(nested.error() == Error::kUnexpectedTag);
  CHECK(nested.at_end());
  CHECK(nested.taken() == 0);
}

TEST_CASE("reader: raw gives the element with its header") {
  const Bytes bytes = hex("308200 03 020107 0500");
  Reader reader(bytes);
  CHECK(to_hex(reader.raw()) == "30820003020107");
  CHECK(to_hex(reader.raw()) == "0500");
  CHECK(reader.raw().empty());
  CHECK(reader.error() == Error::kTruncated);
}

TEST_CASE("reader: an empty or null span is truncated, not read") {
  Reader reader{ByteView()};
  CHECK(reader.at_end());
  CHECK(reader.peek() == 0);
  CHECK(reader.any().tag == 0);
  CHECK(reader.error() == Error::kTruncated);
  CHECK(reader.error_offset() == 0);
}

TEST_CASE("BER-01 lengths in more octets than needed are taken") {
  for (const char* form : {"05", "8105", "820005", "84 00000005", "88 0000000000000005"}) {
    CAPTURE(form);
    const Bytes bytes = hex("04") + hex(form) + text("hello");
    CHECK(as_text(Reader(bytes).octets(0, 10)) == "hello");
    CHECK(as_text(Reader(bytes).any().content) == "hello");
    CHECK(Reader(bytes).raw().size() == bytes.size());
  }
  // As many length octets as the form has: 126.
  const Bytes longest = Bytes{0x04} + long_length(5, 126) + text("hello");
  CHECK(as_text(Reader(longest).octets(0, 10)) == "hello");
}

TEST_CASE("BER-01 the example of RFC 3417 section 8") {
  const Bytes bytes = hex("a58200 39") + repeat(0x39, 0);
  CHECK(Reader(bytes).expect(ber::kGetBulkRequest).size() == 0x39);
}

TEST_CASE("BER-02 indefinite and reserved lengths are refused") {
  for (const char* form : {"80", "ff"}) {
    CAPTURE(form);
    const Bytes bytes = hex("30") + hex(form) + repeat(300, 0);
    Reader any(bytes);
    any.any();
    CHECK(any.error() == Error::kBadLength);
    Reader entered(bytes);
    entered.enter(ber::kSequence);
    CHECK(entered.error() == Error::kBadLength);
    CHECK(entered.error_offset() == 0);
  }
}

TEST_CASE("BER-02 constructed simple types and high tag numbers are refused") {
  const Bytes constructed = hex("240761626364656667");
  Reader octets(constructed);
  octets.octets(0, 99);
  CHECK(octets.error() == Error::kUnexpectedTag);
  for (const char* start : {"1f8101", "3f8101", "5f0101", "9f7804", "ff2301"}) {
    CAPTURE(start);
    const Bytes bytes = hex(start) + repeat(40, 0);
    Reader reader(bytes);
    reader.any();
    CHECK(reader.error() == Error::kUnexpectedTag);
    Reader raw(bytes);
    CHECK(raw.raw().empty());
  }
  // Continuation octets without end.
  const Bytes endless = hex("1f") + repeat(5000, 0xff);
  Reader reader(endless);
  reader.any();
  CHECK(reader.error() == Error::kUnexpectedTag);
}

TEST_CASE("BER-03 a length beyond the parent is refused at every place") {
  for (const char* text_form : {"04", "0401", "040261", "0481", "048101", "0482", "048200",
                                "04820001", "048400000001", "047f61", "04ff", "0485", "04fe00"}) {
    CAPTURE(text_form);
    const Bytes bytes = hex(text_form);
    Reader any(bytes);
    CHECK(any.any().content.empty());
    CHECK_FALSE(any.ok());
    Reader expected(bytes);
    CHECK(expected.octets(0, 1000).empty());
    CHECK_FALSE(expected.ok());
    CHECK(expected.taken() == 0);
  }
  // The parent ends before the datagram does: what lies behind it is not its own.
  const Bytes bytes = hex("3003 0404 616263 64");
  Reader outer(bytes);
  Reader inner = outer.enter(ber::kSequence);
  inner.any();
  CHECK(inner.error() == Error::kTruncated);
}

TEST_CASE("BER-03 spare octets inside a structure are refused") {
  const Bytes bytes = tlv(0x30, hex("020101 00"));
  Reader outer(bytes);
  Reader fields = outer.enter(ber::kSequence);
  fields.integer(0, 9);
  fields.expect_end();
  CHECK(fields.error() == Error::kTrailingOctets);
  CHECK(fields.error_offset() == 5);
  CHECK(fields.taken() == 1);
}

TEST_CASE("EDG-03 length bombs are refused without arithmetic overflow") {
  for (const char* form : {"847fffffff", "84ffffffff", "88ffffffffffffffff", "887fffffffffffffff",
                           "88fffffffffffffffe", "89010000000000000000", "89010000000000000003",
                           "8f800000000000000000000000000003"}) {
    CAPTURE(form);
    const Bytes bytes = hex("30") + hex(form) + hex("020101");
    Reader any(bytes);
    any.any();
    CHECK(any.error() == Error::kTruncated);
    Reader entered(bytes);
    CHECK_FALSE(entered.enter(ber::kSequence).ok());
    CHECK(entered.error() == Error::kTruncated);
  }
  const Bytes all_ones = Bytes{0x30, 0xfe} + repeat(200, 0xff);
  Reader reader(all_ones);
  reader.any();
  CHECK(reader.error() == Error::kTruncated);
}

TEST_CASE("reader: integers are taken within their range only") {
  struct Case {
    const char* content;
    std::int32_t min, max;
    bool ok;
    std::int32_t value;
  };
  constexpr std::int32_t kMin = INT32_MIN;
  constexpr std::int32_t kMax = INT32_MAX;
  const Case cases[] = {
      {"00", 0, kMax, true, 0},
      {"7f", 0, kMax, true, 127},
      {"ff", 0, kMax, false, 0},
      {"ff", kMin, kMax, true, -1},
      {"80", kMin, kMax, true, -128},
      {"0080", kMin, kMax, true, 128},
      {"7fffffff", 0, kMax, true, kMax},
      {"80000000", kMin, kMax, true, kMin},
      {"0080000000", kMin, kMax, false, 0},          // 2^31
      {"ff7fffffff", kMin, kMax, false, 0},          // -2^31 - 1
      {"feffffffff", kMin, kMax, false, 0},          // -4294967297
      {"0100000002", kMin, kMax, false, 0},          // would be 2 modulo 2^32
      {"0100000000000000", kMin, kMax, false, 0},    // eight octets
      {"7fffffffffffffff", kMin, kMax, false, 0},    //
      {"8000000000000000", kMin, kMax, false, 0},    //
      {"010000000000000000", kMin, kMax, false, 0},  // nine octets
      {"01e3", 484, kMax, false, 0},
      {"01e4", 484, kMax, true, 484},
      {"05", 0, 5, true, 5},
      {"06", 0, 5, false, 0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.content);
    const Bytes bytes = tlv(ber::kInteger, hex(c.content));
    Reader reader(bytes);
    CHECK(reader.integer(c.min, c.max) == c.value);
    CHECK(reader.ok() == c.ok);
    if (!c.ok) CHECK(reader.error() == Error::kOutOfRange);
  }
}

TEST_CASE("BER-07 zero-length numbers are refused as fields, and 0 where a value may be one") {
  const Bytes integer = hex("0200");
  Reader reader(integer);
  reader.integer(0, 9);
  CHECK(reader.error() == Error::kBadLength);
  const Bytes ticks = hex("4300");
  Reader unsigned_reader(ticks);
  unsigned_reader.unsigned32(ber::kTimeTicks);
  CHECK(unsigned_reader.error() == Error::kBadLength);
  std::int32_t int32 = 7;
  std::uint32_t uint32 = 7;
  std::uint64_t uint64 = 7;
  CHECK((ber::decode_int32({}, &int32) && int32 == 0));
  CHECK((ber::decode_uint32({}, &uint32) && uint32 == 0));
  CHECK((ber::decode_uint64({}, &uint64) && uint64 == 0));
}

TEST_CASE("BER-07 BER-08 BER-10 the form of a number is told") {
  struct Case {
    const char* octets;
    std::uint8_t as_integer;
    std::uint8_t as_unsigned;
  };
  const Case cases[] = {
      {"", ber::kEmptyNumber, ber::kEmptyNumber},
      {"00", 0, 0},
      {"7f", 0, 0},
      {"80", 0, ber::kUnsignedWithoutZero},
      {"ff", 0, ber::kUnsignedWithoutZero},
      {"0000", ber::kPaddedNumber, ber::kPaddedNumber},
      {"007f", ber::kPaddedNumber, ber::kPaddedNumber},
      {"0080", 0, 0},
      {"ff7f", 0, ber::kUnsignedWithoutZero},
      {"ff80", ber::kPaddedNumber, ber::kUnsignedWithoutZero},
      {"ffffffff", ber::kPaddedNumber, ber::kUnsignedWithoutZero},
      {"00ffffffff", 0, 0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.octets);
    CHECK(ber::integer_form(hex(c.octets)) == c.as_integer);
    CHECK(ber::unsigned_form(hex(c.octets)) == c.as_unsigned);
  }
}

TEST_CASE("BER-08 BER-10 a reader tells of such numbers, or refuses them where it is asked to") {
  const Bytes whole = tlv(0x30, hex("0202007f 430280e8"));
  Reader taking(whole);
  Reader fields = taking.enter(0x30);
  CHECK(fields.integer(0, 1000) == 127);
  CHECK(fields.noticed_forms() == ber::kPaddedNumber);
  CHECK(fields.unsigned32(ber::kTimeTicks) == 33000);
  CHECK(fields.noticed_forms() == (ber::kPaddedNumber | ber::kUnsignedWithoutZero));
  CHECK(fields.ok());
  Reader strict(whole);
  strict.refuse_numbers(ber::kUnsignedWithoutZero);
  Reader strict_fields = strict.enter(0x30);
  CHECK(strict_fields.integer(0, 1000) == 127);
  strict_fields.unsigned32(ber::kTimeTicks);
  CHECK(strict_fields.error() == Error::kNumberForm);
  CHECK(strict_fields.error_offset() == 6);
}

TEST_CASE("reader: integers of every length, with whatever octets") {
  constexpr std::uint8_t kOctets[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
  for (std::size_t size = 1; size <= 4; ++size) {
    for (std::size_t number = 0; number < 5 * 5 * 5 * 5; ++number) {
      Bytes bytes = {0x02, static_cast<std::uint8_t>(size)};
      for (std::size_t i = 0, rest = number; i < size; ++i, rest /= 5) {
        bytes.push_back(kOctets[rest % 5]);
      }
      CAPTURE(to_hex(bytes));
      std::int64_t wanted = bytes[2] >= 0x80 ? -1 : 0;
      for (std::size_t i = 2; i < bytes.size(); ++i) wanted = wanted * 256 + bytes[i];
      Reader reader(bytes);
      CHECK(reader.integer(INT32_MIN, INT32_MAX) == wanted);
      CHECK(reader.ok());
      CHECK(reader.at_end());
      CHECK(reader.noticed_forms() == ber::integer_form(ByteView(bytes).subspan(2)));
    }
  }
}

TEST_CASE("BER-08 padded integers are taken") {
  std::int32_t value = 0;
  CHECK(ber::decode_int32(hex("0000007f"), &value));
  CHECK(value == 127);
  CHECK(ber::decode_int32(hex("ffffff80"), &value));
  CHECK(value == -128);
  CHECK(ber::decode_int32(hex("00 7fffffff"), &value));
  CHECK(value == INT32_MAX);
  CHECK(ber::decode_int32(hex("ff 80000000"), &value));
  CHECK(value == INT32_MIN);
  CHECK(ber::decode_int32(hex("ffffffffffff ffffff01"), &value));
  CHECK(value == -255);
  CHECK_FALSE(ber::decode_int32(hex("00ff 00000001"), &value));
  CHECK_FALSE(ber::decode_int32(hex("ff00 80000001"), &value));
  CHECK_FALSE(ber::decode_int32(hex("0000 ff 00000001"), &value));
}

TEST_CASE("BER-10 unsigned values without their leading zero are read as unsigned") {
  std::uint32_t value = 0;
  CHECK(ber::decode_uint32(hex("ffffffff"), &value));
  CHECK(value == 4294967295U);
  CHECK(ber::decode_uint32(hex("80e8"), &value));
  CHECK(value == 33000);
  std::uint64_t large = 0;
  CHECK(ber::decode_uint64(hex("ffffffffffffffff"), &large));
  CHECK(large == UINT64_MAX);
  const Bytes bytes = hex("4204ffffffff");
  Reader reader(bytes);
  CHECK(reader.unsigned32(ber::kGauge32) == 4294967295U);
}

TEST_CASE("BER-11 only zeros may lead an unsigned value") {
  std::uint32_t value = 7;
  CHECK(ber::decode_uint32(hex("00ffffffff"), &value));
  CHECK(value == 4294967295U);
  CHECK_FALSE(ber::decode_uint32(hex("0100000000"), &value));
  CHECK_FALSE(ber::decode_uint32(hex("ffffffffff"), &value));
  std::uint64_t large = 7;
  CHECK(ber::decode_uint64(hex("00ffffffffffffffff"), &large));
  CHECK(large == UINT64_MAX);
  CHECK_FALSE(ber::decode_uint64(hex("010000000000000000"), &large));
  CHECK_FALSE(ber::decode_uint64(hex("ffffffffffffffffff"), &large));
  const Bytes bytes = hex("41050100000000");
  Reader reader(bytes);
  CHECK(reader.unsigned32(ber::kCounter32) == 0);
  CHECK(reader.error() == Error::kOutOfRange);
}

TEST_CASE("reader: octet strings keep to their bounds") {
  for (std::size_t size = 0; size <= 5; ++size) {
    CAPTURE(size);
    const Bytes bytes = tlv(0x04, repeat(size, 'x'));
    Reader reader(bytes);
    const bool fits = size >= 2 && size <= 4;
    CHECK(reader.octets(2, 4).size() == (fits ? size : 0));
    CHECK(reader.ok() == fits);
    if (!fits) CHECK(reader.error() == Error::kBadLength);
  }
}

TEST_CASE("BER-13 an object identifier of zero octets is refused") {
  CHECK_FALSE(ber::valid_oid({}));
  const Bytes bytes = hex("0600");
  Reader reader(bytes);
  CHECK(reader.oid().empty());
  CHECK(reader.error() == Error::kBadOid);
}

TEST_CASE("BER-14 sub-identifier limits") {
  struct Case {
    const char* content;
    bool ok;
  };
  const Case cases[] = {
      {"2b06", true},
      {"2b8fffffff7f", true},     // 2^32-1
      {"2b9080808000", false},    // 2^32
      {"2b9fffffff7f", false},    //
      {"2bffffffff7f", false},    //
      {"2b808fffffff7f", false},  // padded, six octets
      {"2b818080808000", false},  // six octets
      {"2b8006", false},          // padding in front
      {"8006", false},            //
      {"2b86", false},            // does not end
      {"2b0686", false},          //
      {"86", false},              //
      {"80", false},              //
      {"ffffffffffffffff", false},
      {"00", true},           // 0.0
      {"8837", true},         // 2.999
      {"8fffffff7f", true},   // first sub-identifier at its limit
      {"9080808000", false},  //
      {"2b8100", true},       // 128
      {"2b817f", true},       //
      {"2b81808000", true},   // four octets
      {"2b81808000 8f80808000", true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.content);
    CHECK(ber::valid_oid(hex(c.content)) == c.ok);
  }
}

TEST_CASE("BER-14 of every length, with every sub-identifier longer than one octet") {
  for (std::size_t size = 2; size <= 20; ++size) {
    const Bytes plain = repeat(size, 1);
    CHECK(ber::valid_oid(plain));
    for (std::size_t i = 0; i < size; ++i) {
      CAPTURE(size);
      CAPTURE(i);
      Bytes longer = plain;
      longer[i] = 0x81;
      CHECK(ber::valid_oid(longer) == (i + 1 < size));
      longer[i] = 0x80;  // padding
      CHECK_FALSE(ber::valid_oid(longer));
    }
  }
}

TEST_CASE("BER-15 sub-identifier count, after splitting the first octet") {
  CHECK(ber::valid_oid(repeat(127, 1)));        // 128 arcs
  CHECK_FALSE(ber::valid_oid(repeat(128, 1)));  // 129
  Bytes longest = hex("2b");
  for (int i = 0; i < 126; ++i) longest = longest + hex("8fffffff7f");
  CHECK(ber::valid_oid(longest));
  CHECK_FALSE(ber::valid_oid(longest + hex("01")));
  CHECK_FALSE(ber::valid_oid(repeat(60000, 1)));
}

TEST_CASE("reader: every proper prefix of a structure fails and never reads behind it") {
  const Bytes whole = tlv(0x30, hex("02820001 2a 0603 2b0601 4304 00bc614e 8101") + hex("00"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    // A heap block of exactly this size, so that a sanitizer sees one octet too many.
    const Bytes prefix(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    Reader outer(prefix);
    outer.enter(ber::kSequence);
    CHECK(outer.error() == Error::kTruncated);
  }
}

TEST_CASE("reader: each error has words of its own") {
  std::vector<std::string_view> seen;
  for (const Error error :
       {Error::kNone, Error::kTruncated, Error::kBadLength, Error::kUnexpectedTag,
        Error::kOutOfRange, Error::kNumberForm, Error::kBadOid, Error::kTrailingOctets}) {
    const std::string_view words = ber::to_text(error);
    CHECK_FALSE(words.empty());
    for (const std::string_view other : seen) CHECK(words != other);
    seen.push_back(words);
  }
}
