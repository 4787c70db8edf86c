// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/rule_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <set>
#include <system_error>
#include <tuple>

#include "trapd/config/diagnostics.h"
#include "trapd/config/units.h"
#include "trapd/config/yaml_tree.h"

namespace trapd::config {
namespace {

using alarm::FromVarbind;
using alarm::Rule;
using alarm::StateRule;

constexpr std::string_view kSeverityWords =
    "cleared, indeterminate, critical, major, minor or warning";
constexpr std::string_view kTypeWords =
    "communications, qualityOfService, processingError, equipment, environmental, integrity, "
    "operational, physical, securityService, timeDomain or other";
constexpr std::string_view kCauseWords = "a label or number of the IANA registry of causes";

std::string found(const Node& node) {
  return node.is_scalar() ? "\"" + node.text + "\"" : std::string(kind_text(node));
}

/// Errors at places. A base or a map that many rules use is read as often, and reported once.
class Problems {
 public:
  explicit Problems(Diagnostics* diagnostics) : diagnostics_(diagnostics) {}
  void report(Position at, std::string text) {
    if (!seen_.emplace(at.line, at.column, text).second) return;
    diagnostics_->error(at, std::move(text));
  }
  void expected(const Node& node, std::string_view key, std::string_view what) {
    report(node.at, fmt::format("{}: expected {}, found {}", key, what, found(node)));
  }

 private:
  Diagnostics* diagnostics_;
  std::set<std::tuple<int, int, std::string>> seen_;
};

void check_keys(std::string_view where, const Node& node,
                const std::vector<std::string_view>& known, Problems* problems) {
  std::set<std::string_view> seen;
  for (const Node& key : node.keys) {
    if (!seen.insert(key.text).second) {
      problems->report(key.at, fmt::format("\"{}\" stands twice in {}", key.text, where));
    }
    if (std::find(known.begin(), known.end(), key.text) != known.end()) continue;
    const std::string_view near = nearest(key.text, known);
    problems->report(key.at, fmt::format("unknown key \"{}\" in {}; {} {}", key.text, where,
                                         near.empty() ? "expected one of" : "did you mean",
                                         near.empty() ? fmt::format("{}", fmt::join(known, ", "))
                                                      : fmt::format("{}?", near)));
  }
}

/// Reads one rule: its own keys, and its base's for those it does not have.
class RuleReader {
 public:
  RuleReader(const std::string& file, const Node* maps,
             std::shared_ptr<const alarm::ObjectNames> objects, Problems* problems)
      : file_(file), maps_(maps), objects_(std::move(objects)), problems_(problems) {}

  Rule read(std::string_view where, const Node& own, const Node* base) {
    Rule rule;
    rule.position = place(own.at);
    rule.objects = objects_;
    check_keys(where, own, names(), problems_);
    for (const Key& key : kKeys) {
      const Node* value = own.find(key.name);
      if (value == nullptr && base != nullptr) value = base->find(key.name);
      if (value == nullptr || key.read == nullptr) continue;
      rule.key_positions.emplace(key.name, place(value->at));
      (this->*key.read)(key.name, *value, &rule);
    }
    return rule;
  }

 private:
  using Read = void (RuleReader::*)(std::string_view key, const Node& node, Rule* rule);
  struct Key {
    std::string_view name;
    Read read;  // null: not of the rule itself
  };
  static const std::array<Key, 15> kKeys;

  static std::vector<std::string_view> names();

  alarm::RulePosition place(Position at) const { return {file_, at.line, at.column}; }

  template <std::string Rule::*Member>
  void read_text(std::string_view key, const Node& node, Rule* rule) {
    if (!node.is_scalar()) return problems_->expected(node, key, "a text");
    rule->*Member = node.text;
  }
  template <std::vector<std::string> Rule::*Member>
  void read_texts(std::string_view key, const Node& node, Rule* rule) {
    rule->*Member = texts(key, node);
  }
  template <bool Rule::*Member>
  void read_flag(std::string_view key, const Node& node, Rule* rule) {
    if (!node.is_scalar() || (node.text != "true" && node.text != "false")) {
      return problems_->expected(node, key, "true or false");
    }
    rule->*Member = node.text == "true";
  }

  std::vector<std::string> texts(std::string_view key, const Node& node) {
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

  void read_where(std::string_view key, const Node& node, Rule* rule) {
    if (!node.is_sequence()) {
      return problems_->expected(node, key, "a list of {object, values, contains}");
    }
    for (const Node& item : node.items) {
      if (!item.is_mapping() || item.find("object") == nullptr) {
        problems_->expected(item, key, "a mapping with the key object");
        continue;
      }
      check_keys("where", item, {"object", "values", "contains"}, problems_);
      alarm::VarbindMatch match;
      const Node& object = *item.find("object");
      if (!object.is_scalar()) problems_->expected(object, "object", "the name of an object");
      match.object = object.text;
      if (const Node* values = item.find("values")) match.values = texts("values", *values);
      if (const Node* parts = item.find("contains")) match.contains = texts("contains", *parts);
      rule->where.push_back(std::move(match));
    }
  }

  void read_state(std::string_view key, const Node& node, Rule* rule) {
    static constexpr std::pair<std::string_view, StateRule> kWords[] = {
        {"event", StateRule::kEvent},
        {"raise", StateRule::kRaise},
        {"clear", StateRule::kClear},
        {"by-severity", StateRule::kBySeverity}};
    for (const auto& [word, state] : kWords) {
      if (!node.is_scalar() || node.text != word) continue;
      rule->state = state;
      return;
    }
    problems_->expected(node, key, "event, raise, clear or by-severity");
  }

  void read_severity(std::string_view key, const Node& node, Rule* rule) {
    read_value(key, node, alarm::severity, kSeverityWords, &rule->severity, &rule->severity_from);
  }
  void read_type(std::string_view key, const Node& node, Rule* rule) {
    read_value(key, node, alarm::event_type, kTypeWords, &rule->type, &rule->type_from);
  }
  void read_cause(std::string_view key, const Node& node, Rule* rule) {
    read_value(key, node, alarm::probable_cause, kCauseWords, &rule->cause, &rule->cause_from);
  }

  /// A word, or {from: OBJECT, map: NAME or {number: word}, otherwise: word}.
  template <typename T>
  void read_value(std::string_view key, const Node& node,
                  std::optional<T> (*parse)(std::string_view), std::string_view words,
                  std::optional<T>* constant, std::optional<FromVarbind<T>>* from) {
    if (!node.is_mapping()) {
      *constant = word(key, node, parse, words);
      return;
    }
    check_keys(key, node, {"from", "map", "otherwise"}, problems_);
    FromVarbind<T> result;
    const Node* object = node.find("from");
    if (object == nullptr || !object->is_scalar()) {
      return problems_->expected(node, key,
                                 fmt::format("{}, or a mapping with the key from", words));
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
  std::optional<T> word(std::string_view key, const Node& node,
                        std::optional<T> (*parse)(std::string_view), std::string_view words) {
    const std::optional<T> value = node.is_scalar() ? parse(node.text) : std::nullopt;
    if (!value) problems_->expected(node, key, words);
    return value;
  }

  const Node* table_of(const Node* map) {
    if (map == nullptr) return nullptr;
    if (map->is_scalar() && maps_ != nullptr) {
      const Node* named = maps_->find(map->text);
      if (named != nullptr && named->is_mapping()) return named;
    }
    if (map->is_mapping() && !map->keys.empty()) return map;
    problems_->expected(*map, "map", "a name of this file's `maps` or {number: word, …}");
    return nullptr;
  }

  const std::string& file_;
  const Node* maps_;
  std::shared_ptr<const alarm::ObjectNames> objects_;
  Problems* problems_;
};

const std::array<RuleReader::Key, 15> RuleReader::kKeys = {{
    {"name", &RuleReader::read_text<&Rule::name>},
    {"base", nullptr},
    {"trap", &RuleReader::read_texts<&Rule::traps>},
    {"subtree", &RuleReader::read_texts<&Rule::subtrees>},
    {"where", &RuleReader::read_where},
    {"severity", &RuleReader::read_severity},
    {"type", &RuleReader::read_type},
    {"cause", &RuleReader::read_cause},
    {"state", &RuleReader::read_state},
    {"alarm", &RuleReader::read_text<&Rule::alarm>},
    {"resource", &RuleReader::read_text<&Rule::resource>},
    {"text", &RuleReader::read_text<&Rule::text>},
    {"clears_device", &RuleReader::read_flag<&Rule::clears_device>},
    {"suppress", &RuleReader::read_flag<&Rule::suppress>},
    {"drop", &RuleReader::read_flag<&Rule::drop>},
}};

std::vector<std::string_view> RuleReader::names() {
  std::vector<std::string_view> list;
  for (const Key& key : kKeys) list.push_back(key.name);
  return list;
}

/// Reads the whole file.
class RuleFileReader {
 public:
  RuleFileReader(const std::string& file, Diagnostics* diagnostics)
      : file_(file), problems_(diagnostics) {}

  std::vector<Rule> read(const Node& root) {
    if (!root.is_mapping()) {
      problems_.expected(root, "rule file", "a mapping with the key rules");
      return {};
    }
    check_keys("a rule file", root, {"objects", "maps", "bases", "rules"}, &problems_);
    const Node* maps = section(root, "maps");
    const Node* bases = section(root, "bases");
    RuleReader reader(file_, maps, read_objects(section(root, "objects")), &problems_);
    check_bases(bases, &reader);
    return read_rules(root, bases, &reader);
  }

 private:
  /// Null when the file does not have it.
  const Node* section(const Node& root, std::string_view key) {
    const Node* node = root.find(key);
    if (node == nullptr || node->is_mapping()) return node;
    problems_.expected(*node, key, "a mapping of names");
    return nullptr;
  }

  std::shared_ptr<const alarm::ObjectNames> read_objects(const Node* objects) {
    auto names = std::make_shared<alarm::ObjectNames>();
    for (std::size_t i = 0; objects != nullptr && i < objects->keys.size(); ++i) {
      const Node& key = objects->keys[i];
      const Node& oid = objects->items[i];
      if (!oid.is_scalar() || !snmp::Oid::parse(oid.text)) {
        problems_.expected(oid, "objects", "a dotted OID");
      }
      // Template and OID syntax would not find such a name again.
      if (key.text.find_first_of(".{}|") != key.text.npos || key.text.empty()) {
        problems_.expected(key, "objects", "a name without . { } |");
      }
      if (!names->emplace(key.text, oid.text).second) {
        problems_.report(key.at, fmt::format("\"{}\" stands twice in objects", key.text));
      }
    }
    return names;
  }

  /// Unused ones too, or their errors would wait for the first rule that uses them.
  void check_bases(const Node* bases, RuleReader* reader) {
    for (std::size_t i = 0; bases != nullptr && i < bases->keys.size(); ++i) {
      const Node& base = bases->items[i];
      if (!base.is_mapping()) {
        problems_.expected(base, bases->keys[i].text, "a mapping of rule keys");
        continue;
      }
      for (const Node& key : base.keys) {
        if (key.text == "name" || key.text == "base") {
          problems_.report(key.at, fmt::format("a base cannot have the key {}", key.text));
        }
      }
      reader->read("a base", base, nullptr);
    }
  }

  std::vector<Rule> read_rules(const Node& root, const Node* bases, RuleReader* reader) {
    std::vector<Rule> rules;
    const Node* list = root.find("rules");
    if (list == nullptr || !list->is_sequence()) {
      problems_.expected(list == nullptr ? root : *list, "rules", "a list of rules");
      return rules;
    }
    for (const Node& item : list->items) {
      if (!item.is_mapping()) {
        problems_.expected(item, "rules", "a mapping of rule keys");
        continue;
      }
      rules.push_back(reader->read("a rule", item, base_of(item, bases)));
      if (item.find("name") == nullptr) {
        problems_.report(item.at, "a rule lacks the key name; expected a unique name");
      }
    }
    return rules;
  }

  const Node* base_of(const Node& rule, const Node* bases) {
    const Node* name = rule.find("base");
    if (name == nullptr) return nullptr;
    const Node* base = bases != nullptr && name->is_scalar() ? bases->find(name->text) : nullptr;
    if (base == nullptr) problems_.expected(*name, "base", "a name of this file's `bases`");
    return base;
  }

  const std::string& file_;
  Problems problems_;
};

}  // namespace

Expected<std::vector<Rule>, RuleFileErrors> parse_rules(std::string_view text,
                                                        const std::string& file) {
  Diagnostics diagnostics(file);
  std::vector<Rule> rules;
  if (const std::optional<Node> root = parse_yaml(text, &diagnostics)) {
    rules = RuleFileReader(file, &diagnostics).read(*root);
  }
  if (diagnostics.failed()) return Unexpected(diagnostics.error_lines());
  return rules;
}

Expected<std::vector<Rule>, RuleFileErrors> load_rule_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text(kFileOctetsMax + 1, '\0');  // one more than allowed: parse_yaml refuses it
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream && !stream.eof()) {
    return Unexpected(RuleFileErrors{fmt::format("{}: error: cannot be read: {}", path,
                                                 std::generic_category().message(errno))});
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return parse_rules(text, path);
}

}  // namespace trapd::config
