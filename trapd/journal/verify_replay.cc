// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/verify_replay.h"

#include <tuple>

namespace trapd::journal {

namespace {

std::string name_of(const alarm::AlarmState& state) {
  return "alarm " + std::to_string(state.id) + " (" + state.device + " " + state.name + " " +
         state.resource + ")";
}

/// Whether a record with this outcome changes the alarm that it is about.
bool changes_alarm(const alarm::RecordHeader& header) {
  switch (header.outcome) {
    case alarm::Outcome::kRaise:
    case alarm::Outcome::kRepeat:
    case alarm::Outcome::kChange:
    case alarm::Outcome::kClear:
    case alarm::Outcome::kHeld:
      return true;
    case alarm::Outcome::kEvent:
      return header.kind == alarm::Kind::kAcknowledge;
    case alarm::Outcome::kClearWithoutRaise:
      return false;
  }
  return false;
}

}  // namespace

VerifyReplay::VerifyReplay(std::string own_engine_id, Verdict* verdict)
    : own_engine_id_(std::move(own_engine_id)),
      verdict_(verdict),
      rows_(alarm::Correlator::Options{}),
      row_engines_(own_engine_id_) {
  begin_at(1);
}

void VerifyReplay::begin_at(std::uint64_t sequence) {
  journal_ = std::make_unique<alarm::Correlator>(alarm::Correlator::Options{});
  journal_engines_.emplace(own_engine_id_);
  since_ = sequence;
  if (sequence > verdict_->replay_from) comparable_ = false;
}

void VerifyReplay::take(const alarm::RecordView& record) {
  const std::uint64_t sequence = record.header().sequence;
  if (sequence < verdict_->replay_from) {
    look_at_row(record);
  } else {
    rows_.replay(record);
    row_engines_.note(record, sequence);
  }
  journal_->replay(record);
  // An inform names our own engine, which may have been another one when it came.
  if (!record.has(alarm::RecordFlag::kInform)) journal_engines_->note(record, sequence);
}

void VerifyReplay::look_at_row(const alarm::RecordView& record) {
  const alarm::RecordHeader& header = record.header();
  if (changes_alarm(header)) look_at_row(rows_.find(header.alarm_id), header.sequence);
  if (!record.has(alarm::RecordFlag::kMarksDevice)) return;
  for (const std::uint64_t id : rows_.alarms_of(record.text(alarm::Field::kDevice))) {
    const alarm::AlarmState* row = rows_.find(id);
    if (id < header.sequence && !row->unsure) look_at_row(row, header.sequence);
  }
}

void VerifyReplay::look_at_row(const alarm::AlarmState* row, std::uint64_t sequence) {
  if (row == nullptr || row->last_sequence >= sequence) return;
  verdict_->add("alarms", sequence,
                name_of(*row) + ": its row stops at sequence " +
                    std::to_string(row->last_sequence) +
                    ", though this later record before "
                    "replay_from " +
                    std::to_string(verdict_->replay_from) + " changed it");
}

void VerifyReplay::compare_alarms() {
  journal_->for_each([&](const alarm::AlarmState& state) {
    const alarm::AlarmState* row = rows_.find(state.id);
    if (row == nullptr) {
      verdict_->add("alarms", state.id,
                    name_of(state) + " is active by the journal, and missing in the table");
    } else if (alarm::encode_alarm(*row) != alarm::encode_alarm(state)) {
      verdict_->add("alarms", state.id,
                    name_of(state) +
                        " is not what the journal says: sequence, count or texts of "
                        "its row differ");
    }
  });
  rows_.for_each([&](const alarm::AlarmState& row) {
    if (row.id < since_ || journal_->find(row.id) != nullptr) return;
    verdict_->add("alarms", row.id,
                  name_of(row) + " is in the table, and not active by the journal");
  });
}

void VerifyReplay::compare_engines() {
  std::unordered_map<std::string, EngineRow> rows;
  row_engines_.for_each(
      [&](ByteView engine_id, const EngineRow& row) { rows.emplace(as_text(engine_id), row); });
  journal_engines_->for_each([&](ByteView engine_id, const EngineRow& told) {
    const auto row = rows.find(std::string(as_text(engine_id)));
    if (row == rows.end()) {
      verdict_->add("engines", 0,
                    "engine " + to_hex(engine_id) + " is in the journal, and has no row");
    } else if (std::tie(row->second.boots, row->second.latest_time) <
               std::tie(told.boots, told.latest_time)) {
      verdict_->add("engines", 0,
                    "engine " + to_hex(engine_id) + ": its row (boots " +
                        std::to_string(row->second.boots) + ", time " +
                        std::to_string(row->second.latest_time) + ") is behind the journal (" +
                        std::to_string(told.boots) + ", " + std::to_string(told.latest_time) +
                        "): old traps could be replayed");
    }
  });
}

void VerifyReplay::finish() {
  if (!comparable_) {
    verdict_->notes.emplace_back(
        "records that the rows need are missing: the rows were not compared with the journal");
    return;
  }
  verdict_->whole_journal = since_ == 1;
  compare_alarms();
  compare_engines();
}

}  // namespace trapd::journal
