// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/checkpoint.h"

#include <algorithm>
#include <limits>

#include "trapd/base/log.h"
#include "trapd/journal/device_rows.h"
#include "trapd/journal/store_directory.h"

namespace trapd::journal {

namespace {

constexpr const char* kReplayFrom = "replay_from";
constexpr std::size_t kRowsMin = 16;
constexpr std::size_t kRecordsPerRow = 128;
constexpr std::size_t kRowsIdle = 4096;
/// Trimming starts above the first and goes down to the second, in thousandths of max_size: a
/// store at its limit trims now and then, not with every commit.
constexpr std::uint64_t kTrimAbove = 950;
constexpr std::uint64_t kTrimTo = 930;
/// What one commit takes away at the most, unless it brings more than half of it: bounds its time,
/// also when max_size was lowered.
constexpr std::uint64_t kTrimSliceOctets = std::uint64_t{4} << 20;
/// Far above what the octets allow, with values of more than one small record.
constexpr std::size_t kTrimValuesMax = 65'536;

std::string sequence_key(std::uint64_t sequence) {
  std::string key(8, '\0');
  store_be64(reinterpret_cast<std::uint8_t*>(key.data()), sequence);
  return key;
}

void take_alarm_rows(std::size_t n, Book* book, std::vector<RowChange>* rows) {
  book->alarms().take_dirty(n, [&](std::uint64_t id, const alarm::AlarmState* state) {
    rows->push_back({.table = Table::kAlarms,
                     .key = sequence_key(id),
                     .value = state != nullptr ? alarm::encode_alarm(*state) : std::string(),
                     .erase = state == nullptr});
  });
}

void take_engine_rows(std::size_t n, Book* book, std::vector<RowChange>* rows) {
  book->engines().take_dirty(n, [&](std::string_view engine_id, const EngineRow* row) {
    rows->push_back({.table = Table::kEngines,
                     .key = std::string(engine_id),
                     .value = row != nullptr ? encode_engine(*row) : std::string(),
                     .erase = row == nullptr});
  });
}

/// How much has to go, nothing while there is room. In octets, never in values: those of a quiet
/// hour are small, and those of the storm that follows are large. Twice what comes, so that a store
/// beyond its limit gets below it again, whatever its pages lose to filling.
TrimBudget octets_to_trim(const StoreUsage& usage, const Batch& batch) {
  const std::uint64_t coming = batch.stored_octets();
  const std::uint64_t used = usage.bytes_used + coming;
  if (used <= usage.bytes_limit / 1000 * kTrimAbove || usage.entries == 0) return {};
  const std::uint64_t excess = used - std::min(used, usage.bytes_limit / 1000 * kTrimTo);
  return {.octets = std::max(2 * coming, std::min(excess, kTrimSliceOctets)),
          .values_max = kTrimValuesMax};
}

/// Rows whose latest state stands only in records below `sequence` are written first.
void write_rows_below(std::uint64_t sequence, Book* book, std::vector<RowChange>* rows) {
  constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  while (book->alarms().oldest_dirty().value_or(kNone) < sequence) {
    take_alarm_rows(kRowsMin, book, rows);
  }
  while (book->engines().oldest_dirty().value_or(kNone) < sequence) {
    take_engine_rows(kRowsMin, book, rows);
  }
}

void plan_trim(Book* book, Cursors* cursors, const Store& store, CommitPlan* plan) {
  const StoreUsage usage = store.usage();
  const TrimBudget budget = octets_to_trim(usage, book->batch());
  if (budget.octets == 0) return;
  const Result<std::uint64_t> point = store.trim_point(book->needed_from(), budget);
  const Result<std::uint64_t> checkpoint = stored_replay_from(store);
  if (!point || !checkpoint) {
    log::limited(log::Level::kError, "trim_point", (point ? checkpoint : point).error().text);
    return;
  }
  if (*point <= usage.oldest_sequence) return;
  write_rows_below(*point, book, &plan->rows);
  plan->trim_below = *point;
  plan->trim_alone_below = std::min(*point, *checkpoint);
  cursors->rows_of_trim(usage.oldest_sequence, plan->trim_alone_below, &plan->trim_alone_rows);
  plan->losses = cursors->pass_trim(usage.oldest_sequence, *point);
}

}  // namespace

CommitPlan plan_commit(bool idle, Book* book, Cursors* cursors, const Store& store) {
  CommitPlan plan;
  plan_trim(book, cursors, store, &plan);
  const std::size_t rows_max =
      idle ? kRowsIdle : std::max(kRowsMin, book->batch().records() / kRecordsPerRow);
  take_alarm_rows(rows_max, book, &plan.rows);
  take_engine_rows(rows_max, book, &plan.rows);
  take_device_rows(rows_max, &book->devices(), &plan.rows);
  cursors->take_changed(&plan.rows);
  if (!plan.rows.empty() || plan.trim_below != 0 || book->batch().records() > 0) {
    RowChange row{.table = Table::kFacts, .key = kReplayFrom, .value = std::string(8, '\0')};
    store_le(reinterpret_cast<std::uint8_t*>(row.value.data()), book->replay_from());
    plan.rows.push_back(std::move(row));
  }
  return plan;
}

Result<std::uint64_t> stored_replay_from(const Store& store) {
  Result<std::string> value = store.fact(kReplayFrom);
  if (!value) return Unexpected<Error>(std::move(value.error()));
  if (value->empty()) return std::uint64_t{1};  // nothing was committed yet
  if (value->size() != 8) {
    return failure("the store " + store.directory() +
                   " is damaged: its replay_from is not readable" + ways_out(store.directory()));
  }
  return load_le<std::uint64_t>(reinterpret_cast<const std::uint8_t*>(value->data()));
}

}  // namespace trapd::journal
