// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/own_reports.h"

#include <algorithm>

#include "trapd/base/clock.h"

namespace trapd::journal {

bool OwnReports::merge(Queue& queue, const OwnReport& report, std::int64_t monotonic_ns) {
  if (!alarm::row(report.condition).stateful) return false;  // each event counts
  const auto is_old = [&](const auto& entry) {
    return monotonic_ns - entry.second.at_ns >= kNsPerSecond;
  };
  const auto found = queue.last.find({report.condition, report.resource});
  if (found != queue.last.end()) {
    const bool same =
        found->second.raised == report.raised && found->second.severity == report.severity;
    if (same && !is_old(*found)) return true;
    found->second = {report.raised, report.severity, monotonic_ns};
    return false;
  }
  if (queue.last.size() >= kWaitingMax) std::erase_if(queue.last, is_old);
  if (queue.last.size() < kWaitingMax) {
    queue.last.try_emplace({report.condition, report.resource},
                           Last{report.raised, report.severity, monotonic_ns});
  }
  return false;
}

/// The latest that waits of this condition says what is true now. Looked for only while the queue
/// is full.
bool OwnReports::replace(Queue& queue, OwnReport& report) {
  if (!alarm::row(report.condition).stateful) return false;
  const auto found =
      std::find_if(queue.waiting.rbegin(), queue.waiting.rend(), [&](const OwnReport& waiting) {
        return waiting.condition == report.condition && waiting.resource == report.resource;
      });
  if (found == queue.waiting.rend()) return false;
  queue.last.erase({report.condition, report.resource});
  *found = std::move(report);
  return true;
}

OwnReports::Fate OwnReports::put(OwnReport report, std::int64_t monotonic_ns) {
  return queue_.with([&](Queue& queue) {
    if (queue.waiting.size() >= kWaitingMax) {
      if (replace(queue, report)) return Fate::kMerged;
      ++queue.left_out;
      return Fate::kLeftOut;
    }
    if (merge(queue, report, monotonic_ns)) return Fate::kMerged;
    queue.waiting.push_back(std::move(report));
    return Fate::kWaits;
  });
}

void OwnReports::take(std::vector<OwnReport>* out) {
  queue_.with([&](Queue& queue) {
    for (OwnReport& report : queue.waiting) out->push_back(std::move(report));
    queue.waiting.clear();
  });
}

bool OwnReports::empty() const {
  return queue_.with([](const Queue& queue) { return queue.waiting.empty(); });
}

std::uint64_t OwnReports::left_out() const {
  return queue_.with([](const Queue& queue) { return queue.left_out; });
}

}  // namespace trapd::journal
