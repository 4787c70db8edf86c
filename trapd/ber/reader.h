// SPDX-License-Identifier: Apache-2.0
// Sticky BER cursor (RFC 3417 section 8, X.690).
//
// A Reader walks the content of one constructed value. The first failure stays: later reads give
// zero or empty and change nothing, so a decoder is straight-line code with one check per
// structure, made before a length or a value is trusted. Nothing is copied; views point into the
// datagram. No recursion, no allocation.
//
// Taken: lengths in more octets than needed (BER-01); and noticed, or refused where it is asked
// for, padded INTEGERs (BER-08) and 32-bit unsigned values without their leading zero octet
// (BER-10). Refused: indefinite lengths, the reserved length FF, high tag numbers, any length
// beyond the parent (BER-02, BER-03), values outside their type's range (BER-09, BER-11).
#pragma once

#include <cstddef>
#include <cstdint>

#include "trapd/base/bytes.h"
#include "trapd/ber/tag.h"

namespace trapd::ber {

enum class Error : std::uint8_t {
  kNone,
  kTruncated,       // a header or a length reaches beyond the parent
  kBadLength,       // indefinite, reserved, or wrong for the type
  kUnexpectedTag,   // another type, a constructed simple type, a high tag number
  kOutOfRange,      // does not fit the type
  kNumberForm,      // a number not in the octets that X.690 8.3 wants
  kBadOid,          // unterminated, padded, too large or too many sub-identifiers
  kTrailingOctets,  // octets left where the structure ends
};
const char* to_text(Error error);

/// How a number's content differs from what X.690 8.3 wants; bits.
enum NumberForm : std::uint8_t {
  kPaddedNumber = 1,
  kUnsignedWithoutZero = 2,
  kEmptyNumber = 4,
  kAnyNumberForm = 7,
};
/// Of an INTEGER, of an unsigned type; 0: as it should be.
inline std::uint8_t integer_form(ByteView content);
inline std::uint8_t unsigned_form(ByteView content);

/// One value as it stands: tag and content.
struct Value {
  std::uint8_t tag = 0;
  ByteView content;
};

/// A SEQUENCE of two elements, all lengths in one octet: what a varbind nearly always is.
struct ShortPair {
  ByteView first;
  Value second;
  bool found = false;
  explicit operator bool() const { return found; }
};

class Reader {
 public:
  /// origin: start of the datagram, for offset() in error messages; may be null.
  explicit Reader(ByteView content, const std::uint8_t* origin = nullptr)
      : at_(content.data()),
        end_(content.data() + content.size()),
        origin_(origin != nullptr ? origin : content.data()) {}

  /// Numbers of these forms (NumberForm) fail from here on, here and in what is entered.
  void refuse_numbers(std::uint8_t forms) { refused_forms_ = forms; }
  /// Forms of the numbers that were taken, here and not in what was entered.
  std::uint8_t noticed_forms() const { return noticed_forms_; }

  bool ok() const { return error_ == Error::kNone; }
  Error error() const { return error_; }
  /// Where the failing element starts, counted from the origin.
  std::size_t error_offset() const { return error_offset_; }
  bool at_end() const { return at_ == end_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  /// What is left of the content, as it stands; empty after a failure.
  ByteView rest() const { return {at_, remaining()}; }
  /// Tag of the next element without taking it; 0 at the end or after a failure.
  std::uint8_t peek() const { return ok() && !at_end() ? *at_ : std::uint8_t{0}; }

  /// Elements taken; after a failure, which one of the structure failed (0 = the first).
  std::uint32_t taken() const { return taken_; }

  /// Any element.
  Value any();
  /// Content of the next element, which must have this tag.
  ByteView expect(std::uint8_t tag);
  /// A cursor over the content of the next element, which must have this tag. After a failure the
  /// cursor has failed too.
  Reader enter(std::uint8_t tag);
  /// The next element when it is such a pair, whose first element has this tag, and nothing else;
  /// false when it is not exactly one, however sound it is. Not taken yet.
  ShortPair short_pair(std::uint8_t first_tag) const;
  /// Takes the pair that short_pair() has just found.
  void take(const ShortPair& pair) {
    at_ = pair.second.content.data() + pair.second.content.size();
    ++taken_;
  }
  /// An element with header, as it stands (what a digest or a copy covers).
  ByteView raw();

  /// INTEGER within [min, max]; more than 32 bits after sign extension fails (BER-09).
  std::int32_t integer(std::int32_t min, std::int32_t max);
  ByteView octets(std::size_t min, std::size_t max);
  /// The same for another type of octets (IpAddress).
  ByteView octets(std::uint8_t tag, std::size_t min, std::size_t max);
  /// Validated content of an OBJECT IDENTIFIER (BER-14, BER-15): 1..128 sub-identifiers.
  ByteView oid();
  /// Counter32, Gauge32, TimeTicks as `tag`.
  std::uint32_t unsigned32(std::uint8_t tag);

  /// Fails with kTrailingOctets unless all content was taken (BER-03).
  void expect_end() {
    if (at_ != end_) fail(Error::kTrailingOctets);
  }
  /// Fails at the next element, unless the cursor has failed before.
  void fail(Error error);
  /// Takes over the failure of a nested cursor.
  void adopt(const Reader& nested) {
    if (ok() && !nested.ok()) {
      error_ = nested.error_;
      error_offset_ = nested.error_offset_;
      at_ = end_;
    }
  }

 private:
  bool short_form(std::size_t left) const { return left >= 2 && at_[1] <= 0x7f; }
  ByteView take(std::size_t header, std::size_t length) {
    const ByteView content(at_ + header, length);
    at_ += header + length;
    ++taken_;
    return content;
  }
  Value any_slow();
  ByteView expect_slow(std::uint8_t tag);
  std::int32_t integer_slow(std::int32_t min, std::int32_t max);
  bool take_form(std::uint8_t form) {
    noticed_forms_ = static_cast<std::uint8_t>(noticed_forms_ | form);
    return (form & refused_forms_) == 0;
  }
  Error measure(std::size_t* header, std::size_t* length) const;
  void fail_taken(const std::uint8_t* start, Error error);

  // A failed cursor stands at its end, so that the paths without an error need not ask for one.
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  const std::uint8_t* origin_;
  std::size_t error_offset_ = 0;
  std::uint32_t taken_ = 0;
  Error error_ = Error::kNone;
  std::uint8_t refused_forms_ = 0;
  std::uint8_t noticed_forms_ = 0;
};

/// Decoders of a value's content, for varbinds; false when it does not fit the type. Of any form,
/// no octets are 0: whether that may be is asked before (BER-07).
inline bool decode_int32(ByteView content, std::int32_t* value);
bool decode_padded_int32(ByteView content, std::int32_t* value);  // what decode_int32 seldom meets
bool decode_uint32(ByteView content, std::uint32_t* value);
bool decode_uint64(ByteView content, std::uint64_t* value);
/// One bound for every sub-identifier as it is encoded: 2^32-1. So 2.4294967216 and above, whose
/// first two arcs share a sub-identifier, are refused too.
inline bool valid_oid(ByteView content);
bool valid_oid_slow(ByteView content);  // what valid_oid seldom meets

inline Value Reader::any() {
  const std::size_t left = remaining();
  if (short_form(left) && at_[1] <= left - 2 && (at_[0] & 0x1f) != 0x1f) [[likely]] {
    const std::uint8_t tag = at_[0];
    return {tag, take(2, at_[1])};
  }
  return any_slow();
}

inline ByteView Reader::expect(std::uint8_t tag) {
  const std::size_t left = remaining();
  if (short_form(left) && at_[1] <= left - 2 && at_[0] == tag) [[likely]]
    return take(2, at_[1]);
  return expect_slow(tag);
}

inline ShortPair Reader::short_pair(std::uint8_t first_tag) const {
  constexpr std::size_t kHeader = 2;
  const std::size_t left = remaining();
  if (left < 3 * kHeader || at_[0] != kSequence || at_[2] != first_tag) return {};
  const std::size_t whole = at_[1];
  const std::size_t first = at_[3];
  if (whole > 0x7f || whole > left - kHeader || whole < 2 * kHeader + first) return {};
  const std::uint8_t* const second = at_ + 2 * kHeader + first;
  // A length that is not in one octet would make more of them than the whole has.
  if (whole != 2 * kHeader + first + second[1] || (second[0] & 0x1f) == 0x1f) return {};
  return {{at_ + 2 * kHeader, first}, {second[0], {second + kHeader, second[1]}}, true};
}

inline Reader Reader::enter(std::uint8_t tag) {
  Reader nested(expect(tag), origin_);
  nested.refused_forms_ = refused_forms_;
  nested.adopt(*this);
  return nested;
}

inline std::uint8_t integer_form(ByteView content) {
  if (content.empty()) return kEmptyNumber;
  if (content.size() == 1) return 0;
  const unsigned first_nine_bits = unsigned{content[0]} << 1 | content[1] >> 7;
  if (first_nine_bits == 0 || first_nine_bits == 0x1ff) return kPaddedNumber;
  return 0;
}

inline std::uint8_t unsigned_form(ByteView content) {
  if (content.empty()) return kEmptyNumber;
  if (content[0] >= 0x80) return kUnsignedWithoutZero;
  if (content.size() > 1 && content[0] == 0 && content[1] < 0x80) return kPaddedNumber;
  return 0;
}

inline bool valid_oid(ByteView content) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const std::size_t size = content.size();
  if (size >= kWord && size <= 2 * kWord) [[likely]] {
    const std::uint64_t octets = load_le<std::uint64_t>(content.data()) |
                                 load_le<std::uint64_t>(content.data() + size - kWord);
    if ((octets & 0x8080808080808080U) == 0) return true;  // each a sub-identifier
  }
  return valid_oid_slow(content);
}

inline bool decode_int32(ByteView content, std::int32_t* value) {
  const std::size_t size = content.size();
  if (size == 0 || size > sizeof *value) [[unlikely]] {
    return decode_padded_int32(content, value);
  }
  std::uint32_t bits = (content[0] & 0x80) != 0 ? ~std::uint32_t{0} : 0;
  for (std::size_t i = 0; i < size; ++i) bits = bits << 8 | content[i];
  *value = static_cast<std::int32_t>(bits);
  return true;
}

/// Of one to four octets, behind a header.
inline std::int32_t signed_octets(const std::uint8_t* content, std::size_t size) {
  if (size == 1) return static_cast<std::int8_t>(*content);
  // Four octets of which the last is the value's: those too many are of the header.
  const std::size_t others = 8 * (sizeof(std::int32_t) - size);
  const std::uint32_t bits = load_be32(content + size - sizeof(std::int32_t)) << others;
  return static_cast<std::int32_t>(bits) >> others;
}

[[gnu::always_inline]] inline std::int32_t Reader::integer(std::int32_t min, std::int32_t max) {
  constexpr std::size_t kHeader = 2;
  const std::size_t left = remaining();
  if (left > kHeader && at_[0] == kInteger && at_[1] - 1U < sizeof(std::int32_t) &&
      at_[1] <= left - kHeader) [[likely]] {
    const std::size_t size = at_[1];
    const std::int32_t value = signed_octets(at_ + kHeader, size);
    // What is left above the octets but one: only copies of the sign when one is too many.
    const bool padded = size > 1 && static_cast<std::uint32_t>(value >> (8 * size - 9)) + 1U <= 1U;
    if (!padded && value >= min && value <= max) {
      take(kHeader, size);
      return value;
    }
  }
  return integer_slow(min, max);
}

[[gnu::always_inline]] inline ByteView Reader::octets(std::size_t min, std::size_t max) {
  return octets(kOctetString, min, max);
}

[[gnu::always_inline]] inline ByteView Reader::octets(std::uint8_t tag, std::size_t min,
                                                      std::size_t max) {
  const std::uint8_t* const start = at_;
  const ByteView content = expect(tag);
  if (ok() && content.size() >= min && content.size() <= max) return content;
  fail_taken(start, Error::kBadLength);
  return {};
}

}  // namespace trapd::ber
