// SPDX-License-Identifier: Apache-2.0
// Refusals: to the log and the alarms about senders, and with their datagrams to those who ask.
#include "forwarders/record_text.h"
#include "trapd/gateway_parts.h"

namespace trapd {

using admin::Json;

namespace {

/// To one who follows, a turn: a flood shows itself, and does not drown the control socket.
constexpr unsigned kFollowedPerTurn = 5;
constexpr unsigned kNoticesPerTurn = 1000;

Json packet_json(const ingest::RefusedPacket& packet) {
  return {{"number", packet.number},
          {"reason", snmp::label(packet.reason)},
          {"received", forwarders::time_text(packet.wall_ns)},
          {"source", packet.source.text()},
          {"local", packet.local.text()},
          {"at_agent", packet.at_agent},
          {"octets", packet.datagram_octets},
          {"datagram", to_hex(packet.octets)}};
}

}  // namespace

void Gateway::Parts::read_notices() {
  const std::int64_t now_ns = clock.monotonic_ns();
  const std::int64_t now_wall_ns = clock.wall_ns();
  ingest::RefusalNotice notice;
  std::vector<std::uint8_t> datagram;
  for (auto& [number, follower] : refusal_followers) follower.shown = 0;
  const auto read = [&](ingest::RefusalNotices& from) {
    // More than a ring holds: who refills it while we read waits for the next turn.
    for (unsigned i = 0; i < kNoticesPerTurn && from.next(&notice, &datagram); ++i) {
      watch->see(notice, now_ns);
      if (notice.storm_device_octets > 0) continue;
      const ingest::RefusedPacket* packet = refused_packets.keep(notice, datagram, now_wall_ns);
      if (!refusal_followers.empty()) show_refusal(notice.reason, packet);
    }
  };
  for (const auto& from_worker : notices) read(*from_worker);
  if (agent_notices != nullptr) read(*agent_notices);
}

/// packet: null when its octets were not kept; it counts as passed over.
void Gateway::Parts::show_refusal(snmp::DropReason reason, const ingest::RefusedPacket* packet) {
  std::vector<std::pair<admin::TailSink, std::uint64_t>> sinks;  // a sink may end its subscription
  for (auto& [number, follower] : refusal_followers) {
    if (follower.reason && *follower.reason != reason) continue;
    if (packet == nullptr || follower.shown >= kFollowedPerTurn) {
      ++follower.passed_over;
      continue;
    }
    ++follower.shown;
    sinks.emplace_back(follower.sink, std::exchange(follower.passed_over, 0));
  }
  for (const auto& [sink, passed_over] : sinks) {
    Json json = packet_json(*packet);
    json["passed_over"] = passed_over;
    sink(json);
  }
}

admin::Json Gateway::Parts::refused(std::optional<snmp::DropReason> reason) const {
  Json list = Json::array();
  for (unsigned i = 0; i < static_cast<unsigned>(snmp::DropReason::kCount); ++i) {
    const auto one = static_cast<snmp::DropReason>(i);
    if (reason && *reason != one) continue;
    for (const ingest::RefusedPacket& packet : refused_packets.of(one)) {
      list.push_back(packet_json(packet));
    }
  }
  return list;
}

/// Those two only.
void Gateway::Parts::add_refusals(admin::Handlers* handlers) {
  handlers->refused = [this](std::optional<snmp::DropReason> reason) { return refused(reason); };
  handlers->subscribe_refused = [this](std::optional<snmp::DropReason> reason,
                                       admin::TailSink sink) -> admin::Unsubscribe {
    const std::uint64_t number = next_tail++;
    refusal_followers.emplace(number, RefusalFollower{reason, std::move(sink)});
    return [this, number] { refusal_followers.erase(number); };
  };
}

}  // namespace trapd
