// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace trapd::config {
namespace {

/// A quoted value may hold a line feed; a message stays one line.
void escape_controls(std::string* text) {
  for (std::size_t at = 0; at < text->size(); ++at) {
    const auto octet = static_cast<unsigned char>((*text)[at]);
    if (octet < 0x20 || octet == 0x7f) text->replace(at, 1, fmt::format("\\x{:02x}", octet));
  }
}

}  // namespace

void Diagnostics::add(Entry entry) {
  escape_controls(&entry.text);
  if (entry.is_error) ++errors_;
  if (entries_.size() < kErrorsMax) entries_.push_back(std::move(entry));
}

std::vector<std::string> Diagnostics::lines(bool errors) const {
  std::vector<const Entry*> chosen;
  for (const Entry& entry : entries_) {
    if (entry.is_error == errors) chosen.push_back(&entry);
  }
  std::stable_sort(chosen.begin(), chosen.end(), [this](const Entry* a, const Entry* b) {
    return std::tuple(a->file != file_, std::string_view(a->file), a->at.line, a->at.column) <
           std::tuple(b->file != file_, std::string_view(b->file), b->at.line, b->at.column);
  });
  std::vector<std::string> result;
  for (const Entry* entry : chosen) {
    const char* kind = errors ? "error" : "warning";
    result.push_back(entry->at.line > 0
                         ? fmt::format("{}:{}:{}: {}: {}", entry->file, entry->at.line,
                                       entry->at.column, kind, entry->text)
                         : fmt::format("{}: {}: {}", entry->file, kind, entry->text));
  }
  return result;
}

}  // namespace trapd::config
