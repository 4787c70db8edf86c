// SPDX-License-Identifier: Apache-2.0
// Replies of an SMTP server (RFC 5321 4.2), out of a stream of octets. One thread.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace trapd::forwarders::mail {

struct Reply {
  int code = 0;      // 200..599
  std::string text;  // "550 5.1.1 no such user", lines joined, clean; at most kTextOctetsMax
  bool positive() const { return code / 100 == 2; }
  bool transient() const { return code / 100 == 4; }
  bool permanent() const { return code / 100 == 5; }
};

class ReplyReader {
 public:
  static constexpr std::size_t kLineOctetsMax = 2048;  // RFC 5321 4.5.3.1.5 asks for 512
  static constexpr std::size_t kLinesMax = 100;
  static constexpr std::size_t kTextOctetsMax = 500;
  static constexpr std::size_t kRepliesMax = 8;  // a server that talks unasked

  /// False when this is no SMTP, or over a bound; it stays so.
  bool feed(std::string_view octets);
  /// The next whole reply.
  std::optional<Reply> next();

 private:
  bool take_line(std::string_view line);

  std::string line_;
  Reply reply_;
  std::size_t lines_ = 0;  // of reply_
  std::deque<Reply> whole_;
  bool broken_ = false;
};

}  // namespace trapd::forwarders::mail
