// SPDX-License-Identifier: Apache-2.0
// The readers' side of the store.
#include <algorithm>

#include "trapd/alarm/record.h"
#include "trapd/journal/environment.h"

namespace trapd::journal {

namespace {

/// Places the cursor on the value that holds `from`, or on the oldest one when that is trimmed. By
/// the keys alone: a damaged value beside it does no harm.
int find_holder(Cursor* cursor, std::uint64_t from, MDB_val* key) {
  const SequenceKey wanted(from);
  *key = wanted.val();
  int code = cursor->get(key, nullptr, MDB_SET_RANGE);
  if (code == 0 && sequence_of(*key) == from) return 0;
  if (code != 0 && code != MDB_NOTFOUND) return code;
  code = cursor->get(key, nullptr, code == 0 ? MDB_PREV : MDB_LAST);
  return code == MDB_NOTFOUND ? cursor->get(key, nullptr, MDB_FIRST) : code;
}

/// Appends a value's records as far as they can be read and follow one another. Returns the
/// sequence behind the last of them.
std::uint64_t append_readable(std::uint64_t first, ByteView value, std::vector<std::uint8_t>* out) {
  const std::size_t begin = out->size();
  // Copied first: LMDB gives no alignment, records want 8.
  out->insert(out->end(), value.begin(), value.end());
  alarm::RecordSequence records(ByteView(*out).subspan(begin));
  alarm::RecordView record;
  std::uint64_t expected = first;
  std::size_t end = begin;
  while (records.next(&record) && record.header().sequence == expected) {
    end += record.header().size;
    ++expected;
  }
  out->resize(end);
  return expected;
}

/// All before `end` was looked at, and what of it is not below `readable_end` is lost.
void close_value(std::uint64_t from, std::uint64_t readable_end, std::uint64_t end, Passage* out) {
  const std::uint64_t gap = std::max(readable_end, from);
  if (gap < end) {
    out->unreadable += end - gap;
    if (out->unreadable_from == 0) out->unreadable_from = gap;
  }
  out->through = std::max(out->through, std::max(readable_end, end) - 1);
}

/// LMDB's result; `bad` = key of the value that it failed on, when it was that.
int copy_values(Cursor* cursor, std::uint64_t from, std::uint64_t newest, std::size_t octets_max,
                Passage* out, std::uint64_t* bad) {
  MDB_val key{};
  MDB_val value{};
  std::size_t looked_at = 0;
  int code = find_holder(cursor, from, &key);
  while (code == 0 && sequence_of(key) <= newest) {
    const std::uint64_t first = sequence_of(key);
    code = cursor->get(&key, &value, MDB_GET_CURRENT);
    if (code != 0) {
      *bad = first;
      break;
    }
    if (looked_at > 0 && looked_at + value.mv_size > octets_max) break;
    looked_at += value.mv_size;
    const std::uint64_t readable_end = append_readable(first, to_view(value), &out->records);
    code = cursor->get(&key, nullptr, MDB_NEXT);
    std::uint64_t end = readable_end;  // where the next value begins, as far as that is known
    if (code == 0) end = sequence_of(key);
    if (code == MDB_NOTFOUND) end = newest + 1;
    close_value(from, readable_end, end, out);
  }
  return code;
}

}  // namespace

Result<std::uint64_t> Store::Environment::key_behind(std::uint64_t sequence,
                                                     std::uint64_t newest_now) const {
  Reading reading(*this, entries);
  const SequenceKey wanted(sequence + 1);
  MDB_val key = wanted.val();
  int code = reading.code;
  if (code == 0) code = reading.cursor.get(&key, nullptr, MDB_SET_RANGE);
  if (code == MDB_NOTFOUND) return newest_now + 1;
  if (code != 0) return error("cannot read", code);
  return sequence_of(key);
}

Status Store::read(std::uint64_t from, std::size_t octets_max, Passage* out) const {
  out->records.clear();
  out->through = from == 0 ? 0 : from - 1;
  out->unreadable = out->unreadable_from = 0;
  const Environment& e = *environment_;
  // Before the transaction: what is counted here is in its snapshot.
  const std::uint64_t newest = e.newest.load();
  if (newest == 0 || from > newest) return {};
  std::uint64_t bad = 0;  // key of a value that LMDB itself cannot read
  int code = 0;
  {
    Environment::Reading reading(e, e.entries);
    code = reading.code == 0 ? copy_values(&reading.cursor, from, newest, octets_max, out, &bad)
                             : reading.code;
  }
  // LMDB has given up that transaction when a value failed. What was found before it is the
  // answer; else, what lies behind it.
  if (code == 0 || code == MDB_NOTFOUND || out->through + 1 > from) return {};
  if (bad == 0) return e.error("cannot read", code);
  const Result<std::uint64_t> end = e.key_behind(bad, newest);
  if (!end) return failure(end.error().text);
  close_value(from, bad, *end, out);
  return {};
}

Status Store::read(std::uint64_t from, std::size_t octets_max,
                   std::vector<std::uint8_t>* out) const {
  Passage passage;
  passage.records.swap(*out);
  Status done;
  do {
    done = read(from, octets_max, &passage);
    if (!done || passage.through < from) break;
    from = passage.through + 1;
  } while (passage.records.empty());
  passage.records.swap(*out);
  return done;
}

std::optional<std::uint64_t> Store::octets_above(std::uint64_t after) const {
  constexpr std::uint64_t kSamples = 16;
  constexpr int kValues = 4;  // of each sample
  const Environment& e = *environment_;
  const std::uint64_t newest = e.newest.load();
  const std::uint64_t from = std::max(after + 1, e.oldest.load());
  if (newest == 0 || from > newest) return 0;
  Environment::Reading reading(e, e.entries);
  if (reading.code != 0) return std::nullopt;
  const std::uint64_t step = (newest - from) / kSamples + 1;
  std::uint64_t octets = 0;
  for (std::uint64_t at = from; at <= newest; at += step) {
    MDB_val key{};
    MDB_val value{};
    int code = find_holder(&reading.cursor, at, &key);
    if (code != 0) return std::nullopt;
    const std::uint64_t first = sequence_of(key);
    std::uint64_t behind = first;
    std::uint64_t sampled = 0;
    for (int i = 0; code == 0 && i < kValues && sequence_of(key) <= newest; ++i) {
      code = reading.cursor.get(&key, &value, MDB_GET_CURRENT);
      if (code != 0) return std::nullopt;  // damaged
      sampled += stored_octets(value.mv_size);
      code = reading.cursor.get(&key, nullptr, MDB_NEXT);
      behind = code == 0 ? sequence_of(key) : newest + 1;
    }
    if (code != 0 && code != MDB_NOTFOUND) return std::nullopt;
    if (behind <= first) continue;
    const std::uint64_t stands_for = std::min(step, newest - at + 1);
    octets += static_cast<std::uint64_t>(static_cast<double>(sampled) /
                                         static_cast<double>(behind - first) *
                                         static_cast<double>(stands_for));
  }
  return octets;
}

Status Store::for_each(Table table,
                       const std::function<void(ByteView key, ByteView value)>& row) const {
  const Environment& e = *environment_;
  Environment::Reading reading(e, e.dbi(table));
  MDB_val key{};
  MDB_val value{};
  int code = reading.code;
  if (code == 0) code = reading.cursor.get(&key, &value, MDB_FIRST);
  for (; code == 0; code = reading.cursor.get(&key, &value, MDB_NEXT)) {
    row(to_view(key), to_view(value));
  }
  if (code != MDB_NOTFOUND) return e.error("cannot read", code);
  return {};
}

Result<std::string> Store::fact(const std::string& key) const {
  const Environment& e = *environment_;
  Environment::Reading reading(e, e.dbi(Table::kFacts));
  MDB_val name = to_val(as_bytes(key));
  MDB_val value{};
  int code = reading.code;
  if (code == 0) code = reading.cursor.get(&name, &value, MDB_SET);
  if (code == MDB_NOTFOUND) return std::string();
  if (code != 0) return e.error("cannot read", code);
  return std::string(as_text(to_view(value)));
}

StoreUsage Store::usage() const {
  const Environment& e = *environment_;
  return {.bytes_used = e.bytes_used,
          .bytes_limit = e.options.max_size_bytes,
          .oldest_sequence = e.oldest,
          .newest_sequence = e.newest,
          .entries = e.values,
          .bytes_mapped = e.map_size};
}

const std::string& Store::directory() const { return environment_->options.directory; }

}  // namespace trapd::journal
