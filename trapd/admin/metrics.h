// SPDX-License-Identifier: Apache-2.0
// The metrics of trapd under their public names, in Prometheus' text format. The gateway gives a
// snapshot of plain numbers; naming and formatting are here.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "trapd/alarm/x733.h"
#include "trapd/snmp/drop_reason.h"

namespace trapd::admin {

/// RFC 3414 5, usmStats.
struct UsmStats {
  std::uint64_t unsupported_sec_levels = 0;
  std::uint64_t not_in_time_windows = 0;
  std::uint64_t unknown_user_names = 0;
  std::uint64_t unknown_engine_ids = 0;
  std::uint64_t wrong_digests = 0;
  std::uint64_t decryption_errors = 0;
};

struct DestinationMetrics {
  std::string name;
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;
  std::uint64_t lost = 0;
  std::uint64_t backlog = 0;
  bool up = false;
  std::uint64_t dead_letters = 0;  // on the list
  std::uint64_t dead = 0;          // ever
};

/// One histogram of trapd_latency_seconds.
struct LatencyMetrics {
  std::string stage;                                      // "commit" | "sent"
  std::string destination;                                // for "sent"; empty = no label
  std::vector<std::pair<double, std::uint64_t>> buckets;  // upper bound in s, count in this bucket
  double sum_s = 0;
};

/// A number without a place of its own above.
struct NamedMetric {
  std::string name;  // "trapd_commits_total"
  std::string help;
  bool counter = false;  // else a gauge
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

struct MetricsSnapshot {
  std::vector<std::pair<std::string, std::uint64_t>> received;  // by listener
  std::array<std::uint64_t, static_cast<std::size_t>(snmp::DropReason::kCount)> dropped{};
  std::array<std::uint64_t, static_cast<std::size_t>(snmp::SuppressReason::kCount)> suppressed{};
  std::uint64_t stored = 0;
  std::uint64_t originated = 0;
  std::uint64_t in_flight = 0;
  UsmStats usm;
  struct ActiveAlarms {
    alarm::Severity severity = alarm::Severity::kIndeterminate;
    alarm::EventType type = alarm::EventType::kOther;
    std::uint64_t count = 0;
  };
  std::vector<ActiveAlarms> alarms_active;
  std::vector<DestinationMetrics> destinations;
  std::vector<LatencyMetrics> latency;
  std::uint64_t store_bytes = 0;
  std::vector<NamedMetric> further;
};

/// Text of /metrics. Any thread.
std::string metrics_text(const MetricsSnapshot& snapshot);

}  // namespace trapd::admin
