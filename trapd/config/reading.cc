// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/reading.h"

#include <fmt/format.h>

#include "trapd/base/check.h"
#include "trapd/config/units.h"

namespace trapd::config {
namespace {

constexpr std::size_t kShownMax = 60;

/// A value in a message: short, in quotes.
std::string shown(const std::string& text) {
  return text.size() > kShownMax ? fmt::format("\"{}…\"", text.substr(0, kShownMax))
                                 : fmt::format("\"{}\"", text);
}

std::string unknown_key_text(std::string_view where, const std::string& key,
                             const std::vector<BoundRow>& rows) {
  std::vector<std::string_view> known;
  for (const BoundRow& row : rows) known.push_back(row.setting->key);
  const std::string_view near = nearest(key, known);
  if (!near.empty()) {
    return fmt::format("unknown key {} in {}; did you mean {}?", shown(key), where, near);
  }
  return fmt::format("unknown key {} in {}; expected one of {}", shown(key), where,
                     fmt::join(known, ", "));
}

const BoundRow* find_row(const std::vector<BoundRow>& rows, std::string_view key) {
  for (const BoundRow& row : rows) {
    if (row.setting->key == key) return &row;
  }
  return nullptr;
}

void check_keys(Reading& reading, std::string_view where, const Node& node,
                const std::vector<BoundRow>& rows) {
  std::map<std::string_view, Position> seen;
  for (const Node& key : node.keys) {
    if (find_row(rows, key.text) == nullptr) {
      reading.error(key.at, unknown_key_text(where, key.text, rows));
      continue;
    }
    const auto [first, added] = seen.emplace(key.text, key.at);
    if (!added) {
      reading.error(key.at, fmt::format("{} stands twice; first at line {}, expected once",
                                        shown(key.text), first->second.line));
    }
  }
}

}  // namespace

void Reading::unexpected(const Setting& setting, const Node& node) {
  const bool show = node.is_scalar() && setting.form != Form::kSecret;
  error(node.at, fmt::format("{}: expected {}, found {}", setting.key, expected_text(setting),
                             show ? shown(node.text) : std::string(kind_text(node))));
}

std::string Reading::resolve(std::string_view path) const {
  return (directory / std::filesystem::path(path)).lexically_normal().string();
}

const Node& Reading::fallback(const Setting& setting) {
  const auto found = fallbacks_.find(&setting);
  if (found != fallbacks_.end()) return found->second;
  Diagnostics quiet("");
  auto node = parse_yaml(setting.fallback, &quiet);
  CHECK(node.has_value());
  return fallbacks_.emplace(&setting, std::move(*node)).first->second;
}

bool read_mapping(Reading& reading, std::string_view where, const Node& node,
                  const std::vector<BoundRow>& rows) {
  if (!node.is_mapping() && !node.is_null()) {
    reading.error(node.at,
                  fmt::format("{}: expected a mapping of keys, found {}", where, kind_text(node)));
    return false;
  }
  check_keys(reading, where, node, rows);
  for (const BoundRow& row : rows) {
    const Node* value = node.find(row.setting->key);
    if (value != nullptr && value->is_null()) {
      Node nothing;  // which the parser places where the next thing stands
      nothing.at = node.place_of(row.setting->key);
      row.read(reading, nothing);
    } else if (value != nullptr) {
      row.read(reading, *value);
    } else if (row.setting->required) {
      reading.error(node.at, fmt::format("{} lacks the key {}; expected {}", where,
                                         row.setting->key, expected_text(*row.setting)));
    } else if (!row.setting->fallback.empty()) {
      row.read(reading, reading.fallback(*row.setting));
    }
  }
  return true;
}

void read_list(Reading& reading, const Setting& setting, const Node& node,
               const std::function<void(const Node&)>& item) {
  if (node.is_null()) return;
  if (!node.is_sequence()) {
    reading.error(node.at,
                  fmt::format("{}: expected a list, found {}", setting.key, kind_text(node)));
    return;
  }
  for (const Node& element : node.items) item(element);
}

bool need_scalar(Reading& reading, const Setting& setting, const Node& node) {
  if (node.is_scalar() && !node.text.empty()) return true;
  reading.unexpected(setting, node);
  return false;
}

}  // namespace trapd::config
