// SPDX-License-Identifier: Apache-2.0
// What the rules that match say together (compiled_rule.h).
#include <algorithm>
#include <cstring>

#include "trapd/alarm/compiled_rule.h"

namespace trapd::alarm {
namespace {

struct StateAndSeverity {
  Action action;
  Severity severity;
};

/// The severity is cleared exactly when the action is a clear.
StateAndSeverity settle(StateRule state, Severity severity) {
  const bool cleared = severity == Severity::kCleared;
  switch (state) {
    case StateRule::kEvent:  // an event ends nothing, whatever its severity says
      return {Action::kEvent, cleared ? Severity::kIndeterminate : severity};
    case StateRule::kClear:
      return {Action::kClear, Severity::kCleared};
    case StateRule::kRaise:
    case StateRule::kBySeverity:
      return {cleared ? Action::kClear : Action::kRaise, severity};
  }
  return {Action::kEvent, Severity::kIndeterminate};
}

/// The labels of several rules; of one name the last value is heard.
class Labels {
 public:
  using Label = std::pair<std::string, RuleTemplate>;

  void add(const std::vector<Label>& labels) {
    for (const Label& label : labels) add(label);
  }

  /// One line each; a label without value is left out, and so is what has no room.
  std::string_view render(const TemplateInput& input, std::span<char> room) const {
    std::size_t size = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const auto& [name, value] = *labels_[i];
      const std::size_t head = (size == 0 ? 0 : 1) + name.size() + 1;
      if (size + head >= room.size()) continue;
      const std::span<char> value_room = room.subspan(size + head);
      const std::string_view text = value.render(input, value_room);
      if (text.empty()) continue;
      if (text.data() != value_room.data())
        std::memcpy(value_room.data(), text.data(), text.size());
      char* to = room.data() + size;
      if (size != 0) *to++ = '\n';
      *std::copy(name.begin(), name.end(), to) = '=';
      size += head + text.size();
    }
    return {room.data(), size};
  }

 private:
  void add(const Label& label) {
    for (std::size_t i = 0; i < count_; ++i) {
      if (labels_[i]->first != label.first) continue;
      labels_[i] = &label;
      return;
    }
    if (count_ < labels_.size()) labels_[count_++] = &label;
  }

  std::array<const Label*, kLabelsMax> labels_;
  std::size_t count_ = 0;
};

/// Whom to ask for what: the last rule that says it.
struct Speakers {
  const CompiledRule* named = nullptr;  // the first that says what it is
  const CompiledRule* else_named = nullptr;
  const CompiledRule* severity = nullptr;
  const CompiledRule* type = nullptr;
  const CompiledRule* cause = nullptr;
  const CompiledRule* state = nullptr;
  const CompiledRule* alarm = nullptr;
  const CompiledRule* resource = nullptr;
  const CompiledRule* text = nullptr;
  const CompiledRule* timeout = nullptr;
  const CompiledRule* disposition = nullptr;
  bool clears_device = false;
  bool marks_device = false;
  Labels labels;

  void add(const CompiledRule& rule) {
    if (named == nullptr && rule.says_what_it_is()) named = &rule;
    if (else_named == nullptr && (rule.has_trap || !rule.goes_on)) else_named = &rule;
    if (rule.severity) severity = &rule;
    if (rule.type) type = &rule;
    if (rule.cause) cause = &rule;
    if (rule.state) state = &rule;
    if (rule.alarm) alarm = &rule;
    if (rule.resource) resource = &rule;
    if (rule.text) text = &rule;
    if (rule.timeout_s != 0) timeout = &rule;
    if (rule.disposition) disposition = &rule;
    clears_device = clears_device || rule.clears_device;
    marks_device = marks_device || rule.marks_device;
    labels.add(rule.labels);
  }
};

std::string_view rendered(const CompiledRule* rule, std::optional<RuleTemplate> CompiledRule::*part,
                          const TemplateInput& input, std::span<char> room) {
  return rule == nullptr ? std::string_view() : (rule->*part)->render(input, room);
}

}  // namespace

bool say_all(std::span<const CompiledRule> rules, const TemplateInput& input,
             Classification* result) {
  TRAPD_UNINITIALIZED Speakers who;
  for (std::size_t i = 0; i < result->rule_count; ++i) who.add(rules[result->rule_indexes[i]]);
  const VarbindSet& varbinds = input.varbinds;
  const auto settled = settle(
      who.state != nullptr ? *who.state->state : StateRule::kEvent,
      who.severity != nullptr ? who.severity->severity->of(varbinds) : Severity::kIndeterminate);
  const std::span<char> room(result->room);
  result->disposition =
      who.disposition != nullptr ? *who.disposition->disposition : Disposition::kStore;
  result->severity = settled.severity;
  result->action = settled.action;
  result->type = who.type != nullptr ? who.type->type->of(varbinds) : EventType::kOther;
  result->cause = who.cause != nullptr ? who.cause->cause->of(varbinds) : kCauseOther;
  result->clears_device = who.clears_device;
  result->marks_device = who.marks_device && !who.clears_device;
  result->timeout_s =
      who.timeout != nullptr && settled.action == Action::kRaise ? who.timeout->timeout_s : 0;
  result->labels = who.labels.render(input, room.last(kFieldOctetsMax));
  result->resource = rendered(who.resource, &CompiledRule::resource, input,
                              room.subspan(kFieldOctetsMax, kFieldOctetsMax));
  if (who.named == nullptr) who.named = who.else_named;
  if (who.named == nullptr) return false;
  result->rule_index = static_cast<std::uint32_t>(who.named - rules.data());
  result->rule = who.named->name;
  result->alarm_name =
      rendered(who.alarm, &CompiledRule::alarm, input, room.first(kFieldOctetsMax));
  if (result->alarm_name.empty()) result->alarm_name = who.named->name;
  result->text = rendered(who.text, &CompiledRule::text, input,
                          room.subspan(2 * kFieldOctetsMax, kFieldOctetsMax));
  return true;
}

}  // namespace trapd::alarm
