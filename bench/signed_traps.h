// SPDX-License-Identifier: Apache-2.0
// authPriv linkDown traps of many simulated engines, each message encrypted and signed anew, all
// of one length (what UDP_SEGMENT wants).
#pragma once

#include <cstdint>
#include <vector>

#include "bench/link_down.h"
#include "trapd/base/bytes.h"
#include "trapd/usm/outbound.h"

namespace trapd::bench {

class SignedTraps {
 public:
  /// boots: must rise from run to run against one receiver; 2^24 or more, so that its length is
  /// fixed.
  SignedTraps(const TrapSource& source, std::uint32_t boots);
  /// Writes the next trap to the start of `out` (at least kMessageOctetsMax); returns its length,
  /// which is the same for every trap. Engines take turns. uptime_s: seconds since the start.
  std::size_t next(std::uint32_t uptime_s, MutableBytes out);
  static std::vector<std::uint8_t> engine_id(std::uint32_t index);

 private:
  std::size_t next_v3(std::uint32_t uptime_s, ByteView pdu, MutableBytes out);

  TrapSource source_;
  std::uint32_t boots_;
  std::uint32_t counter_ = 0;
  std::vector<std::vector<std::uint8_t>> engine_ids_;
  std::vector<usm::CachedKeys> keys_;
  usm::MessageBuilder builder_;
};

}  // namespace trapd::bench
