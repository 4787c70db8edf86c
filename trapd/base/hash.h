// SPDX-License-Identifier: Apache-2.0
// Hash of bytes for tables whose keys a stranger chooses: seeded once per process, so that
// nobody outside can aim at one bucket.
#pragma once

#include <cstdint>

#include "trapd/base/bytes.h"

namespace trapd {

std::uint64_t random_hash_seed();

/// Random at process start; not for anything that is stored.
[[gnu::always_inline]] inline std::uint64_t process_hash_seed() {
  static const std::uint64_t seed = random_hash_seed();
  return seed;
}
std::uint64_t hash_bytes(ByteView bytes, std::uint64_t seed);
[[gnu::always_inline]] inline std::uint64_t hash_bytes(ByteView bytes) {
  return hash_bytes(bytes, process_hash_seed());
}

struct BytesHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return hash_bytes(as_bytes(text)); }
};

}  // namespace trapd
