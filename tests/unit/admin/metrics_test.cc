// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/metrics.h"

#include <doctest/doctest.h>

#include <cmath>

namespace trapd::admin {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("the metrics bear their public names and labels") {
  MetricsSnapshot snapshot;
  snapshot.received = {{"0.0.0.0:162", 10}, {"[::]:162", 2}};
  snapshot.dropped[static_cast<std::size_t>(snmp::DropReason::kWrongDigest)] = 3;
  snapshot.suppressed[static_cast<std::size_t>(snmp::SuppressReason::kStorm)] = 4;
  snapshot.stored = 5;
  snapshot.originated = 6;
  snapshot.in_flight = 7;
  snapshot.usm.wrong_digests = 3;
  snapshot.alarms_active = {{alarm::Severity::kMajor, alarm::EventType::kEquipment, 8}};
  snapshot.destinations = {{"noc", 9, 10, 11, 12, true, 3, 5}, {"off", 0, 0, 0, 0, false, 0, 0}};
  snapshot.store_bytes = 13;
  snapshot.further = {{"trapd_ports", "help", false, {{"port", "1"}}, 1},
                      {"trapd_ports", "help", false, {{"port", "2"}}, 2}};
  const std::string text = metrics_text(snapshot);
  for (const char* line : {
           "trapd_received_total{listener=\"0.0.0.0:162\"} 10",
           "trapd_received_total{listener=\"[::]:162\"} 2",
           "trapd_dropped_total{reason=\"wrong_digest\"} 3",
           "trapd_dropped_total{reason=\"kernel\"} 0",
           "trapd_suppressed_total{reason=\"storm\"} 4",
           "trapd_stored_total 5",
           "trapd_originated_total 6",
           "trapd_in_flight 7",
           "trapd_usm_wrong_digests_total 3",
           "trapd_alarms_active{severity=\"major\",type=\"equipmentAlarm\"} 8",
           "trapd_destination_sent_total{destination=\"noc\"} 9",
           "trapd_destination_failed_total{destination=\"noc\"} 10",
           "trapd_destination_lost_total{destination=\"noc\"} 11",
           "trapd_destination_backlog{destination=\"noc\"} 12",
           "trapd_destination_up{destination=\"noc\"} 1",
           "trapd_destination_up{destination=\"off\"} 0",
           "trapd_destination_dead_letters{destination=\"noc\"} 3",
           "trapd_destination_dead_total{destination=\"noc\"} 5",
           "trapd_store_bytes 13",
           "trapd_ports{port=\"2\"} 2",
           "# TYPE trapd_received_total counter",
           "# TYPE trapd_in_flight gauge",
           "# TYPE trapd_latency_seconds histogram",
       }) {
    CAPTURE(line);
    CHECK(has_line(text, line));
  }
  // A family has its head once.
  CHECK(text.find("# TYPE trapd_ports") == text.rfind("# TYPE trapd_ports"));
}

TEST_CASE("buckets of a histogram are summed up, the last one is open") {
  for (const bool open_last : {false, true}) {
    CAPTURE(open_last);
    MetricsSnapshot snapshot;
    LatencyMetrics latency;
    latency.stage = "sent";
    latency.destination = "noc";
    latency.buckets = {{0.001, 5}, {0.01, 3}, {open_last ? INFINITY : 0.1, 2}};
    latency.sum_s = 0.5;
    snapshot.latency = {latency};
    const std::string text = metrics_text(snapshot);
    const std::string labels = "{stage=\"sent\",destination=\"noc\"";
    CHECK(has_line(text, "trapd_latency_seconds_bucket" + labels + ",le=\"0.001\"} 5"));
    CHECK(has_line(text, "trapd_latency_seconds_bucket" + labels + ",le=\"0.01\"} 8"));
    CHECK(has_line(text, "trapd_latency_seconds_bucket" + labels + ",le=\"+Inf\"} 10"));
    CHECK(has_line(text, "trapd_latency_seconds_count" + labels + "} 10"));
    CHECK(has_line(text, "trapd_latency_seconds_sum" + labels + "} 0.5"));
    CHECK(text.find("le=\"+Inf\"") == text.rfind("le=\"+Inf\""));
  }
}

}  // namespace
}  // namespace trapd::admin
