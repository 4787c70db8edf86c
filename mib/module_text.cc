// SPDX-License-Identifier: Apache-2.0
#include "mib/module_text.h"

namespace trapd::mib {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
// The underscore is illegal in names and common in vendors' modules.
bool is_inner(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }

/// Identifiers, and every other character by itself; without comments and quoted strings.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);  // byte order mark
  }
  std::string_view next() {
    for (;;) {
      if (rest_.empty()) return {};
      if (is_blank(rest_[0])) {
        rest_.remove_prefix(1);
      } else if (rest_.starts_with("--")) {
        skip_to("\n");
      } else if (rest_[0] == '"') {
        rest_.remove_prefix(1);
        skip_to("\"");
      } else {
        return take(is_letter(rest_[0]) ? identifier_size() : 1);
      }
    }
  }

 private:
  void skip_to(std::string_view end) {
    const std::size_t at = rest_.find(end);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + end.size());
  }
  std::size_t identifier_size() const {
    std::size_t size = 1;
    while (size < rest_.size() && is_inner(rest_[size])) {
      if (rest_.substr(size).starts_with("--")) break;
      ++size;
    }
    return size;
  }
  std::string_view take(std::size_t size) {
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }

  std::string_view rest_;
};

constexpr std::size_t kModuleNameOctetsMax = 64;

}  // namespace

std::optional<std::string> module_name(std::string_view text) {
  Tokens tokens(text);
  const std::string_view name = tokens.next();
  if (name.empty() || !is_letter(name[0]) || name.size() > kModuleNameOctetsMax) {
    return std::nullopt;
  }
  std::string_view token = tokens.next();
  if (token == "{") {
    while (!token.empty() && token != "}") token = tokens.next();
    token = tokens.next();
  }
  if (token != "DEFINITIONS") return std::nullopt;
  return std::string(name);
}

std::unordered_set<std::string_view> identifiers(std::string_view text) {
  std::unordered_set<std::string_view> found;
  Tokens tokens(text);
  for (std::string_view token = tokens.next(); !token.empty(); token = tokens.next()) {
    if (is_letter(token[0])) found.insert(token);
  }
  return found;
}

std::vector<std::string> defined_names(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (!line.empty() && line[0] >= 'a' && line[0] <= 'z') {
      std::size_t size = 1;
      while (size < line.size() && is_inner(line[size])) ++size;
      names.emplace_back(line.substr(0, size));
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return names;
}

}  // namespace trapd::mib
