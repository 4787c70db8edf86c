// SPDX-License-Identifier: Apache-2.0
#include "forwarders/resync.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "forwarders/resync_run.h"
#include "trapd/base/thread.h"

namespace trapd::forwarders {
namespace {

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
