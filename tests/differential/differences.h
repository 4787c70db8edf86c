// SPDX-License-Identifier: Apache-2.0
// The differences between trapd and Net-SNMP that are meant, and why: the table of README.md. Each
// is a predicate on one disagreement; none is "the rest".
#pragma once

#include <optional>
#include <span>
#include <string>

#include "tests/differential/packets.h"
#include "tests/differential/trapd_decoder.h"

namespace trapd::differential {

enum class Kind : std::uint8_t {
  kOnlyTrapd,    // trapd accepts, Net-SNMP refuses
  kOnlyNetSnmp,  // the other way round
  kValue,        // both accept, and read one field differently
  kDeath,        // the packet ended Net-SNMP
};

struct Disagreement {
  Kind kind = Kind::kValue;
  const Packet* packet = nullptr;
  const TrapdDecoded* ours = nullptr;
  const Decoded* theirs = nullptr;  // null: kDeath
  bool other_behind = false;  // Net-SNMP says otherwise when other octets lie behind the packet
  const Item* our_item = nullptr;  // kValue; null when only the other one has it
  const Item* their_item = nullptr;
};

struct Difference {
  const char* name;  // of its row in README.md
  Kind kind;
  bool (*holds)(const Disagreement& disagreement);
};

std::span<const Difference> differences();
/// The first that holds; null: nobody has documented this one.
const Difference* explain(const Disagreement& disagreement);

}  // namespace trapd::differential
