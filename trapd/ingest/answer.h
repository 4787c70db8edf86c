// SPDX-License-Identifier: Apache-2.0
// What travels with an inform's record to the ledger and comes back after the commit.
#pragma once

#include <cstdint>

#include "trapd/base/ip_address.h"

namespace trapd::ingest {

/// Followed by the whole Response message. `socket` counts the sockets of all listeners.
struct AnswerHeader {
  Endpoint peer;
  Endpoint local;
  std::uint32_t socket = 0;
  std::uint32_t message_octets = 0;
};
static_assert(sizeof(AnswerHeader) == 56);

}  // namespace trapd::ingest
