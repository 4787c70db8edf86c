// SPDX-License-Identifier: Apache-2.0
// Rules compiled to OIDs: decides severity, type, cause, alarm name, resource and text of one
// notification. Immutable after build; any thread; no allocation in classify(); cost does not
// grow with the number of rules (hash of exact OIDs, then one probe per prefix length).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/oid_alias.h"
#include "trapd/alarm/record.h"
#include "trapd/alarm/rule.h"
#include "trapd/alarm/rule_text.h"
#include "trapd/alarm/unmatched_traps.h"
#include "trapd/base/expected.h"
#include "trapd/snmp/notification.h"
#include "trapd/snmp/oid_names.h"

namespace trapd::alarm {

enum class Disposition : std::uint8_t { kStore, kSuppress, kDrop };

inline constexpr std::uint32_t kNoRule = 0xffffffff;
inline constexpr std::size_t kRulesPerTrapMax = 8;
inline constexpr std::size_t kLabelsMax = 32;           // of one notification
inline constexpr std::size_t kRulesOfAnyTrapMax = 100;  // each is looked at for each trap

/// Result for one notification; the room for made-up texts is the caller's, reused per worker.
/// The severity is cleared exactly when the action is a clear.
struct Classification {
  Disposition disposition = Disposition::kStore;
  Severity severity = Severity::kIndeterminate;
  EventType type = EventType::kOther;
  ProbableCause cause = kCauseOther;
  Action action = Action::kEvent;
  bool clears_device = false;
  bool marks_device = false;
  std::uint32_t timeout_s = 0;  // of a raise; 0 = never
  /// Those that matched, into rules(): the first, and as long as a rule goes on the next ones.
  std::array<std::uint32_t, kRulesPerTrapMax> rule_indexes{};
  std::size_t rule_count = 0;
  std::uint32_t rule_index = kNoRule;  // the one of them that gives the name
  std::string_view rule;               // its name; lives as long as the Classifier
  std::string_view alarm_name;  // likewise, or in `room`; dotted trap OID when no rule names it
  std::string_view resource;    // in `room`
  std::string_view text;        // in `room`; one line of valid UTF-8 without control characters
  std::string_view labels;      // in `room`; "key=value" lines, each as clean as the text
  std::array<char, 4 * kFieldOctetsMax> room;  // a field's bound for each of the last four
  RenamedOids renamed;                         // behind the aliases of the device
};

/// Who sent it: what templates may name besides varbinds, and conditions ask for.
struct ClassifyContext {
  std::string_view device = {};       // stable identity
  std::string_view device_name = {};  // for people
  std::string_view source = {};       // address text
  std::string_view site = {};
  std::string_view tenant = {};
  Endpoint address = {};   // that of `source`
  Endpoint listener = {};  // as configured
  snmp::SecurityLevel level = snmp::SecurityLevel::kNoAuthNoPriv;
  snmp::Version version = snmp::Version::kV1;
  std::span<const OidAlias> aliases = {};
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

  /// A hit for each rule that gave the result, and one for its trap when none says what it is. Each
  /// worker number belongs to one thread, whose counters lie on cache lines of their own: no shared
  /// write, no atomic read-modify-write.
  void count(const Classification& result, snmp::OidView trap, std::size_t worker) const;

  struct RuleInfo {
    std::string_view name;
    RulePosition position;
    std::uint64_t hits = 0;  // of all workers since this classifier was built
  };
  std::vector<RuleInfo> rules() const;
  struct RuleDetails {
    RuleInfo info;
    RuleText text;
  };
  std::optional<RuleDetails> rule(std::string_view name) const;
  /// Notifications of which no rule says what they are.
  std::uint64_t unmatched() const;
  /// Their traps, of all workers, those seen most first; at most UnmatchedTraps::kTrapsMax.
  std::vector<UnmatchedTrap> unmatched_traps() const;

 private:
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace trapd::alarm
