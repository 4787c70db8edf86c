// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/rule_file.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

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

std::vector<std::string> errors_of(std::string_view text) {
  auto rules = parse_rules(text, "r.yaml");
  REQUIRE_FALSE(rules);
  return rules.error();
}

std::string only_error(std::string_view text) {
  const std::vector<std::string> errors = errors_of(text);
  REQUIRE(errors.size() == 1);
  return errors[0];
}

}  // namespace

TEST_CASE("a rule keeps every key that was written") {
  const auto rules = rules_of(
      "rules:\n"
      "  - name: door\n"
      "    trap: [X::a, 1.3.6.1]\n"
      "    subtree: 1.3.6.2\n"
      "    where:\n"
      "      - {object: X::o, values: [1, two]}\n"
      "      - {object: X::p, contains: open}\n"
      "    severity: major\n"
      "    type: physical\n"
      "    cause: cableTamper\n"
      "    state: raise\n"
      "    alarm: \"a {X::o}\"\n"
      "    resource: \"r\"\n"
      "    text: \"t\"\n"
      "    clears_device: true\n"
      "    suppress: true\n"
      "    drop: true\n");
  REQUIRE(rules.size() == 1);
  const alarm::Rule& rule = rules[0];
  CHECK(rule.name == "door");
  CHECK(rule.traps == std::vector<std::string>{"X::a", "1.3.6.1"});
  CHECK(rule.subtrees == std::vector<std::string>{"1.3.6.2"});
  REQUIRE(rule.where.size() == 2);
  CHECK(rule.where[0].object == "X::o");
  CHECK(rule.where[0].values == std::vector<std::string>{"1", "two"});
  CHECK(rule.where[1].contains == std::vector<std::string>{"open"});
  CHECK(rule.severity == alarm::Severity::kMajor);
  CHECK(rule.type == alarm::EventType::kPhysicalViolation);
  CHECK(rule.cause == alarm::ProbableCause{602});
  CHECK(rule.state == alarm::StateRule::kRaise);
  CHECK(rule.alarm == "a {X::o}");
  CHECK(rule.resource == "r");
  CHECK(rule.text == "t");
  CHECK(rule.clears_device);
  CHECK(rule.suppress);
  CHECK(rule.drop);
}

TEST_CASE("a rule knows where it and its keys stand") {
  const auto rules = rules_of("rules:\n  - name: a\n    trap: 1.3.6\n");
  CHECK(rules[0].position.file == "r.yaml");
  CHECK(rules[0].position.line == 2);
  CHECK(rules[0].position.column == 5);
  CHECK(rules[0].key_positions.at("trap").line == 3);
  CHECK(rules[0].key_positions.at("trap").column == 11);
}

TEST_CASE("a value from a varbind takes a map of the file, one of its own, or none") {
  const auto rules = rules_of(
      "maps: {s: {0: cleared, 5: critical}}\n"
      "rules:\n"
      "  - {name: a, trap: 1.3.6, severity: {from: O, map: s, otherwise: minor}}\n"
      "  - {name: b, trap: 1.3.6, type: {from: O, map: {7: integrity}}}\n"
      "  - {name: c, trap: 1.3.6, cause: {from: O}}\n");
  REQUIRE(rules[0].severity_from);
  CHECK(rules[0].severity_from->object == "O");
  CHECK(rules[0].severity_from->values.size() == 2);
  CHECK(rules[0].severity_from->values[1].first == 5);
  CHECK(rules[0].severity_from->values[1].second == alarm::Severity::kCritical);
  CHECK(rules[0].severity_from->otherwise == alarm::Severity::kMinor);
  REQUIRE(rules[1].type_from);
  CHECK(rules[1].type_from->values[0].second == alarm::EventType::kIntegrityViolation);
  CHECK_FALSE(rules[1].type_from->otherwise);
  REQUIRE(rules[2].cause_from);
  CHECK(rules[2].cause_from->values.empty());
}

TEST_CASE("a base gives the keys that its rule does not have") {
  const auto rules = rules_of(
      "bases: {b: {severity: {from: O}, text: base, state: by-severity}}\n"
      "rules:\n"
      "  - {name: a, base: b, trap: 1.3.6}\n"
      "  - {name: c, base: b, trap: 1.3.6, text: own, severity: minor}\n");
  CHECK(rules[0].severity_from);
  CHECK(rules[0].text == "base");
  CHECK(rules[0].state == alarm::StateRule::kBySeverity);
  CHECK(rules[1].text == "own");
  CHECK(rules[1].severity == alarm::Severity::kMinor);
  CHECK_FALSE(rules[1].severity_from);
}

TEST_CASE("the file's objects reach each of its rules") {
  const auto rules = rules_of(
      "objects: {vendor: 1.3.6.1.4.1.9}\n"
      "rules: [{name: a, trap: vendor.1}]\n");
  REQUIRE(rules[0].objects != nullptr);
  CHECK(rules[0].objects->at("vendor") == "1.3.6.1.4.1.9");
}

TEST_CASE("every error of a file is told at once, with its place and what was expected") {
  const auto errors = errors_of(
      "rule: []\n"                                                                     // 1
      "objects: {a.b: 1.3.6, v: x}\n"                                                  // 2
      "rules:\n"                                                                       // 3
      "  - {name: a, trap: 1.3.6, severety: major}\n"                                  // 4
      "  - {name: b, trap: 1.3.6, severity: urgent, state: maybe}\n"                   // 5
      "  - {trap: 1.3.6, drop: 1}\n"                                                   // 6
      "  - {name: d, trap: 1.3.6, base: none, type: {map: x}}\n"                       // 7
      "  - {name: e, trap: {}, where: [{values: 1}], cause: {from: O, map: nomap}}\n"  // 8
      "  - text\n");                                                                   // 9
  std::string all;
  for (const std::string& line : errors) all += line + "\n";
  CAPTURE(all);
  const auto told = [&](std::string_view what) { return all.find(what) != all.npos; };
  CHECK(told("r.yaml:1:1: error: unknown key \"rule\" in a rule file; did you mean rules?"));
  CHECK(told("r.yaml:2:11: error: objects: expected a name without . { } | ~, found \"a.b\""));
  CHECK(told("r.yaml:2:26: error: objects: expected a dotted OID, found \"x\""));
  CHECK(told("r.yaml:4:28: error: unknown key \"severety\" in a rule; did you mean severity?"));
  CHECK(
      told("r.yaml:5:38: error: severity: expected cleared, indeterminate, critical, major, "
           "minor or warning, found \"urgent\""));
  CHECK(told("r.yaml:5:53: error: state: expected event, raise, clear or by-severity"));
  CHECK(told("r.yaml:6:5: error: a rule lacks the key name"));
  CHECK(told("r.yaml:6:25: error: drop: expected true or false, found \"1\""));
  CHECK(told("r.yaml:7:34: error: base: expected a name of this file's `bases`"));
  CHECK(told("r.yaml:7:46: error: type: expected communications,"));
  CHECK(told("r.yaml:8:21: error: trap: expected a text or a list of texts, found a mapping"));
  CHECK(told("r.yaml:8:33: error: where: expected a mapping with the key object"));
  CHECK(told("r.yaml:8:69: error: map: expected a name of this file's `maps` or"));
  CHECK(told("r.yaml:9:5: error: rules: expected a mapping of rule keys, found \"text\""));
  CHECK(errors.size() == 14);
}

TEST_CASE("a map's error is told once, however many rules use the map") {
  CHECK(only_error("maps: {m: {0: cleard}}\n"
                   "rules:\n"
                   "  - {name: a, trap: 1.3.6, severity: {from: O, map: m}}\n"
                   "  - {name: b, trap: 1.3.6, severity: {from: O, map: m}}\n")
            .starts_with("r.yaml:1:15: error: severity: expected cleared,"));
}

TEST_CASE("a base that no rule uses is checked") {
  CHECK(only_error("bases: {b: {severity: bad}}\nrules: []\n")
            .starts_with("r.yaml:1:23: error: severity: expected"));
  CHECK(only_error("bases: {b: {name: x}}\nrules: []\n")
            .starts_with("r.yaml:1:13: error: a base cannot have the key name"));
}

TEST_CASE("a key that stands twice is an error, not the last one's victory") {
  CHECK(only_error("rules: [{name: a, trap: 1.3.6, text: x, text: y}]\n") ==
        "r.yaml:1:41: error: \"text\" stands twice in a rule");
}

TEST_CASE("broken YAML, a wrong shape and an empty file are errors") {
  CHECK(only_error("rules: [").starts_with("r.yaml:"));
  CHECK(only_error("- a\n").find("a mapping with the key rules") != std::string::npos);
  CHECK(only_error("").find("a mapping with the key rules") != std::string::npos);
  CHECK(only_error("rules: {a: b}\n").find("a list of rules") != std::string::npos);
}

TEST_CASE("rules of more than 1 MiB are refused") {
  CHECK(only_error(std::string((1 << 20) + 1, ' ')) == "r.yaml: error: larger than 1 MiB");
}

TEST_CASE("a file that cannot be read is named with the reason") {
  const auto rules = load_rule_file("/nonexistent/rules.yaml");
  REQUIRE_FALSE(rules);
  REQUIRE(rules.error().size() == 1);
  CHECK(rules.error()[0] ==
        "/nonexistent/rules.yaml: error: cannot read: No such file or directory");
}

}  // namespace trapd::config
