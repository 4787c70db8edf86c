// SPDX-License-Identifier: Apache-2.0
// What the agent has refused, for whoever watches: the same as a listener's refusals are to it.
#pragma once

#include <functional>

#include "trapd/net/udp_batch.h"
#include "trapd/snmp/drop_reason.h"
#include "trapd/snmp/message.h"

namespace trapd::agent {

/// The views live during the call only. An authentic user that is none of the agent's is
/// kUnknownUser with `authenticated`.
struct Refusal {
  snmp::DropReason reason = snmp::DropReason::kMalformed;
  const net::Datagram* datagram = nullptr;
  const snmp::V3Message* v3 = nullptr;  // when it was readable as v3
  bool authenticated = false;           // the digest was right
};

/// Called on the agent's thread for each refusal: must be quick, must not block. May be empty.
using RefusalSink = std::function<void(const Refusal&)>;

}  // namespace trapd::agent
