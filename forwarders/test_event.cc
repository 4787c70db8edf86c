// SPDX-License-Identifier: Apache-2.0
#include "forwarders/test_event.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "trapd/base/log.h"
#include "trapd/base/thread.h"
#include "trapd/base/wakeup.h"

namespace trapd::forwarders {
namespace {

constexpr std::int64_t kTurnNs = kNsPerSecond;
constexpr std::int64_t kCloseNs = 2 * kNsPerSecond;
constexpr std::uint64_t kSequence = 1;  // of the one record that its forwarder ever sees

/// The same peer, under its own name in the log.
Destination beside(Destination destination) {
  destination.name += " (test)";
  if (auto* snmp = std::get_if<SnmpSettings>(&destination.settings)) {
    snmp->heartbeat = std::chrono::seconds(0);
  } else if (auto* mail = std::get_if<MailSettings>(&destination.settings)) {
    mail->digest_window = std::chrono::seconds(0);
  }
  return destination;
}

/// Whether anybody says that it has arrived.
bool is_answered(const Destination& destination) {
  if (const auto* syslog = std::get_if<SyslogSettings>(&destination.settings)) {
    return syslog->transport != SyslogSettings::Transport::kUdp;
  }
  const auto* snmp = std::get_if<SnmpSettings>(&destination.settings);
  return snmp == nullptr || snmp->inform;
}

}  // namespace

/// One test; its thread ends by itself.
struct TestEvents::Run {
  Run(Destination settings, std::vector<std::uint8_t> encoded, const Sources& from,
      const Clock& time)
      : destination(std::move(settings)), record(std::move(encoded)), sources(from), clock(time) {}

  const Destination destination;
  const std::vector<std::uint8_t> record;
  const Sources& sources;
  const Clock& clock;
  Wakeup wakeup;
  std::atomic<bool> abandoned{false};
  std::atomic<bool> ended{false};
  // --- its thread, until it has ended ---
  bool delivered = false;
  std::string detail;
  std::unique_ptr<Forwarder> forwarder;

  std::jthread thread;  // last: joined before what it uses goes

  void work();
  bool deliver();
  bool wants_end(std::int64_t until_ns);
};

/// Why it has not arrived, in `detail`.
bool TestEvents::Run::wants_end(std::int64_t until_ns) {
  const Health health = forwarder->health();
  const bool refused = !health.up && forwarder->failed_count() >= kFailuresMax;
  if (abandoned) {
    detail = "broken off: trapd stops, or the destination has been changed";
  } else if (refused) {
    detail = health.detail;
  } else if (clock.monotonic_ns() >= until_ns) {
    detail = "not done within " + std::to_string(kGiveUpNs / kNsPerSecond) + " s: " + health.detail;
  } else {
    return false;
  }
  return true;
}

bool TestEvents::Run::deliver() {
  const bool numbered_by_stream = std::holds_alternative<SnmpSettings>(destination.settings);
  const std::uint64_t number =
      numbered_by_stream ? sources.last_number(destination.name) : kSequence;
  const Item item{alarm::RecordView(record), kSequence, number};
  const std::int64_t until_ns = clock.monotonic_ns() + kGiveUpNs;
  bool taken = false;
  for (;;) {
    if (!taken) taken = forwarder->offer({&item, 1}) == 1;
    if (taken) forwarder->flush();
    if (const auto dead = forwarder->take_dead_letters(); !dead.empty()) {
      detail = "refused: " + dead.front().reason;
      return false;
    }
    if (taken && forwarder->under_way() == 0) {
      detail = forwarder->health().detail;
      return true;
    }
    if (wants_end(until_ns)) return false;
    wakeup.clear();
    if (!abandoned) forwarder->run(wakeup, std::min(until_ns, clock.monotonic_ns() + kTurnNs));
  }
}

void TestEvents::Run::work() {
  try {
    forwarder = sources.make(beside(destination));
    delivered = deliver();
    if (delivered) forwarder->close(clock.monotonic_ns() + kCloseNs);
  } catch (const std::exception& e) {
    detail = e.what();
  }
  forwarder.reset();  // its socket and port are free when it shows as ended
  log::info("test event to destination {}: {}: {}", destination.name,
            delivered ? "delivered" : "not delivered", detail);
  ended = true;
}

struct TestEvents::State {
  State(Sources given, const Clock& time) : sources(std::move(given)), clock(time) {}

  struct Tested {
    std::shared_ptr<Run> run;  // the last one
    std::uint64_t number = 0;
    // Of those before it.
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;
  };

  Sources sources;
  const Clock& clock;
  mutable std::mutex mutex;
  std::vector<Destination> destinations;
  std::map<std::string, Tested> tested;  // by destination
  bool stopped = false;

  const Destination* find(const std::string& name) const {
    const auto found = std::find_if(destinations.begin(), destinations.end(),
                                    [&](const Destination& one) { return one.name == name; });
    return found == destinations.end() ? nullptr : &*found;
  }
  std::size_t running() const {
    return static_cast<std::size_t>(std::count_if(
        tested.begin(), tested.end(), [](const auto& one) { return !one.second.run->ended; }));
  }
};

TestEvents::TestEvents(Sources sources, const Clock& clock)
    : state_(std::make_unique<State>(std::move(sources), clock)) {}
TestEvents::~TestEvents() { stop(); }

void TestEvents::stop() {
  std::vector<std::shared_ptr<Run>> runs;
  {
    const std::lock_guard hold(state_->mutex);
    state_->stopped = true;
    for (const auto& [name, tested] : state_->tested) runs.push_back(tested.run);
  }
  for (const auto& run : runs) {
    run->abandoned = true;
    run->wakeup.notify();
  }
  for (const auto& run : runs) {
    if (run->thread.joinable()) run->thread.join();
  }
}

void TestEvents::set_destinations(std::vector<Destination> destinations) {
  const std::lock_guard hold(state_->mutex);
  state_->destinations = std::move(destinations);
  for (const auto& [name, tested] : state_->tested) {
    const Destination* const now = state_->find(name);
    if (now != nullptr && same_settings(*now, tested.run->destination)) continue;
    tested.run->abandoned = true;
    tested.run->wakeup.notify();
  }
  std::erase_if(state_->tested, [&](const auto& one) {
    return one.second.run->ended && state_->find(one.first) == nullptr;
  });
}

TestEvents::Begin TestEvents::begin(const std::string& destination, const std::string& text) {
  const std::lock_guard hold(state_->mutex);
  if (state_->stopped) return Begin::kStopped;
  const Destination* const settings = state_->find(destination);
  if (settings == nullptr) return Begin::kUnknownDestination;
  const auto before = state_->tested.find(destination);
  if (before != state_->tested.end() && !before->second.run->ended) return Begin::kRunning;
  if (state_->running() >= kRunningMax) return Begin::kTooMany;
  auto run = std::make_shared<Run>(*settings, state_->sources.record(destination, text),
                                   state_->sources, state_->clock);
  run->thread = start_thread("test " + destination, [one = run.get()] { one->work(); });
  State::Tested& tested = state_->tested[destination];
  if (tested.run != nullptr) ++(tested.run->delivered ? tested.delivered : tested.failed);
  ++tested.number;
  // The one before has ended, so that joining its thread takes no time.
  tested.run = std::move(run);
  return Begin::kStarted;
}

TestEvents::Status TestEvents::status_of(const std::string& destination) const {
  const std::lock_guard hold(state_->mutex);
  Status status;
  const auto found = state_->tested.find(destination);
  if (found == state_->tested.end()) return status;
  const State::Tested& tested = found->second;
  status.number = tested.number;
  status.delivered_count = tested.delivered;
  status.failed_count = tested.failed;
  status.running = !tested.run->ended;
  if (status.running) return status;
  status.delivered = tested.run->delivered;
  status.answered = is_answered(tested.run->destination);
  status.detail = tested.run->detail;
  ++(status.delivered ? status.delivered_count : status.failed_count);
  return status;
}

}  // namespace trapd::forwarders
