// SPDX-License-Identifier: Apache-2.0
// Why a datagram did not get to the peer, in words that say what to look at.
#pragma once

#include <string>

namespace trapd::forwarders {

/// error: what the socket reported, of the send itself or from ICMP.
std::string send_error(const std::string& peer, int error);
std::string too_big_for_udp();

}  // namespace trapd::forwarders
