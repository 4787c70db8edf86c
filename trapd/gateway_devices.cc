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
  (*device)["heard_ago_s"] = (now_ns - state.last_heard_wall_ns) / kNsPerSecond;
  (*device)["notifications"] = state.notifications;
  (*device)["binding"] = state.binding.text();
  (*device)["bound_since"] = forwarders::time_text(state.bound_since_wall_ns);
  if (state.cloned) (*device)["shared_with"] = state.other.text();
  std::string_view rest = state.told;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t equals = line.find('=');
    (*device)["told"][std::string(line.substr(0, equals))] = line.substr(equals + 1);
  }
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
  ledger->look_at_devices([&](const alarm::DeviceTable& table) {
    table.for_each([&](const std::string& id, const alarm::DeviceState& state) {
      const auto [at, added] = devices.try_emplace(id);
      if (added)
        at->second = {{"engine_id", ""}, {"name", id}, {"boots", nullptr}, {"time", nullptr}};
      add_state(state, now_ns, &at->second);
    });
  });
  Json list = Json::array();
  for (auto& [id, device] : devices) {
    if (silence->is_silent(device.value("name", ""))) device["silent"] = true;
    list.push_back(std::move(device));
  }
  return list;
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

void Gateway::Parts::watch_devices() {
  const std::int64_t now_ns = clock.wall_ns();
  const std::int64_t monotonic_s = clock.monotonic_ns() / kNsPerSecond;
  std::map<std::string, std::string> cloned;  // device -> words
  ledger->look_at_devices([&](alarm::DeviceTable& table) {
    silence->look(now_ns, [&](const alarm::SilenceWatch::Expected& device) {
      const alarm::DeviceState* state = table.find(device.device);
      std::int64_t heard_ns = state != nullptr ? state->last_heard_wall_ns : 0;
      // What a rule or a storm keeps out of the journal was heard all the same.
      const auto engine_id = from_hex(device.device);
      const usm::EngineClock* engine = engine_id ? engines->find(*engine_id) : nullptr;
      if (engine != nullptr) {
        const std::int64_t ago_s = monotonic_s - engine->state().received_s;
        heard_ns = std::max(heard_ns, now_ns - ago_s * kNsPerSecond);
      }
      return heard_ns;
    });
    for (const std::string& id : table.cloned(now_ns)) {
      const alarm::DeviceState& state = *table.find(id);
      cloned[id] = fmt::format(
          "two devices use the engine ID {}: {} and {} take turns, and their clocks run apart; "
          "give "
          "one of them another engine ID",
          id, state.binding.text(), state.other.text());
    }
  });
  for (const auto& [id, words] : cloned) {
    if (!clones_raised.insert(id).second) continue;
    log::warning("{}", words);
    ledger->raise(alarm::OwnCondition::kCloneEngine, id, words);
  }
  std::erase_if(clones_raised, [&](const std::string& id) {
    if (cloned.contains(id)) return false;
    ledger->clear(alarm::OwnCondition::kCloneEngine, id, "one device uses it now");
    return true;
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
