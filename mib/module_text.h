// SPDX-License-Identifier: Apache-2.0
// The little one must know of a module's text before a parser reads it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace trapd::mib {

/// Name of the first module, when the text begins like one: NAME [{ … }] DEFINITIONS.
std::optional<std::string> module_name(std::string_view text);

/// Every identifier outside comments and quoted strings; views into the text.
std::unordered_set<std::string_view> identifiers(std::string_view text);

/// Names of values that a module in the layout of mib/modules defines: identifiers with a small
/// first letter at the beginning of a line.
std::vector<std::string> defined_names(std::string_view text);

}  // namespace trapd::mib
