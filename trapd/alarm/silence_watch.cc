// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/silence_watch.h"

#include <algorithm>
#include <utility>

#include "trapd/base/clock.h"

namespace trapd::alarm {

void SilenceWatch::follow(const std::vector<Expected>& devices, std::int64_t wall_ns) {
  std::map<std::string, Watched> next;
  for (const Expected& device : devices) {
    const auto known = watched_.find(device.name);
    const bool same = known != watched_.end() && known->second.device.device == device.device;
    Watched watched = same ? known->second : Watched{device, wall_ns, false};
    watched.device = device;
    next.insert_or_assign(device.name, std::move(watched));
  }
  for (const auto& [name, watched] : watched_) {
    const auto kept = next.find(name);
    if (watched.raised && (kept == next.end() || !kept->second.raised)) end(name);
  }
  watched_ = std::move(next);
}

void SilenceWatch::resume(const std::string& name) {
  const auto found = watched_.find(name);
  if (found != watched_.end()) {
    found->second.raised = true;
  } else {
    end(name);
  }
}

void SilenceWatch::end(const std::string& name) {
  if (!sink_.clear(OwnCondition::kDeviceSilent, name, "it is not expected any more")) {
    to_end_.insert(name);
  }
}

void SilenceWatch::look(std::int64_t wall_ns, const LastHeard& last_heard) {
  const std::int64_t passed_ns = wall_ns - std::exchange(last_look_ns_, wall_ns);
  const bool set = passed_ns < 0 || passed_ns > kClockSetNs;
  for (const std::string& name : std::exchange(to_end_, {})) end(name);
  for (auto& [name, watched] : watched_) {
    if (set) watched.since_wall_ns = wall_ns;
    std::int64_t heard = last_heard(watched.device);
    // Just now, or by a clock that has been set back since.
    if (heard > wall_ns) heard = heard - wall_ns <= kClockSetNs ? wall_ns : 0;
    // What has told of it may forget it.
    if (heard != 0) watched.since_wall_ns = std::max(watched.since_wall_ns, heard);
    const std::int64_t since = std::max(heard, watched.since_wall_ns);
    const std::int64_t interval_ns = watched.device.interval.count() * kNsPerSecond;
    if (watched.raised && heard != 0 && wall_ns - heard <= interval_ns) {
      watched.raised = !sink_.clear(OwnCondition::kDeviceSilent, name, "the device is heard again");
    } else if (!watched.raised && wall_ns - since > interval_ns) {
      watched.raised = sink_.raise(OwnCondition::kDeviceSilent, name,
                                   "nothing was heard of device " + name + " (" +
                                       watched.device.device + ") for more than " +
                                       std::to_string(watched.device.interval.count()) + " s");
    }
  }
}

}  // namespace trapd::alarm
