// SPDX-License-Identifier: Apache-2.0
// Which records and alarms an operator wants to see.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trapd/alarm/correlator.h"
#include "trapd/alarm/record.h"

namespace trapd::admin {

/// An empty member matches everything.
struct RecordFilter {
  std::vector<alarm::Severity> severities;  // any of them
  std::string device;                       // identity or name
  std::string name;                         // alarm name
  std::uint64_t alarm_id = 0;

  bool takes(const alarm::RecordView& record) const;
  bool takes(const alarm::AlarmState& state) const;

 private:
  bool takes(alarm::Severity severity, std::string_view its_device, std::string_view device_name,
             std::string_view its_name, std::uint64_t its_alarm) const;
};

}  // namespace trapd::admin
