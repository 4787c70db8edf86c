// SPDX-License-Identifier: Apache-2.0
// How the book comes back at start: checkpoint rows, then a replay of what they lack, then the
// hashes of what came lately.
#include <algorithm>
#include <map>

#include "trapd/base/log.h"
#include "trapd/journal/book.h"
#include "trapd/journal/checkpoint.h"
#include "trapd/journal/device_rows.h"
#include "trapd/journal/scan.h"
#include "trapd/journal/store_directory.h"

namespace trapd::journal {

namespace {

/// Devices whose restart stands in the replayed records; more are not followed up. What is lost
/// beyond is that alarms of a device that restarted in the very commit before a crash stay.
constexpr std::size_t kRestartedDevicesMax = 100'000;

Unexpected<Error> bad_row(const Store& store, const char* table) {
  return failure("the store " + store.directory() + " is damaged: a row of the table " + table +
                 " is not readable" + ways_out(store.directory()));
}

}  // namespace

Status Book::open(const Store& store) {
  newest_ = store.usage().newest_sequence;
  if (Status done = restore_rows(store); !done) return done;
  if (Status done = replay(store); !done) return done;
  if (Status done = remember_tail(store); !done) return done;
  correlator_.resume(clock_.monotonic_ns(), clock_.wall_ns());
  resume_own_alarms();
  return {};
}

Status Book::restore_rows(const Store& store) {
  bool readable = true;
  Status read = store.for_each(Table::kAlarms, [&](ByteView, ByteView value) {
    std::optional<alarm::AlarmState> state = alarm::decode_alarm(value);
    readable = readable && state.has_value();
    if (state) correlator_.restore(std::move(*state));
  });
  if (!read) return read;
  if (!readable) return bad_row(store, "alarms");
  read = store.for_each(Table::kEngines, [&](ByteView key, ByteView value) {
    const std::optional<EngineRow> row = decode_engine(value);
    readable = readable && row.has_value();
    if (row) engines_.restore(key, *row);
  });
  if (read && !readable) return bad_row(store, "engines");
  if (!read) return read;
  return restore_devices(store, clock_.wall_ns(), &devices_);
}

Status Book::replay(const Store& store) {
  const Result<std::uint64_t> from = stored_replay_from(store);
  if (!from) return failure(from.error().text);
  std::map<std::string, std::uint64_t, std::less<>> restarted;
  Status done = scan(store, *from, [&](const alarm::RecordView& record) {
    const std::uint64_t sequence = record.header().sequence;
    correlator_.replay(record);
    engines_.note(record, sequence);
    if (record.has(alarm::RecordFlag::kClearsDevice) && restarted.size() < kRestartedDevicesMax) {
      restarted.insert_or_assign(std::string(record.text(alarm::Field::kDevice)), sequence);
    }
    return true;
  });
  // Usually finds nothing: their clears stand in the journal behind them.
  for (const auto& [device, sequence] : restarted) follow_device_restart(device, sequence);
  for (const auto& [device, sequence] : restarted) {
    following_since_ = std::min(following_since_, sequence);
  }
  return done;
}

Status Book::remember_tail(const Store& store) {
  const StoreUsage usage = store.usage();
  if (usage.entries == 0) return {};
  const std::int64_t wall = clock_.wall_ns();
  const std::int64_t monotonic = clock_.monotonic_ns();
  const auto is_recent = [&](const alarm::RecordView& record) {
    return wall - record.header().received_wall_ns <= kRetransmissionWindowNs;
  };
  // Steps back that double: a quiet gateway reads a little, a busy one no more than the tables
  // hold.
  std::uint64_t from = usage.newest_sequence;
  for (std::uint64_t step = kTailFirstStep;; step *= 2) {
    const std::uint64_t known = usage.newest_sequence - from;
    bool recent = false;
    Status read = scan(store, from, [&](const alarm::RecordView& record) {
      recent = is_recent(record);
      return false;
    });
    if (!read) return read;
    if (!recent || from <= usage.oldest_sequence || known >= hashes_max_) break;
    from = from > usage.oldest_sequence + step ? from - step : usage.oldest_sequence;
  }
  Tally ignored;
  return scan(store, from, [&](const alarm::RecordView& record) {
    // The wall clock may have been stepped back since: nothing lies in the future.
    const std::int64_t age = std::max<std::int64_t>(wall - record.header().received_wall_ns, 0);
    if (is_recent(record)) seen_before(record.header(), monotonic - age, &ignored);
    correlator_.note_tail(record);
    return true;
  });
}

}  // namespace trapd::journal
