// SPDX-License-Identifier: Apache-2.0
// A new configuration in the running process: whole or not at all.
#include <malloc.h>

#include <algorithm>
#include <thread>

#include "trapd/gateway_parts.h"

namespace trapd {

namespace {

constexpr std::chrono::milliseconds kReloadWait{5000};
constexpr std::size_t kRowsAtOnce = 1024;

}  // namespace

std::vector<std::string> Gateway::Parts::reload(const std::string& who) {
  const auto refuse = [&](std::vector<std::string> lines) {
    audit_refused_reload(who, lines);
    ledger->raise(alarm::OwnCondition::kReloadFailed, "configuration", lines.front());
    explain_reach(&lines);
    lines.push_back("the old configuration stays in force");
    return lines;
  };
  auto loaded = config::load_with_kept_keys(
      config_file, {.key_file = config::key_file_in(store->directory()), .packets_flow = true});
  const std::string index_file = trapd::mib::index_file(store->directory());
  if (!loaded) return refuse(all_errors(loaded.error(), index_file, launcher.get()));
  std::vector<std::string> fixed;
  for (const std::string& key : config::changed_start_keys(config.start, loaded->start)) {
    fixed.push_back(config_file + ": error: " + key + " can only change with a restart");
  }
  if (!fixed.empty()) return refuse(std::move(fixed));
  if (auto lines = out_of_reach(*loaded); !lines.empty()) return refuse(std::move(lines));
  auto compiled = compile(*loaded, index_file, launcher.get());
  if (!compiled) return refuse(compiled.error());
  if (auto told = audit_reload(who, *loaded); !told) return refuse({told.error().text});

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
  const std::size_t users = config.live.users.size();
  keep_keys();
  let_go_of_sources();
  tell_orphaned_alarms();
  log::info("configuration reloaded: {} users, {} rules, {} destinations", users, rule_names.size(),
            config.live.destinations.size());
  return {};
}

/// Only of a configuration that counts, and in the store whose lock is held.
void Gateway::Parts::keep_keys() {
  const std::string path = config::key_file_in(store->directory());
  if (const Status kept = config.key_file_change.apply(path); !kept) {
    log::warning("keys of passphrases: {}", kept.error().text);
  }
  config.key_file_change = {};
}

/// The snapshots are made of the rules and users; a large configuration need not lie in memory, and
/// its keys no more often than they are used.
void Gateway::Parts::let_go_of_sources() {
  rule_names.clear();
  for (alarm::Rule& rule : config.live.rules) rule_names.insert(std::move(rule.name));
  config.live.rules = {};
  config.live.users = {};
  ::malloc_trim(0);
}

/// What a rule raised that has another name now, or is gone, will not be cleared by it.
void Gateway::Parts::tell_orphaned_alarms() {
  std::uint64_t orphans_found = 0;
  std::string example;
  std::uint32_t from = 0;
  for (auto rows = ledger->alarm_rows(from, kRowsAtOnce); !rows.empty();
       rows = ledger->alarm_rows(from, kRowsAtOnce)) {
    for (const journal::Ledger::AlarmRow& row : rows) {
      const std::string_view rule = row.state.origin.rule();
      if (rule.empty() || rule_names.contains(rule)) continue;
      if (orphans_found++ == 0) example = fmt::format("{} of rule {}", row.state.id, rule);
    }
    from = rows.back().number + 1;
  }
  if (orphans_found == 0) return;
  log::warning(
      "{} active alarms are of rules that there are no more (alarm {}): if none clears them, "
      "trapctl clear does",
      orphans_found, example);
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
