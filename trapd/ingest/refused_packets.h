// SPDX-License-Identifier: Apache-2.0
// The refused datagrams of late, as they came (an encrypted PDU stays encrypted), for
// `trapctl explain --refused`.
//
// Bounds for each reason: kPacketsMax datagrams and kOctetsMax octets; the oldest give way. In
// memory only. One thread: the main loop's.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "trapd/base/bytes.h"
#include "trapd/ingest/refusal_notices.h"

namespace trapd::ingest {

struct RefusedPacket {
  std::uint64_t number = 0;  // from 1, in the order they were read; over all reasons
  snmp::DropReason reason = snmp::DropReason::kMalformed;
  bool at_agent = false;
  std::int64_t wall_ns = 0;
  Endpoint source;
  Endpoint local;
  std::uint16_t datagram_octets = 0;  // more than octets.size(): the rest was not kept
  std::vector<std::uint8_t> octets;
};

class RefusedPackets {
 public:
  static constexpr std::size_t kPacketsMax = 64;
  static constexpr std::size_t kOctetsMax = 128 * 1024;

  /// Keeps it when it brought octets: the one kept, valid until the next call; else null. wall_ns
  /// stands in for a stamp that the kernel did not give.
  const RefusedPacket* keep(const RefusalNotice& notice, ByteView octets, std::int64_t wall_ns);
  /// Oldest first.
  const std::deque<RefusedPacket>& of(snmp::DropReason reason) const {
    return kept_[static_cast<std::size_t>(reason)].packets;
  }

 private:
  struct Kept {
    std::deque<RefusedPacket> packets;
    std::size_t octets = 0;
  };
  std::array<Kept, static_cast<std::size_t>(snmp::DropReason::kCount)> kept_;
  std::uint64_t last_number_ = 0;
};

}  // namespace trapd::ingest
