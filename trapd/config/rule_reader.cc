// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/rule_reader.h"

#include <fmt/format.h>

#include <array>

#include "trapd/config/units.h"

namespace trapd::config {

using alarm::FromVarbind;
using alarm::Rule;
using alarm::StateRule;

namespace {

constexpr std::string_view kSeverityWords =
    "cleared, indeterminate, critical, major, minor or warning";
constexpr std::string_view kTypeWords =
    "communications, qualityOfService, processingError, equipment, environmental, integrity, "
    "operational, physical, securityService, timeDomain or other";
constexpr std::string_view kCauseWords = "a label or number of the IANA registry of causes";

}  // namespace

struct RuleReader::Keys {
  static const std::array<Key, 21> kAll;

  static std::vector<std::string_view> of_rules() {
    std::vector<std::string_view> list;
    for (const Key& key : kAll) list.push_back(key.name);
    return list;
  }
  static std::vector<std::string_view> of_pairs() {
    std::vector<std::string_view> list;
    for (const Key& key : kAll) {
      if (key.of_pairs) list.push_back(key.name);
    }
    list.insert(list.end(), {"raise", "clear", "raise_where", "clear_where", "clear_text"});
    return list;
  }
};

const std::array<RuleReader::Key, 21> RuleReader::Keys::kAll = {{
    {"name", &RuleReader::read_text<&Rule::name>, true},
    {"base", nullptr, true},
    {"trap", &RuleReader::read_texts<&Rule::traps>, false},
    {"subtree", &RuleReader::read_texts<&Rule::subtrees>, false},
    {"where", &RuleReader::read_where, true},
    {"sender", &RuleReader::read_sender, true},
    {"severity", &RuleReader::read_severity, true},
    {"type", &RuleReader::read_type, true},
    {"cause", &RuleReader::read_cause, true},
    {"state", &RuleReader::read_state, false},
    {"alarm", &RuleReader::read_text<&Rule::alarm>, true},
    {"resource", &RuleReader::read_text<&Rule::resource>, true},
    {"text", &RuleReader::read_text<&Rule::text>, true},
    {"labels", &RuleReader::read_labels, true},
    {"timeout", &RuleReader::read_timeout, true},
    {"clears_device", &RuleReader::read_flag<&Rule::clears_device>, true},
    {"marks_device", &RuleReader::read_flag<&Rule::marks_device>, true},
    {"suppress", &RuleReader::read_flag<&Rule::suppress>, true},
    {"drop", &RuleReader::read_flag<&Rule::drop>, true},
    {"first", &RuleReader::read_flag<&Rule::first>, true},
    {"continue", &RuleReader::read_flag<&Rule::goes_on>, true},
}};

Rule RuleReader::read(std::string_view where, const Node& own, const Node* base) {
  problems_->check_keys(where, own, Keys::of_rules());
  return read_keys(own, base);
}

Rule RuleReader::read_keys(const Node& own, const Node* base) {
  Rule rule;
  rule.position = place(own.at);
  rule.objects = objects_;
  for (const Key& key : Keys::kAll) {
    const Node* value = own.find(key.name);
    if (value == nullptr && base != nullptr) value = base->find(key.name);
    if (value == nullptr || key.read == nullptr) continue;
    rule.key_positions.emplace(key.name, place(value->at));
    (this->*key.read)(key.name, *value, &rule);
  }
  return rule;
}

std::vector<Rule> RuleReader::read_pair(const Node& pair, const Node* base) {
  problems_->check_keys("a pair", pair, Keys::of_pairs());
  Rule raise = read_keys(pair, base);
  raise.traps.clear();  // those of a base
  raise.subtrees.clear();
  if (raise.alarm.empty()) raise.alarm = raise.name;
  Rule clear = raise;
  clear.name += "-clear";
  for (auto& [key, rule] : {std::pair("raise", &raise), std::pair("clear", &clear)}) {
    const Node* traps = pair.find(key);
    if (traps == nullptr) {
      problems_->report(pair.at, fmt::format("a pair lacks the key {}; expected traps", key));
      continue;
    }
    rule->traps = texts(key, *traps);
    rule->key_positions.insert_or_assign("trap", place(traps->at));
  }
  raise.state = StateRule::kRaise;
  clear.state = StateRule::kClear;
  add_conditions(pair, "raise_where", &raise);
  add_conditions(pair, "clear_where", &clear);
  if (const Node* text = pair.find("clear_text")) {
    read_text<&Rule::text>("clear_text", *text, &clear);
    clear.key_positions.insert_or_assign("text", place(text->at));
  }
  return {std::move(raise), std::move(clear)};
}

void RuleReader::add_conditions(const Node& pair, std::string_view key, Rule* rule) {
  const Node* conditions = pair.find(key);
  if (conditions == nullptr) return;
  read_where(key, *conditions, rule);
  rule->key_positions.insert_or_assign("where", place(conditions->at));
}

template <std::string Rule::*Member>
void RuleReader::read_text(std::string_view key, const Node& node, Rule* rule) {
  if (!node.is_scalar()) return problems_->expected(node, key, "a text");
  rule->*Member = node.text;
}

template <std::vector<std::string> Rule::*Member>
void RuleReader::read_texts(std::string_view key, const Node& node, Rule* rule) {
  rule->*Member = texts(key, node);
}

template <bool Rule::*Member>
void RuleReader::read_flag(std::string_view key, const Node& node, Rule* rule) {
  if (!node.is_scalar() || (node.text != "true" && node.text != "false")) {
    return problems_->expected(node, key, "true or false");
  }
  rule->*Member = node.text == "true";
}

std::vector<std::string> RuleReader::texts(std::string_view key, const Node& node) {
  if (node.is_scalar()) return {node.text};
  std::vector<std::string> list;
  if (!node.is_sequence() || node.items.empty()) {
    problems_->expected(node, key, "a text or a list of texts");
    return list;
  }
  for (const Node& item : node.items) {
    if (!item.is_scalar()) problems_->expected(item, key, "a text");
    list.push_back(item.text);
  }
  return list;
}

void RuleReader::read_state(std::string_view key, const Node& node, Rule* rule) {
  static constexpr std::pair<std::string_view, StateRule> kWords[] = {
      {"event", StateRule::kEvent},
      {"raise", StateRule::kRaise},
      {"clear", StateRule::kClear},
      {"by-severity", StateRule::kBySeverity}};
  for (const auto& [name, state] : kWords) {
    if (!node.is_scalar() || node.text != name) continue;
    rule->state = state;
    return;
  }
  problems_->expected(node, key, "event, raise, clear or by-severity");
}

void RuleReader::read_severity(std::string_view key, const Node& node, Rule* rule) {
  read_value(key, node, alarm::severity, kSeverityWords, &rule->severity, &rule->severity_from);
}
void RuleReader::read_type(std::string_view key, const Node& node, Rule* rule) {
  read_value(key, node, alarm::event_type, kTypeWords, &rule->type, &rule->type_from);
}
void RuleReader::read_cause(std::string_view key, const Node& node, Rule* rule) {
  read_value(key, node, alarm::probable_cause, kCauseWords, &rule->cause, &rule->cause_from);
}

/// A word, or {from: OBJECT, map: NAME or {number: word}, otherwise: word}.
template <typename T>
void RuleReader::read_value(std::string_view key, const Node& node,
                            std::optional<T> (*parse)(std::string_view), std::string_view words,
                            std::optional<T>* constant, std::optional<FromVarbind<T>>* from) {
  if (!node.is_mapping()) {
    *constant = word(key, node, parse, words);
    return;
  }
  problems_->check_keys(key, node, {"from", "map", "otherwise"});
  FromVarbind<T> result;
  const Node* object = node.find("from");
  if (object == nullptr || !object->is_scalar()) {
    return problems_->expected(node, key, fmt::format("{}, or a mapping with the key from", words));
  }
  result.object = object->text;
  if (const Node* table = table_of(node.find("map"))) {
    for (std::size_t i = 0; i < table->keys.size(); ++i) {
      const auto number = parse_integer(table->keys[i].text);
      if (!number) problems_->expected(table->keys[i], "map", "a number");
      const auto value = word(key, table->items[i], parse, words);
      if (number && value) result.values.emplace_back(*number, *value);
    }
  }
  if (const Node* otherwise = node.find("otherwise")) {
    result.otherwise = word(key, *otherwise, parse, words);
  }
  *from = std::move(result);
}

template <typename T>
std::optional<T> RuleReader::word(std::string_view key, const Node& node,
                                  std::optional<T> (*parse)(std::string_view),
                                  std::string_view words) {
  const std::optional<T> value = node.is_scalar() ? parse(node.text) : std::nullopt;
  if (!value) problems_->expected(node, key, words);
  return value;
}

const Node* RuleReader::table_of(const Node* map) {
  if (map == nullptr) return nullptr;
  if (map->is_scalar() && maps_ != nullptr) {
    const Node* named = maps_->find(map->text);
    if (named != nullptr && named->is_mapping()) return named;
  }
  if (map->is_mapping() && !map->keys.empty()) return map;
  problems_->expected(*map, "map", "a name of this file's `maps` or {number: word, …}");
  return nullptr;
}

}  // namespace trapd::config
