// SPDX-License-Identifier: Apache-2.0
// Who the agent says it is.
#pragma once

#include <string>
#include <vector>

#include "trapd/base/ip_address.h"

namespace trapd::agent {

/// What a reload may change; published as a whole.
struct Settings {
  std::vector<Network> allow;              // sources that are answered; empty = none
  std::uint32_t refused_per_source = 200;  // per second; 0 = off
  std::string contact;                     // sysContact, sysName, sysLocation
  std::string name;
  std::string location;
};

}  // namespace trapd::agent
