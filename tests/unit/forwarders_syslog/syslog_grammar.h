// SPDX-License-Identifier: Apache-2.0
// A reader of RFC 5424 messages, written from the ABNF of its section 6 and not from our writer:
// it throws on anything that the grammar does not allow.
#pragma once

#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trapd::test {

struct Element {
  std::string id;
  std::vector<std::pair<std::string, std::string>> parameters;  // unescaped

  std::optional<std::string> get(std::string_view name) const {
    for (const auto& [key, value] : parameters) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
};

struct Message5424 {
  int priority = 0;
  std::string timestamp, host, app, process, id;
  std::vector<Element> elements;
  bool byte_order_mark = false;
  std::string text;

  const Element* element(std::string_view name) const {
    for (const Element& e : elements) {
      if (e.id == name) return &e;
    }
    return nullptr;
  }
};

class Parser5424 {
 public:
  static Message5424 parse(std::string_view text) {
    Parser5424 parser(text);
    return parser.message();
  }

 private:
  explicit Parser5424(std::string_view text) : rest_(text) {}

  [[noreturn]] void bad(const std::string& what) const {
    throw std::runtime_error(what + " before: " + std::string(rest_.substr(0, 60)));
  }
  char next() {
    if (rest_.empty()) bad("end of message");
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  void expect(char c) {
    if (next() != c) bad(std::string("expected ") + c);
  }
  std::string printable(std::size_t max, const char* what) {
    std::string field;
    while (!rest_.empty() && rest_.front() != ' ') {
      const char c = next();
      if (c < 33 || c > 126) bad(std::string("character in ") + what);
      field += c;
    }
    if (field.empty() || field.size() > max) bad(std::string("length of ") + what);
    return field;
  }
  std::string digits(std::size_t min, std::size_t max) {
    std::string all;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') all += next();
    if (all.size() < min || all.size() > max) bad("number of digits");
    return all;
  }

  Message5424 message() {
    Message5424 m;
    expect('<');
    const std::string priority = digits(1, 3);
    if (priority.size() > 1 && priority[0] == '0') bad("leading zero");
    m.priority = std::stoi(priority);
    if (m.priority > 191) bad("PRIVAL");
    expect('>');
    expect('1');
    expect(' ');
    m.timestamp = timestamp();
    expect(' ');
    m.host = printable(255, "HOSTNAME");
    expect(' ');
    m.app = printable(48, "APP-NAME");
    expect(' ');
    m.process = printable(128, "PROCID");
    expect(' ');
    m.id = printable(32, "MSGID");
    expect(' ');
    structured_data(&m);
    if (rest_.empty()) return m;
    expect(' ');
    m.byte_order_mark = rest_.starts_with("\xef\xbb\xbf");
    if (m.byte_order_mark) rest_.remove_prefix(3);
    check_utf8(rest_);
    m.text = std::string(rest_);
    return m;
  }

  std::string timestamp() {
    const std::string_view start = rest_;
    digits(4, 4), expect('-'), digits(2, 2), expect('-'), digits(2, 2), expect('T');
    digits(2, 2), expect(':'), digits(2, 2), expect(':');
    if (std::stoi(digits(2, 2)) > 59) bad("second");
    if (rest_.starts_with('.')) {
      next();
      digits(1, 6);
    }
    expect('Z');
    return std::string(start.substr(0, start.size() - rest_.size()));
  }

  std::string name() {
    std::string all;
    while (!rest_.empty() && rest_.front() != ' ' && rest_.front() != '=' && rest_.front() != ']' &&
           rest_.front() != '"') {
      const char c = next();
      if (c < 33 || c > 126) bad("character in SD-NAME");
      all += c;
    }
    if (all.empty() || all.size() > 32) bad("length of SD-NAME");
    return all;
  }

  std::string value() {
    std::string all;
    expect('"');
    for (;;) {
      const char c = next();
      if (c == '"') break;
      if (c == ']') bad("] without a backslash");
      if (c != '\\') {
        all += c;
        continue;
      }
      const char escaped = next();
      if (escaped != '"' && escaped != '\\' && escaped != ']') bad("needless backslash");
      all += escaped;
    }
    check_utf8(all);
    return all;
  }

  void structured_data(Message5424* m) {
    if (rest_.starts_with('-')) {
      next();
      return;
    }
    std::set<std::string> seen;
    do {
      expect('[');
      Element element{name(), {}};
      if (!seen.insert(element.id).second) bad("SD-ID twice");
      while (rest_.starts_with(' ')) {
        next();
        const std::string key = name();
        expect('=');
        element.parameters.emplace_back(key, value());
      }
      expect(']');
      m->elements.push_back(std::move(element));
    } while (rest_.starts_with('['));
  }

  void check_utf8(std::string_view text) const {
    for (std::size_t i = 0; i < text.size();) {
      const auto at = [&](std::size_t n) { return static_cast<unsigned char>(text[n]); };
      const unsigned lead = at(i);
      const std::size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      unsigned point = n == 1 ? lead : lead & (0xffU >> (n + 1));
      if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || i + n > text.size()) bad("UTF-8");
      for (std::size_t k = 1; k < n; ++k) {
        if ((at(i + k) & 0xc0U) != 0x80) bad("UTF-8");
        point = point << 6U | (at(i + k) & 0x3fU);
      }
      constexpr unsigned kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
      if (point < kLeast[n] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        bad("UTF-8");
      if (point < 32 || (point >= 0x7f && point < 0xa0)) bad("control character");
      i += n;
    }
  }

  std::string_view rest_;
};

}  // namespace trapd::test
