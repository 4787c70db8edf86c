// SPDX-License-Identifier: Apache-2.0
// A new configuration in the running process: whole or not at all.
#include <algorithm>
#include <thread>

#include "trapd/gateway_parts.h"

namespace trapd {

namespace {

constexpr std::chrono::milliseconds kReloadWait{5000};

}  // namespace

std::vector<std::string> Gateway::Parts::reload() {
  const auto refuse = [this](std::vector<std::string> lines) {
    ledger->raise(alarm::OwnCondition::kReloadFailed, "configuration", lines.front());
    lines.push_back("the old configuration stays in force");
    return lines;
  };
  auto loaded = config::load(config_file, true);
  if (!loaded) return refuse(loaded.error().lines);
  std::vector<std::string> fixed;
  for (const std::string& key : config::changed_start_keys(config.start, loaded->start)) {
    fixed.push_back(config_file + ": error: " + key + " can only change with a restart");
  }
  if (!fixed.empty()) return refuse(std::move(fixed));
  auto compiled = compile(*loaded, store->directory() + "/mib.index");
  if (!compiled) return refuse(compiled.error());

  security->publish(compiled->security);
  snapshot->publish(compiled->snapshot);
  mib->publish(compiled->mib);
  ledger->set_correlation(loaded->live.correlation);
  config = std::move(*loaded);
  wait_for_workers();
  update_destinations();
  update_agent();
  test_events->set_destinations(config.live.destinations);
  follow_files();
  follow_devices();
  certificates->look(clock.wall_ns());
  for (const std::string& warning : config.warnings) log::warning("{}", warning);
  ledger->clear(alarm::OwnCondition::kReloadFailed, "configuration", "reloaded");
  log::info("configuration reloaded: {} users, {} rules, {} destinations", config.live.users.size(),
            config.live.rules.size(), config.live.destinations.size());
  return {};
}

/// An old key is gone when this returns (EDG-08).
void Gateway::Parts::wait_for_workers() {
  const auto behind = [this](const std::unique_ptr<ingest::Worker>& worker) {
    return worker->security_generation() != security->generation() ||
           worker->snapshot_generation() != snapshot->generation();
  };
  for (const auto& worker : workers) worker->wakeup().notify();
  const std::int64_t until_ns = clock.monotonic_ns() + kReloadWait.count() * kNsPerMs;
  while (std::any_of(workers.begin(), workers.end(), behind)) {
    if (clock.monotonic_ns() > until_ns) {
      log::error("reload: a worker has not taken over the configuration within {} ms",
                 kReloadWait.count());
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace trapd
