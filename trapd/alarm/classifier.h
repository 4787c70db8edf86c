// SPDX-License-Identifier: Apache-2.0
// Rules compiled to OIDs: decides severity, type, cause, alarm name, resource and text of one
// notification. Immutable after build; any thread; no allocation in classify(); cost does not
// grow with the number of rules (hash of exact OIDs, then one probe per prefix length).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/record.h"
#include "trapd/alarm/rule.h"
#include "trapd/base/expected.h"
#include "trapd/snmp/notification.h"
#include "trapd/snmp/oid_names.h"

namespace trapd::alarm {

enum class Disposition : std::uint8_t { kStore, kSuppress, kDrop };

inline constexpr std::uint32_t kNoRule = 0xffffffff;

/// Result for one notification; the room for made-up texts is the caller's, reused per worker.
/// The severity is cleared exactly when the action is a clear.
struct Classification {
  Disposition disposition = Disposition::kStore;
  Severity severity = Severity::kIndeterminate;
  EventType type = EventType::kOther;
  ProbableCause cause = kCauseOther;
  Action action = Action::kEvent;
  bool clears_device = false;
  std::uint32_t rule_index = kNoRule;  // into rules()
  std::string_view rule;               // lives as long as the Classifier
  std::string_view alarm_name;  // likewise, or in `room`; dotted trap OID when no rule matched
  std::string_view resource;    // in `room`
  std::string_view text;        // in `room`; one line of valid UTF-8 without control characters
  std::array<char, 3 * kFieldOctetsMax> room;  // a field's bound for each of the last three
};

/// What templates may name besides varbinds.
struct ClassifyContext {
  std::string_view device;       // stable identity
  std::string_view device_name;  // for people
  std::string_view source;       // address text
};

struct RuleError {
  RulePosition position;
  std::string text;
};

class Classifier {
  struct Compiled;

 public:
  /// All errors at once (unknown names, double rule names, bad templates); on any, no classifier.
  /// An object or trap that `names` cannot resolve is an error unless it is dotted decimal.
  /// `workers`: how many threads are going to count() hits.
  static Expected<std::shared_ptr<const Classifier>, std::vector<RuleError>> build(
      const std::vector<Rule>& rules, const snmp::OidNames& names, std::size_t workers = 1);
  explicit Classifier(std::unique_ptr<Compiled> compiled);  // build() makes one
  ~Classifier();
  Classifier(const Classifier&) = delete;
  Classifier& operator=(const Classifier&) = delete;

  /// Fills all of `result` but the room behind its texts. The views in `context` are only read.
  void classify(const snmp::Notification& notification, const ClassifyContext& context,
                Classification* result) const;

  /// A hit for the rule that gave the result. Each worker number belongs to one thread, whose
  /// counters lie on cache lines of their own: no shared write, no atomic read-modify-write.
  void count(const Classification& result, std::size_t worker) const;

  struct RuleInfo {
    std::string_view name;
    RulePosition position;
    std::uint64_t hits = 0;  // of all workers since this classifier was built
  };
  std::vector<RuleInfo> rules() const;
  /// Notifications that no rule matched.
  std::uint64_t unmatched() const;

 private:
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace trapd::alarm
