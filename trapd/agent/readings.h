// SPDX-License-Identifier: Apache-2.0
// Where the agent's objects get their values: functions of the gateway. Admin's handlers are the
// same for trapctl.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "trapd/journal/ledger.h"
#include "trapd/snmp/drop_reason.h"
#include "trapd/usm/report_rule.h"

namespace trapd::agent {

/// The conservation law's terms.
struct LawCounts {
  std::uint64_t received = 0;
  std::uint64_t stored = 0;
  std::uint64_t suppressed = 0;
  std::uint64_t dropped = 0;
  std::uint64_t originated = 0;
  struct Reason {
    std::string name;
    std::uint64_t count = 0;
  };
  std::vector<Reason> reasons;  // those of suppressed, then those of dropped; always all of them
};

/// Called on the agent's thread; none may be empty.
struct Readings {
  std::function<std::vector<journal::Ledger::AlarmRow>(std::uint32_t from, std::size_t rows_max)>
      alarm_rows;
  std::function<std::uint64_t()> alarms_active;
  std::function<std::int64_t()> list_changed_wall_ns;
  std::function<LawCounts()> law;
  /// Of the whole engine, receiver and agent.
  std::function<std::uint64_t(usm::UsmCounter)> usm_total;
  std::function<std::uint64_t(snmp::DropReason)> dropped_total;
};

}  // namespace trapd::agent
