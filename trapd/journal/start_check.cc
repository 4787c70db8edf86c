// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/start_check.h"

#include <algorithm>

#include "trapd/alarm/record.h"
#include "trapd/base/clock.h"
#include "trapd/journal/book.h"
#include "trapd/journal/environment.h"
#include "trapd/journal/store_directory.h"
#include "trapd/journal/table_walk.h"

namespace trapd::journal {

namespace {

using Step = TableWalk::Step;

/// The ledger's clock is read later than this one, and may have been stepped by a little.
constexpr std::int64_t kClockSlackNs = 60 * kNsPerSecond;

/// Pages of the tree alone: a value that lies nowhere is an error of LMDB's, not a crash.
Status check_table(const PageFile& file, const PageSnapshot& snapshot, const std::string& name,
                   const TableRoot& root, ByteView from) {
  TableWalk walk(file, snapshot, root);
  walk.leave_values();
  // The first row in any case: there is where trimming begins.
  Step step = walk.next();
  if (step == Step::kRow && !from.empty()) {
    walk.seek(from);
    step = walk.next();
  }
  for (; step != Step::kEnd; step = walk.next()) {
    if (step == Step::kDamaged && walk.key().empty()) {
      return failure("the table " + name + ": " + walk.fault());
    }
  }
  return {};
}

/// LMDB takes pages from this list as it stands there.
Status check_free_list(const PageFile& file, const PageSnapshot& snapshot) {
  TableWalk walk(file, snapshot, snapshot.free_list);
  for (Step step = walk.next(); step != Step::kEnd; step = walk.next()) {
    if (step == Step::kDamaged) return failure("the list of free pages: " + walk.fault());
    const ByteView value = walk.value();
    const std::size_t places = value.size() / sizeof(std::uint64_t);
    const auto at = [&](std::size_t i) {
      return load_le<std::uint64_t>(value.data() + i * sizeof(std::uint64_t));
    };
    bool good = places > 0 && at(0) < places;
    for (std::size_t i = 1; good && i <= at(0); ++i) good = at(i) >= 2 && at(i) < snapshot.pages;
    if (!good) return failure("the list of free pages is damaged");
  }
  return {};
}

SequenceKey key_of_holder(std::uint64_t sequence) {
  return SequenceKey(sequence - std::min(sequence, kValueRecordsMax));
}

std::uint64_t sequence_in(const TableWalk& entries) {
  return entries.key().size() == 8 ? load_be64(entries.key().data()) : 0;
}

/// What cannot be read counts as recent: the walk over it tells.
bool is_recent(TableWalk* entries, std::uint64_t sequence, std::int64_t now) {
  const SequenceKey holder = key_of_holder(sequence);
  entries->seek(to_view(holder.val()));
  while (entries->next() == Step::kRow && sequence_in(*entries) <= sequence) {
    alarm::RecordSequence records(entries->value());
    alarm::RecordView record;
    while (records.next(&record)) {
      if (record.header().sequence != sequence) continue;
      return now - record.header().received_wall_ns <= kRetransmissionWindowNs + kClockSlackNs;
    }
  }
  return true;
}

/// As Book::remember_tail() goes back, but as far as the time goes: limits.duplicates is not known
/// here, and may end it earlier.
std::uint64_t find_tail(const PageFile& file, const PageSnapshot& snapshot, const TableRoot& root) {
  TableWalk entries(file, snapshot, root);
  if (entries.next() != Step::kRow) return 0;
  const std::uint64_t oldest = sequence_in(entries);
  entries.seek_last();
  if (entries.next() != Step::kRow) return 0;
  std::uint64_t from = sequence_in(entries);
  alarm::RecordSequence records(entries.value());
  alarm::RecordView record;
  while (records.next(&record)) from = record.header().sequence;
  const std::int64_t now = SystemClock().wall_ns();
  for (std::uint64_t step = kTailFirstStep; from > oldest && is_recent(&entries, from, now);
       step *= 2) {
    from = from > oldest + step ? from - step : oldest;
  }
  return from;
}

Status check(const PageFile& file, const PageSnapshot& snapshot) {
  const auto tables = find_tables(file, snapshot);
  if (!tables) return failure(tables.error().text);
  if (Status done = check_free_list(file, snapshot); !done) return done;
  std::uint64_t replay_from = 1;
  if (const auto facts = tables->find("facts"); facts != tables->end()) {
    const auto value = find_row(file, snapshot, facts->second, as_bytes("replay_from"));
    if (value && value->size() == 8) {
      replay_from = load_le<std::uint64_t>(as_bytes(*value).data());
    }
  }
  for (const auto& [name, root] : *tables) {
    const bool is_journal = name == "entries";
    const SequenceKey key =
        key_of_holder(is_journal ? std::min(replay_from, find_tail(file, snapshot, root)) : 0);
    const ByteView from = is_journal ? to_view(key.val()) : ByteView();
    if (Status done = check_table(file, snapshot, name, root, from); !done) return done;
  }
  return {};
}

}  // namespace

Status check_pages_of_start(const std::string& directory) {
  const Result<PageFile> file = PageFile::open(directory + "/data.mdb");
  if (!file || !file->header_faults().empty()) return {};
  const Result<PageSnapshot> newest = file->newest();
  if (!newest) return {};
  const Status checked = check(*file, *newest);
  if (checked) return {};
  return failure("the store is damaged: " + file->path() + ": " + checked.error().text +
                 ways_out(directory));
}

}  // namespace trapd::journal
