// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/rule_file.h"

#include <fmt/format.h>

#include <iterator>
#include <memory>
#include <span>

#include "trapd/config/diagnostics.h"
#include "trapd/config/rule_example_reader.h"
#include "trapd/config/rule_problems.h"
#include "trapd/config/rule_reader.h"
#include "trapd/config/yaml_tree.h"

namespace trapd::config {
namespace {

using alarm::Rule;

/// Reads the whole file.
class RuleFileReader {
 public:
  RuleFileReader(const std::string& file, Diagnostics* diagnostics)
      : file_(file), problems_(diagnostics) {}

  RuleFile read(const Node& root) {
    if (!root.is_mapping()) {
      problems_.expected(root, "rule file", "a mapping with the key rules");
      return {};
    }
    problems_.check_keys("a rule file", root,
                         {"objects", "maps", "bases", "rules", "pairs", "examples"});
    const Node* bases = section(root, "bases");
    const auto objects = read_objects(section(root, "objects"));
    RuleReader reader(file_, section(root, "maps"), objects, &problems_);
    check_bases(bases, &reader);
    RuleFile file;
    read_rules(root, bases, &reader, &file.rules);
    read_examples(root, objects, &file.examples);
    return file;
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
      if (key.text.find_first_of(".{}|~") != key.text.npos || key.text.empty()) {
        problems_.expected(key, "objects", "a name without . { } | ~");
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

  /// Empty when the file does not have it.
  std::span<const Node> list(const Node& root, std::string_view key, std::string_view what) {
    const Node* node = root.find(key);
    if (node != nullptr && node->is_sequence()) return node->items;
    if (node != nullptr) problems_.expected(*node, key, what);
    return {};
  }

  /// Those of pairs behind the others. One with an error is left out: the file fails anyway, and
  /// what is left is sound.
  void read_rules(const Node& root, const Node* bases, RuleReader* reader,
                  std::vector<Rule>* rules) {
    if (root.find("rules") == nullptr && root.find("pairs") == nullptr) {
      problems_.expected(root, "rules", "a list of rules");
    }
    for (const Node& item : list(root, "rules", "a list of rules")) {
      if (!is_named(item, "rules", "a rule")) continue;
      const std::size_t errors = problems_.count();
      Rule rule = reader->read("a rule", item, base_of(item, bases));
      if (problems_.count() == errors) rules->push_back(std::move(rule));
    }
    for (const Node& item : list(root, "pairs", "a list of pairs of rules")) {
      if (!is_named(item, "pairs", "a pair")) continue;
      const std::size_t errors = problems_.count();
      for (Rule& rule : reader->read_pair(item, base_of(item, bases))) {
        if (problems_.count() == errors) rules->push_back(std::move(rule));
      }
    }
  }

  bool is_named(const Node& item, std::string_view key, std::string_view what) {
    if (!item.is_mapping()) {
      problems_.expected(item, key, "a mapping of rule keys");
      return false;
    }
    if (item.find("name") == nullptr) {
      problems_.report(item.at, fmt::format("{} lacks the key name; expected a unique name", what));
    }
    return true;
  }

  void read_examples(const Node& root, std::shared_ptr<const alarm::ObjectNames> objects,
                     std::vector<alarm::RuleExample>* examples) {
    RuleExampleReader reader(file_, std::move(objects), &problems_);
    for (const Node& item : list(root, "examples", "a list of examples")) {
      if (item.is_mapping()) {
        examples->push_back(reader.read(item));
      } else {
        problems_.expected(item, "examples", "a mapping with the keys trap and expect");
      }
    }
  }

  const Node* base_of(const Node& rule, const Node* bases) {
    const Node* name = rule.find("base");
    if (name == nullptr) return nullptr;
    const Node* base = bases != nullptr && name->is_scalar() ? bases->find(name->text) : nullptr;
    if (base == nullptr) problems_.expected(*name, "base", "a name of this file's `bases`");
    return base;
  }

  const std::string& file_;
  RuleProblems problems_;
};

}  // namespace

Expected<RuleFile, RuleFileErrors> parse_rule_file(std::string_view text, const std::string& file,
                                                   std::vector<Rule>* sound) {
  Diagnostics diagnostics(file);
  RuleFile parsed;
  if (const std::optional<Node> root = parse_yaml(text, &diagnostics, kRuleFileOctetsMax)) {
    parsed = RuleFileReader(file, &diagnostics).read(*root);
  }
  if (!diagnostics.failed()) return parsed;
  if (sound != nullptr)
    std::move(parsed.rules.begin(), parsed.rules.end(), std::back_inserter(*sound));
  return Unexpected(diagnostics.error_lines());
}

Expected<RuleFile, RuleFileErrors> load_rule_file_with_examples(const std::string& path,
                                                                std::vector<Rule>* sound) {
  Diagnostics diagnostics(path);
  std::string text;
  if (!read_text_file(path, kRuleFileOctetsMax, &text, &diagnostics)) {
    return Unexpected(diagnostics.error_lines());
  }
  return parse_rule_file(text, path, sound);
}

Expected<std::vector<Rule>, RuleFileErrors> parse_rules(std::string_view text,
                                                        const std::string& file) {
  auto parsed = parse_rule_file(text, file);
  if (!parsed) return Unexpected(std::move(parsed.error()));
  return std::move(parsed->rules);
}

Expected<std::vector<Rule>, RuleFileErrors> load_rule_file(const std::string& path,
                                                           std::vector<Rule>* sound) {
  auto loaded = load_rule_file_with_examples(path, sound);
  if (!loaded) return Unexpected(std::move(loaded.error()));
  return std::move(loaded->rules);
}

}  // namespace trapd::config
