// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/clock.h"

#include <ctime>

namespace trapd {

namespace {
std::int64_t now_ns(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}
}  // namespace

std::int64_t SystemClock::monotonic_ns() const { return now_ns(CLOCK_BOOTTIME); }
std::int64_t SystemClock::wall_ns() const { return now_ns(CLOCK_REALTIME); }

}  // namespace trapd
