// SPDX-License-Identifier: Apache-2.0
// What the agent may ask about resynchronisations. Whoever implements it decides who may be sent
// to: only receivers that the configuration names, so that a SET cannot point trapd at a stranger.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "trapd/base/ip_address.h"

namespace trapd::agent {

/// Who sent an authentic and authorised SET.
struct Asker {
  std::string_view user;
  const Endpoint& source;
};

/// Called on the agent's thread; must not block.
class ResyncControl {
 public:
  enum class Begin : std::uint8_t {
    kStarted,
    kUnknownTarget,
    kRunning,  // for the same receiver
    kTooMany,
    kFailed,
  };
  struct State {
    std::string target;    // of the last one that was begun; empty = none yet
    bool running = false;  // any
    std::uint32_t last_result =
        0;                   // trapdResyncLastResult: 0 none, 1 completed, 2 stopped, 3 failed
    std::uint64_t sent = 0;  // alarms, by the running or the last one
  };

  virtual ~ResyncControl() = default;
  virtual bool knows(std::string_view target) const = 0;
  virtual bool is_running(std::string_view target) const = 0;
  virtual Begin begin(std::string_view target, const Asker& asker) = 0;
  /// One that has just ended by itself is no error.
  virtual void cancel(std::string_view target, const Asker& asker) = 0;
  virtual State state() const = 0;
};

}  // namespace trapd::agent
