// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/phase_times.h"

#include <algorithm>

#include "trapd/base/clock.h"

namespace trapd {

PhaseTimes::PhaseTimes(const Clock& clock)
    : clock_(clock), begin_ns_(clock.monotonic_ns()), last_ns_(begin_ns_) {}

void PhaseTimes::end(std::string_view phase) {
  const std::int64_t now_ns = clock_.monotonic_ns();
  const auto known = std::find_if(phases_.begin(), phases_.end(),
                                  [&](const auto& earlier) { return earlier.first == phase; });
  if (known != phases_.end()) {
    known->second += now_ns - last_ns_;
  } else {
    phases_.emplace_back(phase, now_ns - last_ns_);
  }
  last_ns_ = now_ns;
}

std::int64_t PhaseTimes::total_ms() const { return (last_ns_ - begin_ns_) / kNsPerMs; }

std::string PhaseTimes::text() const {
  std::string text;
  for (const auto& [phase, ns] : phases_) {
    if (!text.empty()) text += ", ";
    text.append(phase).append(" ").append(std::to_string(ns / kNsPerMs));
  }
  return text;
}

}  // namespace trapd
