// SPDX-License-Identifier: Apache-2.0
#include "forwarders/backoff.h"

#include <algorithm>

namespace trapd::forwarders {

void Backoff::failed() {
  const std::int64_t now = clock_.monotonic_ns();
  if (working_since_ns_ >= 0 && now - working_since_ns_ >= options_.stable_ns) {
    wait_ns_ = options_.first_ns;
  }
  working_since_ns_ = -1;
  std::uniform_int_distribution<std::int64_t> between(wait_ns_ / 2, wait_ns_);
  ready_ns_ = now + between(random_);
  wait_ns_ = std::min(wait_ns_ * 2, options_.longest_ns);
}

void Backoff::succeeded() {
  if (working_since_ns_ < 0) working_since_ns_ = clock_.monotonic_ns();
}

}  // namespace trapd::forwarders
