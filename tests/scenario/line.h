// SPDX-License-Identifier: Apache-2.0
// A scenario's text as lines of words (README.md, "How a line reads").
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trapd::scenario {

struct Line {
  int number = 0;
  std::vector<std::string> words;  // never empty
  /// Of `config`: the indented lines below it as they stand, without their common indent.
  std::string block;
};

/// Words are separated by blanks; a part in "…" may hold blanks and \n \r \t \\ \" \xHH; `#` at the
/// start of a word begins a comment. Throws Mistake.
std::vector<std::string> split_words(std::string_view text);

/// An indented line goes on with the line above it. Throws Mistake, whose text begins with the
/// number of the line.
std::vector<Line> parse_lines(std::string_view text);

}  // namespace trapd::scenario
