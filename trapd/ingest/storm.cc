// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/storm.h"

#include <utility>

#include "trapd/base/clock.h"
#include "trapd/base/hash.h"

namespace trapd::ingest {

namespace {
constexpr std::size_t kWays = 4;
}

StormGuard::StormGuard() : buckets_(std::make_unique<Bucket[]>(kDevices)) {}

StormGuard::Verdict StormGuard::take(std::string_view device, std::int64_t now_ns) {
  if (rate_ == 0) return Verdict::kWithin;
  const std::int64_t second = now_ns / kNsPerSecond;
  const std::uint64_t key = hash_bytes(as_bytes(device)) | 1;
  const std::size_t first = static_cast<std::size_t>(key >> 8) % (kDevices / kWays) * kWays;
  Bucket* place = nullptr;
  for (std::size_t way = 0; way < kWays && place == nullptr; ++way) {
    if (buckets_[first + way].device == key) place = &buckets_[first + way];
  }
  for (std::size_t way = 0; way < kWays && place == nullptr; ++way) {
    if (buckets_[first + way].second != second) place = &buckets_[first + way];
  }
  if (place == nullptr) place = &buckets_[first];
  if (place->second != second) *place = Bucket{.device = key, .second = second};
  if (place->count >= rate_) {
    return std::exchange(place->told, true) ? Verdict::kBeyond : Verdict::kFirstBeyond;
  }
  ++place->count;
  return Verdict::kWithin;
}

}  // namespace trapd::ingest
