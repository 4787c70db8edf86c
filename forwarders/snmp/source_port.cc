// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/source_port.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "trapd/base/hash.h"

namespace trapd::forwarders {
namespace {

/// Fixed, not of the process: the first choice of a destination outlives a restart.
constexpr std::uint64_t kPortSeed = 0;

Unexpected<Error> errno_failure(const char* what, const std::string& subject, int code) {
  return Unexpected<Error>(errno_error(what, subject, code));
}

bool set_option(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

Result<Fd> new_socket(const Endpoint& peer) {
  const int family = peer.is_v4() ? AF_INET : AF_INET6;
  Fd fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno_failure("cannot open a socket to", peer.text(), errno);
  if (family == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  // A notification larger than a link goes in fragments rather than not at all.
  if (family == AF_INET) {
    set_option(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
  } else {
    set_option(fd.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
  }
  return fd;
}

Status bind_and_connect(int fd, const Endpoint& peer, std::uint16_t port) {
  Endpoint local;
  if (peer.is_v4()) local = *Endpoint::parse_address("0.0.0.0");
  local.port = port;
  sockaddr_storage address{};
  socklen_t size = local.to_sockaddr(&address);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    return errno_failure("cannot bind source port", std::to_string(port), errno);
  }
  size = peer.to_sockaddr(&address);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    return errno_failure("cannot connect to", peer.text(), errno);
  }
  return {};
}

}  // namespace

SourcePorts& SourcePorts::of_process() {
  static SourcePorts ports;
  return ports;
}

SourcePorts::Socket::Socket(Socket&& other) noexcept { *this = std::move(other); }

SourcePorts::Socket& SourcePorts::Socket::operator=(Socket&& other) noexcept {
  if (this == &other) return *this;
  close();
  owner_ = std::exchange(other.owner_, nullptr);
  id_ = other.id_;
  fd_ = std::exchange(other.fd_, -1);
  port_ = std::exchange(other.port_, std::uint16_t{0});
  return *this;
}

void SourcePorts::Socket::close() {
  if (owner_ == nullptr) return;
  owner_->state_.with([this](State& state) { state.held.erase(id_); });
  owner_ = nullptr;
  fd_ = -1;
}

std::vector<std::uint16_t> SourcePorts::candidates(const State& state,
                                                   const std::string& destination,
                                                   PortRange range) {
  std::vector<std::uint16_t> ports;
  const unsigned count = static_cast<unsigned>(range.last) - range.first + 1U;
  const auto start = static_cast<unsigned>(hash_bytes(as_bytes(destination), kPortSeed) % count);
  const auto own = state.remembered.find(destination);
  if (own != state.remembered.end() && own->second >= range.first && own->second <= range.last) {
    ports.push_back(own->second);
  }
  std::vector<std::uint16_t> of_others;
  for (unsigned i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(range.first + (start + i) % count);
    if (!ports.empty() && port == ports.front()) continue;
    const bool remembered = std::any_of(state.remembered.begin(), state.remembered.end(),
                                        [&](const auto& other) { return other.second == port; });
    (remembered ? of_others : ports).push_back(port);
  }
  ports.insert(ports.end(), of_others.begin(), of_others.end());
  return ports;
}

SourcePorts::Use SourcePorts::use_of(const State& state, const Endpoint& peer, std::uint16_t port) {
  Use use = Use::kFree;
  for (const auto& [id, other] : state.held) {
    if (other.port != port) continue;
    if (other.peer == peer) return Use::kSamePeer;
    use = Use::kOtherPeers;
  }
  return use;
}

Result<Fd> SourcePorts::open_exclusive(const Endpoint& peer, std::uint16_t port) {
  Result<Fd> fd = new_socket(peer);
  if (!fd) return fd;
  if (Status done = bind_and_connect(fd->get(), peer, port); !done) {
    return Unexpected<Error>(done.error());
  }
  return fd;
}

Result<Fd> SourcePorts::open_shared(State& state, const Endpoint& peer, std::uint16_t port) {
  Result<Fd> fd = new_socket(peer);
  if (!fd) return fd;
  const auto mark = [&](int value) {
    for (auto& [id, held] : state.held) {
      if (held.port == port) set_option(held.fd.get(), SOL_SOCKET, SO_REUSEPORT, value);
    }
    set_option(fd->get(), SOL_SOCKET, SO_REUSEPORT, value);
  };
  mark(1);
  Status done = bind_and_connect(fd->get(), peer, port);
  // Nobody else, not even another program of the same user, joins later.
  mark(0);
  if (!done) return Unexpected<Error>(done.error());
  return fd;
}

SourcePorts::Socket SourcePorts::keep(State& state, const std::string& destination,
                                      const Endpoint& peer, std::uint16_t port, Fd fd) {
  Socket socket;
  socket.owner_ = this;
  socket.id_ = ++state.last_id;
  socket.fd_ = fd.get();
  socket.port_ = port;
  state.held.emplace(socket.id_, Held{destination, peer, port, std::move(fd)});
  if (state.remembered.size() >= kRememberedMax && !state.remembered.contains(destination)) {
    state.remembered.clear();
  }
  state.remembered[destination] = port;
  return socket;
}

Result<SourcePorts::Socket> SourcePorts::open(const std::string& destination, const Endpoint& peer,
                                              PortRange range) {
  if (range.first > range.last) std::swap(range.first, range.last);
  return state_.with([&](State& state) -> Result<Socket> {
    std::string reason = "all are held by other destinations with the same peer";
    const std::vector<std::uint16_t> ports = candidates(state, destination, range);
    for (const bool sharing : {false, true}) {
      for (const std::uint16_t port : ports) {
        const Use use = use_of(state, peer, port);
        if (use != (sharing ? Use::kOtherPeers : Use::kFree)) continue;
        Result<Fd> fd = sharing ? open_shared(state, peer, port) : open_exclusive(peer, port);
        if (fd) return keep(state, destination, peer, port, std::move(*fd));
        reason = fd.error().text;
      }
    }
    return failure("no source port of " + std::to_string(range.first) + "-" +
                   std::to_string(range.last) + " is free: " + reason);
  });
}

}  // namespace trapd::forwarders
