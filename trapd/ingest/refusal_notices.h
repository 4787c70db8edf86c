// SPDX-License-Identifier: Apache-2.0
// Refusals on their way from a worker, or the agent, to the thread that logs them: small copies in
// a bounded ring. When a flood fills it, further ones are only counted (they are in dropped{reason}
// anyway). The last quarter is for senders whose digest was right: a device that forgot its boots
// must be told of even while strangers flood.
#pragma once

#include <array>
#include <cstdint>

#include "trapd/base/spsc_ring.h"
#include "trapd/ingest/pipeline.h"

namespace trapd::ingest {

struct RefusalNotice {
  snmp::DropReason reason = snmp::DropReason::kMalformed;
  usm::EngineClock::Verdict window = usm::EngineClock::Verdict::kInWindow;
  bool authenticated = false;
  bool at_agent = false;
  std::uint8_t storm_device_octets = 0;  // not 0: no refusal, but a device beyond its rate
  std::uint8_t engine_id_octets = 0;
  std::uint8_t user_octets = 0;
  std::uint16_t datagram_octets = 0;
  std::uint32_t boots = 0;
  std::uint32_t time = 0;
  Endpoint source;
  Endpoint local;
  std::array<std::uint8_t, usm::kEngineIdOctetsMax> engine_id{};
  std::array<char, snmp::kUserNameOctetsMax> user{};
  std::array<char, 2 * usm::kEngineIdOctetsMax> storm_device{};
};

class RefusalNotices final : public RefusalObserver {
 public:
  RefusalNotices() : ring_(64 * 1024) {}
  /// The worker, or the agent's thread: one for each ring.
  void refused(const Refusal& refusal, std::int64_t monotonic_ns) override;
  void stormed(std::string_view device, const net::Datagram& datagram) override;
  /// Reader (one thread): false when there is none.
  bool next(RefusalNotice* notice);

 private:
  SpscRing ring_;
};

}  // namespace trapd::ingest
