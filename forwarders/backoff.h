// SPDX-License-Identifier: Apache-2.0
// When to try again after a failure: the wait doubles from 1 s to 60 s, and each is shortened at
// random by up to a half, so that many gateways do not return to a peer in step. One thread.
#pragma once

#include <cstdint>
#include <random>

#include "trapd/base/clock.h"

namespace trapd::forwarders {

class Backoff {
 public:
  struct Options {
    std::int64_t first_ns = kNsPerSecond;
    std::int64_t longest_ns = 60 * kNsPerSecond;
    /// Works for this long: the next failure counts as the first again.
    std::int64_t stable_ns = 30 * kNsPerSecond;
  };
  explicit Backoff(const Clock& clock, std::uint64_t seed = std::random_device{}())
      : Backoff(Options{}, clock, seed) {}
  Backoff(const Options& options, const Clock& clock, std::uint64_t seed)
      : options_(options), clock_(clock), random_(seed), wait_ns_(options.first_ns) {}

  /// An attempt failed, or what had worked broke.
  void failed();
  /// An attempt worked.
  void succeeded();
  /// May be tried now.
  bool ready() const { return clock_.monotonic_ns() >= ready_ns_; }
  std::int64_t ready_ns() const { return ready_ns_; }

 private:
  const Options options_;
  const Clock& clock_;
  std::minstd_rand random_;
  std::int64_t wait_ns_;
  std::int64_t ready_ns_ = 0;
  std::int64_t working_since_ns_ = -1;
};

}  // namespace trapd::forwarders
