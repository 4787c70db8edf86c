// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/line_limiter.h"

#include <utility>

#include "trapd/base/clock.h"

namespace trapd::log {

LineLimiter::Verdict LineLimiter::take(std::string_view key, std::int64_t monotonic_ns) {
  Muted& muted = find_or_add(key, monotonic_ns);
  muted.seen_ns = monotonic_ns;
  if (monotonic_ns < muted.next_ns) {
    ++muted.left_out;
    return {};
  }
  muted.next_ns = monotonic_ns + kNsPerSecond;
  return {true, std::exchange(muted.left_out, 0)};
}

LineLimiter::Muted& LineLimiter::find_or_add(std::string_view key, std::int64_t now_ns) {
  const auto found = keys_.find(key);
  if (found != keys_.end()) return found->second;
  if (keys_.size() >= kKeysMax) erase_quiet(now_ns);
  if (keys_.size() >= kKeysMax) return shared_;
  return keys_.try_emplace(std::string(key)).first->second;
}

/// Looks through all keys, so at most once a second.
void LineLimiter::erase_quiet(std::int64_t now_ns) {
  if (now_ns < erased_ns_ + kNsPerSecond) return;
  erased_ns_ = now_ns;
  const std::int64_t quiet_since = now_ns - kQuietSeconds * kNsPerSecond;
  std::erase_if(keys_, [&](const auto& entry) { return entry.second.seen_ns < quiet_since; });
}

}  // namespace trapd::log
