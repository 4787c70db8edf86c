// SPDX-License-Identifier: Apache-2.0
// A Report or Response as the device reads it: authenticated and decrypted with its user's keys.
#pragma once

#include <cstdint>
#include <vector>

#include "mib/index.h"
#include "tests/scenario/facts.h"
#include "trapd/usm/user.h"

namespace trapd::scenario {

struct Answer {
  Facts facts{"", ""};  // "report" and the counter's name, or "response"
  std::vector<std::uint8_t> octets;
  // Of v3: what a device learns of trapd's engine.
  std::vector<std::uint8_t> engine;
  std::uint32_t boots = 0;
  std::uint32_t time = 0;
};

/// Throws Disappointment for octets that a device could not read or would not believe.
Answer read_answer(ByteView bytes, const usm::UserTable& users, const mib::MibIndex& names);

}  // namespace trapd::scenario
