// SPDX-License-Identifier: Apache-2.0
#include "trapd/health/clock_watch.h"

#include <sys/timex.h>
#include <unistd.h>

namespace trapd::health {

namespace {
constexpr const char* kTimesyncDirectory = "/run/systemd/timesync";
constexpr const char* kTimesyncDone = "/run/systemd/timesync/synchronized";
}  // namespace

std::optional<bool> clock_is_synchronised() {
  timex state{};
  const int kept = ::adjtimex(&state);  // modes = 0: asks only
  if (kept >= 0) return kept != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  if (::access(kTimesyncDone, F_OK) == 0) return true;
  if (::access(kTimesyncDirectory, F_OK) == 0) return false;
  return std::nullopt;
}

void ClockWatch::look(std::optional<bool> synchronised, std::int64_t monotonic_ns) {
  if (!synchronised) return;
  if (*synchronised) {
    since_ns_.reset();
    if (raised_) {
      raised_ = !sink_.clear(alarm::OwnCondition::kClockUnsynchronised, kResource,
                             "the machine's clock is synchronised");
    }
    return;
  }
  if (!since_ns_) since_ns_ = monotonic_ns;
  if (raised_ || monotonic_ns - *since_ns_ < kAfterNs) return;
  raised_ =
      sink_.raise(alarm::OwnCondition::kClockUnsynchronised, kResource,
                  "nobody keeps the machine's clock: the times of alarms and, across restarts, the "
                  "time windows of SNMPv3 depend on it; run chrony or systemd-timesyncd");
}

}  // namespace trapd::health
