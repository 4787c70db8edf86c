// SPDX-License-Identifier: Apache-2.0
// Northbound SNMP: v2c and v3, traps and informs, in format `original` or `alarm`.
//
// Delivered means: a trap was handed to our kernel; an inform was acknowledged by a Response that,
// with SNMPv3, is authentic. A record that can never be sent (too big for a datagram or for the
// peer, or refused by it for good) becomes a dead letter; everything else is sent until it is
// delivered.
//
// Lost with traps: what the kernel took before the peer's refusal (ICMP) was heard. After a
// refusal one trap at a time goes out as a probe, and counts as delivered only when no refusal
// has come within kProbeNs.
#pragma once

#include <memory>

#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "forwarders/render_context.h"

namespace trapd::forwarders {

/// Everything is copied; what the context refers to outlives the forwarder. With SNMPv3 traps
/// context.own_engine must be set, with SNMPv3 settings.user.
std::unique_ptr<Forwarder> make_snmp_forwarder(const Destination& destination,
                                               const SnmpSettings& settings,
                                               const RenderContext& context);

}  // namespace trapd::forwarders
