// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/rules_command.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/unit/alarm/fake_names.h"

namespace trapd::ctl {
namespace {

class RuleFiles {
 public:
  RuleFiles() {
    std::string name = (std::filesystem::temp_directory_path() / "trapctl-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~RuleFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  RuleFiles(const RuleFiles&) = delete;
  RuleFiles& operator=(const RuleFiles&) = delete;

  std::string write(const char* name, const char* text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

const char* const kRules =
    "rules: [{name: a, trap: linkDown, severity: major}, {name: b, trap: linkUp}]\n";

}  // namespace

TEST_CASE("rules test: examples that come out as expected pass, of one file and of several") {
  const RuleFiles files;
  const std::string rules = files.write("rules.yaml", kRules);
  const std::string examples = files.write(
      "examples.yaml", "rules: []\nexamples: [{trap: linkDown, expect: {severity: major}}]\n");
  const auto report = test_rules({{rules, examples}, "", false}, alarm::FakeNames::standard());
  REQUIRE(report);
  CHECK(report->passed);
  CHECK(report->text == "1 examples, 0 failed; 2 rules, 1 without an example\n");
  CHECK(report->json["rules_without_example"] == nlohmann::json{"b"});
}

TEST_CASE("rules test: --all wants an example for each rule") {
  const RuleFiles files;
  const std::string rules = files.write("rules.yaml", kRules);
  const auto report = test_rules({{rules}, "", true}, alarm::FakeNames::standard());
  REQUIRE(report);
  CHECK_FALSE(report->passed);
  CHECK(report->text.find(rules + ":1:9: error: no example hits rule a\n") == 0);
}

TEST_CASE("rules test: a difference is told with place, expected and got, fit for a terminal") {
  const RuleFiles files;
  const std::string rules = files.write("rules.yaml",
                                        "rules: [{name: a, trap: linkDown, severity: major}]\n"
                                        "examples:\n"
                                        "  - {trap: linkDown, expect: {text: \"\\e[31m\"}}\n");
  const auto report = test_rules({{rules}, "", false}, alarm::FakeNames::standard());
  REQUIRE(report);
  CHECK_FALSE(report->passed);
  CHECK(report->text.find(rules + ":3:37: error: example linkDown: text: expected \"\\x1b[31m\", "
                                  "got \"\"\n1 examples, 1 failed") == 0);
  CHECK(report->json["failures"][0]["line"] == 3);
  CHECK(report->json["failures"][0]["got"] == "");
}

TEST_CASE("rules test: what is wrong with the files is told line by line") {
  const RuleFiles files;
  const std::string form = files.write("form.yaml", "rules: [{nam: a}]\n");
  const std::string names = files.write("names.yaml", "rules: [{name: a, trap: nobody}]\n");
  const auto bad_form = test_rules({{form, names}, "", false}, alarm::FakeNames::standard());
  REQUIRE_FALSE(bad_form);
  CHECK(bad_form.error().text.find(form + ":1:10: error: unknown key") != std::string::npos);
  const auto bad_name = test_rules({{names}, "", false}, alarm::FakeNames::standard());
  REQUIRE_FALSE(bad_name);
  CHECK(bad_name.error().text.find(names + ":1:25: error: rule a: trap: unknown trap") == 0);
}

}  // namespace trapd::ctl
