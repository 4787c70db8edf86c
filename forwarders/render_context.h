// SPDX-License-Identifier: Apache-2.0
// What a forwarder needs to turn a record into text or varbinds. One per destination thread;
// the MIB index is refreshed by a reload.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mib/index.h"
#include "trapd/base/clock.h"
#include "trapd/base/published.h"

namespace trapd::forwarders {

struct RenderContext {
  const Clock& clock;
  const Published<mib::MibIndex>& mib;
  std::string host_name;                     // of the gateway, for headers
  std::vector<std::uint8_t> own_engine_id;   // of the gateway
};

}  // namespace trapd::forwarders
