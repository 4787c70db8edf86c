// SPDX-License-Identifier: Apache-2.0
// What one process of the receiver has counted, and the law that it must obey at rest.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "trapd/snmp/deviation.h"
#include "trapd/snmp/drop_reason.h"

namespace trapd::scenario {

struct Counts {
  std::uint64_t received = 0;
  std::uint64_t stored = 0;
  std::uint64_t originated = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(snmp::SuppressReason::kCount)> suppressed{};
  std::array<std::uint64_t, static_cast<std::size_t>(snmp::DropReason::kCount)> dropped{};
  // Outside the law: they say something about what was counted above.
  std::array<std::uint64_t, static_cast<std::size_t>(snmp::Deviation::kCount)> tolerated{};
  std::uint64_t silent_drops = 0;

  std::uint64_t suppressed_total() const;
  std::uint64_t dropped_total() const;
  /// received = stored + sum of suppressed + sum of dropped
  bool conserved() const { return received == stored + suppressed_total() + dropped_total(); }
  /// "received 3: stored 1, suppressed duplicate 1, dropped unknown_user 1; originated 1".
  std::string text() const;
};
/// What came since `earlier`, of the same process.
Counts operator-(Counts now, const Counts& earlier);

/// By the label of metrics and messages; throws Mistake for one that does not exist.
snmp::SuppressReason suppress_reason(const std::string& label);
snmp::DropReason drop_reason(const std::string& label);
snmp::Deviation deviation(const std::string& label);

}  // namespace trapd::scenario
