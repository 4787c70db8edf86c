// SPDX-License-Identifier: Apache-2.0
// The packets of tests/hostile as seeds.
#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/sender.h"

namespace trapd::fuzz {

struct HostilePacket {
  std::string name;  // of its scenario, and the line
  Bytes octets;
};

/// Every `hex` of tests/hostile/*.scn, in the order of names and lines; never empty.
const std::vector<HostilePacket>& hostile_packets();

/// Every `hex` of tests/hostile/*.agent: ScopedPDUs for the agent; never empty.
std::vector<HostilePacket> hostile_requests();

}  // namespace trapd::fuzz
