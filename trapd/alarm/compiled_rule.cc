// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/compiled_rule.h"

#include <fmt/format.h>

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

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > kNameOctetsMax) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

constexpr std::size_t kLabelNameOctetsMax = 32;

/// Fit for a parameter of RFC 5424 and for a line of `key=value`.
bool is_label_name(std::string_view name) {
  return !name.empty() && name.size() <= kLabelNameOctetsMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
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
    if (rule_.sender) compiled_.sender.emplace(*rule_.sender);
    set_value("severity", rule_.severity, rule_.severity_from, known_severity, &compiled_.severity,
              Severity::kIndeterminate);
    set_value("type", rule_.type, rule_.type_from, known_type, &compiled_.type, EventType::kOther);
    set_value("cause", rule_.cause, rule_.cause_from, known_cause, &compiled_.cause, kCauseOther);
    compiled_.state = rule_.state;
    set_template("alarm", rule_.alarm, &compiled_.alarm);
    set_template("resource", rule_.resource, &compiled_.resource);
    set_template("text", rule_.text, &compiled_.text);
    set_labels();
    compiled_.timeout_s = rule_.timeout_s;
    compiled_.clears_device = rule_.clears_device;
    compiled_.marks_device = rule_.marks_device;
    if (rule_.suppress) compiled_.disposition = Disposition::kSuppress;
    if (rule_.drop) compiled_.disposition = Disposition::kDrop;
    if (compiled_.disposition) check_nothing_is_kept();
    compiled_.goes_on = rule_.goes_on;
    compiled_.has_trap = !rule_.traps.empty();
    return std::move(compiled_);
  }

 private:
  void fail(std::string_view key, const std::string& what) {
    const auto at = rule_.key_positions.find(key);
    errors_->push_back({at == rule_.key_positions.end() ? rule_.position : at->second,
                        "rule " + rule_.name + ": " + std::string(key) + ": " + what});
  }

  /// What does not reach the list of alarms cannot change it.
  void check_nothing_is_kept() {
    const bool alarm =
        rule_.state && (*rule_.state == StateRule::kRaise || *rule_.state == StateRule::kClear);
    const char* key = rule_.clears_device    ? "clears_device"
                      : rule_.marks_device   ? "marks_device"
                      : rule_.timeout_s != 0 ? "timeout"
                      : alarm                ? "state"
                                             : nullptr;
    if (key == nullptr) return;
    fail(key, std::string("has no effect beside `") + (rule_.drop ? "drop" : "suppress") +
                  "`: the notification does not reach the list of alarms");
  }

  snmp::Oid object(std::string_view key, const std::string& name) {
    auto oid = names_.resolve(name);
    if (oid) return std::move(*oid);
    fail(key, unknown_name("object", name));
    return {};
  }

  void add_condition(const VarbindMatch& match) {
    const bool any_value = match.values.empty() && match.contains.empty() &&
                           match.matches.empty() && !match.from && !match.to;
    if (any_value && !match.type && !match.present) {
      return fail("where",
                  "expected at least one of `values`, `contains`, `matches`, `from`, `to`, `type` "
                  "or `present`");
    }
    if (!any_value && match.present == false) {
      return fail("where", "a varbind that is not present has no value");
    }
    if (match.from && match.to && *match.from > *match.to) {
      return fail("where", "no number lies between `from` and `to`");
    }
    bool sound = true;
    for (const std::string& pattern : match.matches) {
      const std::string fault = regex_fault(pattern);
      if (fault.empty()) continue;
      fail("where", fmt::format("matches: '{}' is no regular expression: {}", pattern, fault));
      sound = false;
    }
    if (sound) compiled_.where.emplace_back(object("where", match.object), match);
  }

  void set_labels() {
    if (rule_.labels.size() > kLabelsMax) {
      fail("labels", "expected at most " + std::to_string(kLabelsMax));
    }
    for (const auto& [name, value] : rule_.labels) {
      if (!is_label_name(name)) {
        fail("labels", "'" + name + "': expected 1 to 32 letters, digits, '_', '-' or '.'");
      }
      std::optional<RuleTemplate> compiled;
      set_template("labels", value, &compiled);
      if (compiled) compiled_.labels.emplace_back(name, std::move(*compiled));
    }
  }

  template <typename T>
  void set_value(std::string_view key, const std::optional<T>& constant,
                 const std::optional<FromVarbind<T>>& from, bool (*is_known)(std::int64_t),
                 std::optional<ValueOrVarbind<T>>* value, T otherwise) {
    if (from) {
      value->emplace(object(key, from->object), *from, constant.value_or(otherwise), is_known);
    } else if (constant) {
      value->emplace(*constant);
    }
  }

  void set_template(std::string_view key, const std::string& text,
                    std::optional<RuleTemplate>* compiled) {
    if (text.empty()) return;
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

CompiledRule CompiledRule::compile(const Rule& rule, const snmp::OidNames& mibs,
                                   std::vector<RuleError>* errors) {
  return RuleCompiler(rule, mibs, errors).compile();
}

bool CompiledRule::holds(const VarbindSet& varbinds, const ClassifyContext& context) const {
  if (sender && !sender->holds(context)) return false;
  return std::all_of(where.begin(), where.end(),
                     [&](const VarbindCondition& condition) { return condition.holds(varbinds); });
}

}  // namespace trapd::alarm
