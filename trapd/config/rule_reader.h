// SPDX-License-Identifier: Apache-2.0
// Reads one rule, or what a pair of rules shares, from a rule file (rule_file.h). One thread;
// borrows the tree and the problems.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/rule.h"
#include "trapd/config/rule_problems.h"
#include "trapd/config/yaml_tree.h"

namespace trapd::config {

class RuleReader {
 public:
  /// `maps` may be null; `file` is the name in positions.
  RuleReader(std::string file, const Node* maps, std::shared_ptr<const alarm::ObjectNames> objects,
             RuleProblems* problems)
      : file_(std::move(file)), maps_(maps), objects_(std::move(objects)), problems_(problems) {}

  /// A rule's own keys, and its base's for those it does not have. `where` is what to call it.
  alarm::Rule read(std::string_view where, const Node& own, const Node* base);
  /// Two rules: NAME raises an alarm at its traps, NAME-clear ends it at others.
  std::vector<alarm::Rule> read_pair(const Node& pair, const Node* base);

  alarm::RulePosition place(Position at) const { return {file_, at.line, at.column}; }

 private:
  using Read = void (RuleReader::*)(std::string_view key, const Node& node, alarm::Rule* rule);
  struct Key {
    std::string_view name;
    Read read;      // null: not of the rule itself
    bool of_pairs;  // may stand in a pair, where both rules get it
  };
  struct Keys;  // the table of them

  alarm::Rule read_keys(const Node& own, const Node* base);
  void add_conditions(const Node& pair, std::string_view key, alarm::Rule* rule);

  template <std::string alarm::Rule::*Member>
  void read_text(std::string_view key, const Node& node, alarm::Rule* rule);
  template <std::vector<std::string> alarm::Rule::*Member>
  void read_texts(std::string_view key, const Node& node, alarm::Rule* rule);
  template <bool alarm::Rule::*Member>
  void read_flag(std::string_view key, const Node& node, alarm::Rule* rule);
  void read_where(std::string_view key, const Node& node, alarm::Rule* rule);
  void read_sender(std::string_view key, const Node& node, alarm::Rule* rule);
  void read_labels(std::string_view key, const Node& node, alarm::Rule* rule);
  void read_timeout(std::string_view key, const Node& node, alarm::Rule* rule);
  void read_state(std::string_view key, const Node& node, alarm::Rule* rule);
  void read_severity(std::string_view key, const Node& node, alarm::Rule* rule);
  void read_type(std::string_view key, const Node& node, alarm::Rule* rule);
  void read_cause(std::string_view key, const Node& node, alarm::Rule* rule);

  void read_condition(std::string_view key, const Node& item, alarm::VarbindMatch* match);
  std::optional<std::int64_t> number(std::string_view key, const Node& item);
  std::optional<bool> flag(std::string_view key, const Node& item);
  /// Each text of `key` in the mapping, parsed; nothing when it does not have the key.
  template <typename T, typename Parse>
  void read_each(const Node& node, std::string_view key, std::string_view what, Parse&& parse,
                 std::vector<T>* to);
  std::vector<std::string> texts(std::string_view key, const Node& node);
  template <typename T>
  void read_value(std::string_view key, const Node& node,
                  std::optional<T> (*parse)(std::string_view), std::string_view words,
                  std::optional<T>* constant, std::optional<alarm::FromVarbind<T>>* from);
  template <typename T>
  std::optional<T> word(std::string_view key, const Node& node,
                        std::optional<T> (*parse)(std::string_view), std::string_view words);
  const Node* table_of(const Node* map);

  std::string file_;
  const Node* maps_;
  std::shared_ptr<const alarm::ObjectNames> objects_;
  RuleProblems* problems_;
};

}  // namespace trapd::config
