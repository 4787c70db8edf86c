// SPDX-License-Identifier: Apache-2.0
// UDP datagrams of a capture file (pcap, pcapng), read with libpcap.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trapd/base/error.h"
#include "trapd/base/ip_address.h"

namespace trapd::admin {

struct CapturedDatagram {
  std::uint64_t frame = 0;  // counted from 1, as Wireshark does
  std::int64_t wall_ns = 0;
  Endpoint source;
  Endpoint destination;
  std::vector<std::uint8_t> payload;
  /// "cut by the capture", "first fragment only": the payload is not whole; empty when it is.
  std::string damage;
};

inline constexpr std::size_t kCapturedDatagramsMax = 10'000;

/// Link types Ethernet (with VLAN tags), Linux cooked v1 and v2, raw IP, and BSD loopback; IPv4
/// and IPv6. Frames without UDP are passed over. At most kCapturedDatagramsMax.
Result<std::vector<CapturedDatagram>> read_capture(const std::string& file);

/// UDP inside one frame; false when there is none. link_type: DLT_* of pcap. For tests.
bool dissect_frame(int link_type, ByteView frame, CapturedDatagram* datagram);

}  // namespace trapd::admin
