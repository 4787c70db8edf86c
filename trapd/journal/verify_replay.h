// SPDX-License-Identifier: Apache-2.0
// Whether the rows of alarms and engines are what the journal says, as far as it goes back:
//
//   rows, then the records from replay_from on      what a start would have
//   all records that the journal still holds        what is known without any row
//
// Each alarm that was raised in the journal must be in both, and the same; and no record before
// replay_from may tell of a row more than the row knows. Of older alarms only the latter can be
// said. An engine's clock may be ahead of the records (those of messages that were not stored are
// in the rows only), never behind.
//
// Memory: the active alarms and the engines, twice.
#pragma once

#include <memory>
#include <optional>

#include "trapd/alarm/correlator.h"
#include "trapd/journal/engine_rows.h"
#include "trapd/journal/store_verify.h"

namespace trapd::journal {

class VerifyReplay {
 public:
  /// Findings go into the verdict, whose replay_from is set.
  VerifyReplay(std::string own_engine_id, Verdict* verdict);

  // Rows first.
  void restore(alarm::AlarmState state) { rows_.restore(std::move(state)); }
  void restore(ByteView engine_id, const EngineRow& row) { row_engines_.restore(engine_id, row); }

  /// Then the records in their order.
  void take(const alarm::RecordView& record);
  /// No record below `sequence` was seen, or none of those that came before it counts: some are
  /// missing between.
  void begin_at(std::uint64_t sequence);

  void finish();

 private:
  void look_at_row(const alarm::RecordView& record);
  void look_at_row(const alarm::AlarmState* row, std::uint64_t sequence);
  void compare_alarms();
  void compare_engines();

  const std::string own_engine_id_;
  Verdict* const verdict_;
  alarm::Correlator rows_;
  EngineRows row_engines_;
  std::unique_ptr<alarm::Correlator> journal_;
  std::optional<EngineRows> journal_engines_;
  std::uint64_t since_ = 0;
  bool comparable_ = true;
};

}  // namespace trapd::journal
