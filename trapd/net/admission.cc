// SPDX-License-Identifier: Apache-2.0
#include "trapd/net/admission.h"

#include <algorithm>

#include "trapd/base/clock.h"
#include "trapd/base/hash.h"

namespace trapd::net {

namespace {

constexpr std::size_t kWays = 4;  // places a source may stand in; the oldest one gives way

std::uint64_t key_of(const Endpoint& source) {
  const std::uint64_t hash = hash_bytes(source.address);
  return hash == 0 ? 1 : hash;
}

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) / static_cast<double>(kNsPerSecond);
}

}  // namespace

Admission::Admission() : buckets_(std::make_unique<Bucket[]>(kSources)) {}

Admission::Bucket* Admission::find(std::uint64_t source) {
  const std::size_t first = static_cast<std::size_t>(source) % (kSources / kWays) * kWays;
  for (std::size_t way = 0; way < kWays; ++way) {
    if (buckets_[first + way].source == source) return &buckets_[first + way];
  }
  return nullptr;
}

Admission::Bucket& Admission::find_or_replace(std::uint64_t source, std::int64_t now_ns) {
  if (Bucket* known = find(source)) return *known;
  const std::size_t first = static_cast<std::size_t>(source) % (kSources / kWays) * kWays;
  Bucket* oldest = &buckets_[first];
  for (std::size_t way = 1; way < kWays; ++way) {
    if (buckets_[first + way].updated_ns < oldest->updated_ns) oldest = &buckets_[first + way];
  }
  *oldest = Bucket{source, now_ns, static_cast<float>(rate_), 0};
  return *oldest;
}

void Admission::refill(Bucket& bucket, std::int64_t now_ns) const {
  const double gained = seconds(now_ns - bucket.updated_ns) * rate_;
  bucket.tokens = static_cast<float>(
      std::min<double>(rate_, static_cast<double>(bucket.tokens) + std::max(0.0, gained)));
  bucket.updated_ns = now_ns;
}

bool Admission::starved(const Endpoint& source, std::int64_t now_ns) {
  if (rate_ == 0) return false;
  Bucket* bucket = find(key_of(source));
  if (bucket == nullptr) return false;
  refill(*bucket, now_ns);
  return bucket->tokens < 1;
}

bool Admission::take_known_budget(std::int64_t now_ns) {
  const double gained = seconds(now_ns - known_updated_ns_) * kKnownBudgetPerSecond;
  known_tokens_ = std::min<double>(kKnownBudgetPerSecond, known_tokens_ + std::max(0.0, gained));
  known_updated_ns_ = now_ns;
  if (known_tokens_ < 1) return false;
  known_tokens_ -= 1;
  return true;
}

void Admission::refused(const Endpoint& source, std::int64_t now_ns) {
  if (rate_ == 0) return;
  Bucket& bucket = find_or_replace(key_of(source), now_ns);
  refill(bucket, now_ns);
  if (bucket.tokens >= 1) bucket.tokens -= 1;
}

}  // namespace trapd::net
