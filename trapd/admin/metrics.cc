// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <sstream>

namespace trapd::admin {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

/// One family while it is filled.
class Family {
 public:
  Family(std::string name, std::string help, MetricType type) {
    family_.name = std::move(name);
    family_.help = std::move(help);
    family_.type = type;
  }
  void add(Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family_.metric.push_back(std::move(metric));
  }
  void add(Labels labels, std::uint64_t value) {
    add(std::move(labels), static_cast<double>(value));
  }
  void add_histogram(Labels labels, const LatencyMetrics& latency) {
    ClientMetric metric;
    metric.label = std::move(labels);
    std::uint64_t total = 0;
    for (const auto& [upper_bound, count] : latency.buckets) {
      total += count;
      if (std::isfinite(upper_bound)) metric.histogram.bucket.push_back({total, upper_bound});
    }
    metric.histogram.bucket.push_back({total, INFINITY});
    metric.histogram.sample_count = total;
    metric.histogram.sample_sum = latency.sum_s;
    family_.metric.push_back(std::move(metric));
  }
  MetricFamily take() { return std::move(family_); }

 private:
  MetricFamily family_;
};

/// A family of one number without labels.
MetricFamily single(const char* name, const char* help, MetricType type, std::uint64_t value) {
  Family family(name, help, type);
  family.add({}, value);
  return family.take();
}

MetricFamily received(const MetricsSnapshot& snapshot) {
  Family family("trapd_received_total", "Datagrams that reached our sockets, kernel drops included",
                MetricType::Counter);
  for (const auto& [listener, count] : snapshot.received) {
    family.add({{"listener", listener}}, count);
  }
  return family.take();
}

/// Every reason is there from the start, with zero: a rate needs the first sample.
template <typename Reason, std::size_t N>
MetricFamily by_reason(const char* name, const char* help,
                       const std::array<std::uint64_t, N>& counts) {
  Family family(name, help, MetricType::Counter);
  for (std::size_t i = 0; i < N; ++i) {
    family.add({{"reason", snmp::label(static_cast<Reason>(i))}}, counts[i]);
  }
  return family.take();
}

void add_usm(const UsmStats& usm, std::vector<MetricFamily>* families) {
  struct Row {
    const char* name;
    const char* help;
    std::uint64_t value;
  };
  const Row rows[] = {
      {"trapd_usm_unsupported_sec_levels_total", "usmStatsUnsupportedSecLevels",
       usm.unsupported_sec_levels},
      {"trapd_usm_not_in_time_windows_total", "usmStatsNotInTimeWindows", usm.not_in_time_windows},
      {"trapd_usm_unknown_user_names_total", "usmStatsUnknownUserNames", usm.unknown_user_names},
      {"trapd_usm_unknown_engine_ids_total", "usmStatsUnknownEngineIDs", usm.unknown_engine_ids},
      {"trapd_usm_wrong_digests_total", "usmStatsWrongDigests", usm.wrong_digests},
      {"trapd_usm_decryption_errors_total", "usmStatsDecryptionErrors", usm.decryption_errors},
  };
  for (const Row& row : rows) {
    families->push_back(single(row.name, row.help, MetricType::Counter, row.value));
  }
}

MetricFamily alarms(const MetricsSnapshot& snapshot) {
  Family family("trapd_alarms_active", "Active alarms", MetricType::Gauge);
  for (const MetricsSnapshot::ActiveAlarms& row : snapshot.alarms_active) {
    family.add({{"severity", alarm::to_text(row.severity)}, {"type", alarm::to_text(row.type)}},
               row.count);
  }
  return family.take();
}

void add_destinations(const MetricsSnapshot& snapshot, std::vector<MetricFamily>* families) {
  Family sent("trapd_destination_sent_total", "Notifications delivered", MetricType::Counter);
  Family failed("trapd_destination_failed_total", "Attempts that failed and are made again",
                MetricType::Counter);
  Family lost("trapd_destination_lost_total", "Entries lost because the store was full",
              MetricType::Counter);
  Family backlog("trapd_destination_backlog", "Stored records not yet delivered or passed over",
                 MetricType::Gauge);
  Family up("trapd_destination_up", "1 while the destination takes what it is sent",
            MetricType::Gauge);
  Family letters("trapd_destination_dead_letters", "Records on the list of those it refuses",
                 MetricType::Gauge);
  Family dead("trapd_destination_dead_total", "Records that it has refused for good",
              MetricType::Counter);
  for (const DestinationMetrics& row : snapshot.destinations) {
    const Labels labels = {{"destination", row.name}};
    sent.add(labels, row.sent);
    failed.add(labels, row.failed);
    lost.add(labels, row.lost);
    backlog.add(labels, row.backlog);
    up.add(labels, row.up ? 1.0 : 0.0);
    letters.add(labels, row.dead_letters);
    dead.add(labels, row.dead);
  }
  for (Family* family : {&sent, &failed, &lost, &backlog, &up, &letters, &dead}) {
    families->push_back(family->take());
  }
}

MetricFamily latency(const MetricsSnapshot& snapshot) {
  Family family("trapd_latency_seconds",
                "From the kernel's stamp of the datagram to its commit, and to its delivery",
                MetricType::Histogram);
  for (const LatencyMetrics& row : snapshot.latency) {
    Labels labels = {{"stage", row.stage}};
    if (!row.destination.empty()) labels.push_back({"destination", row.destination});
    family.add_histogram(std::move(labels), row);
  }
  return family.take();
}

/// Neighbours of one name make one family.
void add_further(const MetricsSnapshot& snapshot, std::vector<MetricFamily>* families) {
  for (const NamedMetric& row : snapshot.further) {
    const MetricType type = row.counter ? MetricType::Counter : MetricType::Gauge;
    Labels labels;
    for (const auto& [name, value] : row.labels) labels.push_back({name, value});
    Family family(row.name, row.help, type);
    family.add(std::move(labels), row.value);
    MetricFamily made = family.take();
    if (!families->empty() && families->back().name == made.name) {
      families->back().metric.push_back(std::move(made.metric.front()));
    } else {
      families->push_back(std::move(made));
    }
  }
}

}  // namespace

std::string metrics_text(const MetricsSnapshot& snapshot) {
  std::vector<MetricFamily> families;
  families.push_back(received(snapshot));
  families.push_back(by_reason<snmp::DropReason>(
      "trapd_dropped_total", "Datagrams that were not taken, by reason", snapshot.dropped));
  families.push_back(by_reason<snmp::SuppressReason>(
      "trapd_suppressed_total", "Notifications taken but not stored, by reason",
      snapshot.suppressed));
  families.push_back(
      single("trapd_stored_total", "Notifications on disk", MetricType::Counter, snapshot.stored));
  families.push_back(single("trapd_originated_total", "Own conditions and operator actions on disk",
                            MetricType::Counter, snapshot.originated));
  families.push_back(single("trapd_in_flight",
                            "Received, and neither stored nor suppressed nor dropped yet",
                            MetricType::Gauge, snapshot.in_flight));
  add_usm(snapshot.usm, &families);
  families.push_back(alarms(snapshot));
  add_destinations(snapshot, &families);
  families.push_back(latency(snapshot));
  families.push_back(single("trapd_store_bytes", "Pages of the store in use", MetricType::Gauge,
                            snapshot.store_bytes));
  add_further(snapshot, &families);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

}  // namespace trapd::admin
