// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/net_snmp_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/differential/net_snmp_decoder.h"
#include "trapd/base/check.h"

namespace trapd::differential {

namespace {

constexpr std::size_t kMessageOctetsMax = 1 << 20;
constexpr unsigned kPacketsPerChild = 20'000;
constexpr int kPatienceMs = 10'000;

/// One octet of fill, the clock, the packet.
Bytes request(ByteView packet, Clock known, std::uint8_t fill) {
  Bytes out;
  append_u32(fill, &out);
  append_u32(known.boots, &out);
  append_u32(known.time, &out);
  append_sized(packet, &out);
  return out;
}

[[noreturn]] void serve(int socket) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(nowhere, STDERR_FILENO);  // what a sanitizer says of Net-SNMP
  net_snmp::prepare();
  Bytes room(kMessageOctetsMax);
  for (;;) {
    const ssize_t size = ::recv(socket, room.data(), room.size(), 0);
    if (size <= 0) ::_exit(0);
    ByteView octets(room.data(), static_cast<std::size_t>(size));
    const auto fill = static_cast<std::uint8_t>(take_u32(&octets));
    Clock known;
    known.boots = take_u32(&octets);
    known.time = take_u32(&octets);
    const Bytes answer = net_snmp::decode(take_sized(&octets), known, fill).packed();
    if (::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) ::_exit(1);
  }
}

void enlarge(int socket) {
  const int octets = kMessageOctetsMax;
  CHECK(::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets) == 0);
}

std::string describe(int status) {
  return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                             : "exit " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

void NetSnmpProcess::start() {
  int ends[2];
  CHECK(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  enlarge(ends[0]);
  enlarge(ends[1]);
  child_ = ::fork();
  CHECK(child_ >= 0);
  if (child_ == 0) {
    ::close(ends[0]);
    serve(ends[1]);
  }
  ::close(ends[1]);
  socket_ = ends[0];
  packets_ = 0;
}

void NetSnmpProcess::stop() {
  ::close(socket_);
  int status = 0;
  ::kill(child_, SIGKILL);
  CHECK(::waitpid(child_, &status, 0) == child_);
}

std::optional<Decoded> NetSnmpProcess::decode(ByteView packet, Clock known, std::uint8_t fill) {
  if (packets_++ == kPacketsPerChild) {
    stop();
    start();
  }
  const Bytes asked = request(packet, known, fill);
  CHECK(::send(socket_, asked.data(), asked.size(), MSG_NOSIGNAL) > 0);
  pollfd answer{.fd = socket_, .events = POLLIN, .revents = 0};
  const bool in_time = ::poll(&answer, 1, kPatienceMs) == 1;
  static Bytes room(kMessageOctetsMax);
  const ssize_t size = in_time ? ::recv(socket_, room.data(), room.size(), 0) : -1;
  if (size > 0) return Decoded::unpack(ByteView(room).first(static_cast<std::size_t>(size)));
  if (!in_time) ::kill(child_, SIGKILL);
  int status = 0;
  CHECK(::waitpid(child_, &status, 0) == child_);
  last_words_ = in_time ? describe(status) : "no answer";
  ::close(socket_);
  start();
  return std::nullopt;
}

}  // namespace trapd::differential
