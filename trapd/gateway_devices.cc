// SPDX-License-Identifier: Apache-2.0
// Devices: what is known of each, those that should be heard and are not, and two with one
// identity.
#include <algorithm>

#include "forwarders/record_text.h"
#include "trapd/gateway_parts.h"

namespace trapd {

namespace {

using admin::Json;

const char* text(usm::TimeWindow window) {
  switch (window) {
    case usm::TimeWindow::kEnforce:
      return "enforce";
    case usm::TimeWindow::kReport:
      return "report";
    case usm::TimeWindow::kOff:
      return "off";
  }
  return "enforce";
}

/// As records name the device of an inventory entry.
std::string identity(const ingest::DeviceEntry& entry) {
  return entry.engine_id.empty() ? entry.name : to_hex(entry.engine_id);
}

void add_entry(const ingest::DeviceEntry& entry, Json* device) {
  (*device)["name"] = entry.name;
  (*device)["site"] = entry.site;
  (*device)["tenant"] = entry.tenant;
  if (entry.address) (*device)["address"] = entry.address->address_text();
}

void add_state(const alarm::DeviceState& state, std::int64_t now_ns, Json* device) {
  // Of an engine its clock knows better what was heard before the start.
  const std::int64_t ago_s = (now_ns - state.last_heard_wall_ns) / kNsPerSecond;
  Json& heard_ago_s = (*device)["heard_ago_s"];
  if (!heard_ago_s.is_number() || heard_ago_s.get<std::int64_t>() > ago_s) heard_ago_s = ago_s;
  (*device)["notifications"] = state.notifications;
  (*device)["binding"] = state.binding.text();
  (*device)["bound_since"] = forwarders::time_text(state.bound_since_wall_ns);
  if (state.cloned) (*device)["shared_with"] = state.seldom.get().turns.other.text();
  std::string_view rest = state.seldom.get().told;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t equals = line.find('=');
    (*device)["told"][std::string(line.substr(0, equals))] = line.substr(equals + 1);
  }
}

/// As records have it: an entry with an address alone names the engine that sends from there, and
/// needs no row of its own then.
void name_by_address(const ingest::DeviceDirectory& inventory, const std::string& id,
                     const alarm::DeviceState& state, std::map<std::string, Json>* devices) {
  Json& device = devices->at(id);
  const auto* entry = inventory.by_address(state.binding);
  if (!device.value("name", "").empty() || entry == nullptr || !entry->engine_id.empty()) return;
  add_entry(*entry, &device);
  const auto row = devices->find(entry->name);
  if (row != devices->end() && row->second["heard_ago_s"].is_null()) devices->erase(row);
}

}  // namespace

/// By identity: engines that have authenticated, those of the inventory, and senders without an
/// engine (v1, v2c) that have sent something since the start.
admin::Json Gateway::Parts::devices_json() {
  const std::int64_t now_ns = clock.wall_ns();
  const std::int64_t monotonic_s = clock.monotonic_ns() / kNsPerSecond;
  const auto& policy = *security->get().first;
  const auto& inventory = snapshot->get().first->devices;
  std::map<std::string, Json> devices;
  for (const usm::EngineClock* engine : engines->all()) {
    const usm::EngineClock::State state = engine->state();
    Json& device = devices[to_hex(engine->engine_id())];
    device = {{"engine_id", to_hex(engine->engine_id())},
              {"boots", state.boots},
              {"time", state.latest_time},
              {"heard_ago_s", monotonic_s - state.received_s},
              {"time_window", text(policy.time_windows.rule(engine->engine_id()))}};
    if (const auto* entry = inventory.by_engine(engine->engine_id())) add_entry(*entry, &device);
  }
  for (const ingest::DeviceEntry& entry : inventory.all()) {
    const auto [at, added] = devices.try_emplace(identity(entry));
    if (!added) continue;
    at->second = {{"engine_id", to_hex(entry.engine_id)},
                  {"boots", nullptr},
                  {"time", nullptr},
                  {"heard_ago_s", nullptr}};
    add_entry(entry, &at->second);
  }
  std::vector<std::pair<std::string, alarm::DeviceState>> heard;  // copied: the ledger waits
  ledger->look_at_devices([&](const alarm::DeviceTable& table) {
    heard.reserve(table.size());
    table.for_each([&](std::string_view id, const alarm::DeviceState& state) {
      heard.emplace_back(id, state);
    });
  });
  for (const auto& [id, state] : heard) {
    const auto [at, added] = devices.try_emplace(id);
    if (added)
      at->second = {{"engine_id", ""}, {"name", id}, {"boots", nullptr}, {"time", nullptr}};
    add_state(state, now_ns, &at->second);
    name_by_address(inventory, id, state, &devices);
  }
  Json list = Json::array();
  for (auto& [id, device] : devices) {
    if (silence->is_silent(device.value("name", ""))) device["silent"] = true;
    list.push_back(std::move(device));
  }
  return list;
}

/// Notifications of devices that found no room in the table.
std::uint64_t Gateway::Parts::devices_not_watched() {
  std::uint64_t left_out = 0;
  ledger->look_at_devices([&](const alarm::DeviceTable& table) { left_out = table.left_out(); });
  return left_out;
}

void Gateway::Parts::follow_devices() {
  std::vector<alarm::SilenceWatch::Expected> expected;
  for (const config::Device& device : config.live.devices) {
    if (device.keepalive.count() == 0) continue;
    expected.push_back({device.engine_id.empty() ? device.name : to_hex(device.engine_id),
                        device.name, device.keepalive});
  }
  silence->follow(expected, clock.wall_ns());
}

/// When each device that should be heard was: by its notifications, by the clock of its engine
/// (what a rule or a storm keeps out of the journal was heard all the same), or, for one that the
/// inventory knows by its address alone, by whoever sends from there.
std::map<std::string, std::int64_t> Gateway::Parts::last_heard(std::int64_t now_ns) {
  std::map<std::string, std::int64_t> heard;
  std::map<std::array<std::uint8_t, 16>, std::string> by_address;
  for (const config::Device& device : config.live.devices) {
    if (device.keepalive.count() == 0) continue;
    if (!device.engine_id.empty()) {
      heard[to_hex(device.engine_id)] = 0;
    } else if (device.address) {
      heard[device.name] = 0;
      by_address[device.address->address] = device.name;
    }
  }
  if (heard.empty()) return heard;
  ledger->look_at_devices([&](const alarm::DeviceTable& table) {
    for (auto& [id, at_ns] : heard) {
      if (const auto* state = table.find(id)) at_ns = state->last_heard_wall_ns;
    }
    if (by_address.empty()) return;
    table.for_each([&](std::string_view, const alarm::DeviceState& state) {
      const auto found = by_address.find(state.binding.address);
      if (found == by_address.end()) return;
      std::int64_t& at_ns = heard[found->second];
      at_ns = std::max(at_ns, state.last_heard_wall_ns);
    });
  });
  const std::int64_t monotonic_s = clock.monotonic_ns() / kNsPerSecond;
  for (auto& [id, at_ns] : heard) {
    const auto engine_id = from_hex(id);
    const usm::EngineClock* engine = engine_id ? engines->find(*engine_id) : nullptr;
    if (engine == nullptr) continue;
    const std::int64_t ago_s = monotonic_s - engine->state().received_s;
    at_ns = std::max(at_ns, now_ns - ago_s * kNsPerSecond);
  }
  return heard;
}

void Gateway::Parts::watch_devices() {
  const std::int64_t now_ns = clock.wall_ns();
  const auto heard = last_heard(now_ns);
  silence->look(clock.wall_ns(), [&](const alarm::SilenceWatch::Expected& device) {
    const auto found = heard.find(device.device);
    return found == heard.end() ? 0 : found->second;
  });
  // Two of which one is refused.
  const auto told_by_watch = [&](const std::string& id) {
    const auto engine_id = from_hex(id);
    return engine_id && watch->tells_of_clone(*engine_id);
  };
  std::map<std::string, std::string> cloned;  // device -> words
  ledger->look_at_devices([&](alarm::DeviceTable& table) {
    for (const std::string& id : table.cloned(now_ns)) {
      const alarm::DeviceState& state = *table.find(id);
      cloned[id] = fmt::format(
          "two devices use the engine ID {}: {} and {} take turns, and their clocks run apart; "
          "give "
          "one of them another engine ID",
          id, state.binding.text(), state.seldom.get().turns.other.text());
    }
  });
  for (const auto& [id, words] : cloned) {
    if (clones_raised.contains(id) || told_by_watch(id)) continue;
    log::limited(log::Level::kWarning, "clone " + id, words);
    if (ledger->raise(alarm::OwnCondition::kCloneEngine, id, words)) clones_raised.insert(id);
  }
  // Those of the last process are seen anew, or not at all.
  if (clock.wall_ns() - started_wall_ns <= alarm::DeviceTable::kTurnsWithinNs) return;
  std::erase_if(clones_raised, [&](const std::string& id) {
    if (told_by_watch(id)) return true;  // whose alarm it is from now on
    return !cloned.contains(id) &&
           ledger->clear(alarm::OwnCondition::kCloneEngine, id, "one device uses it now");
  });
}

/// False: none of these.
bool Gateway::Parts::resume_devices(alarm::OwnCondition condition, const std::string& resource) {
  if (condition == alarm::OwnCondition::kDeviceSilent) {
    silence->resume(resource);
  } else if (condition == alarm::OwnCondition::kCloneEngine) {
    clones_raised.insert(resource);
  } else {
    return false;
  }
  return true;
}

}  // namespace trapd
