// SPDX-License-Identifier: Apache-2.0
// The schema as text: conf/reference.md and conf/trapd.yaml are made by these, and a test compares.
#pragma once

#include <string>

namespace trapd::config {

/// Markdown: every section and key with value, default, unit, when it takes effect, and meaning.
std::string reference_page();

/// A configuration in which every key stands: with its default, or, inside lists, in an example
/// behind '#'. Loads as it is to the defaults.
std::string sample_file();

}  // namespace trapd::config
