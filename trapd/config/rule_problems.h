// SPDX-License-Identifier: Apache-2.0
// Errors in a rule file, at their places, in the words that all of its readers share.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "trapd/config/diagnostics.h"
#include "trapd/config/yaml_tree.h"

namespace trapd::config {

/// A base or a map that many rules use is read as often, and reported once. One thread; borrows
/// the diagnostics.
class RuleProblems {
 public:
  explicit RuleProblems(Diagnostics* diagnostics) : diagnostics_(diagnostics) {}

  void report(Position at, std::string text);
  std::size_t count() const { return diagnostics_->error_count(); }
  /// "severity: expected a word, found a list"
  void expected(const Node& node, std::string_view key, std::string_view what);
  /// Every key of the mapping is one of these, and stands there once.
  void check_keys(std::string_view where, const Node& node,
                  const std::vector<std::string_view>& known);

 private:
  Diagnostics* diagnostics_;
  std::set<std::tuple<int, int, std::string>> seen_;
};

}  // namespace trapd::config
