// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/refused_packets.h"

namespace trapd::ingest {

static_assert(RefusedPackets::kOctetsMax >= kRefusedOctetsMax);

const RefusedPacket* RefusedPackets::keep(const RefusalNotice& notice, ByteView octets,
                                          std::int64_t wall_ns) {
  if (octets.empty() || notice.reason >= snmp::DropReason::kCount) return nullptr;
  Kept& kept = kept_[static_cast<std::size_t>(notice.reason)];
  kept.octets += octets.size();
  while (!kept.packets.empty() &&
         (kept.packets.size() >= kPacketsMax || kept.octets > kOctetsMax)) {
    kept.octets -= kept.packets.front().octets.size();
    kept.packets.pop_front();
  }
  kept.packets.push_back({.number = ++last_number_,
                          .reason = notice.reason,
                          .at_agent = notice.at_agent,
                          .wall_ns = notice.wall_ns != 0 ? notice.wall_ns : wall_ns,
                          .source = notice.source,
                          .local = notice.local,
                          .datagram_octets = notice.datagram_octets,
                          .octets = {octets.begin(), octets.end()}});
  return &kept.packets.back();
}

}  // namespace trapd::ingest
