// SPDX-License-Identifier: Apache-2.0
// Alarms and events that come too often: from the threshold-th notification of one key within an
// interval on, those that bring nothing new are not stored. One alarm says so, with how many and
// when. Pure logic on the caller's clock; one thread.
//
//                 threshold within an interval: alarm raised
//   COUNTING ------------------------------------------------> SUPPRESSING --+ interval over, not
//      ^                                                            |   ^    | fewer: alarm again
//      +-- interval over, fewer than the threshold: alarm cleared --+   +----+ with the count
//
// What changes the list of alarms (a raise, a clear, another severity, a device's restart) is
// counted and always stored: a storm must not leave an alarm active that has ended.
//
// Key: device, name and resource, by the resource of the alarm that tells of it. So that a start
// goes on from the active alarms: what was being suppressed still is, for one interval at least.
//
// Bounds: kKeysMax keys are counted, about 100 octets each; when there are more, the one whose
// interval began first leaves. kActiveMax are suppressed at a time; further ones are stored.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "trapd/alarm/correlation.h"
#include "trapd/alarm/correlator.h"
#include "trapd/alarm/timeouts.h"

namespace trapd::alarm {

class Suppression {
 public:
  static constexpr std::size_t kKeysMax = 65'536;
  static constexpr std::size_t kActiveMax = 1'000;

  /// What has to be told by an alarm of our own (kSuppression).
  struct Report {
    bool raised = true;
    std::string resource;
    std::string text;
    std::string labels;  // suppressed=N, first=…, last=…
  };

  explicit Suppression(const std::optional<SuppressionLimits>& limits) : limits_(limits) {}
  /// Switched off, all that is suppressed ends when it is due.
  void set_limits(const std::optional<SuppressionLimits>& limits) { limits_ = limits; }
  bool is_on() const { return limits_.has_value(); }

  /// One notification. True: it is not to be stored. `needed`: it changes the list of alarms.
  bool take(const RecordView& record, bool needed, std::int64_t monotonic_ns);
  /// After a start, for each active alarm of kSuppression.
  void resume(const AlarmState& told, std::int64_t monotonic_ns);

  bool may_be_due(std::int64_t monotonic_ns) const { return ends_.is_due(monotonic_ns); }
  /// Intervals that are over; then take_report().
  void take_due(std::int64_t monotonic_ns);
  bool has_report() const { return !reports_.empty(); }
  std::optional<Report> take_report();

  std::size_t active() const { return active_.size(); }
  std::size_t counted() const { return counted_.size(); }

 private:
  struct Count {
    std::int64_t since_ns = 0;  // of this interval, monotonic
    std::uint32_t notifications = 0;
  };
  struct Active {
    std::string resource;
    std::string what;                 // for people
    std::uint32_t notifications = 0;  // of this interval
    std::uint64_t suppressed = 0;
    std::string first;              // RFC 3339; empty = none yet
    std::string last;               // as it was told last
    std::int64_t last_wall_ns = 0;  // since then; 0 = none. A text only when told: a storm is long
  };
  struct Begun {
    std::int64_t since_ns = 0;
    std::uint64_t key = 0;
  };

  std::uint32_t count(std::uint64_t key, std::int64_t monotonic_ns);
  void make_room(std::int64_t monotonic_ns);
  void drop_oldest();
  void begin(std::uint64_t key, const RecordView& record, std::int64_t monotonic_ns);
  void report(bool raised, std::string text, const Active& active);

  std::optional<SuppressionLimits> limits_;
  std::unordered_map<std::uint64_t, Count> counted_;
  std::deque<Begun> begun_;
  std::unordered_map<std::uint64_t, Active> active_;
  Timeouts ends_;  // of the intervals of active_
  std::deque<Report> reports_;
  std::string scratch_;
};

}  // namespace trapd::alarm
