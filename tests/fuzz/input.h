// SPDX-License-Identifier: Apache-2.0
// Takes an input apart into numbers and strings; at its end everything is zero and empty. Output
// is its counterpart, so that a seed is written as it is going to be read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "trapd/base/bytes.h"

namespace trapd::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t u8() {
    const ByteView octet = take(1);
    return octet.empty() ? std::uint8_t{0} : octet[0];
  }
  std::uint32_t u16() {
    const std::uint32_t high = u8();
    return high << 8 | u8();
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  std::uint64_t u64() {
    const std::uint64_t high = u32();
    return high << 32 | u32();
  }
  bool flag() { return (u8() & 1) != 0; }
  /// 0..count-1.
  std::uint8_t below(std::uint8_t count) { return static_cast<std::uint8_t>(u8() % count); }
  /// Two octets of length, then the octets, as far as there are any.
  ByteView bytes() { return take(u16()); }
  std::string_view text() { return as_text(bytes()); }
  ByteView rest() { return take(rest_.size()); }

 private:
  ByteView take(std::size_t size) {
    const ByteView taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  ByteView rest_;
};

class Output {
 public:
  // Not inlined: GCC 12 takes minutes for the long chains of calls that describe a seed.
  [[gnu::noinline]] Output& u8(unsigned value) {
    octets_.push_back(static_cast<std::uint8_t>(value));
    return *this;
  }
  Output& u16(std::size_t value) {
    return u8(static_cast<unsigned>(value >> 8 & 0xff)).u8(static_cast<unsigned>(value & 0xff));
  }
  Output& u32(std::uint32_t value) { return u16(value >> 16).u16(value & 0xffff); }
  Output& u64(std::uint64_t value) {
    return u32(static_cast<std::uint32_t>(value >> 32)).u32(static_cast<std::uint32_t>(value));
  }
  [[gnu::noinline]] Output& raw(ByteView bytes) {
    octets_.insert(octets_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Output& bytes(ByteView bytes) { return u16(bytes.size()).raw(bytes); }
  Output& text(std::string_view text) { return bytes(as_bytes(text)); }
  const std::vector<std::uint8_t>& done() const { return octets_; }

 private:
  std::vector<std::uint8_t> octets_;
};

}  // namespace trapd::fuzz
