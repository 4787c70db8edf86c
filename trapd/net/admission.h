// SPDX-License-Identifier: Apache-2.0
// Who may still cost us a digest: a token bucket per source address that only refused packets
// drain. While it is empty, packets of that source that name no known (engine, user) are dropped
// before any digest, and known ones go on under a budget of the whole worker: a spoofed source
// address silences nobody that is known. A discovery names no engine and no user, so while its
// source is starved it is dropped without its Report: a sender of informs that has yet to find our
// engine waits until the flood under its address ends.
#pragma once

#include <cstdint>
#include <memory>

#include "trapd/base/ip_address.h"

namespace trapd::net {

/// One worker's table; fixed size, no allocation after construction.
class Admission {
 public:
  static constexpr std::size_t kSources = 16384;  // 24 octets each
  static constexpr std::uint32_t kKnownBudgetPerSecond = 100'000;

  Admission();
  /// refused_per_second: 0 = off (everything is admitted).
  void set_rate(std::uint32_t refused_per_second) { rate_ = refused_per_second; }

  /// Is the source's bucket empty?
  bool starved(const Endpoint& source, std::int64_t now_ns);
  /// May a known (engine, user) of a starved source be verified all the same?
  bool take_known_budget(std::int64_t now_ns);
  /// A packet of this source was refused.
  void refused(const Endpoint& source, std::int64_t now_ns);

 private:
  struct Bucket {
    std::uint64_t source = 0;  // hash of the address; 0 = unused
    std::int64_t updated_ns = 0;
    float tokens = 0;
    std::uint32_t unused = 0;
  };
  Bucket* find(std::uint64_t source);
  Bucket& find_or_replace(std::uint64_t source, std::int64_t now_ns);
  void refill(Bucket& bucket, std::int64_t now_ns) const;

  std::uint32_t rate_ = 0;
  std::unique_ptr<Bucket[]> buckets_;
  double known_tokens_ = kKnownBudgetPerSecond;
  std::int64_t known_updated_ns_ = 0;
};

}  // namespace trapd::net
