// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/rules_command.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "mib/build.h"
#include "mib/install_paths.h"
#include "trapd/alarm/rule_example.h"
#include "trapd/config/config.h"
#include "trapd/config/rule_file.h"
#include "trapd/ctl/table.h"

namespace trapd::ctl {
namespace {

using Json = nlohmann::json;
using Lines = std::vector<std::string>;

std::string place(const alarm::RulePosition& at) {
  return fmt::format("{}:{}:{}", at.file, at.line, at.column);
}

Unexpected<Error> lines_error(const Lines& lines) {
  return Unexpected(Error{fmt::format("{}", fmt::join(lines, "\n"))});
}

Result<std::shared_ptr<const mib::MibIndex>> build_index(const mib::Inputs& inputs) {
  std::string directory = (std::filesystem::temp_directory_path() / "trapctl-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) {
    return Unexpected(errno_error("cannot make", directory, errno));
  }
  mib::BuildOptions options;
  options.compiler = mib::install_paths().mib_compiler;
  options.inputs = inputs;
  options.output = directory + "/mib.index";
  auto built = mib::build_or_reuse(options);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  if (!built) return Unexpected(built.error());
  return built->index;
}

Result<std::shared_ptr<const mib::MibIndex>> index_for(const std::string& config_file) {
  mib::Inputs inputs{mib::install_paths().base_mibs, {}, {}};
  if (config_file.empty()) return build_index(inputs);
  const auto config = config::load(config_file, false);
  if (!config) return lines_error(config.error().lines);
  inputs.directories = config->live.mib_directories;
  inputs.modules = config->live.mib_modules;
  return build_index(inputs);
}

Lines lines_of(const std::vector<alarm::RuleError>& errors) {
  Lines lines;
  for (const alarm::RuleError& error : errors) {
    lines.push_back(fmt::format("{}: error: {}", place(error.position), error.text));
  }
  return lines;
}

/// An error in one file hides none in another, and none of names.
Result<config::RuleFile> load_all(const Lines& files, const snmp::OidNames& names) {
  config::RuleFile all;
  Lines errors;
  for (const std::string& path : files) {
    auto file = config::load_rule_file_with_examples(path, &all.rules);
    if (!file) {
      errors.insert(errors.end(), file.error().begin(), file.error().end());
      continue;
    }
    std::move(file->rules.begin(), file->rules.end(), std::back_inserter(all.rules));
    std::move(file->examples.begin(), file->examples.end(), std::back_inserter(all.examples));
  }
  if (errors.empty()) return all;
  if (const auto classifier = alarm::Classifier::build(all.rules, names); !classifier) {
    const Lines more = lines_of(classifier.error());
    errors.insert(errors.end(), more.begin(), more.end());
  }
  return lines_error(errors);
}

Result<std::shared_ptr<const alarm::Classifier>> build_rules(const std::vector<alarm::Rule>& rules,
                                                             const snmp::OidNames& names) {
  auto classifier = alarm::Classifier::build(rules, names);
  if (classifier) return *classifier;
  return lines_error(lines_of(classifier.error()));
}

std::string failure_line(const alarm::RuleExample& example, const alarm::ExampleFailure& failure) {
  if (failure.key.empty()) {
    return fmt::format("{}: error: example {}: {}", place(failure.position), example.trap,
                       failure.got);
  }
  return fmt::format("{}: error: example {}: {}: expected \"{}\", got \"{}\"",
                     place(failure.position), example.trap, failure.key, failure.expected,
                     failure.got);
}

Json failure_json(const alarm::RuleExample& example, const alarm::ExampleFailure& failure) {
  return {{"file", failure.position.file},
          {"line", failure.position.line},
          {"column", failure.position.column},
          {"trap", example.trap},
          {"key", failure.key},
          {"expected", failure.expected},
          {"got", failure.got}};
}

}  // namespace

Result<RuleTestReport> test_rules(const RuleTestRequest& request, const snmp::OidNames& names) {
  const auto files = load_all(request.files, names);
  if (!files) return Unexpected(files.error());
  const auto rules = build_rules(files->rules, names);
  if (!rules) return Unexpected(rules.error());
  RuleTestReport report;
  Json failures = Json::array();
  std::size_t failed = 0;
  for (const alarm::RuleExample& example : files->examples) {
    const auto differences = alarm::run_example(example, **rules, names);
    if (!differences.empty()) ++failed;
    for (const alarm::ExampleFailure& failure : differences) {
      report.text += safe_text(failure_line(example, failure)) + "\n";
      failures.push_back(failure_json(example, failure));
    }
  }
  Json missed = Json::array();
  for (const auto& rule : (*rules)->rules()) {
    if (rule.hits != 0) continue;
    missed.push_back(rule.name);
    if (!request.every_rule) continue;
    report.text +=
        fmt::format("{}: error: no example hits rule {}\n", place(rule.position), rule.name);
  }
  report.passed = failed == 0 && (!request.every_rule || missed.empty());
  report.text += fmt::format("{} examples, {} failed; {} rules, {} without an example\n",
                             files->examples.size(), failed, files->rules.size(), missed.size());
  report.json = {{"examples", files->examples.size()},
                 {"failed", failed},
                 {"failures", std::move(failures)},
                 {"rules", files->rules.size()},
                 {"rules_without_example", std::move(missed)}};
  return report;
}

Result<RuleTestReport> test_rules(const RuleTestRequest& request) {
  const auto index = index_for(request.config_file);
  if (!index) return Unexpected(index.error());
  return test_rules(request, **index);
}

}  // namespace trapd::ctl
