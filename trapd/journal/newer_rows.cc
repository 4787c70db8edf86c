// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/newer_rows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

#include "trapd/alarm/record.h"

namespace trapd::journal {

namespace {

using Step = TableWalk::Step;
/// How far destinations are: what a report of theirs writes, all of it together (FORMAT.md).
constexpr std::array<std::string_view, 5> kDeliveryPrefixes = {"cursor/", "resend/", "lost/",
                                                               "dead/", "dead_count/"};
/// One transaction of the copy.
constexpr std::size_t kSliceOctets = std::size_t{16} << 20;

bool is_delivery(ByteView key) {
  return std::any_of(kDeliveryPrefixes.begin(), kDeliveryPrefixes.end(),
                     [&](std::string_view prefix) { return as_text(key).starts_with(prefix); });
}

/// Of a key "dead/NAME/SEQUENCE"; 0 of any other.
std::uint64_t dead_letter_in(std::string_view key) {
  std::uint64_t sequence = 0;
  if (!key.starts_with("dead/")) return 0;
  const std::string_view digits = key.substr(key.rfind('/') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), sequence);
  return sequence;
}

std::uint64_t sequence_in(ByteView key) { return key.size() == 8 ? load_be64(key.data()) : 0; }

/// How many records a value has, when they are those from `first` on and nothing else; else 0.
std::uint64_t count_records(ByteView value, std::uint64_t first) {
  alarm::RecordSequence records(value);
  alarm::RecordView record;
  std::uint64_t count = 0;
  while (records.next(&record)) {
    if (record.header().sequence != first + count) return 0;
    ++count;
  }
  return records.damaged() ? 0 : count;
}

}  // namespace

Status NewerRows::read_backup(const std::string& directory) {
  auto view = StoreView::open_unlocked(directory);
  if (!view) return Unexpected(view.error());
  return (*view)->look([&](const PageSnapshot& snapshot) -> Status {
    const auto tables = find_tables((*view)->file(), snapshot);
    if (!tables) return failure(tables.error().text);
    TableWalk facts((*view)->file(), snapshot, tables->at("facts"));
    while (facts.next() == Step::kRow) {
      if (is_delivery(facts.key())) delivery_facts_.emplace_back(as_text(facts.key()));
    }
    TableWalk walk((*view)->file(), snapshot, tables->at("entries"));
    walk.seek_last();
    if (walk.next() != Step::kRow) return {};
    last_key_ = sequence_in(walk.key());
    last_value_.assign(walk.value().begin(), walk.value().end());
    alarm::RecordSequence records(walk.value());
    alarm::RecordView record;
    while (records.next(&record)) {
      newest_ = record.header().sequence;
      newest_wall_ns_ = record.header().received_wall_ns;
    }
    return {};
  });
}

Status NewerRows::take_over(const std::string& directory, bool with_records) {
  Status written;
  auto view = StoreView::open_unlocked(directory);
  const Status looked = !view ? failure(view.error().text)
                              : (*view)->look([&](const PageSnapshot& snapshot) -> Status {
                                  const auto tables = find_tables((*view)->file(), snapshot);
                                  if (!tables) return failure(tables.error().text);
                                  for (const char* name : {"entries", "engines", "facts"}) {
                                    if (tables->count(name) == 0)
                                      return failure(std::string("no table ") + name);
                                  }
                                  written = take_from(**view, snapshot, *tables, with_records);
                                  return {};
                                });
  if (!looked) {
    notes_.push_back("nothing newer was taken over: the old store is not readable (" +
                     looked.error().text + "); new records get numbers again that it had used");
  }
  return written;
}

Status NewerRows::take_from(const StoreView& old, const PageSnapshot& snapshot,
                            const Tables& tables, bool with_records) {
  if (Status done = take_engines(old, snapshot, tables.at("engines")); !done) return done;
  if (Status done = take_clocks(old, snapshot, tables); !done) return done;
  TableWalk entries(old.file(), snapshot, tables.at("entries"));
  if (!goes_on_from_backup(&entries)) {
    notes_.emplace_back(
        "the old store does not go on where the backup ends: its records and cursors were not "
        "taken over, and new records get numbers again that it may have used");
    return {};
  }
  if (with_records) {
    if (Status done = take_records(&entries); !done) return done;
  } else {
    notes_.emplace_back(
        "records of the old store behind the backup were left there: new ones get their numbers");
  }
  return take_deliveries(old, snapshot, tables.at("facts"));
}

/// The larger clock wins: at worst a device that forgot its boots has to be forgotten once more.
Status NewerRows::take_engines(const StoreView& old, const PageSnapshot& snapshot,
                               const TableRoot& root) {
  TableWalk walk(old.file(), snapshot, root);
  for (Step step = walk.next(); step != Step::kEnd; step = walk.next()) {
    const std::optional<EngineRow> theirs =
        step == Step::kRow ? decode_engine(walk.value()) : std::nullopt;
    if (!theirs) {
      notes_.push_back("a row of the old store's engines is not readable: " + walk.fault());
      continue;
    }
    if (Status put = put_if_later(walk.key(), *theirs); !put) return put;
  }
  return to_.commit();
}

Status NewerRows::put_if_later(ByteView engine_id, const EngineRow& theirs) {
  const Result<std::string> ours = to_.get("engines", engine_id);
  if (!ours) return failure(ours.error().text);
  const std::optional<EngineRow> known = decode_engine(as_bytes(*ours));
  if (known &&
      std::tie(known->boots, known->latest_time) >= std::tie(theirs.boots, theirs.latest_time)) {
    return {};
  }
  return to_.put("engines", engine_id, as_bytes(encode_engine(theirs)), false);
}

/// The rows lag behind the journal. Of what is not taken over, or stands behind a damaged value,
/// the clocks count all the same.
Status NewerRows::take_clocks(const StoreView& old, const PageSnapshot& snapshot,
                              const Tables& tables) {
  const auto fact = find_row(old.file(), snapshot, tables.at("facts"), as_bytes("replay_from"));
  const std::uint64_t replay_from =
      fact && fact->size() == 8 ? load_le<std::uint64_t>(as_bytes(*fact).data()) : 0;
  const SequenceKey holder(replay_from - std::min(replay_from, kValueRecordsMax));
  TableWalk walk(old.file(), snapshot, tables.at("entries"));
  walk.seek(to_view(holder.val()));
  EngineRows clocks{std::string()};
  std::string fault;
  for (Step step = walk.next(); step != Step::kEnd; step = walk.next()) {
    alarm::RecordSequence records(walk.value());
    alarm::RecordView record;
    while (records.next(&record)) {
      // An inform has the clock of the engine that we were when it came.
      if (record.header().sequence < replay_from || record.has(alarm::RecordFlag::kInform)) {
        continue;
      }
      clocks.note(record, record.header().sequence);
    }
    if (step == Step::kDamaged) fault = walk.fault();
    if (records.damaged())
      fault = "a record behind sequence " + std::to_string(sequence_in(walk.key()));
  }
  if (!fault.empty()) {
    notes_.push_back("clocks of engines that stand only in a damaged part of the old journal (" +
                     fault + ") are lost: traps of that time could be replayed");
  }
  Status done;
  clocks.for_each([&](ByteView engine_id, const EngineRow& theirs) {
    if (done) done = put_if_later(engine_id, theirs);
  });
  if (done) done = to_.commit();
  return done;
}

/// Values never change once they are written: the backup's last one is in the old store as it is,
/// or they are not of one journal.
bool NewerRows::goes_on_from_backup(TableWalk* entries) const {
  if (last_key_ == 0) return false;
  std::string key(8, '\0');
  store_be64(reinterpret_cast<std::uint8_t*>(key.data()), last_key_);
  entries->seek(as_bytes(key));
  return entries->next() == Step::kRow && sequence_in(entries->key()) == last_key_ &&
         equal(entries->value(), last_value_);
}

Status NewerRows::take_records(TableWalk* entries) {
  std::size_t octets = 0;
  for (Step step = entries->next(); step != Step::kEnd; step = entries->next()) {
    const std::uint64_t first = sequence_in(entries->key());
    const std::uint64_t count =
        step == Step::kRow && first == newest_ + 1 ? count_records(entries->value(), first) : 0;
    if (count == 0) {
      notes_.push_back("the old store is not readable behind sequence " + std::to_string(newest_) +
                       ": what stands there was not taken over, and new records get its numbers");
      break;
    }
    if (Status put = to_.put("entries", entries->key(), entries->value(), true); !put) return put;
    newest_ += count;
    records_ += count;
    octets += entries->value().size();
    if (octets < kSliceOctets) continue;
    if (Status done = to_.commit(); !done) return done;
    octets = 0;
  }
  return to_.commit();
}

/// As a whole: no cursor may pass a record whose dead letter is not there.
Status NewerRows::take_deliveries(const StoreView& old, const PageSnapshot& snapshot,
                                  const TableRoot& facts) {
  std::vector<std::pair<std::string, std::string>> theirs;
  TableWalk walk(old.file(), snapshot, facts);
  for (Step step = walk.next(); step != Step::kEnd; step = walk.next()) {
    if (step == Step::kDamaged) {
      notes_.push_back("how far destinations were is not readable in the old store (" +
                       walk.fault() + "): they go on where the backup has them");
      return {};
    }
    if (!is_delivery(walk.key()) || dead_letter_in(as_text(walk.key())) > newest_) continue;
    std::string value(as_text(walk.value()));
    if (value.size() == sizeof newest_) {  // a cursor or a place to send again from
      auto* octets = reinterpret_cast<std::uint8_t*>(value.data());
      store_le(octets, std::min(load_le<std::uint64_t>(octets), newest_));
    }
    theirs.emplace_back(as_text(walk.key()), std::move(value));
  }
  for (const std::string& key : delivery_facts_) {
    if (Status done = to_.erase("facts", as_bytes(key)); !done) return done;
  }
  for (const auto& [key, value] : theirs) {
    if (Status done = to_.put("facts", as_bytes(key), as_bytes(value), false); !done) return done;
  }
  return to_.commit();
}

}  // namespace trapd::journal
