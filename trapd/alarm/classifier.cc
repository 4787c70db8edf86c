// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/classifier.h"

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
    const auto [first, is_new] = by_name_.try_emplace(rule.name, rule.position);
    if (!is_new) fail(rule, "name", "there is a rule of this name at " + at(first->second));
    if (rule.traps.empty() && rule.subtrees.empty()) {
      fail(rule, "trap", "matches nothing: expected `trap` or `subtree`");
    }
    const RuleNames names(rule.objects.get(), mibs_);
    for (const std::string& name : rule.traps) resolve(rule, "trap", name, names, index, &exact);
    for (const std::string& name : rule.subtrees) {
      resolve(rule, "subtree", name, names, index, &subtrees);
    }
  }

  RulesByOid exact;
  RulesByOid subtrees;

 private:
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
};

/// Never lost: delivered with numbers.
void say_unmatched(snmp::OidView trap, Classification* result) {
  const std::size_t octets =
      snmp::value_to_text({ber::kObjectIdentifier, trap.content()}, result->room);
  result->disposition = Disposition::kStore;
  result->severity = Severity::kIndeterminate;
  result->type = EventType::kOther;
  result->cause = kCauseOther;
  result->action = Action::kEvent;
  result->clears_device = false;
  result->rule_index = kNoRule;
  result->rule = {};
  result->alarm_name = {result->room.data(), octets};
  result->resource = {};
  result->text = result->alarm_name;
  if (!trap.empty()) return;
  result->alarm_name = "malformed";  // PDU-02
  result->text = "notification without sysUpTime.0 and snmpTrapOID.0 in front";
}

}  // namespace

struct Classifier::Compiled {
  std::vector<CompiledRule> rules;
  OidIndex exact;
  OidIndex subtrees;
  mutable std::vector<WorkerHits> hits;  // [worker]

  std::uint64_t sum(std::size_t rule) const {
    std::uint64_t total = 0;
    for (const WorkerHits& worker : hits) total += worker.get(rule);
    return total;
  }

  std::uint32_t first_that_holds(std::span<const std::uint32_t> candidates,
                                 const VarbindSet& varbinds) const {
    for (const std::uint32_t index : candidates) {
      if (rules[index].holds(varbinds)) return index;
    }
    return kNoRule;
  }

  std::uint32_t rule_for(snmp::OidView trap, const VarbindSet& varbinds) const {
    std::uint32_t found = first_that_holds(exact.find(trap), varbinds);
    if (found != kNoRule) return found;
    subtrees.visit_prefixes(trap, [&](std::span<const std::uint32_t> candidates) {
      found = first_that_holds(candidates, varbinds);
      return found != kNoRule;
    });
    return found;
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
  }
  if (!errors.empty()) return Unexpected(std::move(errors));
  compiled->exact = OidIndex(std::move(matches.exact));
  compiled->subtrees = OidIndex(std::move(matches.subtrees));
  for (std::size_t i = 0; i < workers; ++i) compiled->hits.emplace_back(rules.size());
  return std::shared_ptr<const Classifier>(std::make_shared<Classifier>(std::move(compiled)));
}

void Classifier::classify(const snmp::Notification& notification, const ClassifyContext& context,
                          Classification* result) const {
  const VarbindSet varbinds(notification.varbinds);
  const std::uint32_t index = compiled_->rule_for(notification.trap_oid, varbinds);
  if (index == kNoRule) return say_unmatched(notification.trap_oid, result);
  result->rule_index = index;
  compiled_->rules[index].say({varbinds, context, notification.trap_oid}, result);
}

void Classifier::count(const Classification& result, std::size_t worker) const {
  WorkerHits& hits = compiled_->hits.at(worker);
  hits.of(result.rule_index == kNoRule ? hits.no_rule() : result.rule_index).add();
}

std::vector<Classifier::RuleInfo> Classifier::rules() const {
  std::vector<RuleInfo> list;
  list.reserve(compiled_->rules.size());
  for (const CompiledRule& rule : compiled_->rules) {
    list.push_back({rule.name, rule.position, compiled_->sum(list.size())});
  }
  return list;
}

std::uint64_t Classifier::unmatched() const { return compiled_->sum(compiled_->rules.size()); }

}  // namespace trapd::alarm
