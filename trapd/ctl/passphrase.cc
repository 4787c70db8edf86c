// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/passphrase.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace trapd::ctl {
namespace {

/// The terminal shows nothing while this lives.
class EchoOff {
 public:
  EchoOff() : on_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!on_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~EchoOff() {
    if (on_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  termios before_{};
  const bool on_;
};

}  // namespace

Result<Secret> read_passphrase(const char* prompt) {
  const bool terminal = ::isatty(STDIN_FILENO) != 0;
  if (terminal) std::fprintf(stderr, "%s: ", prompt);
  std::array<std::uint8_t, 1024> line{};
  std::size_t size = 0;
  bool ended = false;
  {
    const EchoOff silent;
    // Octet by octet: a stream's buffer would keep a copy, and swallow the next line.
    while (size < line.size() && ::read(STDIN_FILENO, &line[size], 1) == 1) {
      if (line[size] == '\n') {
        ended = true;
        break;
      }
      ++size;
    }
  }
  if (terminal) std::fputc('\n', stderr);
  Secret secret{ByteView(line).first(size)};
  wipe(MutableBytes(line));
  if (size == 0) return failure(std::string("no ") + prompt + " on standard input");
  if (!ended && size == line.size()) return failure(std::string(prompt) + " is too long");
  return secret;
}

}  // namespace trapd::ctl
