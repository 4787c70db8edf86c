// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/rule_problems.h"

#include <fmt/format.h>

#include <algorithm>

#include "trapd/config/units.h"

namespace trapd::config {

void RuleProblems::report(Position at, std::string text) {
  if (!seen_.emplace(at.line, at.column, text).second) return;
  diagnostics_->error(at, std::move(text));
}

void RuleProblems::expected(const Node& node, std::string_view key, std::string_view what) {
  const std::string found = node.is_scalar() ? "\"" + node.text + "\"" : kind_text(node);
  report(node.at, fmt::format("{}: expected {}, found {}", key, what, found));
}

void RuleProblems::check_keys(std::string_view where, const Node& node,
                              const std::vector<std::string_view>& known) {
  std::set<std::string_view> seen;
  for (const Node& key : node.keys) {
    if (!seen.insert(key.text).second) {
      report(key.at, fmt::format("\"{}\" stands twice in {}", key.text, where));
    }
    if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
    const std::string_view near = nearest(key.text, known);
    report(key.at, fmt::format("unknown key \"{}\" in {}; {} {}", key.text, where,
                               near.empty() ? "expected one of" : "did you mean",
                               near.empty() ? fmt::format("{}", fmt::join(known, ", "))
                                            : fmt::format("{}?", near)));
  }
}

}  // namespace trapd::config
