// SPDX-License-Identifier: Apache-2.0
// The kinds of destination there are, as one table.
#pragma once

#include <memory>

#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "forwarders/render_context.h"

namespace trapd::forwarders {

/// The context is copied; what it refers to outlives the forwarder.
std::unique_ptr<Forwarder> make_forwarder(const Destination& destination,
                                          const RenderContext& context);

/// "syslog", "mail", "snmp": as in the configuration.
const char* kind_name(const Destination& destination);

}  // namespace trapd::forwarders
