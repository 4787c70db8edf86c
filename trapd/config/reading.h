// SPDX-License-Identifier: Apache-2.0
// Reading a mapping by its rows: unknown, doubled and missing keys are found here; each row's
// function reads one value into the struct that the row is for.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/config/diagnostics.h"
#include "trapd/config/outline.h"
#include "trapd/config/setting.h"
#include "trapd/config/yaml_tree.h"

namespace trapd::config {

/// One run over one file.
struct Reading {
  Diagnostics& diagnostics;
  std::filesystem::path directory;  // of the file; relative paths start there
  bool read_secrets = true;
  SecretMarks secret_marks = {};
  std::vector<std::string> files = {};  // that the configuration names, and that are taken in

  void error(Position at, std::string text) { diagnostics.error(at, std::move(text)); }
  void warning(Position at, std::string text) { diagnostics.warning(at, std::move(text)); }
  /// "expected …, found …" for this value. The value itself is shown only when it is no secret.
  void unexpected(const Setting& setting, const Node& node);
  std::string resolve(std::string_view path) const;
  /// The row's fallback, parsed once.
  const Node& fallback(const Setting& setting);

 private:
  std::map<const Setting*, Node> fallbacks_;

 public:
  Reading(Diagnostics& to, std::filesystem::path where, bool secrets)
      : diagnostics(to), directory(std::move(where)), read_secrets(secrets) {}
};

template <typename T>
struct Row {
  Setting setting;
  void (*read)(Reading&, const Setting&, const Node&, T&);
};

/// A row tied to the value it fills.
struct BoundRow {
  const Setting* setting = nullptr;
  std::function<void(Reading&, const Node&)> read;
};

template <typename T>
void bind(std::span<const Row<T>> rows, T& target, std::vector<BoundRow>* bound) {
  for (const Row<T>& row : rows) {
    bound->push_back({&row.setting, [&row, &target](Reading& reading, const Node& node) {
                        row.read(reading, row.setting, node, target);
                      }});
  }
}

/// Reads in the order of the rows; a missing key takes its fallback. `where` names the mapping in
/// messages: "listen", "the syslog destination". False when it is no mapping; the fallbacks are
/// not read then.
bool read_mapping(Reading& reading, std::string_view where, const Node& node,
                  const std::vector<BoundRow>& rows);

template <typename T>
bool read_mapping(Reading& reading, std::string_view where, const Node& node,
                  std::span<const Row<T>> rows, T& target) {
  std::vector<BoundRow> bound;
  bind(rows, target, &bound);
  return read_mapping(reading, where, node, bound);
}

/// Calls `item` for each element; a single mapping or text is not taken for a list of one.
/// An empty value is an empty list.
void read_list(Reading& reading, const Setting& setting, const Node& node,
               const std::function<void(const Node&)>& item);

/// A scalar that is not empty; reports anything else.
bool need_scalar(Reading& reading, const Setting& setting, const Node& node);

}  // namespace trapd::config
