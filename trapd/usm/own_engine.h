// SPDX-License-Identifier: Apache-2.0
// Our own SNMP engine: authoritative for informs (RFC 3414 2.2, RFC 3411 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "trapd/base/bytes.h"
#include "trapd/base/clock.h"

namespace trapd::usm {

/// INF-01: 5..32 octets, not all 00 or FF, first bit 1, known format octet.
bool legal_own_engine_id(ByteView engine_id);
/// USM-05: what may stand in a message of somebody else.
bool legal_engine_id(ByteView engine_id);
/// A new one: 80 00 1f 88 05 and 12 random octets. The enterprise number is Net-SNMP's, below
/// whose playpen TRAPD-MIB stands too, until trapd has a number of its own.
std::vector<std::uint8_t> make_engine_id();

/// Immutable after start; any thread.
class OwnEngine {
 public:
  /// boots: already raised and stored (INF-03).
  OwnEngine(std::vector<std::uint8_t> engine_id, std::uint32_t boots, const Clock& clock)
      : engine_id_(std::move(engine_id)),
        boots_(boots),
        clock_(clock),
        started_ns_(clock.monotonic_ns()) {}
  ByteView engine_id() const { return engine_id_; }
  std::uint32_t boots() const { return boots_; }
  /// Seconds since start. A process that runs 68 years is restarted before (INF-05).
  std::uint32_t time(std::int64_t monotonic_ns) const {
    return static_cast<std::uint32_t>((monotonic_ns - started_ns_) / kNsPerSecond);
  }
  std::uint32_t time() const { return time(clock_.monotonic_ns()); }
  /// INF-08, 3.2 (7)(a).
  bool in_window(std::uint32_t boots, std::uint32_t time_s, std::int64_t monotonic_ns) const;

 private:
  std::vector<std::uint8_t> engine_id_;
  std::uint32_t boots_;
  const Clock& clock_;
  std::int64_t started_ns_;
};

}  // namespace trapd::usm
