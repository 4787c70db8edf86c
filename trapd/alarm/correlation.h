// SPDX-License-Identifier: Apache-2.0
// What the owner may set of correlation (`alarms:` in the configuration). Values; no logic.
#pragma once

#include <cstdint>
#include <optional>

namespace trapd::alarm {

/// An alarm that was raised and cleared `changes` times within `within_ns` flaps: it stays active,
/// until it has not changed for `hold_ns`.
struct FlappingLimits {
  std::uint32_t changes = 6;
  std::int64_t within_ns = 60'000'000'000;
  std::int64_t hold_ns = 300'000'000'000;
  friend bool operator==(const FlappingLimits&, const FlappingLimits&) = default;
};

/// From the `threshold`-th notification of one alarm within `interval_ns` on, those that change
/// nothing are not stored, until an interval has fewer.
struct SuppressionLimits {
  std::uint32_t threshold = 100;
  std::int64_t interval_ns = 60'000'000'000;
  friend bool operator==(const SuppressionLimits&, const SuppressionLimits&) = default;
};

struct Correlation {
  std::optional<FlappingLimits> flapping;        // nullopt = off
  std::optional<SuppressionLimits> suppression;  // nullopt = off
  friend bool operator==(const Correlation&, const Correlation&) = default;
};

}  // namespace trapd::alarm
