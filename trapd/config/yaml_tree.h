// SPDX-License-Identifier: Apache-2.0
// A YAML document as a plain tree in which every key and value knows its place. Duplicate keys
// stay visible. Anchors, aliases, tags and further documents are refused: a configuration needs
// none, and aliases are how a small file becomes a large one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/config/diagnostics.h"
#include "trapd/config/text_file.h"

namespace trapd::config {

inline constexpr std::size_t kYamlDepthMax = 16;

/// Wiped when it goes: a scalar may be a passphrase.
struct Node {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMapping };
  Kind kind = Kind::kNull;
  bool quoted = false;  // scalar in quotes or as a block
  Position at;
  std::string text;         // scalar
  std::vector<Node> keys;   // mapping: scalars, in the order of the file
  std::vector<Node> items;  // sequence; mapping: the values, parallel to keys

  Node() = default;
  ~Node();
  Node(const Node&) = default;
  Node& operator=(const Node&) = default;
  Node(Node&&) noexcept = default;
  Node& operator=(Node&&) noexcept = default;

  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_mapping() const { return kind == Kind::kMapping; }
  bool is_null() const { return kind == Kind::kNull; }
  /// First value of this key; nullptr when there is none or this is no mapping.
  const Node* find(std::string_view key) const;
  /// Where the key stands; where the mapping stands when it does not have it.
  Position place_of(std::string_view key) const;
};

/// "a list", "a mapping", "nothing", "text": for messages.
const char* kind_text(const Node& node);

/// Reports syntax errors to `diagnostics`, and a text of more than octets_max (whole MiB); nullopt
/// then. An empty document is a null node.
std::optional<Node> parse_yaml(std::string_view text, Diagnostics* diagnostics,
                               std::size_t octets_max = kConfigOctetsMax);

}  // namespace trapd::config
