// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/quoted_printable.h"

#include <algorithm>

#include "trapd/base/bytes.h"
#include "trapd/snmp/utf8.h"

namespace trapd::forwarders::mail {

namespace {

constexpr std::size_t kLineMax = 76;

void append_encoded(std::string* out, std::string_view octets) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    *out += '=';
    *out += kDigits[octet >> 4];
    *out += kDigits[octet & 15];
  }
}

bool is_literal(char c) { return c >= ' ' && c <= '~' && c != '='; }

/// How many of the first characters stand for themselves and fit into so many columns; never the
/// last of the line, which has a rule of its own.
std::size_t literal_run(std::string_view line, std::size_t columns) {
  const std::size_t most = std::min(columns, line.size() - 1);
  std::size_t length = 0;
  while (length < most && is_literal(line[length])) ++length;
  return length;
}

void append_line(std::string* out, std::string_view line) {
  std::size_t column = 0;
  while (!line.empty()) {
    const std::size_t run = literal_run(line, kLineMax - 1 - column);
    out->append(line.substr(0, run));
    line.remove_prefix(run);
    column += run;
    const std::size_t octets =
        std::max<std::size_t>(snmp::printable_utf8_octets(as_bytes(line)), 1);
    const bool last = octets == line.size();
    const bool literal = is_literal(line.front()) && !(line.front() == ' ' && last);
    const std::size_t columns = literal ? 1 : 3 * octets;
    // One column stays free for the "=" of a soft break.
    if (column + columns > (last ? kLineMax : kLineMax - 1)) {
      out->append("=\r\n");
      column = 0;
    }
    if (literal) {
      *out += line.front();
    } else {
      append_encoded(out, line.substr(0, octets));
    }
    column += columns;
    line.remove_prefix(octets);
  }
  out->append("\r\n");
}

}  // namespace

std::string quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    append_line(&out, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace trapd::forwarders::mail
