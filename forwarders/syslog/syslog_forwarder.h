// SPDX-License-Identifier: Apache-2.0
// Syslog as a destination: udp:// tcp:// tls:// (RFC 5426, 6587, 5425).
#pragma once

#include <memory>

#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "forwarders/render_context.h"

namespace trapd::forwarders {

/// The context is copied; what it refers to outlives the forwarder.
std::unique_ptr<Forwarder> make_syslog_forwarder(const Destination& destination,
                                                 const SyslogSettings& settings,
                                                 const RenderContext& context);

}  // namespace trapd::forwarders
