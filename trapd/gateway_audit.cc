// SPDX-License-Identifier: Apache-2.0
// What goes into the audit log, and what a log that cannot be written means (trapd/audit/trail.h):
// operators' actions and reloads are refused, all else goes on and is told of later.
#include <algorithm>

#include "forwarders/record_text.h"
#include "trapd/gateway_parts.h"

namespace trapd {

using admin::Json;

namespace {

// An entry stays readable, and below audit::kLineOctetsMax.
constexpr std::size_t kLinesMax = 100;
constexpr std::size_t kChangesMax = 200;
constexpr std::size_t kTextOctetsMax = 512;

std::string cut(std::string_view text) {
  const std::string clean = forwarders::clean(text);
  return std::string(forwarders::cut_utf8(clean, kTextOctetsMax));
}

/// `key`: the first of them, and `key`_left_out: how many more there are.
void put_lines(const char* key, const std::vector<std::string>& lines, Json* detail) {
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(lines.size(), kLinesMax); ++i) list.push_back(cut(lines[i]));
  if (lines.size() > kLinesMax) {
    (*detail)[std::string(key) + "_left_out"] = lines.size() - kLinesMax;
  }
  (*detail)[key] = std::move(list);
}

Json deviations_json(snmp::Deviations these) {
  Json list = Json::array();
  for (unsigned i = 0; i < static_cast<unsigned>(snmp::Deviation::kCount); ++i) {
    const auto deviation = static_cast<snmp::Deviation>(i);
    if (these.has(deviation)) list.push_back(snmp::label(deviation));
  }
  return list;
}

/// What is let in, strong or weak.
Json security_json(const config::LiveConfig& live) {
  Json auth = Json::array();
  for (const usm::AuthRow& row : usm::kAuthRows) {
    if (live.policy.allows(row.protocol)) auth.push_back(row.name);
  }
  Json privacy = Json::array();
  for (const usm::PrivRow& row : usm::kPrivRows) {
    if (live.policy.allows(row.protocol)) privacy.push_back(row.name);
  }
  const auto outside_window = std::count_if(
      live.devices.begin(), live.devices.end(),
      [](const config::Device& device) { return device.time_window != usm::TimeWindow::kEnforce; });
  return {{"level", snmp::to_text(live.policy.level)},
          {"auth", std::move(auth)},
          {"privacy", std::move(privacy)},
          {"communities", live.communities.size()},
          {"tolerate", deviations_json(live.tolerances.usual)},
          {"tolerances", live.tolerances.rules.size()},
          {"devices_outside_time_window", outside_window}};
}

/// Which configuration, and what it lets in beyond the strong default.
Json configuration_json(const std::string& file, const config::Config& config) {
  Json detail = {{"file", file}, {"security", security_json(config.live)}};
  detail[config.sha256_is_of_outline ? "sha256_without_secrets" : "sha256"] = config.sha256;
  put_lines("exceptions", config.warnings, &detail);
  return detail;
}

Json side(const std::string& text) { return text.empty() ? Json(nullptr) : Json(cut(text)); }

}  // namespace

void Gateway::Parts::open_audit() {
  audit::TrailOptions options;
  options.directory = config.start.store_directory;
  options.now = [this] { return forwarders::time_text(clock.wall_ns()); };
  audit = std::make_unique<audit::Trail>(std::move(options));
}

void Gateway::Parts::audit_start() {
  Json detail = configuration_json(config_file, config);
  detail["version"] = TRAPD_VERSION;
  detail["pid"] = ::getpid();
  detail["uid"] = ::geteuid();
  detail["engine_id"] = to_hex(own_engine->engine_id());
  detail["boots"] = own_engine->boots();
  detail["listen"] = Json::array();
  for (std::size_t i = 0; i < listeners->size(); ++i)
    detail["listen"].push_back(listeners->text(i));
  if (predecessor_pid != 0) detail["took_over_from_pid"] = predecessor_pid;
  audit->note("trapd", "start", std::move(detail));
  if (const auto& fault = audit->fault()) {
    const std::string text = fmt::format("the audit log does not hold: {}, line {}: {}",
                                         fault->file, fault->line, fault->text);
    log::error("{}; trapctl audit verify", text);
    ledger->raise(alarm::OwnCondition::kAuditFailed, "chain", text);
  }
  sets_done.refused.store(!audit->failure_text().empty(), std::memory_order_release);
  log_audit();
}

void Gateway::Parts::audit_stop(const Counts& end) {
  Json detail = {{"received", end.received_total}, {"stored", end.stored}};
  detail["why"] = successor ? "a successor takes over" : "signal";
  audit_sets();
  audit->note(successor ? successor_who : "signal", "stop", std::move(detail));
  log_audit();
}

/// In the journal of the system the hash is out of reach of who may write the store's directory.
void Gateway::Parts::log_audit() {
  if (audit->failure_text().empty()) {
    log::info("audit log: entry {} has the hash {}", audit->last_sequence(), audit->last_hash());
  } else {
    log::error("audit log: {}", audit->failure_text());
  }
}

/// Before the new configuration is in force: it is in force only when this is on disk.
Status Gateway::Parts::audit_reload(const std::string& who, const config::Config& next) {
  audit_sets();  // they came before
  Json detail = configuration_json(config_file, next);
  detail["accepted"] = true;
  const auto changes = config::Outline::changes(config.outline, next.outline);
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(changes.size(), kChangesMax); ++i) {
    list.push_back({{"path", cut(changes[i].path)},
                    {"before", side(changes[i].before)},
                    {"after", side(changes[i].after)}});
  }
  detail["changes"] = std::move(list);
  if (changes.size() > kChangesMax) detail["changes_left_out"] = changes.size() - kChangesMax;
  const auto written = audit->write(who, "reload", std::move(detail));
  if (written) return {};
  return failure("a reload that the audit log cannot tell of is not done: " + written.error().text +
                 "; a restart takes the configuration over all the same");
}

void Gateway::Parts::audit_refused_reload(const std::string& who,
                                          const std::vector<std::string>& lines) {
  audit_sets();
  Json detail = {{"file", config_file}, {"accepted", false}};
  put_lines("errors", lines, &detail);
  audit->note(who, "reload", std::move(detail));
}

/// They have been done: an agent that waited for the disk would answer nobody.
void Gateway::Parts::audit_sets() {
  for (SetsDone::Done& set : sets_done.waiting.with(
           [](std::vector<SetsDone::Done>& waiting) { return std::exchange(waiting, {}); })) {
    audit->note(set.who, set.action, {{"destination", cut(set.target)}});
  }
}

void Gateway::Parts::watch_audit() {
  audit->retry();
  audit_sets();
  const std::string& text = audit->failure_text();
  sets_done.refused.store(!text.empty(), std::memory_order_release);
  if (!text.empty() && !audit_raised) {
    log::error("audit log: {}; operators' actions and reloads are refused until it works", text);
    audit_raised = ledger->raise(alarm::OwnCondition::kAuditFailed, "log", text);
  } else if (text.empty() && audit_raised) {
    log::info("audit log: it is written again, up to entry {}", audit->last_sequence());
    audit_raised = !ledger->clear(alarm::OwnCondition::kAuditFailed, "log", "it is written again");
  }
}

void Gateway::Parts::resume_audit(const std::string& resource) {
  if (resource == "log") {
    audit_raised = true;
  } else if (!audit->fault()) {
    ledger->clear(alarm::OwnCondition::kAuditFailed, resource, "the chain holds");
  }
}

void Gateway::Parts::add_audit(admin::Handlers* handlers) {
  handlers->record = [this](const std::string& who, const std::string& action, Json detail) {
    audit_sets();  // they came before
    return audit->write(who, action, std::move(detail));
  };
  handlers->record_failure = [this](const std::string& who, std::uint64_t entry,
                                    const std::string& reason) {
    audit->note(who, "failed", {{"entry", entry}, {"reason", cut(reason)}});
  };
}

admin::Json Gateway::Parts::audit_json() const {
  return {{"directory", config.start.store_directory},
          {"sequence", audit->last_sequence()},
          {"hash", audit->last_hash()},
          {"failed", audit->counters().failed.get()},
          {"left_out", audit->counters().left_out.get()},
          {"waiting", audit->waiting()},
          {"failure", audit->failure_text()}};
}

void Gateway::Parts::add_audit_metrics(admin::MetricsSnapshot* page) const {
  const auto add = [&](const char* name, const char* help, const Counter& counter) {
    page->further.push_back({name, help, true, {}, static_cast<double>(counter.get())});
  };
  const audit::TrailCounters& counters = audit->counters();
  add("trapd_audit_entries_total", "Entries of the audit log on disk", counters.written);
  add("trapd_audit_failures_total", "Attempts to write one that failed", counters.failed);
  add("trapd_audit_left_out_total",
      "Entries that could not be kept: of actions that were refused for it, or too many at once",
      counters.left_out);
}

}  // namespace trapd
