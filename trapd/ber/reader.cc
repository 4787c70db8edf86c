// SPDX-License-Identifier: Apache-2.0
#include "trapd/ber/reader.h"

namespace trapd::ber {

namespace {

constexpr std::size_t kSubIdentifiersMax = 128;  // RFC 3416 4.1
constexpr std::size_t kSubIdentifierOctetsMax = 5;

// Octets of the sub-identifier that starts here, 0 when it is padded or beyond 2^32-1. The caller
// knows that an octet without the continuation bit follows.
std::size_t sub_identifier_octets(const std::uint8_t* at) {
  if (*at == 0x80) return 0;  // X.690 8.19.2: no padding
  std::size_t octets = 1;
  while ((at[octets - 1] & 0x80) != 0) {
    if (++octets > kSubIdentifierOctetsMax) return 0;
  }
  return octets == kSubIdentifierOctetsMax && *at > 0x8f ? 0 : octets;
}

}  // namespace

const char* to_text(Error error) {
  switch (error) {
    case Error::kNone:
      return "no error";
    case Error::kTruncated:
      return "truncated";
    case Error::kBadLength:
      return "bad length";
    case Error::kUnexpectedTag:
      return "unexpected tag";
    case Error::kOutOfRange:
      return "out of range";
    case Error::kNumberForm:
      return "number not in its shortest form";
    case Error::kBadOid:
      return "bad object identifier";
    case Error::kTrailingOctets:
      return "trailing octets";
  }
  return "unknown error";
}

void Reader::fail(Error error) {
  if (!ok()) return;
  error_ = error;
  error_offset_ = static_cast<std::size_t>(at_ - origin_);
  at_ = end_;
}

// The element that starts here has been taken and turns out to be wrong.
void Reader::fail_taken(const std::uint8_t* start, Error error) {
  if (!ok()) return;
  --taken_;
  at_ = start;
  fail(error);
}

// Header and content octets of the element that starts here.
Error Reader::measure(std::size_t* header, std::size_t* length) const {
  const std::size_t left = remaining();
  if (left < 2) return Error::kTruncated;
  const std::uint8_t first = at_[1];
  *header = 2;
  *length = first;
  if (first >= 0x80) {
    if (first == 0x80 || first == 0xff) return Error::kBadLength;
    const std::size_t octets = first & 0x7f;
    if (octets > left - 2) return Error::kTruncated;
    *header += octets;
    *length = 0;
    for (std::size_t i = 0; i < octets; ++i) {
      *length = *length << 8 | at_[2 + i];
      if (*length > left) return Error::kTruncated;  // before a further octet could overflow it
    }
  }
  return *length > left - *header ? Error::kTruncated : Error::kNone;
}

Value Reader::any_slow() {
  std::size_t header = 0;
  std::size_t length = 0;
  const Error error =
      !at_end() && (*at_ & 0x1f) == 0x1f ? Error::kUnexpectedTag : measure(&header, &length);
  if (error != Error::kNone) {
    fail(error);
    return {};
  }
  const std::uint8_t tag = *at_;
  return {tag, take(header, length)};
}

ByteView Reader::expect_slow(std::uint8_t tag) {
  if (!at_end() && *at_ != tag) {
    fail(Error::kUnexpectedTag);
    return {};
  }
  return any_slow().content;
}

std::int32_t Reader::integer_slow(std::int32_t min, std::int32_t max) {
  const std::uint8_t* const start = at_;
  const ByteView content = expect(kInteger);
  if (ok() && content.empty()) fail_taken(start, Error::kBadLength);
  std::int32_t value = 0;
  if (ok() && decode_int32(content, &value) && value >= min && value <= max) {
    if (take_form(integer_form(content))) return value;
    fail_taken(start, Error::kNumberForm);
  }
  fail_taken(start, Error::kOutOfRange);
  return 0;
}

ByteView Reader::raw() {
  const std::uint8_t* const start = at_;
  any();
  return ok() ? ByteView(start, static_cast<std::size_t>(at_ - start)) : ByteView();
}

ByteView Reader::oid() {
  const std::uint8_t* const start = at_;
  const ByteView content = expect(kObjectIdentifier);
  if (ok() && valid_oid(content)) return content;
  fail_taken(start, Error::kBadOid);
  return {};
}

std::uint32_t Reader::unsigned32(std::uint8_t tag) {
  const std::uint8_t* const start = at_;
  const ByteView content = expect(tag);
  if (ok() && content.empty()) fail_taken(start, Error::kBadLength);
  std::uint32_t value = 0;
  if (ok() && decode_uint32(content, &value)) {
    if (take_form(unsigned_form(content))) return value;
    fail_taken(start, Error::kNumberForm);
  }
  fail_taken(start, Error::kOutOfRange);
  return 0;
}

bool decode_padded_int32(ByteView content, std::int32_t* value) {
  *value = 0;
  if (content.empty()) return true;
  std::uint32_t bits = (content[0] & 0x80) != 0 ? ~std::uint32_t{0} : 0;
  const std::uint32_t sign = bits;
  for (std::size_t i = 0; i < content.size(); ++i) {
    // What is shifted out, and the sign bit it leaves, must be padding (BER-08, BER-09).
    if (i >= sizeof bits && (bits >> 23) != (sign >> 23)) return false;
    bits = bits << 8 | content[i];
  }
  *value = static_cast<std::int32_t>(bits);
  return true;
}

bool decode_uint64(ByteView content, std::uint64_t* value) {
  std::uint64_t bits = 0;
  for (const std::uint8_t octet : content) {
    if ((bits >> 56) != 0) return false;  // only zeros may lead (BER-11)
    bits = bits << 8 | octet;
  }
  *value = bits;
  return true;
}

bool decode_uint32(ByteView content, std::uint32_t* value) {
  std::uint64_t bits = 0;
  if (!decode_uint64(content, &bits) || bits > 0xffffffff) return false;
  *value = static_cast<std::uint32_t>(bits);
  return true;
}

bool valid_oid_slow(ByteView content) {
  if (content.empty() || content.back() > 0x7f) return false;
  std::size_t arcs = 1;  // the first sub-identifier holds two
  const std::uint8_t* const end = content.data() + content.size();
  for (const std::uint8_t* at = content.data(); at != end;) {
    // Most sub-identifiers are below 128: eight of them at once.
    if (end - at >= 8 && (load_le<std::uint64_t>(at) & 0x8080808080808080U) == 0) {
      at += 8;
      if ((arcs += 8) > kSubIdentifiersMax) return false;
      continue;
    }
    const std::size_t octets = *at < 0x80 ? 1 : sub_identifier_octets(at);
    if (octets == 0 || ++arcs > kSubIdentifiersMax) return false;
    at += octets;
  }
  return true;
}

}  // namespace trapd::ber
