// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "trapd/base/bytes.h"
#include "trapd/snmp/utf8.h"

namespace trapd::ctl {
namespace {

/// U+200E, U+200F, U+202A..202E, U+2066..2069: would show a text otherwise than it is.
bool turns_direction(std::string_view character) {
  if (character.size() != 3 || character[0] != '\xe2') return false;
  const auto second = static_cast<unsigned char>(character[1]);
  const auto third = static_cast<unsigned char>(character[2]);
  if (second == 0x80) return third == 0x8e || third == 0x8f || (third >= 0xaa && third <= 0xae);
  return second == 0x81 && third >= 0xa6 && third <= 0xa9;
}

/// Characters, not octets.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

void append_padded(std::string* line, std::string_view cell, std::size_t columns, bool right) {
  const std::size_t used = width(cell);
  const std::string padding(columns > used ? columns - used : 0, ' ');
  *line += right ? padding + std::string(cell) : std::string(cell) + padding;
}

}  // namespace

std::string safe_text(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    std::size_t octets = snmp::printable_utf8_octets(as_bytes(text.substr(0, 4)));
    const bool shown = octets > 0 && !turns_direction(text.substr(0, octets));
    octets = std::max<std::size_t>(octets, 1);
    for (const char c : text.substr(0, octets)) {
      safe += shown ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    text.remove_prefix(octets);
  }
  return safe;
}

std::string cell_text(const nlohmann::json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return safe_text(value.get_ref<const std::string&>());
  if (!value.is_array())
    return safe_text(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  std::string joined;
  for (const auto& item : value) joined += (joined.empty() ? "" : ", ") + cell_text(item);
  return joined;
}

Table::Table(std::vector<std::string> heads) : heads_(std::move(heads)) {}

void Table::add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = safe_text(cell);
  cells.resize(heads_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> columns(heads_.size());
  std::vector<bool> numbers(heads_.size(), !rows_.empty());
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    columns[i] = width(heads_[i]);
    for (const auto& row : rows_) {
      columns[i] = std::max(columns[i], width(row[i]));
      numbers[i] = numbers[i] && (row[i].empty() || is_number(row[i]));
    }
  }
  std::string text;
  const auto append = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      append_padded(&line, row[i], columns[i], numbers[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  append(heads_);
  for (const auto& row : rows_) append(row);
  return text;
}

}  // namespace trapd::ctl
