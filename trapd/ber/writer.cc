// SPDX-License-Identifier: Apache-2.0
#include "trapd/ber/writer.h"

#include <cstring>

namespace trapd::ber {

ByteView Writer::done() const { return ok_ ? ByteView(at_, size()) : ByteView(); }

void Writer::raw(ByteView bytes) {
  if (!ok_ || bytes.empty()) return;
  if (bytes.size() > static_cast<std::size_t>(at_ - begin_)) {
    ok_ = false;
    return;
  }
  at_ -= bytes.size();
  std::memcpy(at_, bytes.data(), bytes.size());
}

void Writer::wrap(std::uint8_t tag, std::size_t mark) {
  if (!ok_ || mark > size()) {
    ok_ = false;
    return;
  }
  std::size_t length = size() - mark;
  std::uint8_t header[2 + sizeof length];
  std::size_t at = sizeof header;
  if (length <= 0x7f) {
    header[--at] = static_cast<std::uint8_t>(length);
  } else {
    const std::size_t after = at;
    for (; length != 0; length >>= 8) header[--at] = static_cast<std::uint8_t>(length & 0xff);
    const std::size_t octets = after - at;
    header[--at] = static_cast<std::uint8_t>(0x80 | octets);
  }
  header[--at] = tag;
  raw(ByteView(header + at, sizeof header - at));
}

void Writer::element(std::uint8_t tag, ByteView content) {
  const std::size_t before = mark();
  raw(content);
  wrap(tag, before);
}

void Writer::integer(std::int64_t value, std::uint8_t tag) {
  std::uint8_t octets[sizeof value];
  store_be64(octets, static_cast<std::uint64_t>(value));
  const std::uint8_t sign = value < 0 ? 0xff : 0;
  std::size_t skip = 0;
  // An octet that only repeats the sign of the next one is left out (X.690 8.3.2).
  while (skip < sizeof octets - 1 && octets[skip] == sign &&
         (octets[skip + 1] & 0x80) == (sign & 0x80)) {
    ++skip;
  }
  element(tag, ByteView(octets + skip, sizeof octets - skip));
}

void Writer::unsigned64(std::uint64_t value, std::uint8_t tag) {
  std::uint8_t octets[1 + sizeof value] = {};
  store_be64(octets + 1, value);
  std::size_t skip = 0;
  while (skip < sizeof octets - 1 && octets[skip] == 0 && (octets[skip + 1] & 0x80) == 0) ++skip;
  element(tag, ByteView(octets + skip, sizeof octets - skip));
}

}  // namespace trapd::ber
