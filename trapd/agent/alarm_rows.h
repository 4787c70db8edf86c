// SPDX-License-Identifier: Apache-2.0
// The rows of the active list that one request has looked at: each is fetched once, so that all
// columns of a row in a response are of one moment, and the ledger is asked for a row or a few at
// a time and never waits for longer than their copies take. Lives for one request.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "trapd/agent/readings.h"

namespace trapd::agent {

class AlarmRows {
 public:
  /// So many are kept that nobody has asked for yet; further ones are fetched one at a time, so
  /// that a GetBulk with a name in each of thousands of rows costs their copies and no more.
  static constexpr std::size_t kAheadMax = 1024;
  /// ahead: how many rows are fetched at once; 1 for Get and GetNext.
  AlarmRows(const Readings& readings, std::size_t ahead) : readings_(readings), ahead_(ahead) {}

  struct Row {
    std::uint32_t number = 0;
    const alarm::AlarmState* state = nullptr;  // null: none from there on
  };
  /// The first row numbered `from` or above.
  Row from(std::uint32_t from);
  /// Null when there is none of this number.
  const alarm::AlarmState* at(std::uint32_t number) {
    const Row row = from(number);
    return row.number == number ? row.state : nullptr;
  }

 private:
  struct Known {
    std::uint32_t from = 0;  // between this number and the row's own there is none
    alarm::AlarmState state;
  };
  void fetch(std::uint32_t from);

  const Readings& readings_;
  const std::size_t ahead_;
  /// By number. Bounded by kAheadMax and the names of the request and its response.
  std::map<std::uint32_t, Known> known_;
  std::uint64_t end_from_ = UINT64_MAX;  // from here on there is none
};

}  // namespace trapd::agent
