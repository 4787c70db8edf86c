// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/line.h"

#include <algorithm>

#include "tests/scenario/failure.h"
#include "trapd/base/bytes.h"

namespace trapd::scenario {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// The character that stands for what follows a backslash at text[*at]; moves behind it.
char escaped(std::string_view text, std::size_t* at) {
  const char kind = *at < text.size() ? text[(*at)++] : '\0';
  switch (kind) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '"':
    case '\\':
      return kind;
    case 'x':
      if (const auto octet = from_hex(text.substr(std::min(*at, text.size()), 2));
          octet && octet->size() == 1) {
        *at += 2;
        return static_cast<char>(octet->front());
      }
      [[fallthrough]];
    default:
      throw Mistake("expected \\n \\r \\t \\\\ \\\" or \\xHH behind a backslash");
  }
}

/// The rest of a part in quotes, from behind the first one; *at ends behind the second.
std::string quoted(std::string_view text, std::size_t* at) {
  std::string part;
  while (*at < text.size()) {
    const char c = text[(*at)++];
    if (c == '"') return part;
    part += c == '\\' ? escaped(text, at) : c;
  }
  throw Mistake("a quotation mark is not closed");
}

std::size_t indent_of(std::string_view line) {
  const std::size_t first = line.find_first_not_of(' ');
  return first == std::string_view::npos ? line.size() : first;
}

bool is_empty(std::string_view line) {
  const std::size_t first = indent_of(line);
  return first == line.size() || line[first] == '#';
}

class Lines {
 public:
  void take(int number, std::string_view text) {
    const bool inside = indent_of(text) > 0 && !lines_.empty();
    if (inside && lines_.back().words.front() == "config") return add_to_block(text);
    if (is_empty(text)) return;
    std::vector<std::string> words = split_words(text);
    if (inside) {
      std::vector<std::string>& above = lines_.back().words;
      above.insert(above.end(), words.begin(), words.end());
    } else {
      lines_.push_back({number, std::move(words), {}});
    }
  }
  std::vector<Line> done() { return std::move(lines_); }

 private:
  void add_to_block(std::string_view text) {
    std::string& block = lines_.back().block;
    if (block.empty()) block_indent_ = indent_of(text);
    block += text.substr(std::min(block_indent_, indent_of(text)));
    block += '\n';
  }
  std::vector<Line> lines_;
  std::size_t block_indent_ = 0;
};

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_blank(text[at])) ++at;
    if (at == text.size() || text[at] == '#') return words;
    std::string word;
    while (at < text.size() && !is_blank(text[at])) {
      const char c = text[at++];
      if (c == '"') {
        word += quoted(text, &at);
      } else {
        word += c;
      }
    }
    words.push_back(std::move(word));
  }
}

std::vector<Line> parse_lines(std::string_view text) {
  Lines lines;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    try {
      lines.take(number, text.substr(0, end));
    } catch (const Mistake& mistake) {
      throw Mistake(std::to_string(number) + ": " + mistake.what());
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines.done();
}

}  // namespace trapd::scenario
