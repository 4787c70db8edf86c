// SPDX-License-Identifier: Apache-2.0
// A syslog receiver over TCP on 127.0.0.1 that takes RFC 6587 frames with octet counting, checks
// that each is one (3.4.1: MSG-LEN without leading zero, a blank, "<PRI>1 "), and counts them. It
// takes one connection at a time. At SIGTERM it prints one JSON object.
//   syslog_sink PORT
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "bench/sink.h"

namespace trapd::bench {
namespace {

constexpr std::size_t kRoomOctets = 1 << 20;
constexpr std::size_t kFrameOctetsMax = 128 * 1024;
constexpr int kListenBacklog = 4;

struct Tally {
  std::uint64_t connections = 0;
  std::uint64_t frames = 0;
  std::uint64_t octets = 0;
  std::uint64_t bad = 0;  // connections that were closed because of what came
};

/// Counts the whole frames at the front of `octets`; returns how many octets they take, or
/// nothing when what stands there can never be a frame.
bool count_frames(std::string_view octets, Tally* tally, std::size_t* taken) {
  *taken = 0;
  for (;;) {
    std::string_view rest = octets.substr(*taken);
    std::size_t length = 0;
    std::size_t digits = 0;
    while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') {
      length = length * 10 + static_cast<std::size_t>(rest[digits++] - '0');
      if (length > kFrameOctetsMax) return false;
    }
    if (digits == rest.size()) return true;
    if (digits == 0 || rest[0] == '0' || rest[digits] != ' ') return false;
    if (rest.size() - digits - 1 < length) return true;
    const std::string_view message = rest.substr(digits + 1, length);
    if (message.size() < 8 || message[0] != '<' || message.find(">1 ") > 4) return false;
    ++tally->frames;
    *taken += digits + 1 + length;
  }
}

/// Until the peer or a signal ends it.
void serve(int fd, std::vector<char>* room, Tally* tally) {
  std::size_t held = 0;
  while (stop_asked == 0) {
    const ssize_t got = ::recv(fd, room->data() + held, room->size() - held, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return;
    tally->octets += static_cast<std::uint64_t>(got);
    held += static_cast<std::size_t>(got);
    std::size_t taken = 0;
    if (!count_frames({room->data(), held}, tally, &taken)) {
      ++tally->bad;
      return;
    }
    held -= taken;
    std::memmove(room->data(), room->data() + taken, held);
  }
}

int run(std::uint16_t port) {
  const Fd listening = bind_loopback(SOCK_STREAM, port, 4 << 20);
  if (!listening || ::listen(listening.get(), kListenBacklog) != 0) {
    std::perror("syslog_sink: bind");
    return 1;
  }
  stop_on_signals();
  std::vector<char> room(kRoomOctets);
  Tally tally;
  while (stop_asked == 0) {
    const Fd connection(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) continue;
    ++tally.connections;
    serve(connection.get(), &room, &tally);
  }
  const nlohmann::json said = {{"connections", tally.connections},
                               {"frames", tally.frames},
                               {"octets", tally.octets},
                               {"bad", tally.bad},
                               {"cpu_s", cpu_seconds()}};
  std::printf("%s\n", said.dump().c_str());
  return tally.bad == 0 ? 0 : 1;
}

}  // namespace
}  // namespace trapd::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: syslog_sink PORT\n");
    return 1;
  }
  return trapd::bench::run(static_cast<std::uint16_t>(std::atoi(argv[1])));
}
