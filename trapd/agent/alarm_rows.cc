// SPDX-License-Identifier: Apache-2.0
#include "trapd/agent/alarm_rows.h"

#include <algorithm>
#include <utility>

namespace trapd::agent {

AlarmRows::Row AlarmRows::from(std::uint32_t from) {
  const auto look = [&]() -> Row {
    const auto at = known_.lower_bound(from);
    if (at == known_.end() || at->second.from > from) return {};
    return {at->first, &at->second.state};
  };
  if (const Row row = look(); row.state != nullptr) return row;
  if (from >= end_from_) return {};
  fetch(from);
  return look();
}

void AlarmRows::fetch(std::uint32_t from) {
  const std::size_t ahead = known_.size() < kAheadMax ? ahead_ : 1;
  auto rows = readings_.alarm_rows(from, ahead);
  // What is known already stays as it is, although the list may have changed since.
  const auto next = known_.lower_bound(from);
  const std::uint64_t until = next == known_.end() ? end_from_ : next->second.from;
  std::uint32_t covered = from;
  for (auto& row : rows) {
    if (row.number >= until) break;
    known_.emplace(row.number, Known{covered, std::move(row.state)});
    covered = row.number + 1;
  }
  const bool to_the_end = rows.size() < ahead || rows.back().number >= until;
  if (!to_the_end) return;
  if (next != known_.end()) {
    next->second.from = std::min(next->second.from, covered);
  } else {
    end_from_ = std::min<std::uint64_t>(end_from_, covered);
  }
}

}  // namespace trapd::agent
