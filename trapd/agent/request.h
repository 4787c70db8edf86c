// SPDX-License-Identifier: Apache-2.0
// What is read while one request is answered, each of it once: so all of a response is of one
// moment, as far as it is of one kind.
#pragma once

#include <optional>

#include "trapd/agent/alarm_rows.h"
#include "trapd/agent/readings.h"

namespace trapd::agent {

class Request {
 public:
  /// rows_ahead: see AlarmRows.
  Request(const Readings& readings, std::size_t rows_ahead)
      : readings_(readings), alarms_(readings, rows_ahead) {}

  AlarmRows& alarms() { return alarms_; }
  const LawCounts& law() {
    if (!law_) law_ = readings_.law();
    return *law_;
  }
  const Readings& readings() const { return readings_; }

 private:
  const Readings& readings_;
  AlarmRows alarms_;
  std::optional<LawCounts> law_;
};

}  // namespace trapd::agent
