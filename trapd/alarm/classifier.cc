// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/classifier.h"

#include <algorithm>
#include <map>

#include "trapd/alarm/compiled_rule.h"
#include "trapd/alarm/oid_index.h"
#include "trapd/base/check.h"
#include "trapd/base/counter.h"
#include "trapd/snmp/value_text.h"

namespace trapd::alarm {
namespace {

/// One thread's hits, one counter a rule and a last one for no rule.
class WorkerHits {
 public:
  explicit WorkerHits(std::size_t rules) : lines_(rules / kPerLine + 1), rules_(rules) {}
  Counter& of(std::size_t rule) { return lines_[rule / kPerLine].counters[rule % kPerLine]; }
  std::uint64_t get(std::size_t rule) const {
    return lines_[rule / kPerLine].counters[rule % kPerLine].get();
  }
  std::size_t no_rule() const { return rules_; }

 private:
  static constexpr std::size_t kPerLine = kCacheLine / sizeof(Counter);
  struct alignas(kCacheLine) Line {
    std::array<Counter, kPerLine> counters;
  };
  std::vector<Line> lines_;
  std::size_t rules_;
};

using RulesByOid = std::vector<std::pair<snmp::Oid, std::uint32_t>>;

std::string at(const RulePosition& position) {
  return position.file + ":" + std::to_string(position.line) + ":" +
         std::to_string(position.column);
}

/// Checks and indexes what the rules match.
class MatchBuilder {
 public:
  MatchBuilder(const snmp::OidNames& mibs, std::vector<RuleError>* errors)
      : mibs_(mibs), errors_(errors) {}

  void add(const Rule& rule, std::uint32_t index) {
    const auto [other, is_new] = by_name_.try_emplace(rule.name, rule.position);
    if (!is_new) fail(rule, "name", "there is a rule of this name at " + at(other->second));
    const bool of_any = rule.traps.empty() && rule.subtrees.empty();
    if (of_any) add_any(rule, index);
    if (rule.first && !of_any) {
      fail(rule, "first",
           "is for rules without `trap` and `subtree`: those are found by their OID");
    }
    for (const VarbindMatch& match : rule.where) regexes_ += match.matches.size();
    for (const std::string* text : {&rule.alarm, &rule.resource, &rule.text}) {
      regexes_ += RuleTemplate::regexes_in(*text);
    }
    for (const auto& [name, text] : rule.labels) regexes_ += RuleTemplate::regexes_in(text);
    const RuleNames names(rule.objects.get(), mibs_);
    for (const std::string& name : rule.traps) resolve(rule, "trap", name, names, index, &exact);
    for (const std::string& name : rule.subtrees) {
      resolve(rule, "subtree", name, names, index, &subtrees);
    }
  }

  void check_bounds(const std::vector<Rule>& rules) {
    if (regexes_ <= kRegexesMax) return;
    fail(rules.back(), "where",
         "expected at most " + std::to_string(kRegexesMax) + " regular expressions in all rules");
  }

  RulesByOid exact;
  RulesByOid subtrees;
  std::vector<std::uint32_t> any;
  std::vector<std::uint32_t> first;

 private:
  /// Of any trap: whoever wants that has a condition, and there are few such rules.
  void add_any(const Rule& rule, std::uint32_t index) {
    if (rule.where.empty() && !rule.sender) {
      fail(rule, "trap", "matches nothing: expected `trap`, `subtree`, `sender` or `where`");
    }
    (rule.first ? first : any).push_back(index);
    if (any.size() + first.size() == kRulesOfAnyTrapMax + 1) {
      fail(rule, "trap",
           "expected at most " + std::to_string(kRulesOfAnyTrapMax) +
               " rules without `trap` and `subtree`");
    }
  }
  void resolve(const Rule& rule, std::string_view key, const std::string& name,
               const RuleNames& names, std::uint32_t index, RulesByOid* to) {
    auto oid = names.resolve(name);
    if (!oid) return fail(rule, key, unknown_name("trap", name));
    to->emplace_back(std::move(*oid), index);
  }
  void fail(const Rule& rule, std::string_view key, const std::string& what) {
    const auto position = rule.key_positions.find(key);
    errors_->push_back({position == rule.key_positions.end() ? rule.position : position->second,
                        "rule " + rule.name + ": " + std::string(key) + ": " + what});
  }

  const snmp::OidNames& mibs_;
  std::vector<RuleError>* errors_;
  std::map<std::string, RulePosition> by_name_;
  std::size_t regexes_ = 0;
};

/// No rule says what it is: never lost, delivered with numbers.
void say_numbers(snmp::OidView trap, Classification* result) {
  const std::size_t octets =
      snmp::value_to_text({ber::kObjectIdentifier, trap.content()},
                          std::span<char>(result->room).first(kFieldOctetsMax));
  result->rule_index = kNoRule;
  result->rule = {};
  result->alarm_name = {result->room.data(), octets};
  result->text = result->alarm_name;
  if (!trap.empty()) return;
  result->alarm_name = "malformed";  // PDU-02
  result->text = "notification without sysUpTime.0 and snmpTrapOID.0 in front";
}

void say_unmatched(snmp::OidView trap, Classification* result) {
  result->disposition = Disposition::kStore;
  result->severity = Severity::kIndeterminate;
  result->type = EventType::kOther;
  result->cause = kCauseOther;
  result->action = Action::kEvent;
  result->clears_device = false;
  result->marks_device = false;
  result->timeout_s = 0;
  result->rule_count = 0;
  result->labels = {};
  result->resource = {};
  say_numbers(trap, result);
}

}  // namespace

struct Classifier::Compiled {
  std::vector<CompiledRule> rules;
  std::vector<RuleText> texts;  // parallel to rules
  OidIndex exact;
  OidIndex subtrees;
  std::vector<std::uint32_t> any;
  std::vector<std::uint32_t> first;
  mutable std::vector<WorkerHits> hits;                    // [worker]
  std::vector<std::unique_ptr<UnmatchedTraps>> unmatched;  // [worker]

  std::uint64_t sum(std::size_t rule) const {
    std::uint64_t total = 0;
    for (const WorkerHits& worker : hits) total += worker.get(rule);
    return total;
  }

  /// Takes what matches of these; true when no further rule is asked.
  bool take(std::span<const std::uint32_t> candidates, const TemplateInput& input,
            Classification* result) const {
    for (const std::uint32_t index : candidates) {
      const CompiledRule& rule = rules[index];
      const auto taken =
          result->rule_indexes.begin() + static_cast<std::ptrdiff_t>(result->rule_count);
      // A rule may name a trap twice, or a subtree as well.
      if (std::find(result->rule_indexes.begin(), taken, index) != taken) continue;
      if (!rule.holds(input.varbinds, input.context)) continue;
      result->rule_indexes[result->rule_count++] = index;
      if (!rule.goes_on || result->rule_count == kRulesPerTrapMax) return true;
    }
    return false;
  }

  void match(snmp::OidView trap, const TemplateInput& input, Classification* result) const {
    result->rule_count = 0;
    if (take(first, input, result) || take(exact.find(trap), input, result)) return;
    const bool done = subtrees.visit_prefixes(
        trap, [&](std::span<const std::uint32_t> some) { return take(some, input, result); });
    if (!done) take(any, input, result);
  }
};

Classifier::Classifier(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
Classifier::~Classifier() = default;

Expected<std::shared_ptr<const Classifier>, std::vector<RuleError>> Classifier::build(
    const std::vector<Rule>& rules, const snmp::OidNames& names, std::size_t workers) {
  std::vector<RuleError> errors;
  MatchBuilder matches(names, &errors);
  auto compiled = std::make_unique<Compiled>();
  compiled->rules.reserve(rules.size());
  for (const Rule& rule : rules) {
    matches.add(rule, static_cast<std::uint32_t>(compiled->rules.size()));
    compiled->rules.push_back(CompiledRule::compile(rule, names, &errors));
    compiled->texts.push_back(rule_text(rule));
  }
  matches.check_bounds(rules);
  if (!errors.empty()) return Unexpected(std::move(errors));
  compiled->exact = OidIndex(std::move(matches.exact));
  compiled->subtrees = OidIndex(std::move(matches.subtrees));
  compiled->any = std::move(matches.any);
  compiled->first = std::move(matches.first);
  for (std::size_t i = 0; i < workers; ++i) {
    compiled->hits.emplace_back(rules.size());
    compiled->unmatched.push_back(std::make_unique<UnmatchedTraps>());
  }
  return std::shared_ptr<const Classifier>(std::make_shared<Classifier>(std::move(compiled)));
}

void Classifier::classify(const snmp::Notification& notification, const ClassifyContext& context,
                          Classification* result) const {
  result->renamed.clear();
  TRAPD_UNINITIALIZED const VarbindSet varbinds(notification.varbinds, context.aliases,
                                                &result->renamed);
  const snmp::OidView trap = result->renamed.rename(notification.trap_oid, context.aliases);
  const TemplateInput input{varbinds, context, notification.trap_oid};
  compiled_->match(trap, input, result);
  if (result->rule_count == 0) return say_unmatched(notification.trap_oid, result);
  if (!say_all(compiled_->rules, input, result)) say_numbers(notification.trap_oid, result);
}

void Classifier::count(const Classification& result, snmp::OidView trap, std::size_t worker) const {
  WorkerHits& hits = compiled_->hits.at(worker);
  for (std::size_t i = 0; i < result.rule_count; ++i) hits.of(result.rule_indexes[i]).add();
  if (result.rule_index != kNoRule) return;
  hits.of(hits.no_rule()).add();
  compiled_->unmatched.at(worker)->count(trap);
}

std::vector<Classifier::RuleInfo> Classifier::rules() const {
  std::vector<RuleInfo> list;
  list.reserve(compiled_->rules.size());
  for (const CompiledRule& rule : compiled_->rules) {
    list.push_back({rule.name, rule.position, compiled_->sum(list.size())});
  }
  return list;
}

std::optional<Classifier::RuleDetails> Classifier::rule(std::string_view name) const {
  for (std::size_t i = 0; i < compiled_->rules.size(); ++i) {
    const CompiledRule& rule = compiled_->rules[i];
    if (rule.name != name) continue;
    return RuleDetails{{rule.name, rule.position, compiled_->sum(i)}, compiled_->texts[i]};
  }
  return std::nullopt;
}

std::uint64_t Classifier::unmatched() const { return compiled_->sum(compiled_->rules.size()); }

std::vector<UnmatchedTrap> Classifier::unmatched_traps() const {
  std::map<snmp::Oid, std::uint64_t> counts;
  for (const auto& worker : compiled_->unmatched) {
    for (UnmatchedTrap& trap : worker->list()) counts[std::move(trap.trap)] += trap.count;
  }
  std::vector<UnmatchedTrap> traps;
  for (const auto& [trap, count] : counts) traps.push_back({trap, count});
  std::stable_sort(traps.begin(), traps.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  if (traps.size() > UnmatchedTraps::kTrapsMax) traps.resize(UnmatchedTraps::kTrapsMax);
  return traps;
}

}  // namespace trapd::alarm
