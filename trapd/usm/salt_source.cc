// SPDX-License-Identifier: Apache-2.0
#include <sys/random.h>

#include <atomic>

#include "trapd/base/check.h"
#include "trapd/usm/cipher.h"

namespace trapd::usm {
namespace {

/// Sources get ranges of 2^48 salts each, from a start that is random per process: no two of the
/// first 65,536 sources meet, whatever they send.
constexpr unsigned kRangeBits = 48;

std::uint64_t random_word() {
  std::uint64_t word = 0;
  CHECK(::getrandom(&word, sizeof word, 0) == sizeof word);
  return word;
}

std::uint64_t next_range() {
  static const std::uint64_t start = random_word();
  static std::atomic<std::uint64_t> ranges{0};
  return start + (ranges.fetch_add(1, std::memory_order_relaxed) << kRangeBits);
}

/// 32 bits are too few to be split into ranges, so all DES sources share one counter.
std::uint32_t next_des_count() {
  static std::atomic<std::uint32_t> count{static_cast<std::uint32_t>(random_word())};
  return count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

SaltSource::SaltSource() : counter_(next_range()) {}

void SaltSource::next(PrivProtocol priv, std::uint32_t boots, MutableBytes salt8) {
  CHECK(salt8.size() >= kSaltOctets);
  if (priv == PrivProtocol::kDes) {
    store_be32(salt8.data(), boots);
    store_be32(salt8.data() + 4, next_des_count());
    return;
  }
  store_be64(salt8.data(), counter_++);
}

}  // namespace trapd::usm
