// SPDX-License-Identifier: Apache-2.0
// What trapctl may ask: the functions behind the control socket (trapd/admin/PROTOCOL.md).
#include <algorithm>
#include <cmath>

#include "forwarders/record_json.h"
#include "forwarders/record_text.h"
#include "trapd/gateway_parts.h"

namespace trapd {

using admin::Json;

namespace {

constexpr std::size_t kTailRecordsPerTurn = 1000;

Json alarm_json(const alarm::AlarmState& alarm) {
  Json json = {{"id", alarm.id},
               {"device", alarm.device},
               {"device_name", alarm.device_name},
               {"name", alarm.name},
               {"resource", alarm.resource},
               {"severity", alarm::to_text(alarm.severity)},
               {"type", alarm::to_text(alarm.type)},
               {"cause", alarm::cause_label(alarm.cause)},
               {"text", alarm.text},
               {"count", alarm.count},
               {"first", forwarders::time_text(alarm.first_wall_ns)},
               {"last", forwarders::time_text(alarm.last_wall_ns)},
               {"sequence", alarm.last_sequence}};
  const auto put = [&](const char* key, std::string_view text) {
    if (!text.empty()) json[key] = text;
  };
  if (!alarm.acknowledged_by.empty()) {
    json["acknowledged_by"] = std::string_view(alarm.acknowledged_by);
    json["acknowledged"] = forwarders::time_text(alarm.acknowledged_wall_ns);
    put("acknowledged_why", alarm.acknowledged_why);
  }
  put("site", alarm.origin.site());
  put("tenant", alarm.origin.tenant());
  put("labels", alarm.labels);
  if (alarm.timeout_s != 0) json["timeout_s"] = alarm.timeout_s;
  if (alarm.unsure) json["unsure"] = true;
  if (alarm.flaps()) {
    json["flapping"] = {{"changes", alarm.flap.changes},
                        {"now", alarm.flap.cleared ? "cleared" : "raised"},
                        {"last_change", forwarders::time_text(alarm.flap.last_wall_ns)}};
  }
  return json;
}

Json kernel_drops_json(Gateway::Parts& parts) {
  Json drops = Json::object();
  for (std::size_t i = 0; i < parts.listeners->size(); ++i) {
    drops[parts.listeners->text(i)] = parts.listeners->kernel_drops(i);
  }
  return drops;
}

/// Not null: JSON knows no infinity.
Json bound_json(double seconds) { return std::isinf(seconds) ? Json(nullptr) : Json(seconds); }

Json commit_latency_json(const journal::LatencyBuckets& buckets) {
  Json rows = Json::array();
  for (const auto& [upper_bound_s, count] : buckets.fine()) {
    rows.push_back({bound_json(upper_bound_s), count});
  }
  return rows;
}

Json status_json(Gateway::Parts& parts) {
  const Gateway::Parts::Counts now = parts.counts();
  Json received = Json::object();
  for (std::size_t i = 0; i < now.received.size(); ++i) {
    received[parts.listeners->text(i)] = now.received[i];
  }
  Json dropped = Json::object();
  for (std::size_t i = 0; i < now.dropped.size(); ++i) {
    if (now.dropped[i] > 0) {
      dropped[snmp::label(static_cast<snmp::DropReason>(i))] = now.dropped[i];
    }
  }
  Json suppressed = Json::object();
  for (std::size_t i = 0; i < now.suppressed.size(); ++i) {
    if (now.suppressed[i] > 0) {
      suppressed[snmp::label(static_cast<snmp::SuppressReason>(i))] = now.suppressed[i];
    }
  }
  const admin::Readiness readiness = parts.readiness();
  return {{"version", TRAPD_VERSION},
          {"started", forwarders::time_text(parts.started_wall_ns)},
          {"ready", readiness.ready},
          {"reasons", readiness.reasons},
          {"engine_id", to_hex(parts.own_engine->engine_id())},
          {"boots", parts.own_engine->boots()},
          {"received", now.received_total},
          {"received_by_listener", received},
          {"kernel_drops_by_listener", kernel_drops_json(parts)},
          {"stored", now.stored},
          {"suppressed", suppressed},
          {"dropped", dropped},
          {"in_flight", now.in_flight},
          {"originated", parts.ledger->counters().originated.get()},
          {"duplicates_left_early", parts.ledger->counters().duplicates_left_early.get()},
          {"committed_sequence", parts.ledger->committed()},
          {"commit_latency", commit_latency_json(parts.ledger->counters().datagram_to_commit)},
          {"engines", parts.engines->size()},
          {"devices_not_watched", parts.devices_not_watched()},
          {"alarms_active", parts.alarms_active()},
          {"agent", parts.agent_json()},
          {"audit", parts.audit_json()},
          {"confinement", parts.confinement_json()},
          {"exceptions", parts.config.warnings}};
}

Json resync_json(const forwarders::Resyncs::Status& status) {
  if (status.destination.empty()) return nullptr;
  return {{"running", status.running},
          {"result", forwarders::to_text(status.result)},
          {"sent", status.sent}};
}

Json destinations_json(Gateway::Parts& parts) {
  Json list = Json::array();
  parts.dispatchers.with([&](const auto& all) {
    for (const auto& [name, dispatcher] : all) {
      const forwarders::Dispatcher::Status status = dispatcher->status();
      Json dead = Json::array();
      for (const journal::DeadLetter& letter : parts.ledger->dead_letters(name)) {
        dead.push_back({{"sequence", letter.sequence},
                        {"since", forwarders::time_text(letter.since_wall_ns)},
                        {"retrying", letter.retry},
                        {"reason", letter.reason}});
      }
      const journal::DeadLetters::Counts counts = parts.ledger->dead_letter_counts(name);
      const forwarders::TestEvents::Status tests = parts.test_events->status_of(name);
      list.push_back(
          {{"name", name},
           {"up", status.health.up},
           {"detail", status.health.detail},
           {"since", forwarders::time_text(status.since_wall_ns)},
           {"sent", status.sent},
           {"failed", status.failed},
           {"lost", status.lost},
           {"dead", counts.total},
           {"dead_left", counts.left},
           {"dead_letters", std::move(dead)},
           {"backlog", status.backlog},
           {"cursor", status.cursor},
           {"under_way", status.under_way},
           {"tests", {{"delivered", tests.delivered_count}, {"failed", tests.failed_count}}},
           {"resync", resync_json(parts.resyncs->status_of(name))}});
    }
  });
  return list;
}

Json rules_json(Gateway::Parts& parts) {
  Json list = Json::array();
  for (const auto& rule : parts.snapshot->get().first->classifier->rules()) {
    list.push_back({{"name", rule.name},
                    {"file", rule.position.file},
                    {"line", rule.position.line},
                    {"hits", rule.hits}});
  }
  return list;
}

Json rule_json(Gateway::Parts& parts, const std::string& name) {
  const auto rule = parts.snapshot->get().first->classifier->rule(name);
  if (!rule) return nullptr;
  Json keys = Json::array();
  for (const auto& [key, value] : rule->text) keys.push_back({{"key", key}, {"value", value}});
  return {{"name", rule->info.name},
          {"file", rule->info.position.file},
          {"line", rule->info.position.line},
          {"hits", rule->info.hits},
          {"says", std::move(keys)}};
}

Json unmatched_json(Gateway::Parts& parts) {
  const auto classifier = parts.snapshot->get().first->classifier;
  Json traps = Json::array();
  for (const auto& [trap, count] : classifier->unmatched_traps()) {
    traps.push_back({{"oid", trap.empty() ? "" : trap.text()},
                     {"name", trap.empty() ? "" : parts.mib->get().first->name_of(trap)},
                     {"count", count}});
  }
  return {{"unmatched", classifier->unmatched()}, {"traps", std::move(traps)}};
}

Json store_json(Gateway::Parts& parts) {
  const journal::StoreUsage usage = parts.store->usage();
  Json cursors = Json::object();
  for (const auto& [name, sequence] : parts.ledger->cursors()) cursors[name] = sequence;
  return {{"directory", parts.store->directory()},
          {"bytes", usage.bytes_used},
          {"limit", usage.bytes_limit},
          {"entries", usage.entries},
          {"oldest_sequence", usage.oldest_sequence},
          {"newest_sequence", usage.newest_sequence},
          {"cursors", std::move(cursors)}};
}

}  // namespace

/// On the main loop, after a commit: new records to those who tail.
void Gateway::Parts::show_tails() {
  const std::uint64_t newest = ledger->committed();
  if (tails.empty()) {
    tail_sequence = newest;
    return;
  }
  std::vector<std::uint8_t> bytes;
  if (!store->read(tail_sequence + 1, 256 * 1024, &bytes) || bytes.empty()) return;
  const auto names = mib->get().first;
  alarm::RecordSequence records{ByteView(bytes)};
  alarm::RecordView record;
  std::size_t shown = 0;
  while (shown < kTailRecordsPerTurn && records.next(&record)) {
    if (record.header().sequence <= tail_sequence) continue;
    tail_sequence = record.header().sequence;
    ++shown;
    std::vector<admin::TailSink> sinks;  // a sink may end its own subscription
    for (const auto& [number, tail] : tails) {
      if (tail.filter.takes(record)) sinks.push_back(tail.sink);
    }
    if (sinks.empty()) continue;
    const Json json = forwarders::record_json(record, *names);
    for (const admin::TailSink& sink : sinks) sink(json);
  }
  if (tail_sequence < newest) ::uv_async_send(&on_commit);
}

admin::Handlers Gateway::Parts::handlers() {
  admin::Handlers handlers = dead_letter_handlers();
  handlers.status = [this] { return status_json(*this); };
  handlers.alarms = [this](const admin::RecordFilter& filter) {
    Json list = Json::array();
    for (const alarm::AlarmState& alarm : ledger->alarms()) {
      if (filter.takes(alarm)) list.push_back(alarm_json(alarm));
    }
    return list;
  };
  handlers.acknowledge = [this](std::uint64_t id, const std::string& who, const std::string& why) {
    return ledger->acknowledge(id, who, why);
  };
  handlers.clear = [this](std::uint64_t id, const std::string& who, const std::string& why) {
    return clear_alarm(id, who, why);
  };
  handlers.history = [this](const admin::HistoryQuery& query) {
    return admin::history_page(*store, query, *mib->get().first);
  };
  handlers.subscribe_tail = [this](const admin::RecordFilter& filter,
                                   admin::TailSink sink) -> admin::Unsubscribe {
    if (tails.empty()) tail_sequence = ledger->committed();
    const std::uint64_t number = next_tail++;
    tails.emplace(number, Tail{filter, std::move(sink)});
    return [this, number] { tails.erase(number); };
  };
  handlers.devices = [this] { return devices_json(); };
  handlers.destinations = [this] { return destinations_json(*this); };
  handlers.rules = [this] { return rules_json(*this); };
  handlers.rule = [this](const std::string& name) { return rule_json(*this, name); };
  handlers.unmatched = [this] { return unmatched_json(*this); };
  handlers.begin_resync = [this](const std::string& target) { return begin_resync(target); };
  handlers.cancel_resync = [this](const std::string& target) { return cancel_resync(target); };
  handlers.reload = [this](const std::string& who) { return reload(who); };
  handlers.forget_engine = [this](const std::vector<std::uint8_t>& engine_id,
                                  const std::string& who) -> Status {
    if (!engines->forget(engine_id)) {
      return failure("engine " + to_hex(engine_id) + " has never authenticated here");
    }
    watch->forget_engine(engine_id);
    if (auto done = ledger->forget_engine(engine_id, who); !done) {
      return failure(done.error().text + "; it is forgotten until trapd is restarted");
    }
    return {};
  };
  handlers.store_status = [this] { return store_json(*this); };
  handlers.engine_clock =
      [this](const std::vector<std::uint8_t>& engine_id) -> std::optional<Json> {
    const usm::EngineClock* engine = engines->find(engine_id);
    if (engine == nullptr) return std::nullopt;
    const usm::EngineClock::State state = engine->state();
    const std::int64_t ago_s = clock.monotonic_ns() / kNsPerSecond - state.received_s;
    return Json{{"boots", state.boots},
                {"time", state.latest_time},
                {"received_ago_s", ago_s},
                {"now_estimate", state.latest_time + ago_s}};
  };
  add_audit(&handlers);
  add_tests(&handlers);
  add_refusals(&handlers);
  add_succession(&handlers);
  return handlers;
}

}  // namespace trapd
