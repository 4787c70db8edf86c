// SPDX-License-Identifier: Apache-2.0
// Views of bytes, and fixed-width integers in stated byte order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// For a local variable of the packet path that is written before it is read: the build clears all
/// others, which for a room of a kilobyte costs more than what is done with it.
#define TRAPD_UNINITIALIZED __attribute__((uninitialized))

namespace trapd {

/// Fetches these octets into the cache; any address will do.
inline void prefetch_octets(const void* at, std::size_t octets) {
  constexpr std::size_t kLine = 64;
  for (std::size_t offset = 0; offset < octets; offset += kLine) {
    __builtin_prefetch(static_cast<const std::uint8_t*>(at) + offset);
  }
}

/// Borrowed bytes. Whoever holds one knows how long the owner lives; a view from a datagram dies
/// with its batch.
using ByteView = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline bool equal(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
inline bool same_text(std::string_view a, std::string_view b) {
  return equal(as_bytes(a), as_bytes(b));
}
inline bool starts_with(ByteView bytes, ByteView prefix) {
  return bytes.size() >= prefix.size() && equal(bytes.first(prefix.size()), prefix);
}

/// std::memcpy for what mostly has a few octets, and may have none.
inline void copy_few(std::uint8_t* to, ByteView from) {
  const std::size_t size = from.size();
  const auto ends = [&](auto word) {  // they may overlap
    decltype(word) last;
    std::memcpy(&word, from.data(), sizeof word);
    std::memcpy(&last, from.data() + size - sizeof last, sizeof last);
    std::memcpy(to, &word, sizeof word);
    std::memcpy(to + size - sizeof last, &last, sizeof last);
  };
  if (size > 2 * sizeof(std::uint64_t)) {
    std::memcpy(to, from.data(), size);
  } else if (size >= sizeof(std::uint64_t)) {
    ends(std::uint64_t{});
  } else if (size >= sizeof(std::uint32_t)) {
    ends(std::uint32_t{});
  } else {
    for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
  }
}

/// Lower-case hexadecimal digits without separators.
std::string to_hex(ByteView bytes);
/// Accepts an optional 0x and, between octets, blanks or colons; nullopt on anything else or on
/// an odd number of digits.
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);

template <typename T>
T load_le(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;  // trapd runs on little-endian machines only; see the assertion below
}
template <typename T>
void store_le(std::uint8_t* to, T value) {
  std::memcpy(to, &value, sizeof value);
}
inline void store_be32(std::uint8_t* to, std::uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(to, &value, sizeof value);
}
inline void store_be64(std::uint8_t* to, std::uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof value);
}
inline std::uint32_t load_be32(const std::uint8_t* from) {
  return __builtin_bswap32(load_le<std::uint32_t>(from));
}
inline std::uint64_t load_be64(const std::uint8_t* from) {
  return __builtin_bswap64(load_le<std::uint64_t>(from));
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "the journal is little-endian and written as it lies in memory");

}  // namespace trapd
