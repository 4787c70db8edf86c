// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/encoded_word.h"

#include <algorithm>
#include <array>

#include "forwarders/record_text.h"

namespace trapd::forwarders::mail {

namespace {

constexpr std::size_t kLineMax = 78;         // RFC 5322 2.1.1, preferred
constexpr std::size_t kEncodedLineMax = 76;  // RFC 2047 2
constexpr std::size_t kEncodedWordMax = 75;
constexpr std::string_view kBegin = "=?UTF-8?B?";
constexpr std::string_view kEnd = "?=";
constexpr std::size_t kDisplayNameOctetsMax = 60;

std::string base64(std::string_view octets) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, octets.size() - i);
    std::array<unsigned, 3> part{};
    for (std::size_t k = 0; k < n; ++k) part[k] = static_cast<unsigned char>(octets[i + k]);
    const unsigned bits = part[0] << 16 | part[1] << 8 | part[2];
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= n ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

/// One line, no control characters, single blanks between words.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : clean(text)) {
    if (c != ' ' || (!line.empty() && line.back() != ' ')) line += c;
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

/// Each word holds whole characters; `column` of the first line is taken already.
std::string encoded_words(std::string_view text, std::size_t column) {
  std::string out;
  while (!text.empty()) {
    const std::size_t word_max = std::min(kEncodedWordMax, kEncodedLineMax - column);
    const std::size_t octets_max = (word_max - kBegin.size() - kEnd.size()) / 4 * 3;
    const std::string_view part = cut_utf8(text, octets_max);
    out.append(kBegin).append(base64(part)).append(kEnd);
    text.remove_prefix(part.size());
    if (!text.empty()) out += "\r\n ";
    column = 1;
  }
  return out;
}

std::string folded(std::string_view text, std::size_t column) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' ', 1), text.size());
    if (!out.empty() && column + end > kLineMax) {
      out += "\r\n";
      column = 0;
    }
    out.append(text.substr(0, end));
    column += end;
    text.remove_prefix(end);
  }
  return out;
}

}  // namespace

std::string text_field(std::string_view name, std::string_view text) {
  const std::string line = one_line(text);
  std::string field(name);
  field += ": ";
  const bool plain = is_ascii(line) && line.find("=?") == std::string::npos;
  field += plain ? folded(line, field.size()) : encoded_words(line, field.size());
  return field += "\r\n";
}

std::string display_name(std::string_view text) {
  const std::string whole = one_line(text);
  const std::string_view line = cut_utf8(whole, kDisplayNameOctetsMax);
  if (!is_ascii(line)) return encoded_words(line, std::string_view("From: ").size());
  std::string quoted = "\"";
  for (const char c : line) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted += '"';
}

}  // namespace trapd::forwarders::mail
