// SPDX-License-Identifier: Apache-2.0
// Devices that are expected to say something at least each so often (`devices: keepalive`), and
// one alarm for each that has not:
//
//   heard --- nothing for its interval ---> RAISED --- heard ---> cleared
//
// What was heard before this process began is not known: its interval begins with the watch. When
// the clock is set, all intervals begin anew, and an alarm ends by what is heard from then on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "trapd/alarm/own_condition.h"

namespace trapd::alarm {

/// One thread.
class SilenceWatch {
 public:
  struct Expected {
    std::string device;  // identity in records
    std::string name;
    std::chrono::seconds interval{0};
  };
  /// When the device was last heard, 0 = not yet.
  using LastHeard = std::function<std::int64_t(const Expected& device)>;

  explicit SilenceWatch(OwnConditionSink& sink) : sink_(sink) {}
  /// From now on these; the alarms of others end.
  void follow(const std::vector<Expected>& devices, std::int64_t wall_ns);
  /// An alarm that was active when the last process ended. After follow().
  void resume(const std::string& name);
  bool is_silent(const std::string& name) const {
    const auto found = watched_.find(name);
    return found != watched_.end() && found->second.raised;
  }
  /// Each second or so; kClockSetNs apart at the most.
  static constexpr std::int64_t kClockSetNs = 60LL * 1'000'000'000;
  void look(std::int64_t wall_ns, const LastHeard& last_heard);

 private:
  struct Watched {
    Expected device;
    std::int64_t since_wall_ns = 0;
    bool raised = false;
  };
  void end(const std::string& name);

  OwnConditionSink& sink_;
  std::set<std::string> to_end_;            // alarms whose end the sink did not take
  std::map<std::string, Watched> watched_;  // by name
  std::int64_t last_look_ns_ = 0;
};

}  // namespace trapd::alarm
