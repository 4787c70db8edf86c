// SPDX-License-Identifier: Apache-2.0
// The destinations: made, changed and stopped.
#include <algorithm>
#include <thread>

#include "forwarders/kinds.h"
#include "trapd/gateway_parts.h"
#include "trapd/journal/replaced_mark.h"

namespace trapd {

namespace {

// trapdRebuildReason
constexpr std::int32_t kRebuiltStarted = 1;
constexpr std::int32_t kRebuiltStoreReplaced = 2;
constexpr std::int32_t kRebuiltOperator = 3;
constexpr std::chrono::milliseconds kFlushMax{5000};  // of those that a reload takes away

/// For dead letters: the same peer, but its own name in the log and a source port of its own, and
/// no heartbeats beside those of the destination.
forwarders::Destination for_retries(forwarders::Destination destination) {
  destination.name += " (retry)";
  if (auto* snmp = std::get_if<forwarders::SnmpSettings>(&destination.settings)) {
    snmp->heartbeat = std::chrono::seconds(0);
  }
  return destination;
}

}  // namespace

void Gateway::Parts::update_destinations() {
  const bool at_start = render == nullptr;
  if (at_start) {
    const ByteView own = own_engine->engine_id();
    const auto active = [this] { return alarms_active(); };
    render = std::make_unique<forwarders::RenderContext>(forwarders::RenderContext{
        clock, *mib, host_name, {own.begin(), own.end()}, own_engine.get(), active, {}, 0});
  }
  forwarders::RenderContext announcing = *render;
  const bool replaced = at_start && journal::is_marked_replaced(config.start.store_directory);
  announcing.rebuild_reason = !at_start  ? kRebuiltOperator
                              : replaced ? kRebuiltStoreReplaced
                                         : kRebuiltStarted;
  std::map<std::string, forwarders::Destination> wanted;
  for (const forwarders::Destination& destination : config.live.destinations) {
    wanted.emplace(destination.name, destination);
  }
  // First the old ones go, so that a new one finds its cursor, port and peer free.
  std::vector<std::string> gone;
  for (const auto& [name, destination] : running) {
    const auto same = wanted.find(name);
    if (same == wanted.end() || !forwarders::same_settings(same->second, destination)) {
      gone.push_back(name);
    }
  }
  stop_destinations(gone, kFlushMax);
  for (const std::string& name : gone) {
    if (wanted.contains(name)) continue;
    ledger->clear(alarm::OwnCondition::kDestinationDown, name,
                  "no destination has this name any more");
  }
  for (const auto& [name, destination] : wanted) {
    if (running.contains(name)) continue;
    announcing.lost_records = [this, key = name] { return lost_by(key); };
    auto dispatcher = std::make_shared<forwarders::Dispatcher>(
        destination, forwarders::make_forwarder(destination, announcing), *store, *ledger, clock,
        [this, again = for_retries(destination)] {
          return forwarders::make_forwarder(again, *render);
        });
    dispatcher->start();
    dispatchers.with([&, &key = name](auto& list) { list.emplace(key, std::move(dispatcher)); });
    running.emplace(name, destination);
    orphans.erase(name);
  }
  if (replaced) {
    const auto unmarked = journal::unmark_replaced(config.start.store_directory);
    if (!unmarked) log::warning("{}", unmarked.error().text);
  }
  for (const auto& [name, sequence] : ledger->cursors()) {
    if (running.contains(name) || orphans.contains(name)) continue;
    log::warning("no destination is called '{}' any more: its cursor is kept for 24 h", name);
    orphans.emplace(name, clock.monotonic_ns());
  }
}

/// Called by the destination itself too, before it is listed and while it ends.
std::uint64_t Gateway::Parts::lost_by(const std::string& destination) {
  return dispatchers.with([&](const auto& all) {
    const auto found = all.find(destination);
    return found == all.end() ? std::uint64_t{0} : found->second->lost();
  });
}

/// Side by side: one that is slow to end costs its own time only. They stay listed while they
/// deliver what they can, and are gone, sockets and all, when this returns.
void Gateway::Parts::stop_destinations(const std::vector<std::string>& names,
                                       std::chrono::milliseconds flush) {
  std::vector<std::thread> stops;
  for (const std::string& name : names) {
    auto stopped = dispatchers.with([&](const auto& list) { return list.at(name); });
    stops.emplace_back([dispatcher = std::move(stopped), flush] { dispatcher->stop(flush); });
  }
  for (std::thread& stop : stops) stop.join();
  for (const std::string& name : names) {
    dispatchers.with([&](auto& list) { list.erase(name); });
    running.erase(name);
  }
}

Result<admin::Json> Gateway::Parts::retry_dead_letters(
    const std::string& destination, const std::vector<std::uint64_t>& sequences) {
  const auto found = dispatchers.with([&](const auto& all) {
    const auto at = all.find(destination);
    return at == all.end() ? nullptr : at->second;
  });
  if (found == nullptr) return failure("no destination is called " + destination);
  const auto marked = ledger->retry_dead_letters(destination, sequences);
  if (!marked) return Unexpected(marked.error());
  // Those whose records have been trimmed since cannot be sent: said here, and then in the list.
  const std::uint64_t oldest = store->usage().oldest_sequence;
  admin::Json gone = admin::Json::array();
  for (const journal::DeadLetter& letter : ledger->dead_letters(destination)) {
    const bool meant = sequences.empty() || std::find(sequences.begin(), sequences.end(),
                                                      letter.sequence) != sequences.end();
    if (meant && letter.sequence < oldest) gone.push_back(letter.sequence);
  }
  found->retry();
  return admin::Json{{"retrying", *marked - gone.size()}, {"gone", std::move(gone)}};
}

Result<admin::Json> Gateway::Parts::drop_dead_letters(const std::string& destination,
                                                      const std::vector<std::uint64_t>& sequences) {
  // Of a destination that is configured no more, too.
  if (!ledger->has_cursor(destination)) {
    return failure("no destination is called " + destination);
  }
  const auto dropped = ledger->drop_dead_letters(destination, sequences);
  if (!dropped) return Unexpected(dropped.error());
  return admin::Json{{"dropped", *dropped}};
}

admin::Handlers Gateway::Parts::dead_letter_handlers() {
  admin::Handlers handlers;
  handlers.retry_dead_letters = [this](const std::string& name,
                                       const std::vector<std::uint64_t>& sequences) {
    return retry_dead_letters(name, sequences);
  };
  handlers.drop_dead_letters = [this](const std::string& name,
                                      const std::vector<std::uint64_t>& sequences) {
    return drop_dead_letters(name, sequences);
  };
  return handlers;
}

void Gateway::Parts::stop_destinations(std::chrono::milliseconds flush) {
  std::vector<std::string> all;
  for (const auto& [name, destination] : running) all.push_back(name);
  stop_destinations(all, flush);
}

}  // namespace trapd
