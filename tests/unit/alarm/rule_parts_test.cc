// SPDX-License-Identifier: Apache-2.0
// {OBJECT~REGEX}: which thing a sentence is about.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "tests/unit/alarm/fake_names.h"
#include "tests/unit/alarm/trap_builder.h"
#include "trapd/alarm/classifier.h"
#include "trapd/alarm/rule_template.h"
#include "trapd/alarm/varbind_condition.h"

namespace trapd::alarm {
namespace {

constexpr const char* kTrap = "1.3.6.1.6.3.1.1.5.3";
constexpr const char* kObject = "1.3.6.1.4.1.99999.1";

Rule rule(const std::string& resource) {
  Rule made;
  made.name = "r";
  made.traps = {kTrap};
  made.resource = resource;
  return made;
}

std::string resource(const std::string& text, const Trap& trap) {
  const auto built = Classifier::build({rule(text)}, FakeNames::standard());
  REQUIRE(built);
  const auto result = std::make_unique<Classification>();
  (*built)->classify(trap.notification(), {}, result.get());
  return std::string(result->resource);
}

std::string error_of(const std::string& text) {
  const auto built = Classifier::build({rule(text)}, FakeNames::standard());
  REQUIRE_FALSE(built);
  return built.error()[0].text;
}

const std::string kMember = "{1.3.6.1.4.1.99999.1~member (\\S+)}";

}  // namespace

TEST_CASE("a placeholder with a group takes that part of the varbind, so that things stay apart") {
  const Trap down = Trap(kTrap).text(kObject, "Pool /Common/web member /Common/a:80 is down");
  CHECK(resource(kMember, down) == "/Common/a:80");
  CHECK(resource("{1.3.6.1.4.1.99999.1~^Pool (\\S+)}/{1.3.6.1.4.1.99999.1~member (\\S+)}", down) ==
        "/Common/web//Common/a:80");
}

TEST_CASE("without a group it takes what the whole expression finds") {
  CHECK(resource("{1.3.6.1.4.1.99999.1~fan \\d+}", Trap(kTrap).text(kObject, "the fan 12 fails")) ==
        "fan 12");
}

TEST_CASE("what is not found gives no text, and the next choice is heard") {
  const Trap other = Trap(kTrap).text(kObject, "something else");
  CHECK(resource(kMember, other).empty());
  CHECK(resource("{1.3.6.1.4.1.99999.1~member (\\S+)|1.3.6.1.4.1.99999.1}", other) ==
        "something else");
  CHECK(resource(kMember, Trap(kTrap)).empty());
  CHECK(resource("{1.3.6.1.4.1.99999.1~fan( \\d+)?}", Trap(kTrap).text(kObject, "fan")).empty());
}

TEST_CASE("a part of what a device sent is still data: no NUL, line or control character") {
  CHECK(resource(kMember, Trap(kTrap).text(kObject, std::string("member a\0", 9))) == "a");
  CHECK(resource("{1.3.6.1.4.1.99999.1~(?s)of (.*)}",
                 Trap(kTrap).text(kObject, "of a\nb\x1b[31m")) == "a b\\x1b[31m");
}

TEST_CASE("a number is searched as the text that it shows") {
  CHECK(resource("{1.3.6.1.4.1.99999.1~^\\d}", Trap(kTrap).number(kObject, 731)) == "7");
}

TEST_CASE("only the beginning of a text is searched") {
  const std::string blanks(kSearchedOctetsMax, ' ');
  CHECK(resource(kMember, Trap(kTrap).text(kObject, "member a" + blanks)) == "a");
  CHECK(resource(kMember, Trap(kTrap).text(kObject, blanks + "member a")).empty());
}

TEST_CASE("an expression that cannot be is told where the rule stands") {
  CHECK(error_of("{1.3.6.1.4.1.99999.1~member (}").find("regular expression") != std::string::npos);
  CHECK(error_of("{1.3.6.1.4.1.99999.1~}").find("nothing stands behind ~") != std::string::npos);
  CHECK(error_of("{1.3.6.1.4.1.99999.1~(a)(b)}").find("several groups") != std::string::npos);
  CHECK(error_of("{1.3.6.1.4.1.99999.1~" + std::string(kRegexPatternMax + 1, 'a') + "}")
            .find("longer than") != std::string::npos);
}

TEST_CASE("expressions in texts count among those that all rules may have") {
  std::vector<Rule> rules;
  for (std::size_t i = 0; i <= kRegexesMax; ++i) {
    rules.push_back(rule(kMember));
    rules.back().name = "r" + std::to_string(i);
  }
  const auto built = Classifier::build(rules, FakeNames::standard());
  REQUIRE_FALSE(built);
  CHECK(built.error().back().text.find("regular expressions in all rules") != std::string::npos);
  CHECK(RuleTemplate::regexes_in("~ {a} {{~ {b~c|d~e}") == 2);
}

}  // namespace trapd::alarm
