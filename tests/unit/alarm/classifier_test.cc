// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/classifier.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/alarm/fake_names.h"
#include "tests/unit/alarm/trap_builder.h"

namespace trapd::alarm {
namespace {

using namespace std::string_literals;  // texts that hold NULs

constexpr const char* kLinkDown = "1.3.6.1.6.3.1.1.5.3";
constexpr const char* kIfIndex = "1.3.6.1.2.1.2.2.1.1";
constexpr const char* kVendor = "1.3.6.1.4.1.99999";

Rule rule(const std::string& name, const std::string& trap) {
  Rule made;
  made.name = name;
  made.position = {"r.yaml", 3, 5};
  if (!trap.empty()) made.traps = {trap};
  return made;
}

Rule below(const std::string& name, const std::string& subtree) {
  Rule made = rule(name, "");
  made.subtrees = {subtree};
  return made;
}

std::shared_ptr<const Classifier> build(const std::vector<Rule>& rules, std::size_t workers = 1) {
  auto built = Classifier::build(rules, FakeNames::standard(), workers);
  if (!built) {
    for (const RuleError& error : built.error()) MESSAGE(error.text);
  }
  REQUIRE(built);
  return *built;
}

std::vector<std::string> errors(const std::vector<Rule>& rules) {
  auto built = Classifier::build(rules, FakeNames::standard());
  REQUIRE_FALSE(built);
  std::vector<std::string> texts;
  for (const RuleError& error : built.error()) {
    texts.push_back(error.position.file + ":" + std::to_string(error.position.line) + ":" +
                    std::to_string(error.position.column) + ": " + error.text);
  }
  return texts;
}

/// The result of one trap; owns the room.
struct Classified {
  std::unique_ptr<Classification> result = std::make_unique<Classification>();
  Classified(const Classifier& classifier, const Trap& trap) {
    classifier.classify(trap.notification(), {"dev-1", "router", "192.0.2.1"}, result.get());
  }
  const Classification* operator->() const { return result.get(); }
};

Classified classify(const std::vector<Rule>& rules, const Trap& trap) {
  // Outlives the views in the result.
  static std::vector<std::shared_ptr<const Classifier>> kept;
  kept.push_back(build(rules));
  return {*kept.back(), trap};
}

std::string matched(const std::vector<Rule>& rules, const Trap& trap) {
  return std::string(classify(rules, trap)->rule);
}

std::string text_of(const std::string& text, const Trap& trap) {
  Rule made = rule("r", kLinkDown);
  made.text = text;
  return std::string(classify({made}, trap)->text);
}

}  // namespace

// --- which rule ---

TEST_CASE("a trap without a rule is stored with its numbers") {
  const auto result = classify({rule("other", "1.3.6.1")}, Trap("1.3.6.1.4.1.9.9.41.2.0.1"));
  CHECK(result->rule_index == kNoRule);
  CHECK(result->rule.empty());
  CHECK(result->disposition == Disposition::kStore);
  CHECK(result->action == Action::kEvent);
  CHECK(result->severity == Severity::kIndeterminate);
  CHECK(result->type == EventType::kOther);
  CHECK(result->cause == kCauseOther);
  CHECK(result->alarm_name == "1.3.6.1.4.1.9.9.41.2.0.1");
  CHECK(result->text == "1.3.6.1.4.1.9.9.41.2.0.1");
  CHECK(result->resource.empty());
}

TEST_CASE("a notification without a trap OID is stored and named malformed") {
  const auto result = classify({rule("a", kLinkDown)}, Trap("").number(kVendor, 1));
  CHECK(result->rule_index == kNoRule);
  CHECK(result->alarm_name == "malformed");
  CHECK_FALSE(result->text.empty());
}

TEST_CASE("no rules at all classify too") {
  CHECK(classify({}, Trap(kLinkDown))->alarm_name == kLinkDown);
}

TEST_CASE("the exact trap goes before subtrees, and the longest subtree before others") {
  const std::vector<Rule> rules = {below("all", "1.3.6.1.6"), below("near", "1.3.6.1.6.3.1.1.5"),
                                   rule("exact", "IF-MIB::linkDown")};
  CHECK(matched(rules, Trap(kLinkDown)) == "exact");
  CHECK(matched(rules, Trap("1.3.6.1.6.3.1.1.5.9")) == "near");
  CHECK(matched(rules, Trap("1.3.6.1.6.3.1.1.5")) == "near");
  CHECK(matched(rules, Trap("1.3.6.1.6.4")) == "all");
  CHECK(matched(rules, Trap("1.3.6.1.7")) == "");
  // 1.3.6.1.60 begins with the digits of 1.3.6.1.6 but not with its arcs
  CHECK(matched(rules, Trap("1.3.6.1.60")) == "");
  CHECK(matched(rules, Trap("1.3.6.1.6.3.1.1.5.300.1")) == "near");
}

TEST_CASE("of several rules for one trap the first whose conditions hold is taken") {
  Rule first = rule("first", kLinkDown);
  first.where = {{kIfIndex, {"1"}, {}}};
  Rule second = rule("second", kLinkDown);
  second.where = {{kIfIndex, {"1", "2"}, {}}};
  const std::vector<Rule> rules = {first, second, below("rest", "1.3.6.1.6.3")};
  const std::string object = std::string(kIfIndex) + ".1";
  CHECK(matched(rules, Trap(kLinkDown).number(object, 1)) == "first");
  CHECK(matched(rules, Trap(kLinkDown).number(object, 2)) == "second");
  CHECK(matched(rules, Trap(kLinkDown).number(object, 3)) == "rest");
  CHECK(matched(rules, Trap(kLinkDown)) == "rest");
}

TEST_CASE("a rule may name several traps and subtrees") {
  Rule both = rule("both", kLinkDown);
  both.traps.push_back("IF-MIB::linkUp");
  both.subtrees = {kVendor, "1.3.6.1.4.1.88888"};
  for (const char* trap :
       {kLinkDown, "1.3.6.1.6.3.1.1.5.4", "1.3.6.1.4.1.99999.1", "1.3.6.1.4.1.88888"}) {
    CHECK(matched({both}, Trap(trap)) == "both");
  }
}

TEST_CASE("the file's own names stand for OIDs, with arcs behind them or without") {
  Rule made = rule("own", "vendor.0.7");
  made.objects = std::make_shared<ObjectNames>(ObjectNames{{"vendor", kVendor}, {"o", kIfIndex}});
  made.text = "{o} {o.index}";
  const auto result =
      classify({made}, Trap("1.3.6.1.4.1.99999.0.7").number("1.3.6.1.2.1.2.2.1.1.4", 4));
  CHECK(result->rule == "own");
  CHECK(result->text == "4 4");
}

TEST_CASE("a condition compares numbers of any type, texts without final NULs, and parts") {
  const auto holds = [](const VarbindMatch& match, const Trap& trap) {
    Rule made = rule("r", kLinkDown);
    made.where = {match};
    return matched({made}, trap) == "r";
  };
  const Trap base(kLinkDown);
  const auto trap = [&] { return Trap(kLinkDown); };
  const std::string object = "1.3.6.1.4.1.99999.1";
  const VarbindMatch number{object, {"2", "-5"}, {}};
  for (const ber::Tag tag :
       {ber::kInteger, ber::kCounter32, ber::kGauge32, ber::kTimeTicks, ber::kCounter64}) {
    CHECK(holds(number, trap().number(object + ".0", 2, tag)));
  }
  CHECK(holds(number, trap().number(object, -5)));
  CHECK_FALSE(holds(number, trap().number(object, 20)));
  CHECK_FALSE(holds(number, trap().number(object + ".0", 1)));
  CHECK_FALSE(holds(number, base));
  CHECK(holds(number, trap().text(object, "2")));

  const VarbindMatch text{object, {"up", "down"}, {}};
  CHECK(holds(text, trap().text(object, "down")));
  CHECK(holds(text, trap().text(object, std::string("down\0\0", 6))));
  CHECK_FALSE(holds(text, trap().text(object, "downs")));
  CHECK_FALSE(holds(text, trap().text(object, "")));

  const VarbindMatch oid{object, {"1.3.6.1.4"}, {}};
  CHECK(holds(oid, trap().oid(object, "1.3.6.1.4")));
  CHECK_FALSE(holds(oid, trap().oid(object, "1.3.6.1.4.1")));
  const VarbindMatch address{object, {"192.0.2.7"}, {}};
  CHECK(holds(address, trap().text(object, "\xc0\x00\x02\x07"s, 0x40)));

  const VarbindMatch part{object, {}, {"Session: WEB", "Session: CLI"}};
  CHECK(holds(part, trap().text(object, "x. Session: CLI [1]")));
  CHECK_FALSE(holds(part, trap().text(object, "x. Session: SNMP [1]")));
  CHECK_FALSE(holds(part, trap().number(object, 1)));
}

TEST_CASE("all conditions of a rule must hold") {
  Rule made = rule("r", kLinkDown);
  made.where = {{"1.3.6.1.4.1.99999.1", {"1"}, {}}, {"1.3.6.1.4.1.99999.2", {"2"}, {}}};
  const auto trap = [](int a, int b) {
    return Trap(kLinkDown).number("1.3.6.1.4.1.99999.1.0", a).number("1.3.6.1.4.1.99999.2.0", b);
  };
  CHECK(matched({made}, trap(1, 2)) == "r");
  CHECK(matched({made}, trap(1, 1)) == "");
  CHECK(matched({made}, trap(2, 2)) == "");
}

// --- what it says ---

TEST_CASE("constants, actions and flags of a rule reach the result") {
  Rule made = rule("r", kLinkDown);
  made.severity = Severity::kMajor;
  made.type = EventType::kIntegrityViolation;
  made.cause = ProbableCause{607};
  made.state = StateRule::kRaise;
  made.alarm = "name";
  made.clears_device = true;
  const auto result = classify({made}, Trap(kLinkDown));
  CHECK(result->severity == Severity::kMajor);
  CHECK(result->type == EventType::kIntegrityViolation);
  CHECK(result->cause == 607);
  CHECK(result->action == Action::kRaise);
  CHECK(result->alarm_name == "name");
  CHECK(result->clears_device);
  CHECK(result->rule == "r");
  CHECK(result->rule_index == 0);
  CHECK(result->disposition == Disposition::kStore);
  made.clears_device = false;
  made.state = StateRule::kBySeverity;
  made.suppress = true;
  CHECK(classify({made}, Trap(kLinkDown))->disposition == Disposition::kSuppress);
  made.drop = true;
  CHECK(classify({made}, Trap(kLinkDown))->disposition == Disposition::kDrop);
}

TEST_CASE("the state word and the severity settle what becomes of the alarm") {
  struct Row {
    StateRule state;
    Severity severity;
    Action action;
    Severity after;
  };
  const Row table[] = {
      {StateRule::kEvent, Severity::kMajor, Action::kEvent, Severity::kMajor},
      {StateRule::kEvent, Severity::kCleared, Action::kEvent, Severity::kIndeterminate},
      {StateRule::kRaise, Severity::kMinor, Action::kRaise, Severity::kMinor},
      {StateRule::kRaise, Severity::kCleared, Action::kClear, Severity::kCleared},
      {StateRule::kClear, Severity::kMajor, Action::kClear, Severity::kCleared},
      {StateRule::kBySeverity, Severity::kCritical, Action::kRaise, Severity::kCritical},
      {StateRule::kBySeverity, Severity::kIndeterminate, Action::kRaise, Severity::kIndeterminate},
      {StateRule::kBySeverity, Severity::kCleared, Action::kClear, Severity::kCleared},
  };
  for (const Row& row : table) {
    Rule made = rule("r", kLinkDown);
    made.state = row.state;
    made.severity = row.severity;
    const auto result = classify({made}, Trap(kLinkDown));
    CHECK(result->action == row.action);
    CHECK(result->severity == row.after);
  }
}

TEST_CASE("a severity from a varbind: the vendor's numbers through the rule's table") {
  Rule made = rule("r", kLinkDown);
  // X.721's numbers, which are not the IETF's (ALM-01)
  made.severity_from = FromVarbind<Severity>{kVendor,
                                             {{5, Severity::kCleared},
                                              {0, Severity::kIndeterminate},
                                              {1, Severity::kCritical},
                                              {2, Severity::kMajor},
                                              {3, Severity::kMinor},
                                              {4, Severity::kWarning}},
                                             Severity::kMinor};
  made.state = StateRule::kBySeverity;
  const auto severity = [&](const Trap& trap) { return classify({made}, trap)->severity; };
  const std::pair<int, Severity> table[] = {{0, Severity::kIndeterminate}, {1, Severity::kCritical},
                                            {2, Severity::kMajor},         {3, Severity::kMinor},
                                            {4, Severity::kWarning},       {5, Severity::kCleared},
                                            {6, Severity::kMinor},         {-1, Severity::kMinor}};
  for (const auto& [sent, expected] : table) {
    CHECK(severity(Trap(kLinkDown).number("1.3.6.1.4.1.99999.0", sent)) == expected);
  }
  CHECK(severity(Trap(kLinkDown)) == Severity::kMinor);
  CHECK(severity(Trap(kLinkDown).text(kVendor, "x")) == Severity::kMinor);
  CHECK(severity(Trap(kLinkDown).text(kVendor, "2")) == Severity::kMajor);
  CHECK(severity(Trap(kLinkDown).number(kVendor, 1, 0x42)) == Severity::kCritical);
  CHECK(severity(Trap(kLinkDown).text(kVendor, "\x01\x02\x03\x04\x05"s, 0x02)) == Severity::kMinor);
}

TEST_CASE("a value from a varbind without a table has the IETF's numbers") {
  Rule made = rule("r", kLinkDown);
  made.severity_from = FromVarbind<Severity>{"1.3.6.1.4.1.99999.1", {}, {}};
  made.type_from = FromVarbind<EventType>{"1.3.6.1.4.1.99999.2", {}, EventType::kEquipment};
  made.cause_from = FromVarbind<ProbableCause>{"1.3.6.1.4.1.99999.3", {}, {}};
  const auto result = [&](int severity, int type, int cause) {
    return classify({made}, Trap(kLinkDown)
                                .number("1.3.6.1.4.1.99999.1", severity)
                                .number("1.3.6.1.4.1.99999.2", type)
                                .number("1.3.6.1.4.1.99999.3", cause));
  };
  CHECK(result(3, 10, 600)->severity == Severity::kCritical);
  CHECK(result(3, 10, 600)->type == EventType::kSecurityServiceOrMechanismViolation);
  CHECK(result(3, 10, 2000)->cause == 2000);  // registered later: the number is kept (ALM-03)
  CHECK(result(7, 12, 70'000)->severity == Severity::kIndeterminate);
  CHECK(result(7, 12, 70'000)->type == EventType::kEquipment);
  CHECK(result(7, 0, 0)->cause == kCauseOther);
}

// --- templates ---

TEST_CASE("a text takes values, indexes and what is known of the sender") {
  const Trap trap = Trap(kLinkDown)
                        .number("1.3.6.1.2.1.2.2.1.1.7", 7)
                        .text("1.3.6.1.2.1.2.2.1.2.7", "eth0")
                        .oid("1.3.6.1.4.1.99999.1.0", "1.3.6.1.4")
                        .text("1.3.6.1.4.1.99999.2.1.20.300", "\x0a\x00\x00\x01"s, 0x40);
  CHECK(text_of("plain", trap) == "plain");
  CHECK(text_of("{IF-MIB::ifDescr} ({ifIndex}) down", trap) == "eth0 (7) down");
  CHECK(text_of("{1.3.6.1.4.1.99999.1}", trap) == "1.3.6.1.4");
  CHECK(text_of("{1.3.6.1.4.1.99999.2} {1.3.6.1.4.1.99999.2.index}", trap) == "10.0.0.1 1.20.300");
  CHECK(text_of("{1.3.6.1.4.1.99999.1.0.index}.", trap) == ".");
  CHECK(text_of("{device}/{device_name}/{source}/{trap}", trap) ==
        "dev-1/router/192.0.2.1/1.3.6.1.6.3.1.1.5.3");
  CHECK(text_of("{{ifIndex} }", trap) == "{ifIndex} }");
}

TEST_CASE("a missing varbind leaves the text readable, and a choice takes what is there") {
  const Trap trap =
      Trap(kLinkDown).number("1.3.6.1.2.1.2.2.1.1.7", 7).text("1.3.6.1.2.1.31.1.1.1.1.7", "");
  CHECK(text_of("interface {ifDescr} down", trap) == "interface  down");
  CHECK(text_of("interface {ifDescr|ifName|ifIndex} down", trap) == "interface 7 down");
  CHECK(text_of("{ifOperStatus.index|ifIndex.index}", trap) == "7");
}

TEST_CASE("a resource is the same whatever the varbind's type or padding") {
  Rule made = rule("r", kLinkDown);
  made.resource = "{ifIndex}";
  const std::string object = "1.3.6.1.2.1.2.2.1.1.7";
  for (const Trap& trap :
       {Trap(kLinkDown).number(object, 7), Trap(kLinkDown).number(object, 7, 0x42),
        Trap(kLinkDown).text(object, "7"), Trap(kLinkDown).text(object, "7\0\0"s)}) {
    CHECK(classify({made}, trap)->resource == "7");
  }
}

TEST_CASE("what a device sends can add no line, no control character and no broken UTF-8") {
  const std::string object = "1.3.6.1.2.1.2.2.1.2.7";
  const std::pair<std::string, std::string> table[] = {
      {"a\r\nb\tc", "a  b c"},
      {"abcdefgh\x1b[31m", "abcdefgh\\x1b[31m"},
      {"Z\xc3\xbcrich", "Z\xc3\xbcrich"},
      {"Z\xfcrich Bahnhof", "Z\\xfcrich Bahnhof"},  // Latin-1
      {"abcdefgh\xc2\x85", "abcdefgh\\xc2\\x85"},   // a C1 control character
      {"abcdefgh\x7f", "abcdefgh\\x7f"},
      {"ab\0cdefg"s, "ab\\x00cdefg"},
      {"text\0\0\0"s, "text"},
      {"\0"s, ""},
      {"\0\0\0\0\0\0"s, "0x000000000000"},  // rather an address than an empty text
      {"\x00\x90\x8f\x12\x34\x56"s, "0x00908f123456"},
      {"%s %n <script> {ifIndex}", "%s %n <script> {ifIndex}"},
  };
  for (const auto& [sent, shown] : table) {
    CHECK(text_of("{ifDescr}", Trap(kLinkDown).text(object, sent)) == shown);
  }
}

TEST_CASE("a text is cut at its bound, between characters") {
  const std::string object = "1.3.6.1.2.1.2.2.1.2.7";
  std::string euros;
  for (int i = 0; i < 1000; ++i) euros += "\xe2\x82\xac";
  const std::string text = text_of("x{ifDescr}{ifDescr}", Trap(kLinkDown).text(object, euros));
  CHECK(text.size() == 1 + 341 * 3);
  CHECK(text == "x" + euros.substr(0, 341 * 3));
  Rule made = rule("r", kLinkDown);
  made.alarm = made.resource = made.text = "{ifDescr}";
  const auto result = classify({made}, Trap(kLinkDown).text(object, std::string(60'000, 'a')));
  CHECK(result->alarm_name.size() == kFieldOctetsMax);
  CHECK(result->resource.size() == kFieldOctetsMax);
  CHECK(result->text.size() == kFieldOctetsMax);
}

TEST_CASE("a varbind is found behind any number of others") {
  Trap trap(kLinkDown);
  for (int i = 1; i <= 100; ++i) trap.number("1.3.6.1.4.1.99999." + std::to_string(i), i);
  for (const int i : {1, 23, 24, 25, 26, 99, 100}) {
    CHECK(text_of("{1.3.6.1.4.1.99999." + std::to_string(i) + "}", trap) == std::to_string(i));
  }
  // 99999.1 is not 99999.10 and not 99999.100
  CHECK(text_of("{1.3.6.1.4.1.99999.101}", trap) == "");
}

TEST_CASE("an alarm name that comes out empty is the rule's name") {
  Rule made = rule("r", kLinkDown);
  made.alarm = "{ifDescr}";
  CHECK(classify({made}, Trap(kLinkDown))->alarm_name == "r");
}

TEST_CASE("nothing of the result before is left in the next one") {
  Rule made = rule("r", kLinkDown);
  made.state = StateRule::kRaise;
  made.severity = Severity::kMajor;
  made.type = EventType::kEquipment;
  made.cause = ProbableCause{500};
  made.clears_device = true;
  made.text = made.resource = "x";
  const auto classifier = build({made});
  auto result = std::make_unique<Classification>();
  const Trap known(kLinkDown);
  const Trap unknown("1.3.6.1.4.1.1");
  classifier->classify(known.notification(), {}, result.get());
  classifier->classify(unknown.notification(), {}, result.get());
  CHECK(result->disposition == Disposition::kStore);
  CHECK(result->severity == Severity::kIndeterminate);
  CHECK(result->type == EventType::kOther);
  CHECK(result->cause == kCauseOther);
  CHECK(result->action == Action::kEvent);
  CHECK_FALSE(result->clears_device);
  CHECK(result->rule_index == kNoRule);
  CHECK(result->resource.empty());
}

// --- counting ---

TEST_CASE("hits of all workers are summed by rule, those without a rule too") {
  const auto classifier = build({rule("a", kLinkDown), rule("b", "1.3.6.1.6.3.1.1.5.4")}, 2);
  std::vector<std::jthread> workers;
  for (std::size_t worker = 0; worker < 2; ++worker) {
    workers.emplace_back([&classifier, worker] {
      auto result = std::make_unique<Classification>();
      const Trap known(worker == 0 ? kLinkDown : "1.3.6.1.6.3.1.1.5.4");
      const Trap unknown("1.3.6.1.4.1.1");
      for (int i = 0; i < 1000; ++i) {
        const snmp::Notification trap = (i % 4 == 0 ? unknown : known).notification();
        classifier->classify(trap, {}, result.get());
        classifier->count(*result, trap.trap_oid, worker);
      }
    });
  }
  workers.clear();
  const auto rules = classifier->rules();
  REQUIRE(rules.size() == 2);
  CHECK(rules[0].name == "a");
  CHECK(rules[0].hits == 750);
  CHECK(rules[1].hits == 750);
  CHECK(rules[0].position.line == 3);
  CHECK(classifier->unmatched() == 500);
  const auto unmatched = classifier->unmatched_traps();
  REQUIRE(unmatched.size() == 1);
  CHECK(unmatched[0].trap.text() == "1.3.6.1.4.1.1");
  CHECK(unmatched[0].count == 500);
}

// --- errors ---

TEST_CASE("every error of every rule is told at once, at its key's place") {
  Rule unknown = rule("a", "NO-MIB::trap");
  unknown.key_positions["trap"] = {"r.yaml", 9, 7};
  unknown.text = "{noSuchObject}";
  unknown.where = {{"noSuchObject", {"1"}, {}}, {kVendor, {}, {}}};
  unknown.severity_from = FromVarbind<Severity>{"noSuchObject", {}, {}};
  Rule open = rule("b", kLinkDown);
  open.text = "{ifIndex";
  open.alarm = "a\nb";
  const auto told =
      errors({unknown, open, rule("b", kLinkDown), rule("c", ""), rule("", kLinkDown)});
  std::string all;
  for (const std::string& error : told) all += error + "\n";
  CAPTURE(all);
  const auto has = [&](std::string_view what) { return all.find(what) != all.npos; };
  CHECK(has("r.yaml:9:7: rule a: trap: unknown trap 'NO-MIB::trap': expected a dotted OID"));
  CHECK(has("r.yaml:3:5: rule a: text: unknown object 'noSuchObject'"));
  CHECK(has("rule a: where: unknown object 'noSuchObject'"));
  CHECK(has("rule a: where: expected at least one of `values`, `contains`"));
  CHECK(has("rule a: severity: unknown object"));
  CHECK(has("rule b: text: a { without its }"));
  CHECK(has("rule b: alarm: must be one line of UTF-8"));
  CHECK(has("rule b: name: there is a rule of this name at r.yaml:3:5"));
  CHECK(has("rule c: trap: matches nothing: expected `trap`, `subtree`"));
  CHECK(has("rule : name: expected 1 to 128 printable ASCII characters"));
  CHECK(told.size() == 10);
}

}  // namespace trapd::alarm
