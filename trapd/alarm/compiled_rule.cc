// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/compiled_rule.h"

#include <charconv>
#include <limits>

#include "trapd/ber/tag.h"
#include "trapd/snmp/utf8.h"
#include "trapd/snmp/value_text.h"

namespace trapd::alarm {
namespace {

constexpr std::size_t kNameOctetsMax = 128;

bool known_severity(std::int64_t number) {
  return number >= static_cast<int>(Severity::kCleared) &&
         number <= static_cast<int>(Severity::kWarning);
}
bool known_type(std::int64_t number) {
  return number >= static_cast<int>(EventType::kOther) &&
         number <= static_cast<int>(EventType::kTimeDomainViolation);
}
// Causes that the registry gets later pass through (ALM-03 keeps the number).
bool known_cause(std::int64_t number) {
  return number > 0 && number <= std::numeric_limits<ProbableCause>::max();
}

std::optional<std::int64_t> whole_number(std::string_view digits) {
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > kNameOctetsMax) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

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

/// Compiles one rule; keeps going after an error, so that all are reported.
class RuleCompiler {
 public:
  RuleCompiler(const Rule& rule, const snmp::OidNames& mibs, std::vector<RuleError>* errors)
      : rule_(rule), names_(rule.objects.get(), mibs), errors_(errors) {}

  CompiledRule compile() {
    if (!is_name(rule_.name)) fail("name", "expected 1 to 128 printable ASCII characters");
    compiled_.name = rule_.name;
    compiled_.position = rule_.position;
    for (const VarbindMatch& match : rule_.where) add_condition(match);
    set_value("severity", rule_.severity, rule_.severity_from, known_severity, &compiled_.severity,
              Severity::kIndeterminate);
    set_value("type", rule_.type, rule_.type_from, known_type, &compiled_.type, EventType::kOther);
    set_value("cause", rule_.cause, rule_.cause_from, known_cause, &compiled_.cause, kCauseOther);
    compiled_.state = rule_.state;
    set_template("alarm", rule_.alarm, &compiled_.alarm);
    set_template("resource", rule_.resource, &compiled_.resource);
    set_template("text", rule_.text, &compiled_.text);
    compiled_.clears_device = rule_.clears_device;
    compiled_.disposition = rule_.drop       ? Disposition::kDrop
                            : rule_.suppress ? Disposition::kSuppress
                                             : Disposition::kStore;
    return std::move(compiled_);
  }

 private:
  void fail(std::string_view key, const std::string& what) {
    const auto at = rule_.key_positions.find(key);
    errors_->push_back({at == rule_.key_positions.end() ? rule_.position : at->second,
                        "rule " + rule_.name + ": " + std::string(key) + ": " + what});
  }

  snmp::Oid object(std::string_view key, const std::string& name) {
    auto oid = names_.resolve(name);
    if (oid) return std::move(*oid);
    fail(key, unknown_name("object", name));
    return {};
  }

  void add_condition(const VarbindMatch& match) {
    if (match.values.empty() && match.contains.empty()) {
      return fail("where", "expected at least one of `values` or `contains`");
    }
    compiled_.where.emplace_back(object("where", match.object), match);
  }

  template <typename T>
  void set_value(std::string_view key, const std::optional<T>& constant,
                 const std::optional<FromVarbind<T>>& from, bool (*is_known)(std::int64_t),
                 ValueOrVarbind<T>* value, T otherwise) {
    if (!from) {
      *value = ValueOrVarbind<T>(constant.value_or(otherwise));
      return;
    }
    *value =
        ValueOrVarbind<T>(object(key, from->object), *from, constant.value_or(otherwise), is_known);
  }

  void set_template(std::string_view key, const std::string& text, RuleTemplate* compiled) {
    auto result = RuleTemplate::compile(text, names_);
    if (!result) return fail(key, result.error());
    *compiled = std::move(*result);
  }

  const Rule& rule_;
  RuleNames names_;
  std::vector<RuleError>* errors_;
  CompiledRule compiled_;
};

}  // namespace

VarbindCondition::VarbindCondition(snmp::Oid object, const VarbindMatch& match)
    : object_(std::move(object)), values_(match.values), contains_(match.contains) {
  for (const std::string& value : values_) {
    if (const auto number = whole_number(value)) numbers_.push_back(*number);
  }
}

bool VarbindCondition::holds(const VarbindSet& varbinds) const {
  snmp::Varbind varbind;
  if (!varbinds.find(object_, &varbind)) return false;
  if (equals_one(varbind.value)) return true;
  return varbind.value.tag == ber::kOctetString &&
         contains_one(without_final_nuls(varbind.value.content));
}

bool VarbindCondition::equals_one(const ber::Value& value) const {
  if (values_.empty()) return false;
  const auto one_of = [](const auto& candidates, const auto& wanted) {
    return std::find(candidates.begin(), candidates.end(), wanted) != candidates.end();
  };
  if (value.tag == ber::kOctetString) {
    return one_of(values_, as_text(without_final_nuls(value.content)));
  }
  if (const auto number = number_of(value)) return one_of(numbers_, *number);
  std::array<char, 1500> text;  // an OID of 128 arcs
  return one_of(values_, std::string_view(text.data(), snmp::value_to_text(value, text)));
}

bool VarbindCondition::contains_one(ByteView content) const {
  return std::any_of(contains_.begin(), contains_.end(), [&](const std::string& part) {
    return as_text(content).find(part) != std::string_view::npos;
  });
}

CompiledRule CompiledRule::compile(const Rule& rule, const snmp::OidNames& mibs,
                                   std::vector<RuleError>* errors) {
  return RuleCompiler(rule, mibs, errors).compile();
}

bool CompiledRule::holds(const VarbindSet& varbinds) const {
  return std::all_of(where.begin(), where.end(),
                     [&](const VarbindCondition& condition) { return condition.holds(varbinds); });
}

void CompiledRule::say(const TemplateInput& input, Classification* result) const {
  const auto settled = settle(state, severity.of(input.varbinds));
  const std::span<char> room(result->room);
  result->disposition = disposition;
  result->severity = settled.severity;
  result->action = settled.action;
  result->type = type.of(input.varbinds);
  result->cause = cause.of(input.varbinds);
  result->clears_device = clears_device;
  result->rule = name;
  result->alarm_name = alarm.render(input, room.first(kFieldOctetsMax));
  if (result->alarm_name.empty()) result->alarm_name = name;
  result->resource = resource.render(input, room.subspan(kFieldOctetsMax, kFieldOctetsMax));
  result->text = text.render(input, room.last(kFieldOctetsMax));
}

}  // namespace trapd::alarm
