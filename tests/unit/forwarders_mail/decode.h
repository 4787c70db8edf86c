// SPDX-License-Identifier: Apache-2.0
// What a mail program does with what comes out of forwarders/mail; written apart from it, and
// strict: anything not allowed on the way is an exception.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace trapd::forwarders::mail {

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) throw std::runtime_error("a line without CRLF");
    lines.emplace_back(text.substr(0, end));
    if (lines.back().find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      throw std::runtime_error("bare CR, LF or NUL");
    }
    text.remove_prefix(end + 2);
  }
  return lines;
}

inline std::string base64_decoded(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  int have = 0;
  for (const char c : text) {
    if (c == '=') break;
    unsigned digit = 0;
    if (c >= 'A' && c <= 'Z')
      digit = static_cast<unsigned>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      digit = static_cast<unsigned>(c - 'a' + 26);
    else if (c >= '0' && c <= '9')
      digit = static_cast<unsigned>(c - '0' + 52);
    else if (c == '+')
      digit = 62;
    else if (c == '/')
      digit = 63;
    else
      throw std::runtime_error("not base64");
    bits = bits << 6 | digit;
    have += 6;
    if (have >= 8) out += static_cast<char>(bits >> (have -= 8) & 255);
  }
  return out;
}

inline void check_whole_characters(std::string_view text) {
  std::size_t wanted = 0;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (wanted > 0) {
      if ((octet & 0xc0) != 0x80) throw std::runtime_error("a split character");
      --wanted;
    } else if (octet >= 0xf0)
      wanted = 3;
    else if (octet >= 0xe0)
      wanted = 2;
    else if (octet >= 0xc0)
      wanted = 1;
    else if (octet >= 0x80)
      throw std::runtime_error("a split character");
  }
  if (wanted > 0) throw std::runtime_error("a split character");
}

/// A field as it stands in a header, with its name and last CRLF: unfolded, and its encoded-words
/// decoded, each of which must be whole and at most 75 characters long.
inline std::string field_text(std::string_view field) {
  std::string line;
  for (const std::string& part : lines_of(field)) {
    if (!line.empty() && part[0] != ' ') throw std::runtime_error("a second field");
    if (part.find_first_not_of(' ') == std::string::npos) throw std::runtime_error("blank line");
    line += part;
  }
  line.erase(0, line.find(": ") + 2);
  std::string out;
  bool after_word = false;
  while (!line.empty()) {
    if (line.starts_with("=?")) {
      const std::size_t end = line.find("?=", 10);
      const std::string word = line.substr(0, end + 2);
      if (!word.starts_with("=?UTF-8?B?") || word.size() > 75) throw std::runtime_error("bad word");
      const std::string text = base64_decoded(word.substr(10, word.size() - 12));
      check_whole_characters(text);
      out += text;
      line.erase(0, word.size());
      after_word = true;
      if (line.starts_with(" =?")) line.erase(0, 1);
    } else {
      if (after_word) throw std::runtime_error("an encoded-word in a word");
      out += line[0];
      line.erase(0, 1);
    }
  }
  return out;
}

inline std::string quoted_printable_decoded(std::string_view text) {
  std::string out;
  for (std::string line : lines_of(text)) {
    if (line.size() > 76) throw std::runtime_error("a line of more than 76");
    if (!line.empty() && line.back() == ' ') throw std::runtime_error("a blank at the end");
    const bool soft = !line.empty() && line.back() == '=';
    if (soft) line.pop_back();
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] != '=') {
        if (line[i] < ' ' || line[i] > '~') throw std::runtime_error("not printable");
        out += line[i];
        continue;
      }
      const std::string digits = line.substr(i + 1, 2);
      if (digits.find_first_not_of("0123456789ABCDEF") != std::string::npos || digits.size() != 2) {
        throw std::runtime_error("not upper-case hexadecimal");
      }
      out += static_cast<char>(std::stoi(digits, nullptr, 16));
      i += 2;
    }
    if (!soft) out += '\n';
  }
  return out;
}

/// The server's side of RFC 5321 4.5.2; throws when the message ends before the wire does.
inline std::string unstuffed(std::string_view wire) {
  std::string out;
  const std::vector<std::string> lines = lines_of(wire);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] == ".") {
      if (i + 1 != lines.size()) throw std::runtime_error("the message ends early");
      return out;
    }
    out += lines[i].starts_with(".") ? lines[i].substr(1) : lines[i];
    out += "\r\n";
  }
  throw std::runtime_error("no end");
}

}  // namespace trapd::forwarders::mail
