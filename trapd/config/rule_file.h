// SPDX-License-Identifier: Apache-2.0
// Reads a file of classification rules (conf/rules/*.yaml; each begins with the language in short).
// Here the form is checked; names of objects and traps are resolved when the classifier is built,
// with the positions that are kept in the rules.
//
//   objects:  names of the file's own for OIDs
//   maps:     tables from numbers to words, by name
//   bases:    rules in part, by name, for `base:`
//   rules:    the rules, in their order
//   pairs:    two rules each, NAME (raise) and NAME-clear (clear), behind those of `rules`
//   examples: traps, and what the rules are to say of them (alarm/rule_example.h)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/rule.h"
#include "trapd/alarm/rule_example.h"
#include "trapd/base/expected.h"

namespace trapd::config {

/// "FILE:line:column: error: what is wrong, and what was expected"; all errors, by position.
using RuleFileErrors = std::vector<std::string>;

struct RuleFile {
  std::vector<alarm::Rule> rules;  // in the order of the file
  std::vector<alarm::RuleExample> examples;
};

/// All of the file, or every error. At most 1 MiB. `sound`, unless null, gets the rules without an
/// error of a file that has some: names that they lack can be told with the rest.
Expected<RuleFile, RuleFileErrors> load_rule_file_with_examples(
    const std::string& path, std::vector<alarm::Rule>* sound = nullptr);

/// The same from memory; `file` is its name in positions and messages.
Expected<RuleFile, RuleFileErrors> parse_rule_file(std::string_view text, const std::string& file,
                                                   std::vector<alarm::Rule>* sound = nullptr);

/// The rules alone, for those who only classify; errors in examples are errors here too.
Expected<std::vector<alarm::Rule>, RuleFileErrors> load_rule_file(
    const std::string& path, std::vector<alarm::Rule>* sound = nullptr);
Expected<std::vector<alarm::Rule>, RuleFileErrors> parse_rules(std::string_view text,
                                                               const std::string& file);

}  // namespace trapd::config
