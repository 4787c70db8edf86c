// SPDX-License-Identifier: Apache-2.0
// `pairs:` of a rule file: two rules that share what they say.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "trapd/config/rule_file.h"

namespace trapd::config {
namespace {

std::vector<alarm::Rule> rules_of(std::string_view text) {
  auto rules = parse_rules(text, "r.yaml");
  if (!rules) {
    for (const std::string& line : rules.error()) MESSAGE(line);
  }
  REQUIRE(rules);
  return *rules;
}

std::string errors_of(std::string_view text) {
  auto rules = parse_rules(text, "r.yaml");
  REQUIRE_FALSE(rules);
  std::string all;
  for (const std::string& line : rules.error()) all += line + "\n";
  return all;
}

}  // namespace

TEST_CASE("a pair is a rule that raises and a rule that clears the same alarm") {
  const auto rules = rules_of(
      "pairs:\n"
      "  - {name: upsOnBattery, raise: a, clear: [b, 1.3.6.1], resource: \"{o}\",\n"
      "     severity: major, type: equipment, cause: powerProblem, text: \"on battery\"}\n");
  REQUIRE(rules.size() == 2);
  CHECK(rules[0].name == "upsOnBattery");
  CHECK(rules[0].traps == std::vector<std::string>{"a"});
  CHECK(rules[0].state == alarm::StateRule::kRaise);
  CHECK(rules[1].name == "upsOnBattery-clear");
  CHECK(rules[1].traps == std::vector<std::string>{"b", "1.3.6.1"});
  CHECK(rules[1].state == alarm::StateRule::kClear);
  for (const alarm::Rule& rule : rules) {
    CHECK(rule.alarm == "upsOnBattery");
    CHECK(rule.resource == "{o}");
    CHECK(rule.severity == alarm::Severity::kMajor);
    CHECK(rule.type == alarm::EventType::kEquipment);
    CHECK(rule.text == "on battery");
    CHECK(rule.position.line == 2);
  }
  CHECK(rules[1].key_positions.at("trap").column == 43);
}

TEST_CASE("a pair's rules may differ in text and conditions, and share others") {
  const auto rules = rules_of(
      "pairs:\n"
      "  - {name: p, raise: a, clear: a, alarm: shared, text: bad, clear_text: good,\n"
      "     where: [{object: x, values: 1}], raise_where: [{object: o, values: 2}],\n"
      "     clear_where: [{object: o, values: 1}, {object: q, contains: up}]}\n");
  CHECK(rules[0].alarm == "shared");
  CHECK(rules[1].alarm == "shared");
  CHECK(rules[0].text == "bad");
  CHECK(rules[1].text == "good");
  REQUIRE(rules[0].where.size() == 2);
  CHECK(rules[0].where[1].values == std::vector<std::string>{"2"});
  REQUIRE(rules[1].where.size() == 3);
  CHECK(rules[1].where[0].object == "x");
  CHECK(rules[1].where[2].object == "q");
}

TEST_CASE("a pair has a base; it stands behind the rules, which it does not need") {
  const auto rules = rules_of(
      "bases: {b: {severity: minor, resource: r, state: event, subtree: 1.3}}\n"
      "pairs: [{name: p, base: b, raise: a, clear: c, severity: major}]\n"
      "rules: [{name: first, trap: 1.3}]\n");
  REQUIRE(rules.size() == 3);
  CHECK(rules[0].name == "first");
  CHECK(rules[1].name == "p");
  CHECK(rules[1].severity == alarm::Severity::kMajor);
  CHECK(rules[2].resource == "r");
  CHECK(rules[2].state == alarm::StateRule::kClear);
  CHECK(rules[2].subtrees.empty());
}

TEST_CASE("what is wrong with a pair has its place") {
  const std::string errors = errors_of(
      "pairs:\n"
      "  - {name: p, raise: a}\n"                                                   // 2
      "  - {raise: a, clear: b, trap: c}\n"                                         // 3
      "  - {name: q, raise: {}, clear: b, state: raise, clear_where: 1}\n"          // 4
      "  - {name: r, raise: a, clear: b, base: no, clear_text: [], severity: x}\n"  // 5
      "  - text\n");                                                                // 6
  CAPTURE(errors);
  const auto has = [&](const char* part) { return errors.find(part) != std::string::npos; };
  CHECK(has("r.yaml:2:5: error: a pair lacks the key clear; expected traps"));
  CHECK(has("r.yaml:3:5: error: a pair lacks the key name"));
  CHECK(has("r.yaml:3:26: error: unknown key \"trap\" in a pair"));
  CHECK(has("r.yaml:4:22: error: raise: expected a text or a list of texts"));
  CHECK(has("r.yaml:4:36: error: unknown key \"state\" in a pair"));
  CHECK(has("r.yaml:4:63: error: clear_where: expected a list"));
  CHECK(has("r.yaml:5:41: error: base: expected a name of this file's `bases`"));
  CHECK(has("r.yaml:5:57: error: clear_text: expected a text, found a list"));
  CHECK(has("r.yaml:5:71: error: severity: expected cleared"));
  CHECK(has("r.yaml:6:5: error: pairs: expected a mapping of rule keys"));
}

}  // namespace trapd::config
