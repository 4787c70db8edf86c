// SPDX-License-Identifier: Apache-2.0
// One rule with OIDs in place of names: does it hold, and what does it say? Immutable; any thread;
// nothing here allocates once compiled.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "trapd/alarm/classifier.h"
#include "trapd/alarm/rule_names.h"
#include "trapd/alarm/rule_template.h"
#include "trapd/alarm/sender_condition.h"
#include "trapd/alarm/varbind_condition.h"
#include "trapd/alarm/varbind_set.h"

namespace trapd::alarm {

/// A constant, or a varbind's number through a table.
template <typename T>
class ValueOrVarbind {
 public:
  explicit ValueOrVarbind(T constant) : otherwise_(constant) {}
  /// is_known(n): may n be taken as a T when there is no table?
  ValueOrVarbind(snmp::Oid object, const FromVarbind<T>& from, T otherwise,
                 bool (*is_known)(std::int64_t))
      : object_(std::move(object)),
        values_(from.values),
        otherwise_(from.otherwise.value_or(otherwise)),
        is_known_(is_known) {
    std::stable_sort(values_.begin(), values_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
  }

  T of(const VarbindSet& varbinds) const {
    snmp::Varbind varbind;
    if (object_.empty() || !varbinds.find(object_, &varbind)) return otherwise_;
    const std::optional<std::int64_t> number = number_of(varbind.value);
    if (!number) return otherwise_;
    if (values_.empty()) return is_known_(*number) ? static_cast<T>(*number) : otherwise_;
    const auto row = std::lower_bound(values_.begin(), values_.end(), *number,
                                      [](const auto& a, std::int64_t n) { return a.first < n; });
    return row != values_.end() && row->first == *number ? row->second : otherwise_;
  }

 private:
  snmp::Oid object_;  // empty: constant
  std::vector<std::pair<std::int64_t, T>> values_;
  T otherwise_;
  bool (*is_known_)(std::int64_t) = nullptr;
};

/// What a rule does not say is empty: of several that match, the last one that says it is heard.
struct CompiledRule {
  std::string name;
  RulePosition position;
  std::vector<VarbindCondition> where;
  std::optional<SenderCondition> sender;
  std::optional<ValueOrVarbind<Severity>> severity;
  std::optional<ValueOrVarbind<EventType>> type;
  std::optional<ValueOrVarbind<ProbableCause>> cause;
  std::optional<StateRule> state;
  std::optional<RuleTemplate> alarm;
  std::optional<RuleTemplate> resource;
  std::optional<RuleTemplate> text;
  std::vector<std::pair<std::string, RuleTemplate>> labels;
  std::uint32_t timeout_s = 0;
  std::optional<Disposition> disposition;
  bool clears_device = false;
  bool marks_device = false;
  bool goes_on = false;
  bool has_trap = false;  // is about certain traps, not about all of a sender or a subtree

  /// Appends what is wrong; the result is of use only when nothing was.
  static CompiledRule compile(const Rule& rule, const snmp::OidNames& mibs,
                              std::vector<RuleError>* errors);

  bool holds(const VarbindSet& varbinds, const ClassifyContext& context) const;
  /// Labels and a timeout alone leave the name to the rules that match next; where none does, to
  /// nobody, unless the rule ends the matching or is about this trap.
  bool says_what_it_is() const {
    return severity || type || cause || state || alarm || resource || text || disposition ||
           clears_device || marks_device;
  }
};

/// What the rules at result->rule_indexes say together; fills all of `result` but those. False
/// when none of them says what it is: alarm name, text, rule and rule_index are left as they were.
bool say_all(std::span<const CompiledRule> rules, const TemplateInput& input,
             Classification* result);

}  // namespace trapd::alarm
