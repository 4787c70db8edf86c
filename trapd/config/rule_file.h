// SPDX-License-Identifier: Apache-2.0
// Reads a file of classification rules (conf/rules/*.yaml; each begins with the language in short).
// Here the form is checked; names of objects and traps are resolved when the classifier is built,
// with the positions that are kept in the rules.
//
//   objects:  names of the file's own for OIDs
//   maps:     tables from numbers to words, by name
//   bases:    rules in part, by name, for `base:`
//   rules:    the rules, in their order
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/rule.h"
#include "trapd/base/expected.h"

namespace trapd::config {

/// "FILE:line:column: error: what is wrong, and what was expected"; all errors, by position.
using RuleFileErrors = std::vector<std::string>;

/// The rules in the order of the file, or every error. At most 1 MiB.
Expected<std::vector<alarm::Rule>, RuleFileErrors> load_rule_file(const std::string& path);

/// The same from memory; `file` is its name in positions and messages.
Expected<std::vector<alarm::Rule>, RuleFileErrors> parse_rules(std::string_view text,
                                                               const std::string& file);

}  // namespace trapd::config
