// SPDX-License-Identifier: Apache-2.0
#include "forwarders/resync_run.h"

#include <algorithm>
#include <iterator>

#include "forwarders/filter.h"
#include "trapd/base/log.h"

namespace trapd::forwarders {
namespace {

constexpr std::int64_t kTurnNs = kNsPerSecond;
constexpr std::int64_t kEndMarkNs = 30 * kNsPerSecond;  // so long the end of a stopped one may take
constexpr std::int64_t kCloseNs = 2 * kNsPerSecond;
/// How often a batch is looked at again for what has changed while it was on its way.
constexpr int kRoundsMax = 3;

/// Does the receiver hold an older state for the present one? The stream beside this has told the
/// newer one, perhaps before the copy arrived.
bool differs(const alarm::AlarmState& sent, const alarm::AlarmState& now) {
  return sent.severity != now.severity || sent.acknowledged_by != now.acknowledged_by ||
         sent.text != now.text;
}

/// A mail gathers as many as the owner wants in one.
std::size_t batch_rows(const Destination& destination) {
  const auto* mail = std::get_if<MailSettings>(&destination.settings);
  return mail == nullptr ? Resyncs::kBatchRows
                         : std::max<std::size_t>(Resyncs::kBatchRows, mail->digest_max);
}

}  // namespace

void Resyncs::Run::turn(std::int64_t until_ns) {
  wakeup.clear();
  if (abandoned) return;
  forwarder->run(wakeup, std::min(until_ns, clock.monotonic_ns() + kTurnNs));
  take_refusals();
}

/// Some are refused when they are offered, others by the peer.
void Resyncs::Run::take_refusals() {
  for (const DeadLetter& letter : forwarder->take_dead_letters()) {
    ++refused;
    log::limited(log::Level::kWarning, destination.name + " resync refused",
                 "destination " + destination.name +
                     " refuses a record of a resynchronisation: " + letter.reason);
  }
}

/// True when all of it is done with. False: stopped, or nothing has moved for too long.
bool Resyncs::Run::deliver(const std::vector<ResyncRecord>& records, std::int64_t patience_ns,
                           bool stoppable) {
  const bool numbered_by_stream = std::holds_alternative<SnmpSettings>(destination.settings);
  const std::uint64_t last = numbered_by_stream ? sources.last_number(destination.name) : 0;
  std::vector<Item> items;
  for (const ResyncRecord& record : records) {
    ++number;
    items.push_back({record.view(), number, numbered_by_stream ? last : number});
  }
  std::span<const Item> left(items);
  std::int64_t moved_ns = clock.monotonic_ns();
  std::size_t waiting = 0;
  while (!wants_end(stoppable)) {
    const std::size_t taken = left.empty() ? 0 : forwarder->offer(left);
    left = left.subspan(taken);
    take_refusals();
    if (left.empty()) forwarder->flush();
    const std::size_t under_way = forwarder->under_way();
    const std::int64_t now = clock.monotonic_ns();
    if (taken > 0 || under_way < waiting) moved_ns = now;
    waiting = under_way;
    if (left.empty() && under_way == 0) return true;
    if (now - moved_ns >= patience_ns) return false;
    turn(moved_ns + patience_ns);
  }
  return false;
}

/// Sends these, and takes back what has left the list before it arrived. *rows is then what has
/// changed meanwhile, as it is now.
ResyncResult Resyncs::Run::send_and_look_again(std::vector<journal::Ledger::AlarmRow>* rows,
                                               bool again) {
  std::vector<ResyncRecord> alarms;
  for (const auto& row : *rows) alarms.push_back(ResyncRecord::alarm(origin(), row.state));
  const std::uint64_t refused_before = refused;
  if (!deliver(alarms, kGiveUpNs, true)) return ended_early();
  if (!again) {
    const std::uint64_t not_taken = refused - refused_before;
    sent.fetch_add(alarms.size() - std::min<std::uint64_t>(not_taken, alarms.size()),
                   std::memory_order_relaxed);
  }
  std::vector<ResyncRecord> clears;
  std::vector<journal::Ledger::AlarmRow> changed;
  for (const auto& row : *rows) {
    auto now = sources.alarm_rows(row.number, 1);
    const bool active =
        !now.empty() && now[0].number == row.number && now[0].state.id == row.state.id;
    if (!active) {
      clears.push_back(ResyncRecord::clear(origin(), row.state));
    } else if (differs(row.state, now[0].state)) {
      changed.push_back(std::move(now[0]));
    }
  }
  if (!deliver(clears, kGiveUpNs, true)) return ended_early();
  *rows = std::move(changed);
  return ResyncResult::kCompleted;
}

ResyncResult Resyncs::Run::send_rows(std::vector<journal::Ledger::AlarmRow> rows) {
  for (int round = 0; round < kRoundsMax && !rows.empty(); ++round) {
    std::erase_if(rows, [&](const journal::Ledger::AlarmRow& row) {
      return !wants(destination, ResyncRecord::alarm(origin(), row.state).view());
    });
    const ResyncResult sending = send_and_look_again(&rows, round > 0);
    if (sending != ResyncResult::kCompleted) return sending;
  }
  return ResyncResult::kCompleted;
}

void Resyncs::Run::pace(std::int64_t batch_began_ns, std::size_t rows) const {
  const std::int64_t until =
      batch_began_ns + static_cast<std::int64_t>(rows) * kNsPerSecond / kPerSecond;
  while (clock.monotonic_ns() < until && !wants_end(true)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// In steps, because the ledger stands still while it copies: a digest may have thousands.
std::vector<journal::Ledger::AlarmRow> Resyncs::Run::next_rows(std::uint32_t from,
                                                               std::size_t rows_max) const {
  std::vector<journal::Ledger::AlarmRow> rows;
  while (rows.size() < rows_max) {
    const std::size_t step = std::min(kBatchRows, rows_max - rows.size());
    auto some = sources.alarm_rows(from, step);
    const bool at_end = some.size() < step;
    if (!some.empty()) from = some.back().number + 1;
    std::move(some.begin(), some.end(), std::back_inserter(rows));
    if (at_end) break;
  }
  return rows;
}

ResyncResult Resyncs::Run::send_list() {
  std::vector<ResyncRecord> mark;
  mark.push_back(ResyncRecord::start(origin(), target, sources.alarms_active()));
  if (!deliver(mark, kGiveUpNs, true)) return ended_early();
  std::uint32_t from = 0;
  const std::size_t rows_max = batch_rows(destination);
  while (!wants_end(true)) {
    const std::int64_t began_ns = clock.monotonic_ns();
    auto rows = next_rows(from, rows_max);
    const std::size_t count = rows.size();
    if (count > 0) from = rows.back().number + 1;
    const ResyncResult sending = send_rows(std::move(rows));
    if (sending != ResyncResult::kCompleted) return sending;
    if (count < rows_max) return refused == 0 ? ResyncResult::kCompleted : ResyncResult::kFailed;
    pace(began_ns, count);
  }
  return ResyncResult::kStopped;
}

void Resyncs::Run::work() {
  ResyncResult outcome = ResyncResult::kFailed;
  try {
    forwarder = sources.make(sender);
    log::info("resynchronisation of destination {} begins", destination.name);
    outcome = send_list();
    if (!abandoned) {
      std::vector<ResyncRecord> mark;
      mark.push_back(ResyncRecord::end(origin(), target, outcome, sources.alarms_active()));
      const std::uint64_t refused_before = refused;
      const bool told = deliver(mark, kEndMarkNs, false) && refused == refused_before;
      if (!told && outcome == ResyncResult::kCompleted) outcome = ResyncResult::kFailed;
      forwarder->close(clock.monotonic_ns() + kCloseNs);
    }
    const bool failed = outcome == ResyncResult::kFailed;
    log::info("resynchronisation of destination {} ends: {}, {} alarms sent{}", destination.name,
              to_text(outcome), sent.load(), failed ? "; " + why_failed() : "");
  } catch (const std::exception& e) {
    outcome = ResyncResult::kFailed;
    log::error("resynchronisation of destination {} failed: {}", destination.name, e.what());
  }
  forwarder.reset();  // its socket and port are free when it shows as ended
  result = outcome;
  *last_result = outcome;
  ended = true;
}

}  // namespace trapd::forwarders
