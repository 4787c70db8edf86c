// SPDX-License-Identifier: Apache-2.0
// Random packets, sound or bent: SNMPv1 traps, SNMPv2c and SNMPv3 traps, informs and other PDUs,
// SNMPv3 of every user and at every level.
#pragma once

#include <cstdint>
#include <string>

#include "tests/differential/parties.h"

namespace trapd::differential {

struct Packet {
  Bytes octets;
  Clock known;        // of the device, before this packet
  std::string story;  // "v3 sha256 level 3 trap; flip; truncate"
  unsigned bends = 0;
};

/// The same for the same seed and number, whatever was made before.
Packet make_packet(std::uint64_t seed, std::uint64_t number);

}  // namespace trapd::differential
