// SPDX-License-Identifier: Apache-2.0
// Conditions and actions of a rule as its file has them.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "trapd/ber/tag.h"
#include "trapd/config/rule_file.h"

namespace trapd::config {
namespace {

alarm::Rule rule_of(const std::string& keys) {
  auto rules = parse_rules("rules: [{name: r, " + keys + "}]\n", "r.yaml");
  if (!rules) {
    for (const std::string& line : rules.error()) MESSAGE(line);
  }
  REQUIRE(rules);
  return rules->front();
}

std::string errors_of(const std::string& keys) {
  auto rules = parse_rules("rules:\n- {name: r, " + keys + "}\n", "r.yaml");
  REQUIRE_FALSE(rules);
  std::string all;
  for (const std::string& line : rules.error()) all += line + "\n";
  return all;
}

}  // namespace

TEST_CASE("a condition on a varbind keeps range, expressions, type, presence and negation") {
  const alarm::Rule rule = rule_of(
      "where: [{object: a, from: -1, to: 9, matches: [x, 'y$'], type: gauge, not: true},"
      " {object: b, present: false}, {object: c, matches: z}]");
  REQUIRE(rule.where.size() == 3);
  CHECK(rule.where[0].from == -1);
  CHECK(rule.where[0].to == 9);
  CHECK(rule.where[0].matches == std::vector<std::string>{"x", "y$"});
  CHECK(rule.where[0].type == std::uint8_t{ber::kGauge32});
  CHECK(rule.where[0].negated);
  CHECK(rule.where[1].present == false);
  CHECK_FALSE(rule.where[1].from);
  CHECK(rule.where[2].matches == std::vector<std::string>{"z"});
}

TEST_CASE("conditions on the sender are one text or a list each") {
  const alarm::Rule rule = rule_of(
      "sender: {device: [sbc-1, 0x8000], site: tlv, tenant: acme, source: [10.0.0.0/8, 192.0.2.7],"
      " listener: ['0.0.0.0:162', 1161], level: [authPriv], at_least: authNoPriv,"
      " version: [v2c, v3]}");
  REQUIRE(rule.sender);
  CHECK(rule.sender->devices == std::vector<std::string>{"sbc-1", "0x8000"});
  CHECK(rule.sender->sites == std::vector<std::string>{"tlv"});
  CHECK(rule.sender->tenants == std::vector<std::string>{"acme"});
  REQUIRE(rule.sender->sources.size() == 2);
  CHECK(rule.sender->sources[0] == *Network::parse("10.0.0.0/8"));
  REQUIRE(rule.sender->listeners.size() == 1);
  CHECK(rule.sender->listeners[0] == *Endpoint::parse("0.0.0.0:162"));
  CHECK(rule.sender->ports == std::vector<std::uint16_t>{1161});
  CHECK(rule.sender->levels == std::vector{snmp::SecurityLevel::kAuthPriv});
  CHECK(rule.sender->at_least == snmp::SecurityLevel::kAuthNoPriv);
  CHECK(rule.sender->versions.size() == 2);
}

TEST_CASE("labels keep their order, a timeout is a duration, continue a flag") {
  const alarm::Rule rule =
      rule_of("trap: t, labels: {team: core, port: '{o}'}, timeout: 10m, continue: true");
  REQUIRE(rule.labels.size() == 2);
  CHECK(rule.labels[0] == std::pair<std::string, std::string>("team", "core"));
  CHECK(rule.labels[1].second == "{o}");
  CHECK(rule.timeout_s == 600);
  CHECK(rule.goes_on);
}

TEST_CASE("every error in conditions and actions has its place") {
  const std::string errors = errors_of(
      "\n"
      " where: [{object: a, from: x, to: [], type: text, present: yes, not: 1, matchs: "
      "b}],\n"  // 3
      " sender: {source: 10.0.0.0/40, listener: x, level: high, version: [v4, {}], sight: "
      "a,\n"                                                             // 4
      "  at_least: [authPriv, authPriv], site: []},\n"                   // 5
      " labels: {a: [], b: x, b: y}, timeout: 500ms, continue: maybe");  // 6
  CAPTURE(errors);
  for (const char* line :
       {"3:28: error: from: expected a number, found \"x\"", "3:35: error: to: expected a number",
        "3:45: error: type: expected integer, string", "3:60: error: present: expected true",
        "3:70: error: not: expected true", "3:73: error: unknown key \"matchs\" in where; did you",
        "4:19: error: source: expected networks", "4:42: error: listener: expected ADDRESS:PORT",
        "4:52: error: level: expected noAuthNoPriv", "4:68: error: version: expected v1",
        "4:72: error: version", "4:77: error: unknown key \"sight\" in sender; expected",
        "5:13: error: at_least: expected one level", "5:41: error: site: expected names",
        "6:14: error: labels: expected a text", "6:24: error: \"b\" stands twice in labels",
        "6:40: error: timeout: expected 1s to", "6:57: error: continue: expected true or false"}) {
    CAPTURE(line);
    CHECK(errors.find(line) != std::string::npos);
  }
  CHECK(errors_of("trap: t, sender: {}").find("sender: expected a mapping like") !=
        std::string::npos);
  CHECK(errors_of("trap: t, labels: x").find("labels: expected a mapping like") !=
        std::string::npos);
}

TEST_CASE("an example may expect labels and a timeout") {
  const auto file = parse_rule_file(
      "rules: []\n"
      "examples: [{trap: t, site: tlv, level: authNoPriv, version: v2c, listener: '[::]:162',\n"
      "  expect: {timeout: 90s, labels: {team: core}}}]\n",
      "r.yaml");
  REQUIRE(file);
  const alarm::RuleExample& example = file->examples.at(0);
  CHECK(example.sender.site == "tlv");
  CHECK(example.sender.level == snmp::SecurityLevel::kAuthNoPriv);
  CHECK(example.sender.version == snmp::Version::kV2c);
  REQUIRE(example.expected.size() == 2);
  CHECK(example.expected[0].text == "90s");
  CHECK(example.expected[1].key == "label team");
  CHECK(example.expected[1].text == "core");
}

}  // namespace trapd::config
