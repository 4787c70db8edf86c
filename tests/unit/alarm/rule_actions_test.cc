// SPDX-License-Identifier: Apache-2.0
// Labels, timeouts, and several rules that speak about one trap.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "tests/unit/alarm/fake_names.h"
#include "tests/unit/alarm/trap_builder.h"
#include "trapd/alarm/classifier.h"

namespace trapd::alarm {
namespace {

constexpr const char* kTrap = "1.3.6.1.6.3.1.1.5.3";
constexpr const char* kObject = "1.3.6.1.4.1.99999.1";

Rule rule(const char* name) {
  Rule made;
  made.name = name;
  made.traps = {kTrap};
  return made;
}

std::unique_ptr<Classification> classify(const std::vector<Rule>& rules, const Trap& trap) {
  // Texts without placeholders live as long as the classifier.
  static std::vector<std::shared_ptr<const Classifier>> kept;
  auto built = Classifier::build(rules, FakeNames::standard());
  if (!built) {
    for (const RuleError& error : built.error()) MESSAGE(error.text);
  }
  REQUIRE(built);
  kept.push_back(*built);
  auto result = std::make_unique<Classification>();
  (*built)->classify(trap.notification(), {}, result.get());
  return result;
}

std::string label_error(const char* name) {
  Rule made = rule("r");
  made.labels = {{name, "x"}};
  const auto built = Classifier::build({made}, FakeNames::standard());
  return built ? std::string() : built.error()[0].text;
}

}  // namespace

TEST_CASE("labels are lines of key=value, made of varbinds; without a value they are left out") {
  Rule made = rule("r");
  made.labels = {{"team", "core"}, {"none", "{1.3.6.1.4.1.99999.9}"}, {"port", "p{ifIndex}"}};
  const auto result = classify({made}, Trap(kTrap).number("1.3.6.1.2.1.2.2.1.1.7", 7));
  CHECK(result->labels == "team=core\nport=p7");
}

TEST_CASE("what a device sent cannot add a label or a control character") {
  Rule made = rule("r");
  made.labels = {{"a", "{1.3.6.1.4.1.99999.1}"}, {"b", "x"}};
  const auto result = classify({made}, Trap(kTrap).text(kObject, "1\nb=evil\r\x1b[31m more"));
  CHECK(result->labels == "a=1 b=evil \\x1b[31m more\nb=x");
}

TEST_CASE("labels that do not fit into a field are cut, and those behind are left out") {
  Rule made = rule("r");
  made.labels = {{"a", "{1.3.6.1.4.1.99999.1}"}, {"b", "{1.3.6.1.4.1.99999.1}"}, {"c", "x"}};
  const auto result = classify({made}, Trap(kTrap).text(kObject, std::string(1000, 'x')));
  CHECK(result->labels.size() <= kFieldOctetsMax);
  CHECK(result->labels.starts_with("a=xxx"));
  CHECK(result->labels.find("\nb=xxx") != std::string_view::npos);
  CHECK(result->labels.find("\nc=") == std::string_view::npos);
}

TEST_CASE("a label's name has letters, digits, _, - and . only, at most 32") {
  CHECK(label_error("team_1.a-B").empty());
  for (const char* bad : {"", "a b", "a=b", "a\"", "a]", "123456789012345678901234567890123"}) {
    CAPTURE(bad);
    CHECK(label_error(bad).find("labels") != std::string::npos);
  }
}

TEST_CASE("a timeout goes with a raise, not with an event or a clear") {
  Rule made = rule("r");
  made.timeout_s = 90;
  CHECK(classify({made}, Trap(kTrap))->timeout_s == 0);
  made.state = StateRule::kRaise;
  CHECK(classify({made}, Trap(kTrap))->timeout_s == 90);
  made.state = StateRule::kClear;
  CHECK(classify({made}, Trap(kTrap))->timeout_s == 0);
}

TEST_CASE("the first rule that matches says everything, unless it goes on") {
  Rule first = rule("first");
  first.severity = Severity::kMinor;
  Rule second = rule("second");
  second.severity = Severity::kMajor;
  second.labels = {{"b", "2"}};
  const auto alone = classify({first, second}, Trap(kTrap));
  CHECK(alone->severity == Severity::kMinor);
  CHECK(alone->labels.empty());
  CHECK(alone->rule_count == 1);
}

TEST_CASE("rules behind one that goes on add labels and override what they say") {
  Rule first = rule("first");
  first.goes_on = true;
  first.severity = Severity::kMinor;
  first.state = StateRule::kRaise;
  first.text = "first";
  first.labels = {{"a", "1"}, {"b", "1"}};
  Rule second;
  second.name = "second";
  second.subtrees = {"1.3.6.1.6"};
  second.severity = Severity::kCritical;
  second.resource = "r";
  second.timeout_s = 60;
  second.labels = {{"b", "2"}, {"c", "2"}};
  const auto result = classify({first, second}, Trap(kTrap));
  CHECK(result->rule == "first");
  CHECK(result->alarm_name == "first");
  CHECK(result->severity == Severity::kCritical);
  CHECK(result->action == Action::kRaise);
  CHECK(result->text == "first");
  CHECK(result->resource == "r");
  CHECK(result->timeout_s == 60);
  CHECK(result->labels == "a=1\nb=2\nc=2");
  CHECK(result->rule_count == 2);
}

TEST_CASE("a rule that only labels leaves the name to the next, where there is one") {
  Rule labels = rule("labels");
  labels.goes_on = true;
  labels.labels = {{"team", "core"}};
  Rule real = rule("real");
  real.state = StateRule::kRaise;
  CHECK(classify({labels, real}, Trap(kTrap))->alarm_name == "real");
  CHECK(classify({labels}, Trap(kTrap))->alarm_name == "labels");
}

TEST_CASE("each rule that spoke counts a hit, and at most eight speak") {
  std::vector<Rule> rules;
  for (int i = 0; i < 10; ++i) {
    rules.push_back(rule(("r" + std::to_string(i)).c_str()));
    rules.back().goes_on = true;
    rules.back().labels = {{"l" + std::to_string(i), "x"}};
  }
  auto classifier = Classifier::build(rules, FakeNames::standard());
  REQUIRE(classifier);
  const auto result = std::make_unique<Classification>();
  const Trap trap(kTrap);
  (*classifier)->classify(trap.notification(), {}, result.get());
  (*classifier)->count(*result, trap.notification().trap_oid, 0);
  CHECK(result->rule_count == kRulesPerTrapMax);
  CHECK((*classifier)->rules()[7].hits == 1);
  CHECK((*classifier)->rules()[8].hits == 0);
}

TEST_CASE("missing varbinds and unknown numbers lose nothing: the trap is stored all the same") {
  Rule made = rule("r");
  made.severity_from = FromVarbind<Severity>{kObject, {{1, Severity::kMajor}}, std::nullopt};
  made.type_from = FromVarbind<EventType>{kObject, {}, std::nullopt};
  made.cause_from = FromVarbind<ProbableCause>{kObject, {}, std::nullopt};
  made.state = StateRule::kBySeverity;
  made.resource = "{1.3.6.1.4.1.99999.1}";
  made.labels = {{"a", "{1.3.6.1.4.1.99999.1}"}};
  const Trap traps[] = {Trap(kTrap), Trap(kTrap).number(kObject, 77),
                        Trap(kTrap).number(kObject, -1), Trap(kTrap).text(kObject, "no number"),
                        Trap(kTrap).text(kObject, "\x01\x02\x03", ber::kOpaque)};
  for (const Trap& trap : traps) {
    const auto result = classify({made}, trap);
    CHECK(result->disposition == Disposition::kStore);
    CHECK(result->severity == Severity::kIndeterminate);
    CHECK(result->type == EventType::kOther);
    CHECK(result->action == Action::kRaise);
  }
}

TEST_CASE("a rule that only labels does not name what no other rule knows") {
  Rule labels;
  labels.name = "team";
  labels.subtrees = {"1.3.6.1"};
  labels.labels = {{"team", "core"}};
  labels.goes_on = true;
  const auto built = Classifier::build({labels}, FakeNames::standard());
  REQUIRE(built);
  const std::shared_ptr<const Classifier> classifier = *built;
  const auto result = std::make_unique<Classification>();
  const Trap trap(kTrap);
  classifier->classify(trap.notification(), {}, result.get());
  CHECK(result->alarm_name == kTrap);
  CHECK(result->text == kTrap);
  CHECK(result->rule.empty());
  CHECK(result->labels == "team=core");
  classifier->count(*result, trap.notification().trap_oid, 0);
  CHECK(classifier->rules()[0].hits == 1);
  CHECK(classifier->unmatched() == 1);
  CHECK(classifier->unmatched_traps().size() == 1);
}

TEST_CASE("what is not stored cannot change the list of alarms, so a rule may not say both") {
  const auto error = [](void (*fill)(Rule&)) {
    Rule made = rule("r");
    fill(made);
    const auto built = Classifier::build({made}, FakeNames::standard());
    return built ? std::string() : built.error().at(0).text;
  };
  CHECK(error([](Rule& r) { r.suppress = r.clears_device = true; }) ==
        "rule r: clears_device: has no effect beside `suppress`: the notification does not reach "
        "the list of alarms");
  CHECK(error([](Rule& r) { r.drop = r.marks_device = true; }).find("beside `drop`") !=
        std::string::npos);
  CHECK(!error([](Rule& r) {
           r.drop = true;
           r.timeout_s = 60;
         }).empty());
  CHECK(!error([](Rule& r) {
           r.suppress = true;
           r.state = StateRule::kRaise;
         }).empty());
  CHECK(error([](Rule& r) { r.suppress = true; }).empty());
}

}  // namespace trapd::alarm
