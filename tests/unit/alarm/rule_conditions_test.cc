// SPDX-License-Identifier: Apache-2.0
// What rules ask of varbinds and of the sender.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "tests/unit/alarm/fake_names.h"
#include "tests/unit/alarm/trap_builder.h"
#include "trapd/alarm/classifier.h"
#include "trapd/alarm/varbind_condition.h"

namespace trapd::alarm {
namespace {

constexpr const char* kTrap = "1.3.6.1.6.3.1.1.5.3";
constexpr const char* kObject = "1.3.6.1.4.1.99999.1";

std::shared_ptr<const Classifier> build(const std::vector<Rule>& rules) {
  auto built = Classifier::build(rules, FakeNames::standard());
  if (!built) {
    for (const RuleError& error : built.error()) MESSAGE(error.text);
  }
  REQUIRE(built);
  return *built;
}

std::string error_of(const std::vector<Rule>& rules) {
  const auto built = Classifier::build(rules, FakeNames::standard());
  REQUIRE_FALSE(built);
  REQUIRE(built.error().size() == 1);
  return built.error()[0].text;
}

Rule rule(const char* name, const char* trap = kTrap) {
  Rule made;
  made.name = name;
  if (trap[0] != '\0') made.traps = {trap};
  return made;
}

std::string matched(const std::vector<Rule>& rules, const Trap& trap,
                    const ClassifyContext& context = {}) {
  const auto result = std::make_unique<Classification>();
  const auto classifier = build(rules);
  classifier->classify(trap.notification(), context, result.get());
  return std::string(result->rule);
}

bool holds(const VarbindMatch& match, const Trap& trap) {
  Rule made = rule("r");
  made.where = {match};
  return matched({made}, trap) == "r";
}

VarbindMatch on(const char* object) { return {object, {}, {}}; }

Trap with_number(std::int64_t number) { return Trap(kTrap).number(kObject, number); }
Trap with_text(std::string_view text) { return Trap(kTrap).text(kObject, text); }

SenderMatch sender() { return {}; }

bool sent(const SenderMatch& match, const ClassifyContext& context) {
  Rule made = rule("r");
  made.sender = match;
  return matched({made}, Trap(kTrap), context) == "r";
}

}  // namespace

TEST_CASE("a range takes numbers from its first to its last, of any integer type") {
  VarbindMatch range = on(kObject);
  range.from = -3;
  range.to = 9;
  for (const int inside : {-3, 0, 9}) CHECK(holds(range, with_number(inside)));
  for (const int outside : {-4, 10}) CHECK_FALSE(holds(range, with_number(outside)));
  CHECK(holds(range, Trap(kTrap).number(kObject, 9, ber::kGauge32)));
  CHECK(holds(range, with_text("9")));
  CHECK_FALSE(holds(range, with_text("nine")));
  CHECK_FALSE(holds(range, Trap(kTrap)));
  range.to.reset();
  CHECK(holds(range, with_number(2147483647)));
  range.to = 9;
  range.from.reset();
  CHECK(holds(range, with_number(-2147483648LL)));
  range.values = {"100"};  // one of them must fit
  CHECK(holds(range, with_number(100)));
}

TEST_CASE("a regular expression is looked for in texts, numbers, OIDs and addresses") {
  VarbindMatch pattern = on(kObject);
  pattern.matches = {"^eth[0-9]+$", "1\\.3\\.6\\.1\\.4", "192\\.0\\.2\\.", "^-7$"};
  CHECK(holds(pattern, with_text("eth12")));
  CHECK(holds(pattern, with_text(std::string_view("eth12\0", 6))));
  CHECK_FALSE(holds(pattern, with_text("eth")));
  CHECK_FALSE(holds(pattern, with_text("my eth12")));
  CHECK(holds(pattern, Trap(kTrap).oid(kObject, "1.3.6.1.4.9")));
  CHECK(holds(pattern,
              Trap(kTrap).text(kObject, std::string_view("\xc0\x00\x02\x07", 4), ber::kIpAddress)));
  CHECK(holds(pattern, with_number(-7)));
  CHECK_FALSE(holds(pattern, with_text("\xff\xfe")));
}

TEST_CASE("a regular expression that would take others exponential time takes linear time") {
  VarbindMatch pattern = on(kObject);
  pattern.matches = {"(a*)*(a|aa)*(x+x+)+y$"};
  CHECK_FALSE(holds(pattern, with_text(std::string(30'000, 'a') + std::string(30'000, 'x'))));
}

TEST_CASE("a regular expression that is none, is too long or too large is an error") {
  const auto with = [](std::string pattern) {
    Rule made = rule("r");
    made.where = {on(kObject)};
    made.where[0].matches = {std::move(pattern)};
    return made;
  };
  CHECK(error_of({with("a(")}).find("matches: 'a(' is no regular expression: missing )") !=
        std::string::npos);
  CHECK(error_of({with("(?=a)")}).find("no regular expression") != std::string::npos);
  CHECK(error_of({with(std::string(kRegexPatternMax + 1, 'a'))}).find("longer than 1024") !=
        std::string::npos);
  CHECK(error_of({with("((a{100}){100}){100}")}).find("no regular expression") !=
        std::string::npos);
  std::vector<Rule> many;
  for (std::size_t i = 0; i <= kRegexesMax; ++i) {
    many.push_back(with("a"));
    many.back().name += std::to_string(i);
  }
  CHECK(error_of(many).find("at most 500 regular expressions") != std::string::npos);
}

TEST_CASE("a condition may ask for the type, and for the presence alone") {
  VarbindMatch typed = on(kObject);
  typed.type = ber::kGauge32;
  CHECK(holds(typed, Trap(kTrap).number(kObject, 5, ber::kGauge32)));
  CHECK_FALSE(holds(typed, with_number(5)));
  CHECK_FALSE(holds(typed, Trap(kTrap)));
  typed.values = {"6"};
  CHECK_FALSE(holds(typed, Trap(kTrap).number(kObject, 5, ber::kGauge32)));
  VarbindMatch there = on(kObject);
  there.present = true;
  CHECK(holds(there, with_text("")));
  CHECK_FALSE(holds(there, Trap(kTrap)));
  there.present = false;
  CHECK_FALSE(holds(there, with_text("")));
  CHECK(holds(there, Trap(kTrap)));
}

TEST_CASE("a condition that is turned around holds when it did not, missing varbinds included") {
  VarbindMatch other = on(kObject);
  other.values = {"1"};
  other.negated = true;
  CHECK_FALSE(holds(other, with_number(1)));
  CHECK(holds(other, with_number(2)));
  CHECK(holds(other, Trap(kTrap)));
}

TEST_CASE("conditions that can never hold, or always do, are errors") {
  const auto with = [](auto change) {
    Rule made = rule("r");
    made.where = {on(kObject)};
    change(made.where[0]);
    return error_of({made});
  };
  CHECK(with([](VarbindMatch&) {}).find("expected at least one of") != std::string::npos);
  CHECK(with([](VarbindMatch& match) {
          match.from = 2;
          match.to = 1;
        }).find("no number lies between") != std::string::npos);
  CHECK(with([](VarbindMatch& match) {
          match.present = false;
          match.values = {"1"};
        }).find("has no value") != std::string::npos);
}

TEST_CASE("a sender is known by its device, site and tenant") {
  const ClassifyContext context{"8000aa01", "sbc-1", "192.0.2.7", "tlv", "acme"};
  for (const char* device : {"8000aa01", "0x8000AA01", "sbc-1", "192.0.2.7"}) {
    CAPTURE(device);
    SenderMatch match = sender();
    match.devices = {"other", device};
    CHECK(sent(match, context));
  }
  SenderMatch match = sender();
  match.devices = {"sbc-2"};
  CHECK_FALSE(sent(match, context));
  match = sender();
  match.sites = {"haifa", "tlv"};
  match.tenants = {"acme"};
  CHECK(sent(match, context));
  match.tenants = {"other"};
  CHECK_FALSE(sent(match, context));
}

TEST_CASE("a sender is known by its network, and by the listener it came to") {
  ClassifyContext context;
  context.address = *Endpoint::parse_address("192.0.2.7");
  context.listener = *Endpoint::parse("0.0.0.0:1161");
  SenderMatch match = sender();
  match.sources = {*Network::parse("10.0.0.0/8"), *Network::parse("192.0.2.0/24")};
  CHECK(sent(match, context));
  match.sources.pop_back();
  CHECK_FALSE(sent(match, context));
  match = sender();
  match.ports = {162, 1161};
  CHECK(sent(match, context));
  match.ports = {162};
  CHECK_FALSE(sent(match, context));
  match.listeners = {*Endpoint::parse("0.0.0.0:1161")};
  CHECK(sent(match, context));
  match.listeners = {*Endpoint::parse("[::]:1161")};
  CHECK_FALSE(sent(match, context));
}

TEST_CASE("a sender is known by its security level, exactly or at least, and its version") {
  using snmp::SecurityLevel;
  ClassifyContext context;
  context.level = SecurityLevel::kAuthNoPriv;
  context.version = snmp::Version::kV3;
  SenderMatch match = sender();
  match.levels = {SecurityLevel::kAuthPriv, SecurityLevel::kAuthNoPriv};
  CHECK(sent(match, context));
  match.levels = {SecurityLevel::kAuthPriv};
  CHECK_FALSE(sent(match, context));
  match = sender();
  match.at_least = SecurityLevel::kAuthNoPriv;
  CHECK(sent(match, context));
  match.at_least = SecurityLevel::kAuthPriv;
  CHECK_FALSE(sent(match, context));
  match = sender();
  match.versions = {snmp::Version::kV1, snmp::Version::kV2c};
  CHECK_FALSE(sent(match, context));
  context.version = snmp::Version::kV2c;
  CHECK(sent(match, context));
}

TEST_CASE("a rule without a trap matches any, behind exact traps and subtrees") {
  Rule any = rule("any", "");
  any.sender = sender();
  any.sender->sites = {"tlv"};
  Rule below = rule("below", "");
  below.subtrees = {"1.3.6.1.6"};
  const std::vector<Rule> rules = {any, below, rule("exact")};
  ClassifyContext context;
  context.site = "tlv";
  CHECK(matched(rules, Trap(kTrap), context) == "exact");
  CHECK(matched(rules, Trap("1.3.6.1.6.9"), context) == "below");
  CHECK(matched(rules, Trap("1.3.6.1.4.1.1"), context) == "any");
  CHECK(matched(rules, Trap(""), context) == "any");
  CHECK(matched(rules, Trap("1.3.6.1.4.1.1")).empty());
}

TEST_CASE("a rule without trap and condition is an error, and so are too many without a trap") {
  CHECK(error_of({rule("all", "")}).find("matches nothing") != std::string::npos);
  std::vector<Rule> many;
  for (std::size_t i = 0; i <= kRulesOfAnyTrapMax; ++i) {
    many.push_back(rule(("r" + std::to_string(i)).c_str(), ""));
    many.back().sender = sender();
    many.back().sender->sites = {"x"};
  }
  CHECK(error_of(many).find("at most 100 rules without") != std::string::npos);
}

TEST_CASE("a device's alias gives its traps and varbinds the names that rules have") {
  Rule made = rule("vendor", "1.3.6.1.4.1.5003.9.10.1.21.2.0.7");
  made.where = {{"1.3.6.1.4.1.5003.9.10.1.21.1.4", {"5"}, {}}};
  made.resource = "{1.3.6.1.4.1.5003.9.10.1.21.1.3} {1.3.6.1.4.1.5003.9.10.1.21.1.3.index}";
  made.text = "{trap}";
  const auto classifier = build({made});
  const OidAlias aliases[] = {
      {*snmp::Oid::parse("1.3.6.1.4.1.9999"), *snmp::Oid::parse("1.3.6.1.4.1.1")},
      {*snmp::Oid::parse("1.3.6.1.4.1.9999.1"), *snmp::Oid::parse("1.3.6.1.4.1.5003.9.10.1.21")}};
  Trap trap("1.3.6.1.4.1.9999.1.2.0.7");
  // Behind the first 24, which are taken apart at once, too.
  for (int i = 0; i < 30; ++i) trap.number("1.3.6.1.4.1.9999.1.1.9." + std::to_string(i), i);
  trap.number("1.3.6.1.4.1.9999.1.1.4.0", 5).text("1.3.6.1.4.1.9999.1.1.3.3.4", "board");
  const auto result = std::make_unique<Classification>();
  ClassifyContext context;
  context.aliases = aliases;
  classifier->classify(trap.notification(), context, result.get());
  CHECK(result->rule == "vendor");
  CHECK(result->resource == "board 3.4");
  CHECK(result->text == "1.3.6.1.4.1.9999.1.2.0.7");  // as it came
  classifier->classify(trap.notification(), {}, result.get());
  CHECK(result->rule.empty());
}

TEST_CASE("renamed OIDs fill a bounded room; those that find none keep their names") {
  const OidAlias aliases[] = {{*snmp::Oid::parse("1.3.6"), *snmp::Oid::parse("1.3.7")}};
  const snmp::Oid oid = *snmp::Oid::parse("1.3.6.1.2.3.4.5.6.7");
  const auto renamed = std::make_unique<RenamedOids>();
  std::size_t done = 0;
  while (!(renamed->rename(oid, aliases) == oid.view()) && done < 5000) ++done;
  CHECK(done == 4096 / 9);
  renamed->clear();
  CHECK(renamed->rename(oid, aliases).text() == "1.3.7.1.2.3.4.5.6.7");
}

TEST_CASE("behind the first varbinds an alias is found as often as rules ask") {
  std::vector<Rule> rules;
  // Each asks for a varbind that is not there, behind all that are.
  for (int i = 0; i < 100; ++i) {
    Rule asks = rule(("asks " + std::to_string(i)).c_str(), "1.3.6.1.4.1.1.2");
    asks.where = {{"1.3.6.1.4.1.1.9", {"1"}, {}}};
    asks.name[4] = '-';
    rules.push_back(asks);
  }
  rules.push_back(rule("last", "1.3.6.1.4.1.1.2"));
  rules.back().where = {{"1.3.6.1.4.1.1.8", {"1"}, {}}};
  const auto classifier = build(rules);
  const OidAlias aliases[] = {
      {*snmp::Oid::parse("1.3.6.1.4.1.7"), *snmp::Oid::parse("1.3.6.1.4.1.1")}};
  Trap trap("1.3.6.1.4.1.7.2");
  for (int i = 0; i < 60; ++i) trap.number("1.3.6.1.4.1.7.5." + std::to_string(i), i);
  trap.number("1.3.6.1.4.1.7.8", 1);
  const auto result = std::make_unique<Classification>();
  ClassifyContext context;
  context.aliases = aliases;
  classifier->classify(trap.notification(), context, result.get());
  CHECK(result->rule == "last");
}

TEST_CASE("neither a line feed nor an octet that is no UTF-8 hides a text from its pattern") {
  VarbindMatch match = on(kObject);
  match.matches = {"login failed for .* from"};
  CHECK(holds(match, with_text("login failed for ann from 192.0.2.1")));
  CHECK(holds(match, with_text("login failed for a\nb from 192.0.2.1")));
  CHECK(holds(match, with_text("login failed for \xf6 from 192.0.2.1")));
  match.matches = {"for [^ ]+ from"};
  CHECK(holds(match, with_text("login failed for \xf6 from 192.0.2.1")));
  match.matches = {"T\xc3\xbcr"};  // a pattern that is not ASCII sees characters
  CHECK(holds(match, with_text("T\xc3\xbcr 7")));
}

TEST_CASE("a rule that goes first speaks for traps that others know, too") {
  Rule known = rule("known");
  known.severity = Severity::kMajor;
  Rule of_site = rule("of-site", "");
  of_site.sender.emplace().sites = {"lab"};
  of_site.drop = true;
  ClassifyContext lab;
  lab.site = "lab";
  CHECK(matched({known, of_site}, Trap(kTrap), lab) == "known");
  of_site.first = true;
  CHECK(matched({known, of_site}, Trap(kTrap), lab) == "of-site");
  CHECK(matched({known, of_site}, Trap(kTrap), {}) == "known");
  Rule exact = rule("exact");
  exact.first = true;
  CHECK(error_of({exact}).find("rules without `trap` and `subtree`") != std::string::npos);
}

TEST_CASE("a rule that names a trap twice speaks once") {
  Rule twice = rule("twice");
  twice.traps = {kTrap, kTrap};
  twice.subtrees = {"1.3.6.1.6"};
  twice.goes_on = true;
  const auto classifier = build({twice});
  const auto result = std::make_unique<Classification>();
  classifier->classify(Trap(kTrap).notification(), {}, result.get());
  CHECK(result->rule_count == 1);
}

}  // namespace trapd::alarm
