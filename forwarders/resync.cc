// SPDX-License-Identifier: Apache-2.0
#include "forwarders/resync.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "forwarders/filter.h"
#include "trapd/base/log.h"
#include "trapd/base/thread.h"
#include "trapd/base/wakeup.h"

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

/// The same peer, under its own name in the log; TRAPD-MIB alone has the notifications for it.
Destination beside(Destination destination, const std::optional<Resyncs::Ports>& ports) {
  destination.name += " (resync)";
  if (auto* snmp = std::get_if<SnmpSettings>(&destination.settings)) {
    snmp->heartbeat = std::chrono::seconds(0);
    snmp->format = SnmpSettings::Format::kAlarm;
    if (ports) {
      snmp->source_port_first = ports->first;
      snmp->source_port_last = ports->last;
    }
  }
  return destination;
}

/// A mail gathers as many as the owner wants in one.
std::size_t batch_rows(const Destination& destination) {
  const auto* mail = std::get_if<MailSettings>(&destination.settings);
  return mail == nullptr ? Resyncs::kBatchRows
                         : std::max<std::size_t>(Resyncs::kBatchRows, mail->digest_max);
}

bool names_peer(const Destination& destination, std::string_view target) {
  const auto* snmp = std::get_if<SnmpSettings>(&destination.settings);
  if (snmp == nullptr) return false;
  if (snmp->peer.text() == target) return true;
  auto address = Endpoint::parse_address(snmp->peer.host);
  const auto wanted = Endpoint::parse(target);
  if (!address || !wanted) return false;
  address->port = snmp->peer.port;
  return *address == *wanted;
}

}  // namespace

/// One resynchronisation; its thread ends by itself.
struct Resyncs::Run {
  Run(std::string to, Destination settings, Destination sending, const Sources& from,
      const Clock& time, std::atomic<ResyncResult>* last)
      : target(std::move(to)),
        destination(std::move(settings)),
        sender(std::move(sending)),
        sources(from),
        clock(time),
        last_result(last) {}

  const std::string target;
  const Destination destination;
  const Destination sender;
  const Sources& sources;
  const Clock& clock;
  std::atomic<ResyncResult>* const last_result;  // of all
  Wakeup wakeup;
  std::atomic<bool> cancelled{false};
  std::atomic<bool> abandoned{false};  // the process ends
  std::atomic<bool> ended{false};
  std::atomic<ResyncResult> result{ResyncResult::kNone};
  std::atomic<std::uint64_t> sent{0};

  // --- its thread ---
  std::unique_ptr<Forwarder> forwarder;
  std::uint64_t number = 0;
  std::uint64_t refused = 0;

  std::jthread thread;  // last: joined before what it uses goes

  void work();
  ResyncResult send_list();
  ResyncResult send_rows(std::vector<journal::Ledger::AlarmRow> rows);
  ResyncResult send_and_look_again(std::vector<journal::Ledger::AlarmRow>* rows, bool again);
  bool deliver(const std::vector<ResyncRecord>& records, std::int64_t patience_ns, bool stoppable);
  void turn(std::int64_t until_ns);
  void take_refusals();
  void pace(std::int64_t batch_began_ns, std::size_t rows) const;
  ResyncRecord::Origin origin() const {
    return {sources.own_device, sources.own_device_name, clock.wall_ns()};
  }
  Status status() const { return {target, destination.name, !ended, result, sent}; }
  std::string why_failed() const {
    return refused > 0 ? std::to_string(refused) + " refused" : forwarder->health().detail;
  }
  bool wants_end(bool stoppable) const { return abandoned || (stoppable && cancelled); }
  ResyncResult ended_early() const {
    return wants_end(true) ? ResyncResult::kStopped : ResyncResult::kFailed;
  }
};

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

ResyncResult Resyncs::Run::send_list() {
  std::vector<ResyncRecord> mark;
  mark.push_back(ResyncRecord::start(origin(), target, sources.alarms_active()));
  if (!deliver(mark, kGiveUpNs, true)) return ended_early();
  std::uint32_t from = 0;
  const std::size_t rows_max = batch_rows(destination);
  while (!wants_end(true)) {
    const std::int64_t began_ns = clock.monotonic_ns();
    auto rows = sources.alarm_rows(from, rows_max);
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

struct Resyncs::State {
  State(Sources given, const Clock& time) : sources(std::move(given)), clock(time) {}

  Sources sources;
  const Clock& clock;
  mutable std::mutex mutex;
  std::vector<Destination> destinations;
  std::optional<Ports> ports;
  std::map<std::string, std::shared_ptr<Run>> runs;  // by destination, the last one of each
  std::shared_ptr<Run> latest;
  Status latest_gone;  // of the latest, when its destination is gone
  std::atomic<ResyncResult> last_result{ResyncResult::kNone};
  bool stopped = false;

  const Destination* find(std::string_view target) const {
    const auto named = std::find_if(destinations.begin(), destinations.end(),
                                    [&](const Destination& one) { return one.name == target; });
    if (named != destinations.end()) return &*named;
    const auto reached =
        std::find_if(destinations.begin(), destinations.end(),
                     [&](const Destination& one) { return names_peer(one, target); });
    return reached == destinations.end() ? nullptr : &*reached;
  }
  std::shared_ptr<Run> running(std::string_view target) const {
    const Destination* const destination = find(target);
    if (destination == nullptr) return nullptr;
    const auto found = runs.find(destination->name);
    return found == runs.end() || found->second->ended ? nullptr : found->second;
  }
  std::size_t running_count() const {
    return static_cast<std::size_t>(std::count_if(
        runs.begin(), runs.end(), [](const auto& run) { return !run.second->ended; }));
  }
};

Resyncs::Resyncs(Sources sources, const Clock& clock)
    : state_(std::make_unique<State>(std::move(sources), clock)) {}
Resyncs::~Resyncs() { stop(); }

void Resyncs::stop() {
  std::map<std::string, std::shared_ptr<Run>> runs;
  {
    const std::lock_guard hold(state_->mutex);
    state_->stopped = true;
    runs = state_->runs;
  }
  for (const auto& [name, run] : runs) {
    run->abandoned = true;
    run->wakeup.notify();
  }
  for (const auto& [name, run] : runs) {
    if (run->thread.joinable()) run->thread.join();
  }
}

void Resyncs::set_destinations(std::vector<Destination> destinations, std::optional<Ports> ports) {
  const std::lock_guard hold(state_->mutex);
  state_->destinations = std::move(destinations);
  state_->ports = ports;
  for (const auto& [name, run] : state_->runs) {
    const Destination* const now = state_->find(name);
    if (now != nullptr && same_settings(*now, run->destination)) continue;
    run->cancelled = true;
    run->wakeup.notify();
  }
  // What is known of destinations that are gone goes too, with their settings and secrets.
  const auto gone = [&](const Run& run) {
    return run.ended && state_->find(run.destination.name) == nullptr;
  };
  std::erase_if(state_->runs, [&](const auto& entry) { return gone(*entry.second); });
  if (state_->latest != nullptr && gone(*state_->latest)) {
    state_->latest_gone = state_->latest->status();
    state_->latest.reset();
  }
}

Resyncs::Begin Resyncs::begin(std::string_view target) {
  const std::lock_guard hold(state_->mutex);
  if (state_->stopped) return Begin::kFailed;
  const Destination* const destination = state_->find(target);
  if (destination == nullptr) return Begin::kUnknownTarget;
  if (state_->running(target) != nullptr) return Begin::kRunning;
  if (state_->running_count() >= kRunningMax) return Begin::kTooMany;
  auto run =
      std::make_shared<Run>(std::string(target), *destination, beside(*destination, state_->ports),
                            state_->sources, state_->clock, &state_->last_result);
  // The one before has ended, so that joining its thread takes no time.
  state_->runs.erase(destination->name);
  run->thread = start_thread("sync " + destination->name, [one = run.get()] { one->work(); });
  state_->runs.emplace(destination->name, run);
  state_->latest = std::move(run);
  return Begin::kStarted;
}

std::optional<std::string> Resyncs::destination_of(std::string_view target) const {
  const std::lock_guard hold(state_->mutex);
  const Destination* const found = state_->find(target);
  if (found == nullptr) return std::nullopt;
  return found->name;
}

bool Resyncs::is_snmp(std::string_view target) const {
  const std::lock_guard hold(state_->mutex);
  const Destination* const found = state_->find(target);
  return found != nullptr && std::holds_alternative<SnmpSettings>(found->settings);
}

bool Resyncs::is_running(std::string_view target) const {
  const std::lock_guard hold(state_->mutex);
  return state_->running(target) != nullptr;
}

bool Resyncs::cancel(std::string_view target) {
  const std::lock_guard hold(state_->mutex);
  const auto run = state_->running(target);
  if (run == nullptr) return false;
  run->cancelled = true;
  run->wakeup.notify();
  return true;
}

Resyncs::Status Resyncs::status() const {
  const std::lock_guard hold(state_->mutex);
  Status status = state_->latest == nullptr ? state_->latest_gone : state_->latest->status();
  status.running = state_->running_count() > 0;
  status.result = state_->last_result;
  return status;
}

Resyncs::Status Resyncs::status_of(const std::string& destination) const {
  const std::lock_guard hold(state_->mutex);
  const auto found = state_->runs.find(destination);
  return found == state_->runs.end() ? Status() : found->second->status();
}

}  // namespace trapd::forwarders
