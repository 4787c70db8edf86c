// SPDX-License-Identifier: Apache-2.0
// Refusals on their way from a worker, or the agent, to the thread that logs them: small copies in
// a bounded ring, with the datagram behind each for `trapctl explain --refused`. When a flood fills
// the ring, first the datagrams are left out, then further notices are only counted (they are in
// dropped{reason} anyway). The last quarter is for senders whose digest was right: a device that
// forgot its boots must be told of, and be explained, even while strangers flood.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "trapd/base/spsc_ring.h"
#include "trapd/ingest/pipeline.h"

namespace trapd::ingest {

/// Of a longer datagram so many octets are kept.
inline constexpr std::size_t kRefusedOctetsMax = 8192;

struct RefusalNotice {
  snmp::DropReason reason = snmp::DropReason::kMalformed;
  usm::EngineClock::Verdict window = usm::EngineClock::Verdict::kInWindow;
  bool authenticated = false;
  bool at_agent = false;
  std::uint8_t storm_device_octets = 0;  // not 0: no refusal, but a device beyond its rate
  std::uint8_t engine_id_octets = 0;
  std::uint8_t user_octets = 0;
  std::uint16_t datagram_octets = 0;
  std::uint16_t kept_octets = 0;  // of the datagram, behind the notice; 0 when there was no room
  std::uint32_t boots = 0;
  std::uint32_t time = 0;
  std::int64_t wall_ns = 0;  // the kernel's stamp of the datagram; 0 when it gave none
  Endpoint source;
  Endpoint local;
  std::array<std::uint8_t, usm::kEngineIdOctetsMax> engine_id{};
  std::array<char, snmp::kUserNameOctetsMax> user{};
  std::array<char, 2 * usm::kEngineIdOctetsMax> storm_device{};
};

class RefusalNotices final : public RefusalObserver {
 public:
  static constexpr std::size_t kRingOctets = 128 * 1024;

  RefusalNotices() : ring_(kRingOctets) {}
  /// The worker, or the agent's thread: one for each ring.
  void refused(const Refusal& refusal, std::int64_t monotonic_ns) override;
  void stormed(std::string_view device, const net::Datagram& datagram) override;
  /// Reader (one thread): false when there is none. `datagram`, when it is not null, gets the
  /// kept_octets octets.
  bool next(RefusalNotice* notice, std::vector<std::uint8_t>* datagram = nullptr);

 private:
  SpscRing ring_;
};

}  // namespace trapd::ingest
