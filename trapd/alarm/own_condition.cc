// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/own_condition.h"

#include <array>
#include <cstddef>

namespace trapd::alarm {
namespace {

constexpr std::size_t kConditions = static_cast<std::size_t>(OwnCondition::kCount);

constexpr std::array<OwnConditionRow, kConditions> kRows = {{
#define X(name, text, number, severity, type, cause, stateful) \
  {text, number, Severity::severity, EventType::type, cause, stateful},
    TRAPD_OWN_CONDITIONS(X)
#undef X
}};

constexpr bool numbers_ascend() {
  for (std::size_t i = 1; i < kConditions; ++i) {
    if (kRows[i - 1].number >= kRows[i].number) return false;
  }
  return true;
}
static_assert(numbers_ascend(), "each notification has a number of its own");

}  // namespace

const OwnConditionRow& row(OwnCondition condition) {
  return kRows[static_cast<std::size_t>(condition)];
}

std::optional<OwnCondition> own_condition(std::string_view name) {
  for (std::size_t i = 0; i < kConditions; ++i) {
    if (kRows[i].name == name) return static_cast<OwnCondition>(i);
  }
  return std::nullopt;
}

}  // namespace trapd::alarm
