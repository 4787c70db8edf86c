// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/hash.h"

#include <sys/random.h>
#include <xxhash.h>

#include "trapd/base/check.h"

namespace trapd {

std::uint64_t random_hash_seed() {
  std::uint64_t value = 0;
  CHECK(::getrandom(&value, sizeof value, 0) == sizeof value);
  return value;
}

std::uint64_t hash_bytes(ByteView bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace trapd
