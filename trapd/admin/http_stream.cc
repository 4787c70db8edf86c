// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/http_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "trapd/base/ip_address.h"

namespace trapd::admin {
namespace {

using NameFunction = int (*)(int, sockaddr*, socklen_t*);
void describe(socket_t socket, NameFunction name, std::string& ip, int& port) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (name(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
  const Endpoint endpoint = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address));
  ip = endpoint.address_text();
  port = endpoint.port;
}

}  // namespace

BoundedStream::BoundedStream(socket_t socket)
    : socket_(socket), deadline_ns_(clock_.monotonic_ns() + kConnectionNs) {}

bool BoundedStream::wait(short events) const {
  for (;;) {
    const std::int64_t left_ms = (deadline_ns_ - clock_.monotonic_ns()) / kNsPerMs;
    if (left_ms <= 0) return false;
    pollfd waiting{socket_, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left_ms));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

bool BoundedStream::is_readable() const { return taken_ < buffered_ || wait(POLLIN); }
bool BoundedStream::is_writable() const { return wait(POLLOUT); }

ssize_t BoundedStream::read(char* to, std::size_t size) {
  if (taken_ == buffered_) {
    const std::size_t room = std::min(buffer_.size(), kRequestOctetsMax - received_);
    if (room == 0 || !wait(POLLIN)) return -1;
    const ssize_t got = ::recv(socket_, buffer_.data(), room, 0);
    if (got <= 0) return got;
    taken_ = 0;
    buffered_ = static_cast<std::size_t>(got);
    received_ += buffered_;
  }
  const std::size_t count = std::min(size, buffered_ - taken_);
  std::memcpy(to, buffer_.data() + taken_, count);
  taken_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t BoundedStream::write(const char* from, std::size_t size) {
  if (!wait(POLLOUT)) return -1;
  // Not to wait in the call itself: a large answer goes out piece by piece, each within the time.
  return ::send(socket_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void BoundedStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  describe(socket_, &::getpeername, ip, port);
}
void BoundedStream::get_local_ip_and_port(std::string& ip, int& port) const {
  describe(socket_, &::getsockname, ip, port);
}

}  // namespace trapd::admin
