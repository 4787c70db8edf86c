// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/send_error.h"

#include <cerrno>

#include "trapd/base/error.h"
#include "trapd/snmp/message.h"

namespace trapd::forwarders {

std::string send_error(const std::string& peer, int error) {
  if (error == ECONNREFUSED) {
    return peer + " refuses (ICMP port unreachable): no receiver listens there";
  }
  return errno_error("cannot send to", peer, error).text;
}

std::string too_big_for_udp() {
  return "the message would be larger than a datagram (" + std::to_string(snmp::kMessageOctetsMax) +
         " octets)";
}

}  // namespace trapd::forwarders
