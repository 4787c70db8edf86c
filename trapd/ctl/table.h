// SPDX-License-Identifier: Apache-2.0
// Text for a terminal: aligned columns, and nothing in them that the terminal would obey.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace trapd::ctl {

/// Control characters (C0, C1, DEL), marks that turn the direction of writing, and octets that are
/// not UTF-8 as \xNN; a backslash as it is.
std::string safe_text(std::string_view text);

/// A value for a cell: text safe, null and missing empty, a list joined by commas.
std::string cell_text(const nlohmann::json& value);

class Table {
 public:
  /// Columns of numbers are aligned to the right.
  explicit Table(std::vector<std::string> heads);
  void add(std::vector<std::string> cells);  // as many as heads; made safe here
  /// With the heads; columns two blanks apart; the last one not padded.
  std::string text() const;
  bool empty() const { return rows_.empty(); }

 private:
  std::vector<std::string> heads_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace trapd::ctl
