// SPDX-License-Identifier: Apache-2.0
// Is the machine's clock kept by anybody? Time windows across a restart and the times of alarms
// depend on it.
//
//   quiet --- unsynchronised for kAfterNs ---> RAISED --- synchronised ---> cleared, quiet
//
// A machine that has just booted needs some minutes, hence the delay.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "trapd/alarm/own_condition.h"

namespace trapd::health {

/// As the kernel says (adjtimex); where that may not be asked (systemd's ProtectClock), as
/// systemd-timesyncd does. nullopt: nobody knows.
std::optional<bool> clock_is_synchronised();

/// One thread.
class ClockWatch {
 public:
  static constexpr std::int64_t kAfterNs = 600LL * 1'000'000'000;
  static constexpr const char* kResource = "clock";

  explicit ClockWatch(alarm::OwnConditionSink& sink) : sink_(sink) {}
  void resume() { raised_ = true; }
  /// Each minute or so.
  void look(std::optional<bool> synchronised, std::int64_t monotonic_ns);

 private:
  alarm::OwnConditionSink& sink_;
  std::optional<std::int64_t> since_ns_;  // without synchronisation
  bool raised_ = false;
};

}  // namespace trapd::health
