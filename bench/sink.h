// SPDX-License-Identifier: Apache-2.0
// What the sinks have in common: they run until SIGTERM, and then tell what they took and what
// processor time that cost them.
#pragma once

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdint>

#include "trapd/base/fd.h"

namespace trapd::bench {

inline volatile std::sig_atomic_t stop_asked = 0;

/// SIGTERM and SIGINT end a waiting call with EINTR and set stop_asked.
inline void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_asked = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
}

/// User and system time of this process.
inline double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// A socket of this type on 127.0.0.1, with so large a receive buffer as the system gives; empty
/// when the port cannot be bound.
inline Fd bind_loopback(int type, std::uint16_t port, int receive_octets) {
  Fd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_octets, sizeof receive_octets) !=
      0) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_octets, sizeof receive_octets);
  }
  const timeval look_up_each{1, 0};  // or a signal just before a waiting call would be missed
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &look_up_each, sizeof look_up_each);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fd = Fd();
  return fd;
}

}  // namespace trapd::bench
