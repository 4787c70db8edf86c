// SPDX-License-Identifier: Apache-2.0
// What a forwarder needs to turn a record into text or varbinds. One per destination thread;
// the MIB index is refreshed by a reload.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mib/index.h"
#include "trapd/base/clock.h"
#include "trapd/base/published.h"
#include "trapd/usm/own_engine.h"

namespace trapd::forwarders {

struct RenderContext {
  const Clock& clock;
  const Published<mib::MibIndex>& mib;
  std::string host_name;                    // of the gateway, for headers
  std::vector<std::uint8_t> own_engine_id;  // of the gateway
  /// Our engine with its boots and time: SNMPv3 traps are sent under it. Outlives the forwarder;
  /// nullptr only where no SNMP destination is made.
  const usm::OwnEngine* own_engine = nullptr;
  // For the heartbeat; called on the destination's thread; may be empty.
  std::function<std::uint64_t()> active_alarms = nullptr;  // in the list of active alarms
  std::function<std::uint64_t()> lost_records = nullptr;   // that this destination lost
  /// trapdRebuildReason: said first of all to a receiver of format alarm, whose numbers begin anew
  /// with this forwarder; 0 = nothing is said.
  std::int32_t rebuild_reason = 0;
};

}  // namespace trapd::forwarders
