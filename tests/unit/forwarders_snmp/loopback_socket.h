// SPDX-License-Identifier: Apache-2.0
// A UDP socket on 127.0.0.1, as a test's other end.
#pragma once

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <string>

#include "trapd/base/bytes.h"
#include "trapd/base/fd.h"
#include "trapd/base/ip_address.h"

namespace trapd::forwarders {

class LoopbackSocket {
 public:
  explicit LoopbackSocket(std::uint16_t port = 0) : fd_(make(port, false)) {
    REQUIRE(static_cast<bool>(fd_));
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&address)).port;
  }
  int fd() const { return fd_.get(); }
  std::uint16_t port() const { return port_; }
  void close() { fd_.reset(); }

  static bool can_bind(std::uint16_t port) { return static_cast<bool>(make(port, false)); }
  static bool can_bind_shared(std::uint16_t port) { return static_cast<bool>(make(port, true)); }

  void send_to(std::uint16_t port, ByteView bytes) const {
    const sockaddr_in address = loopback(port);
    ::sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&address),
             sizeof address);
  }
  void send_to(std::uint16_t port, const std::string& text) const { send_to(port, as_bytes(text)); }

  /// The next datagram within a second; empty when there is none.
  static std::string receive(int fd, Endpoint* from = nullptr, int wait_ms = 1000) {
    pollfd polled{fd, POLLIN, 0};
    if (::poll(&polled, 1, wait_ms) != 1) return {};
    std::array<char, 65536> room;
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const ssize_t octets = ::recvfrom(fd, room.data(), room.size(), MSG_DONTWAIT,
                                      reinterpret_cast<sockaddr*>(&address), &size);
    if (octets < 0) return {};
    if (from != nullptr) *from = Endpoint::from_sockaddr(reinterpret_cast<sockaddr*>(&address));
    return {room.data(), static_cast<std::size_t>(octets)};
  }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }
  static Fd make(std::uint16_t port, bool shared) {
    Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (shared) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    const int receive_octets = 1 << 20;  // as much of it as the system gives
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_octets, sizeof receive_octets);
    const sockaddr_in address = loopback(port);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      fd.reset();
    }
    return fd;
  }

  Fd fd_;
  std::uint16_t port_ = 0;
};

}  // namespace trapd::forwarders
