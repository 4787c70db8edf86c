// SPDX-License-Identifier: Apache-2.0
// The columns of trapdActiveTable. trapdActiveIndex is the alarm's row in the ledger's list and 1:
// it stays while the alarm is active, and is given to another one afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "trapd/agent/object_tree.h"
#include "trapd/agent/request.h"

namespace trapd::agent {

struct AlarmColumn {
  std::uint32_t number;
  Value (*read)(const alarm::AlarmState& state);
};
std::span<const AlarmColumn> alarm_columns();

/// By trapdActiveIndex.
std::optional<std::uint32_t> next_alarm_row(Request& request, std::uint32_t from);
std::optional<Value> read_alarm(Request& request, std::uint32_t row,
                                Value (*read)(const alarm::AlarmState& state));

}  // namespace trapd::agent
