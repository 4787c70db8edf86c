// SPDX-License-Identifier: Apache-2.0
// Time, as a seam: the real clocks, or one that tests and scenarios move by hand.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace trapd {

inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;
inline constexpr std::int64_t kNsPerMs = 1'000'000;

/// For poll(), which counts in milliseconds: rounded up, so that a timer that is not quite due does
/// not make a loop spin; at most a minute, after which the caller looks again.
inline int poll_timeout_ms(std::int64_t ns) {
  constexpr std::int64_t kLongestMs = 60'000;
  return static_cast<int>(std::clamp((ns + kNsPerMs - 1) / kNsPerMs, std::int64_t{0}, kLongestMs));
}

/// Any thread may call.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Nanoseconds since an arbitrary start; never steps; goes on through suspend (CLOCK_BOOTTIME).
  virtual std::int64_t monotonic_ns() const = 0;
  /// Nanoseconds since 1970-01-01 UTC; may step.
  virtual std::int64_t wall_ns() const = 0;
};

class SystemClock final : public Clock {
 public:
  std::int64_t monotonic_ns() const override;
  std::int64_t wall_ns() const override;
};

class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(std::int64_t monotonic_ns = kNsPerSecond * 1000,
                        std::int64_t wall_ns = kNsPerSecond * 1'700'000'000)
      : monotonic_ns_(monotonic_ns), wall_ns_(wall_ns) {}
  std::int64_t monotonic_ns() const override { return monotonic_ns_; }
  std::int64_t wall_ns() const override { return wall_ns_; }
  void advance_ns(std::int64_t by) {
    monotonic_ns_ += by;
    wall_ns_ += by;
  }
  void step_wall_ns(std::int64_t by) { wall_ns_ += by; }

 private:
  std::atomic<std::int64_t> monotonic_ns_;
  std::atomic<std::int64_t> wall_ns_;
};

}  // namespace trapd
