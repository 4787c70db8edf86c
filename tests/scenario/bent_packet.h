// SPDX-License-Identifier: Apache-2.0
// A packet with fields that its sender writes as they should not be, before it signs and encrypts:
// so the digest is right and the field alone is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/scenario/options.h"
#include "tests/scenario/packet.h"

namespace trapd::scenario {

struct Bends {
  std::vector<std::pair<std::string, Bytes>> set;    // set.FIELD=HEX: the element, header included
  std::vector<std::pair<std::string, Bytes>> spare;  // spare.FIELD=HEX: behind its content
  std::vector<std::pair<std::string, std::size_t>> longer;  // long.FIELD=N: octets of its length
  std::optional<std::size_t> digest_octets;  // so many of the whole digest, zeros behind it
  Bytes padding;                             // behind the ScopedPDU, before encryption

  bool any() const;
};
Bends take_bends(Options* given);

/// Throws Mistake for a field that the packet does not have.
Bytes encode_bent(const Packet& packet, const Bends& bends);

}  // namespace trapd::scenario
