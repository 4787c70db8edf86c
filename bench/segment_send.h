// SPDX-License-Identifier: Apache-2.0
// What the generators here share: many datagrams with one call, and what they have cost so far.
#pragma once

#include <netinet/in.h>

#include <cstddef>

#include "trapd/base/bytes.h"

namespace trapd::bench {

inline constexpr unsigned kSegmentsMax = 32;
inline constexpr std::size_t kSendOctetsMax = 65'000;  // of the segments together

/// Sends `datagrams` on a connected UDP socket as datagrams of `octets` each (UDP_SEGMENT); from
/// `source` (IPv4, one of this machine's) when there is one. False when the kernel refused it:
/// nobody listens, or no memory.
bool send_segments(int fd, ByteView datagrams, std::size_t octets, const in_addr* source = nullptr);

/// User and system time of this process.
double own_cpu_seconds();

}  // namespace trapd::bench
