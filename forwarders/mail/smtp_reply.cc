// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/smtp_reply.h"

#include <algorithm>

#include "forwarders/record_text.h"

namespace trapd::forwarders::mail {

namespace {

int code_of(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5') return 0;
  int code = 0;
  for (const char c : line.substr(0, 3)) {
    if (c < '0' || c > '9') return 0;
    code = code * 10 + (c - '0');
  }
  return code;
}

}  // namespace

bool ReplyReader::take_line(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const int code = code_of(line);
  const char separator = line.size() > 3 ? line[3] : ' ';
  const bool same = lines_ == 0 || reply_.code == code;
  if (code == 0 || !same || (separator != ' ' && separator != '-')) return false;
  reply_.code = code;
  // The code once, then what each line says.
  std::string text =
      lines_ == 0 ? clean(line) : " " + clean(line.substr(std::min<std::size_t>(line.size(), 4)));
  if (lines_ == 0 && separator == '-') text[3] = ' ';
  reply_.text = cut_utf8(reply_.text + text, kTextOctetsMax);
  if (++lines_ > kLinesMax) return false;
  if (separator == ' ') {
    whole_.push_back(std::move(reply_));
    reply_ = {};
    lines_ = 0;
  }
  return whole_.size() <= kRepliesMax;
}

bool ReplyReader::feed(std::string_view octets) {
  while (!broken_ && !octets.empty()) {
    const std::size_t end = octets.find('\n');
    line_.append(octets.substr(0, end));
    if (line_.size() > kLineOctetsMax) broken_ = true;
    if (broken_ || end == std::string_view::npos) break;
    broken_ = !take_line(line_);
    line_.clear();
    octets.remove_prefix(end + 1);
  }
  return !broken_;
}

std::optional<Reply> ReplyReader::next() {
  if (whole_.empty()) return std::nullopt;
  Reply reply = std::move(whole_.front());
  whole_.pop_front();
  return reply;
}

}  // namespace trapd::forwarders::mail
