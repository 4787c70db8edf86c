// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/refusal_notices.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace trapd::ingest {

static_assert(std::is_trivially_copyable_v<RefusalNotice>);
static_assert(sizeof(RefusalNotice) + kRefusedOctetsMax <= RefusalNotices::kRingOctets / 4);

void RefusalNotices::refused(const Refusal& refusal, std::int64_t /*monotonic_ns*/) {
  const std::size_t quarter = ring_.capacity() / 4;
  const std::size_t used = ring_.used_bytes();
  if (!refusal.authenticated && used >= 3 * quarter) return;
  const ByteView datagram = refusal.datagram->bytes;
  const bool keep = refusal.authenticated || used < 2 * quarter;
  std::size_t kept = keep ? std::min(datagram.size(), kRefusedOctetsMax) : 0;
  MutableBytes room = ring_.reserve(sizeof(RefusalNotice) + kept);
  if (room.empty()) {
    kept = 0;
    room = ring_.reserve(sizeof(RefusalNotice));
  }
  if (room.empty()) return;
  RefusalNotice notice;
  notice.reason = refusal.reason;
  notice.window = refusal.window;
  notice.authenticated = refusal.authenticated;
  notice.at_agent = refusal.at_agent;
  notice.datagram_octets = static_cast<std::uint16_t>(datagram.size());
  notice.kept_octets = static_cast<std::uint16_t>(kept);
  notice.wall_ns = refusal.datagram->wall_ns;
  notice.source = refusal.datagram->source;
  notice.local = refusal.datagram->local;
  if (refusal.v3 != nullptr) {
    const ByteView engine = refusal.v3->authoritative_engine_id;
    const ByteView user = refusal.v3->user_name;
    notice.engine_id_octets =
        static_cast<std::uint8_t>(std::min(engine.size(), notice.engine_id.size()));
    notice.user_octets = static_cast<std::uint8_t>(std::min(user.size(), notice.user.size()));
    std::copy_n(engine.begin(), notice.engine_id_octets, notice.engine_id.begin());
    std::copy_n(user.begin(), notice.user_octets, notice.user.begin());
    notice.boots = static_cast<std::uint32_t>(refusal.v3->authoritative_engine_boots);
    notice.time = static_cast<std::uint32_t>(refusal.v3->authoritative_engine_time);
  }
  std::memcpy(room.data(), &notice, sizeof notice);
  std::copy_n(datagram.begin(), kept, room.begin() + sizeof notice);
  ring_.commit(sizeof notice + kept);
}

void RefusalNotices::stormed(std::string_view device, const net::Datagram& datagram) {
  const MutableBytes room = ring_.reserve(sizeof(RefusalNotice));
  if (room.empty()) return;
  RefusalNotice notice;
  notice.authenticated = true;
  notice.source = datagram.source;
  notice.local = datagram.local;
  notice.storm_device_octets =
      static_cast<std::uint8_t>(std::min(device.size(), notice.storm_device.size()));
  std::copy_n(device.begin(), notice.storm_device_octets, notice.storm_device.begin());
  std::memcpy(room.data(), &notice, sizeof notice);
  ring_.commit(sizeof notice);
}

bool RefusalNotices::next(RefusalNotice* notice, std::vector<std::uint8_t>* datagram) {
  const ByteView item = ring_.front();
  if (item.empty()) return false;
  std::memcpy(notice, item.data(), sizeof *notice);
  if (datagram != nullptr) {
    const ByteView octets = item.subspan(sizeof *notice);
    datagram->assign(octets.begin(), octets.end());
  }
  ring_.pop();
  return true;
}

}  // namespace trapd::ingest
