// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/store_verify.h"

#include <algorithm>
#include <limits>

#include "trapd/ber/reader.h"
#include "trapd/journal/dead_letters.h"
#include "trapd/journal/device_rows.h"
#include "trapd/journal/engine_state_file.h"
#include "trapd/journal/environment.h"
#include "trapd/journal/table_walk.h"
#include "trapd/journal/verify_replay.h"

namespace trapd::journal {

namespace {

using Step = TableWalk::Step;
using Tables = std::map<std::string, TableRoot>;

/// Of entries, looked at in one transaction.
constexpr std::size_t kSliceOctets = std::size_t{4} << 20;
constexpr std::size_t kEngineIdMax = 32;
constexpr std::string_view kCursorPrefix = "cursor/";
constexpr std::string_view kResendPrefix = "resend/";
constexpr std::size_t kLetterHeadOctets = 16;

std::uint64_t sequence_at(ByteView key) { return key.size() == 8 ? load_be64(key.data()) : 0; }

std::string range(std::uint64_t from, std::uint64_t behind) {
  const std::string first = "sequence " + std::to_string(from);
  return from + 1 == behind ? first : first + " to " + std::to_string(behind - 1);
}

/// Each varbind a name and a value, as they are read when they are rendered.
bool varbinds_decode(const alarm::RecordView& record) {
  ber::Reader list(record.field(alarm::Field::kVarbinds));
  while (list.ok() && !list.at_end()) {
    ber::Reader varbind = list.enter(ber::kSequence);
    varbind.oid();
    varbind.any();
    varbind.expect_end();
    list.adopt(varbind);
  }
  return list.ok();
}

class Verification {
 public:
  explicit Verification(StoreView* view) : view_(*view) {}
  Result<Verdict> run();

 private:
  Status look_at_rows(const PageSnapshot& snapshot);
  void find_newest(const PageSnapshot& snapshot, const TableRoot& entries);
  void look_at_facts(const PageSnapshot& snapshot, const TableRoot& facts);
  void look_at_fact(std::string_view name, ByteView value);
  void look_at_alarms(const PageSnapshot& snapshot, const TableRoot& alarms);
  void look_at_engines(const PageSnapshot& snapshot, const TableRoot& engines);
  /// Every row of a table but those that cannot be read, which are findings.
  template <typename Row>
  void walk(const PageSnapshot& snapshot, const std::string& name, const TableRoot& root, Row row);

  Status look_at_slice(const PageSnapshot& snapshot);
  void look_at_value(std::uint64_t first, ByteView value);
  void missing_before(std::uint64_t first);
  void judge();
  void look_at_directory();

  StoreView& view_;
  Verdict verdict_;
  std::unique_ptr<VerifyReplay> replay_;
  bool judged_ = false;  // rows are read: there is something to compare
  std::string own_engine_id_;
  std::uint32_t own_boots_ = 0;
  std::uint64_t last_key_ = 0;      // of entries, as of the rows
  std::uint64_t expected_ = 0;      // sequence of the next record; 0 = any
  std::uint64_t table_values_ = 0;  // by LMDB's own count
  std::uint64_t go_on_at_ = 0;      // the next slice
  std::string unreadable_why_;      // what stood at expected_
  std::vector<std::pair<std::string, std::uint64_t>> cursors_;
  bool at_end_ = false;
};

template <typename Row>
void Verification::walk(const PageSnapshot& snapshot, const std::string& name,
                        const TableRoot& root, Row row) {
  TableWalk table(view_.file(), snapshot, root);
  std::uint64_t rows = 0;
  bool whole = true;
  for (Step step = table.next(); step != Step::kEnd; step = table.next()) {
    if (step == Step::kDamaged) {
      verdict_.add(name, 0, table.fault());
      whole = false;
      continue;
    }
    ++rows;
    row(table.key(), table.value());
  }
  verdict_.pages += table.pages();
  if (whole && rows != root.entries) {
    verdict_.add(
        name, 0,
        std::to_string(rows) + " rows, though LMDB counted " + std::to_string(root.entries));
  }
}

Status Verification::look_at_rows(const PageSnapshot& snapshot) {
  const Result<Tables> tables = find_tables(view_.file(), snapshot);
  if (!tables) {
    verdict_.add("data.mdb", 0, tables.error().text);
    return {};
  }
  for (const char* name : {"entries", "alarms", "engines", "facts"}) {
    if (tables->count(name) == 0) verdict_.add("data.mdb", 0, std::string("no table ") + name);
  }
  if (!verdict_.good()) return {};
  look_at_facts(snapshot, tables->at("facts"));
  find_newest(snapshot, tables->at("entries"));
  replay_ = std::make_unique<VerifyReplay>(own_engine_id_, &verdict_);
  look_at_alarms(snapshot, tables->at("alarms"));
  look_at_engines(snapshot, tables->at("engines"));
  for (const auto& [name, root] : *tables) {
    const bool known =
        name == "entries" || name == "alarms" || name == "engines" || name == "facts";
    if (!known) walk(snapshot, name, root, [](ByteView, ByteView) {});
  }
  table_values_ = tables->at("entries").entries;
  judged_ = true;
  return {};
}

void Verification::find_newest(const PageSnapshot& snapshot, const TableRoot& entries) {
  TableWalk table(view_.file(), snapshot, entries);
  const Step step = table.next();
  at_end_ = step == Step::kEnd;
  if (at_end_) return;
  if (step == Step::kRow) verdict_.oldest = sequence_at(table.key());
  table.seek_last();
  if (table.next() == Step::kRow) {
    last_key_ = sequence_at(table.key());
    alarm::RecordSequence records(table.value());
    alarm::RecordView record;
    while (records.next(&record)) verdict_.newest = record.header().sequence;
  }
  if (verdict_.newest != 0 && verdict_.newest >= last_key_) return;
  verdict_.newest = 0;
  last_key_ = std::numeric_limits<std::uint64_t>::max();
  verdict_.add("entries", 0, "the newest value cannot be read: trapd does not start with it");
}

void Verification::look_at_facts(const PageSnapshot& snapshot, const TableRoot& facts) {
  std::string format;
  walk(snapshot, "facts", facts, [&](ByteView key, ByteView value) {
    if (as_text(key) == "format") format = as_text(value);
    look_at_fact(as_text(key), value);
  });
  if (format != kStoreFormat) {
    verdict_.add("facts", 0,
                 "format \"" + format + "\", not \"" + std::string(kStoreFormat) + "\"");
  }
}

void Verification::look_at_fact(std::string_view name, ByteView value) {
  const bool is_sequence =
      name == "replay_from" || name.starts_with(kCursorPrefix) || name.starts_with(kResendPrefix);
  const bool is_letter = name.starts_with(DeadLetters::kPrefix);
  const bool is_count = name.starts_with(DeadLetters::kCountPrefix);
  if (is_sequence && value.size() != 8) {
    verdict_.add("facts", 0, std::string(name) + " is not a sequence");
    return;
  }
  if ((is_letter && value.size() < kLetterHeadOctets) || (is_count && value.size() != 16)) {
    verdict_.add("facts", 0, std::string(name) + " is not readable");
  }
  if (name.starts_with(kDevicePrefix) && !decode_device(value)) {
    verdict_.add("facts", 0, std::string(name) + " is not readable");
  }
  if (name == "replay_from") verdict_.replay_from = load_le<std::uint64_t>(value.data());
  if (name.starts_with(kCursorPrefix)) {
    ++verdict_.destinations;
    cursors_.emplace_back(name, load_le<std::uint64_t>(value.data()));
  }
  if (name != "own_engine") return;
  if (value.size() <= 4 || value.size() > 4 + kEngineIdMax) {
    verdict_.add("facts", 0, "own_engine has no engine ID");
    return;
  }
  own_boots_ = load_le<std::uint32_t>(value.data());
  own_engine_id_ = as_text(value.subspan(4));
}

void Verification::look_at_alarms(const PageSnapshot& snapshot, const TableRoot& alarms) {
  walk(snapshot, "alarms", alarms, [&](ByteView key, ByteView value) {
    std::optional<alarm::AlarmState> state = alarm::decode_alarm(value);
    const std::uint64_t id = sequence_at(key);
    if (!state || state->id != id) {
      verdict_.add("alarms", id, "the row of alarm " + std::to_string(id) + " is not readable");
      return;
    }
    ++verdict_.alarms;
    const bool beyond = verdict_.newest != 0 && state->last_sequence > verdict_.newest;
    if (state->last_sequence < id || beyond) {
      verdict_.add("alarms", id,
                   "the row of alarm " + std::to_string(id) + " is of sequence " +
                       std::to_string(state->last_sequence) + ", the newest record is " +
                       std::to_string(verdict_.newest));
    }
    replay_->restore(std::move(*state));
  });
}

void Verification::look_at_engines(const PageSnapshot& snapshot, const TableRoot& engines) {
  walk(snapshot, "engines", engines, [&](ByteView key, ByteView value) {
    const std::optional<EngineRow> row = decode_engine(value);
    if (!row || key.size() > kEngineIdMax) {
      verdict_.add("engines", 0, "the row of engine " + to_hex(key) + " is not readable");
      return;
    }
    ++verdict_.engines;
    replay_->restore(key, *row);
  });
}

/// Told once it is known where the readable ones go on.
void Verification::missing_before(std::uint64_t first) {
  const bool damaged = !unreadable_why_.empty();
  verdict_.add("entries", expected_,
               range(expected_, first) +
                   (damaged ? " cannot be read: " + unreadable_why_ : std::string(" is missing")));
  unreadable_why_.clear();
  replay_->begin_at(first);
}

void Verification::look_at_value(std::uint64_t first, ByteView value) {
  if (expected_ == 0 && first > 1) replay_->begin_at(first);
  if (expected_ != 0 && first > expected_) missing_before(first);
  if (expected_ != 0 && first < expected_) {
    verdict_.add("entries", first, range(first, expected_) + " stands in two values");
  }
  ++verdict_.values;
  expected_ = first;
  std::size_t in_value = 0;
  alarm::RecordSequence records(value);
  alarm::RecordView record;
  while (records.next(&record) && record.header().sequence == expected_) {
    if (!varbinds_decode(record)) {
      verdict_.add("entries", expected_,
                   "the varbinds of sequence " + std::to_string(expected_) + " are not readable");
    }
    replay_->take(record);
    ++expected_;
    ++in_value;
    value = value.subspan(record.header().size);
  }
  verdict_.records += in_value;
  if (!value.empty()) {
    unreadable_why_ = "a record in the value of sequence " + std::to_string(first) +
                      " is damaged, and what stands behind it there";
  }
}

Status Verification::look_at_slice(const PageSnapshot& snapshot) {
  const Result<Tables> tables = find_tables(view_.file(), snapshot);
  if (!tables) {
    verdict_.add("data.mdb", 0, tables.error().text);
    at_end_ = true;
    return {};
  }
  TableWalk table(view_.file(), snapshot, tables->at("entries"));
  const std::uint64_t oldest = table.next() == Step::kRow ? sequence_at(table.key()) : 0;
  if (expected_ != 0 && oldest > expected_ && unreadable_why_.empty()) {
    verdict_.notes.push_back(range(expected_, oldest) +
                             " left while the store was looked at: it is full, and trims");
    expected_ = 0;
  }
  const SequenceKey from(go_on_at_);
  table.seek(to_view(from.val()));
  std::size_t octets = 0;
  while (octets < kSliceOctets) {
    const Step step = table.next();
    const std::uint64_t first = sequence_at(table.key());
    at_end_ = step == Step::kEnd || first > last_key_;
    if (at_end_) break;
    if (step == Step::kRow && first != 0) {
      look_at_value(first, table.value());
      go_on_at_ = first + 1;
      octets += kPackedOctetsMax;
      continue;
    }
    unreadable_why_ = step == Step::kRow ? "a key that is no sequence" : table.fault();
    if (expected_ == 0) expected_ = std::max<std::uint64_t>(first, 1);
  }
  verdict_.pages += table.pages();
  return {};
}

void Verification::look_at_directory() {
  const Result<EngineStateFile> file = read_engine_state(view_.directory());
  const auto add = [&](const std::string& text) { verdict_.add("engine.state", 0, text); };
  if (!file) return add(file.error().text);
  if (file->damaged) return add("it is damaged: our own boots stand in the store alone");
  if (!file->state) return add("it is missing: our own boots stand in the store alone");
  const bool same = as_text(file->state->engine_id) == own_engine_id_;
  if (same && file->state->boots < own_boots_) {
    add("boots " + std::to_string(file->state->boots) + ", the store has " +
        std::to_string(own_boots_));
  }
}

void Verification::judge() {
  const bool newest_known = last_key_ != std::numeric_limits<std::uint64_t>::max();
  if (!newest_known) {
    verdict_.newest = std::max<std::uint64_t>(expected_, 1) - 1;  // the last one that was read
    replay_->begin_at(last_key_);
  } else if (expected_ != 0 && expected_ <= verdict_.newest) {
    missing_before(verdict_.newest + 1);
  }
  const bool in_journal =
      verdict_.replay_from >= verdict_.oldest && verdict_.replay_from <= verdict_.newest + 1;
  if (newest_known && !in_journal) {
    verdict_.add("facts", verdict_.replay_from, "replay_from is outside what the journal holds");
  }
  for (const auto& [name, sequence] : cursors_) {
    if (newest_known && sequence > verdict_.newest) {
      verdict_.add("facts", sequence, name + " is beyond the newest record");
    }
  }
  if (view_.beside() == 0 && verdict_.good() && verdict_.values != table_values_) {
    verdict_.add("entries", 0,
                 std::to_string(verdict_.values) + " values, though LMDB counted " +
                     std::to_string(table_values_));
  }
  replay_->finish();
}

Result<Verdict> Verification::run() {
  for (const std::string& fault : view_.file().header_faults()) verdict_.add("data.mdb", 0, fault);
  const auto rows = [this](const PageSnapshot& snapshot) { return look_at_rows(snapshot); };
  const auto slice = [this](const PageSnapshot& snapshot) { return look_at_slice(snapshot); };
  const bool readable = view_.file().newest().has_value();
  if (readable) {
    if (Status looked = view_.look(rows); !looked) return Unexpected(looked.error());
  }
  while (judged_ && !at_end_) {
    if (Status looked = view_.look(slice); !looked) return Unexpected(looked.error());
  }
  if (judged_) judge();
  look_at_directory();
  return std::move(verdict_);
}

}  // namespace

void Verdict::add(std::string where, std::uint64_t sequence, std::string text) {
  if (findings.size() >= kFindingsMax) {
    ++findings_left_out;
    return;
  }
  findings.push_back({std::move(where), sequence, std::move(text)});
}

Result<Verdict> verify(StoreView* view) { return Verification(view).run(); }

}  // namespace trapd::journal
