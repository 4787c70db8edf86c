// SPDX-License-Identifier: Apache-2.0
// Own conditions on their way to the ledger: reported from any thread, taken by the ledger's.
// Never blocks for longer than a short lock; at most kWaitingMax wait (5 MB or so, while the store
// takes nothing). Beyond it the news of a condition that waits already takes the place of what
// waits, and what is left is counted and left out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "trapd/alarm/own_condition.h"
#include "trapd/base/guarded.h"

namespace trapd::journal {

struct OwnReport {
  alarm::OwnCondition condition = alarm::OwnCondition::kStarted;
  bool raised = true;
  std::string resource;
  std::string text;
  std::int64_t wall_ns = 0;
  std::optional<alarm::Severity> severity = std::nullopt;  // other than the condition's own
  std::string labels = {};                                 // "key=value" lines
};

class OwnReports {
 public:
  static constexpr std::size_t kWaitingMax = 16'384;

  enum class Fate : std::uint8_t {
    kWaits,
    kMerged,   // with one that waits, or the same of the last second (stateful conditions only)
    kLeftOut,  // too many wait
  };
  Fate put(OwnReport report, std::int64_t monotonic_ns);
  /// Appends what waits to `out`.
  void take(std::vector<OwnReport>* out);
  bool empty() const;
  std::uint64_t left_out() const;

 private:
  using Key = std::pair<alarm::OwnCondition, std::string>;
  struct Last {
    bool raised = false;
    std::optional<alarm::Severity> severity;
    std::int64_t at_ns = 0;
  };
  struct Queue {
    std::vector<OwnReport> waiting;
    std::map<Key, Last> last;  // of the last second; at most kWaitingMax
    std::uint64_t left_out = 0;
  };
  static bool replace(Queue& queue, OwnReport& report);
  static bool merge(Queue& queue, const OwnReport& report, std::int64_t monotonic_ns);

  Guarded<Queue> queue_;
};

}  // namespace trapd::journal
