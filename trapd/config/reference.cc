// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/reference.h"

#include <fmt/format.h>

#include "trapd/config/schema.h"

namespace trapd::config {
namespace {

/// '|' would end the cell.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string default_cell(const Setting& setting) {
  if (setting.required) return "required";
  if (setting.form == Form::kMapping) return "";
  return setting.fallback.empty() ? "" : fmt::format("`{}`", cell(setting.fallback));
}

void append_section(const Section& section, std::string* page) {
  *page += section.path.empty() ? std::string("## The file\n\n")
                                : fmt::format("## {}\n\n", section.path);
  *page += "| key | value | default | unit | takes effect | meaning |\n";
  *page += "|---|---|---|---|---|---|\n";
  for (const Setting* setting : section.settings) {
    *page +=
        fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", setting->key,
                    cell(expected_text(*setting)), default_cell(*setting), unit_text(*setting),
                    setting->scope == Scope::kStart ? "at start" : "at reload", cell(setting->doc));
  }
  *page += '\n';
}

}  // namespace

std::string reference_page() {
  std::string page =
      "# Settings of trapd\n\n"
      "Made from the schema in trapd/config; a test keeps both equal.\n\n"
      "An unknown key, a key that stands twice, a value out of range, or a name or file that is\n"
      "not there is an error with line and column; `trapd --check` prints all of them. Paths are\n"
      "relative to the file. A change of what takes effect at start is refused on reload, by "
      "name.\n"
      "Anchors, aliases and tags of YAML are not used.\n\n"
      "A list under `select` is ordered: each element is `{allow: {…}}` or `{prevent: {…}}` with\n"
      "these keys; the first that matches decides. What matches none is not forwarded where there\n"
      "is an allow, else it is. A key that is left out or empty means all, `[]` none, a list any "
      "of\n"
      "its values; all keys of an element must match.\n\n";
  for (const Section& section : sections()) append_section(section, &page);
  while (page.ends_with("\n\n")) page.pop_back();
  return page;
}

}  // namespace trapd::config
