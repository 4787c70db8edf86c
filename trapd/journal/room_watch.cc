// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/room_watch.h"

#include <fmt/format.h>

#include <algorithm>

namespace trapd::journal {

namespace {

constexpr double kRaiseAt = 0.80;
constexpr double kClearBelow = 0.70;

double part(std::uint64_t of, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(of) / static_cast<double>(whole);
}

}  // namespace

bool RoomWatch::may_change(const StoreUsage& usage) const {
  return raised_ || part(usage.bytes_used, usage.bytes_limit) >= kRaiseAt;
}

std::optional<RoomWatch::Change> RoomWatch::look(const StoreUsage& usage,
                                                 const std::vector<Backlog>& backlogs) {
  const auto furthest =
      std::max_element(backlogs.begin(), backlogs.end(),
                       [](const Backlog& a, const Backlog& b) { return a.octets < b.octets; });
  const std::uint64_t octets = furthest == backlogs.end() ? 0 : furthest->octets;
  const double share = part(std::min(octets, usage.bytes_used), usage.bytes_limit);
  if (!raised_ && share >= kRaiseAt) {
    raised_ = true;
    return Change{true, fmt::format("the {} records that destination {} still has to get take up "
                                    "about {:.0f} % of store.max_size; at 95 % it loses its oldest",
                                    furthest->records, furthest->destination, share * 100)};
  }
  if (raised_ && share < kClearBelow) {
    raised_ = false;
    return Change{false, fmt::format("what is still to be delivered takes up about {:.0f} % of "
                                     "store.max_size",
                                     share * 100)};
  }
  return std::nullopt;
}

}  // namespace trapd::journal
