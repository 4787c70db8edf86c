// SPDX-License-Identifier: Apache-2.0
#include "mib/compiler/diagnostics.h"

#include <algorithm>

namespace trapd::mib {

namespace {

constexpr std::string_view kAtLine = "At line ";
constexpr std::string_view kIn = " in ";

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

// "REASON: At line N in FILE"
std::string with_line(std::string_view text, std::size_t at) {
  std::string_view reason = text.substr(0, at);
  const std::string_view place = text.substr(at + kAtLine.size());
  const std::size_t in = place.find(kIn);
  if (in == std::string_view::npos || !is_number(place.substr(0, in))) return std::string(text);
  while (!reason.empty() && (reason.back() == ' ' || reason.back() == ':')) {
    reason.remove_suffix(1);
  }
  std::string line(trimmed(place.substr(in + kIn.size())));
  return line.append(":").append(place.substr(0, in)).append(": ").append(reason);
}

// "REASON near line N of FILE"
std::string near_line(std::string_view text) {
  constexpr std::string_view kNear = " near line ";
  constexpr std::string_view kOf = " of ";
  const std::size_t near = text.rfind(kNear);
  if (near == std::string_view::npos) return {};
  const std::string_view place = text.substr(near + kNear.size());
  const std::size_t of = place.find(kOf);
  if (of == std::string_view::npos || !is_number(place.substr(0, of))) return {};
  return std::string(place.substr(of + kOf.size())).append(":").append(place.substr(0, of)) + ": " +
         std::string(text.substr(0, near));
}

// What another line says better: where to look, and a second word on an unknown parent or module.
bool is_repetition(std::string_view text) {
  return text.starts_with("MIB search path") || text.starts_with("Unlinked OID in ") ||
         text.find(" in module #-1") != std::string_view::npos;
}

// "REASON (FILE)"; only names with a slash are taken for files.
std::string with_file(std::string_view text) {
  const std::size_t open = text.rfind(" (");
  if (!text.ends_with(")") || open == std::string_view::npos) return std::string(text);
  const std::string_view file = text.substr(open + 2, text.size() - open - 3);
  if (file.find('/') == std::string_view::npos) return std::string(text);
  return std::string(file).append(": ").append(text.substr(0, open));
}

// "Cannot adopt OID in MODULE: NAME ::= { PARENT N }"
std::string orphan(std::string_view text) {
  constexpr std::string_view kOrphan = "Cannot adopt OID in ";
  if (!text.starts_with(kOrphan)) return {};
  const std::string_view rest = text.substr(kOrphan.size());
  const std::size_t colon = rest.find(": ");
  if (colon == std::string_view::npos) return {};
  return std::string(rest.substr(0, colon)).append(": parent of ").append(rest.substr(colon + 2)) +
         " is not known";
}

}  // namespace

std::string fault_line(std::string_view logged) {
  const std::string_view text = trimmed(logged);
  if (is_repetition(text)) return {};
  if (const std::size_t at = text.rfind(kAtLine); at != std::string_view::npos) {
    return with_line(text, at);
  }
  if (std::string line = near_line(text); !line.empty()) return line;
  if (std::string line = orphan(text); !line.empty()) return line;
  return with_file(text);
}

void Diagnostics::add(std::string_view line) {
  if (line.empty()) return;
  const std::string_view file = line.substr(0, line.find(':'));
  const auto at = per_file_.try_emplace(std::string(file)).first;
  if (++at->second <= kLinesPerFileMax) lines_.emplace_back(line);
}

std::vector<std::string> Diagnostics::lines() const {
  std::vector<std::string> lines = lines_;
  for (const auto& [file, count] : per_file_) {
    if (count <= kLinesPerFileMax) continue;
    lines.push_back(file + ": (" + std::to_string(count - kLinesPerFileMax) + " more)");
  }
  return lines;
}

}  // namespace trapd::mib
