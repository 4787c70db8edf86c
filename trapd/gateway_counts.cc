// SPDX-License-Identifier: Apache-2.0
// The gateway's numbers: the conservation law, metrics, readiness.
#include "trapd/gateway_parts.h"

namespace trapd {

std::uint64_t Gateway::Parts::dropped_total(snmp::DropReason reason) const {
  std::uint64_t total = 0;
  for (const auto& worker : workers) total += worker->counters().dropped.get(reason);
  return total;
}

std::uint64_t Gateway::Parts::own_window_misses() const {
  std::uint64_t total = 0;
  for (const auto& worker : workers) total += worker->counters().own_window_misses.get();
  return total;
}

std::uint64_t Gateway::Parts::alarms_active() const {
  std::uint64_t total = 0;
  for (int severity = 2; severity <= 6; ++severity) {
    for (int type = 1; type <= 11; ++type) {
      total += ledger->alarm_count(static_cast<alarm::Severity>(severity),
                                   static_cast<alarm::EventType>(type));
    }
  }
  return total;
}

Gateway::Parts::Counts Gateway::Parts::counts() {
  Counts counts;
  // Ends first, beginnings last: what moves on in between shows as in flight, never as negative.
  counts.stored = ledger->counters().stored.get();
  for (std::size_t i = 0; i < counts.suppressed.size(); ++i) {
    const auto reason = static_cast<snmp::SuppressReason>(i);
    counts.suppressed[i] = ledger->counters().suppressed.get(reason);
    for (const auto& worker : workers) {
      counts.suppressed[i] += worker->counters().suppressed.get(reason);
    }
  }
  for (std::size_t i = 0; i < counts.dropped.size(); ++i) {
    counts.dropped[i] = dropped_total(static_cast<snmp::DropReason>(i));
  }
  for (std::size_t listener = 0; listener < listeners->size(); ++listener) {
    const std::uint64_t kernel = listeners->kernel_drops(listener);
    counts.dropped[static_cast<std::size_t>(snmp::DropReason::kKernel)] += kernel;
    std::uint64_t received = kernel;
    for (const auto& worker : workers) received += worker->counters().received[listener].get();
    counts.received.push_back(received);
    counts.received_total += received;
  }
  std::uint64_t ended = counts.stored;
  for (const std::uint64_t n : counts.suppressed) ended += n;
  for (const std::uint64_t n : counts.dropped) ended += n;
  counts.in_flight = counts.received_total - ended;
  return counts;
}

namespace {

admin::UsmStats usm_stats(const Gateway::Parts& parts) {
  using usm::UsmCounter;
  admin::UsmStats stats;
  stats.unsupported_sec_levels = parts.usm_total(UsmCounter::kUnsupportedSecLevels);
  stats.not_in_time_windows = parts.usm_total(UsmCounter::kNotInTimeWindows);
  stats.unknown_user_names = parts.usm_total(UsmCounter::kUnknownUserNames);
  stats.unknown_engine_ids = parts.usm_total(UsmCounter::kUnknownEngineIds);
  stats.wrong_digests = parts.usm_total(UsmCounter::kWrongDigests);
  stats.decryption_errors = parts.usm_total(UsmCounter::kDecryptionErrors);
  return stats;
}

admin::LatencyMetrics latency(const std::string& stage, const std::string& destination,
                              const journal::LatencyBuckets& buckets) {
  admin::LatencyMetrics metrics;
  metrics.stage = stage;
  metrics.destination = destination;
  metrics.buckets = buckets.by_octave();
  metrics.sum_s = static_cast<double>(buckets.sum_ns.get()) / 1e9;
  return metrics;
}

void add_kernel_drops(Gateway::Parts& parts, admin::MetricsSnapshot* snapshot) {
  const auto workers = static_cast<unsigned>(parts.workers.size());
  for (std::size_t listener = 0; listener < parts.listeners->size(); ++listener) {
    for (unsigned worker = 0; worker < workers; ++worker) {
      snapshot->further.push_back(
          {"trapd_kernel_drops_total",
           "Datagrams the kernel dropped because the queue was full; part of trapd_dropped_total",
           true,
           {{"listener", parts.listeners->text(listener)}, {"worker", std::to_string(worker)}},
           static_cast<double>(parts.listeners->kernel_drops(listener, worker, workers))});
    }
  }
}

void add_tolerated(Gateway::Parts& parts, admin::MetricsSnapshot* snapshot) {
  for (unsigned i = 0; i < static_cast<unsigned>(snmp::Deviation::kCount); ++i) {
    const auto deviation = static_cast<snmp::Deviation>(i);
    std::uint64_t total = 0;
    for (const auto& worker : parts.workers) total += worker->counters().tolerated.get(deviation);
    snapshot->further.push_back({"trapd_tolerated_total",
                                 "Datagrams in which a deviation from the standards was let pass",
                                 true,
                                 {{"deviation", snmp::label(deviation)}},
                                 static_cast<double>(total)});
  }
}

void add_further(Gateway::Parts& parts, admin::MetricsSnapshot* snapshot) {
  const auto add = [&](const char* name, const char* help, bool counter, double value) {
    snapshot->further.push_back({name, help, counter, {}, value});
  };
  std::uint64_t responses = 0;
  std::uint64_t reports = 0;
  std::uint64_t ring_full = 0;
  std::uint64_t silent_drops = 0;
  for (const auto& worker : parts.workers) {
    responses += worker->counters().responses.get();
    reports += worker->counters().reports.get();
    ring_full += worker->counters().ring_full.get();
    silent_drops += worker->counters().silent_drops.get();
  }
  const journal::LedgerCounters& ledger = parts.ledger->counters();
  add("trapd_responses_total", "Informs answered", true, static_cast<double>(responses));
  add("trapd_reports_total", "SNMPv3 Reports sent", true, static_cast<double>(reports));
  add("trapd_silent_drops_total", "Informs without an answer: not even tooBig fitted", true,
      static_cast<double>(silent_drops));
  add_tolerated(parts, snapshot);
  add("trapd_ring_full_total", "Times a worker stopped reading because the ledger was behind", true,
      static_cast<double>(ring_full));
  add("trapd_commits_total", "Journal commits", true, static_cast<double>(ledger.commits.get()));
  add("trapd_commit_failures_total", "Journal commits that failed and were tried again", true,
      static_cast<double>(ledger.commit_failures.get()));
  add("trapd_own_reports_left_out_total", "Own conditions beyond the bound of their queue", true,
      static_cast<double>(ledger.own_left_out.get()));
  add("trapd_duplicates_left_early_total",
      "Remembered datagrams and informs that gave way before their time: limits.duplicates", true,
      static_cast<double>(ledger.duplicates_left_early.get()));
  const auto known = [&](const char* kind, std::uint64_t ns) {
    snapshot->further.push_back({"trapd_duplicates_known_seconds",
                                 "How far back a repeated inform or trap is known as such",
                                 false,
                                 {{"kind", kind}},
                                 static_cast<double>(ns) / 1e9});
  };
  known("inform", ledger.informs_known_ns.get());
  known("trap", ledger.traps_known_ns.get());
  add_kernel_drops(parts, snapshot);
  add("trapd_engines", "Engines whose clocks are known", false,
      static_cast<double>(parts.engines->size()));
}

}  // namespace

admin::MetricsSnapshot Gateway::Parts::metrics() {
  const Counts now = counts();
  admin::MetricsSnapshot page;
  for (std::size_t i = 0; i < now.received.size(); ++i) {
    page.received.emplace_back(listeners->text(i), now.received[i]);
  }
  page.dropped = now.dropped;
  page.suppressed = now.suppressed;
  page.stored = now.stored;
  page.in_flight = now.in_flight;
  page.originated = ledger->counters().originated.get();
  page.usm = usm_stats(*this);
  for (int severity = 2; severity <= 6; ++severity) {
    for (int type = 1; type <= 11; ++type) {
      const auto s = static_cast<alarm::Severity>(severity);
      const auto t = static_cast<alarm::EventType>(type);
      if (const auto count = ledger->alarm_count(s, t); count > 0) {
        page.alarms_active.push_back({s, t, count});
      }
    }
  }
  page.latency.push_back(latency("commit", "", ledger->counters().datagram_to_commit));
  page.store_bytes = store->usage().bytes_used;
  dispatchers.with([&](const auto& all) {
    for (const auto& [name, dispatcher] : all) {
      const forwarders::Dispatcher::Status status = dispatcher->status();
      const journal::DeadLetters::Counts dead = ledger->dead_letter_counts(name);
      page.destinations.push_back({name, status.sent, status.failed, status.lost, status.backlog,
                                   status.health.up, dead.kept, dead.total});
      const forwarders::TestEvents::Status tests = test_events->status_of(name);
      const auto add_tests = [&, &to = name](const char* result, std::uint64_t count) {
        page.further.push_back({"trapd_destination_tests_total",
                                "Test events to this destination alone, not among those sent",
                                true,
                                {{"destination", to}, {"result", result}},
                                static_cast<double>(count)});
      };
      add_tests("delivered", tests.delivered_count);
      add_tests("failed", tests.failed_count);
      page.latency.push_back(latency("sent", name, dispatcher->datagram_to_sent()));
    }
  });
  add_further(*this, &page);
  add_agent_metrics(&page);
  add_audit_metrics(&page);
  return page;
}

admin::Readiness Gateway::Parts::readiness() {
  admin::Readiness readiness;
  if (const std::string error = ledger->commit_error(); !error.empty()) {
    readiness.reasons.push_back("the journal cannot be written: " + error);
  }
  readiness.ready = readiness.reasons.empty();
  return readiness;
}

}  // namespace trapd
