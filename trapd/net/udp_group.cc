// SPDX-License-Identifier: Apache-2.0
#include "trapd/net/udp_group.h"

#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <memory>
#include <span>

namespace trapd::net {

namespace {

// An odd multiplier spreads addresses that differ in their last bits only.
constexpr std::uint32_t kSpread = 0x9e3779b1;

Status set_option(int fd, int level, int option, const void* value, socklen_t size,
                  const char* name) {
  if (::setsockopt(fd, level, option, value, size) == 0) return {};
  return Unexpected(errno_error("cannot set", name, errno));
}

Status set_int(int fd, int level, int option, int value, const char* name) {
  return set_option(fd, level, option, &value, sizeof value, name);
}

sock_filter load_network_word(std::uint32_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_NET_OFF) + offset);
}

/// index = hash(source address) mod group size: IPv4 source at +12, IPv6 source at +8..+23.
std::vector<sock_filter> steering_program(bool v4, std::uint32_t sockets) {
  std::vector<sock_filter> program;
  program.push_back(load_network_word(v4 ? 12 : 8));
  if (!v4) {
    for (const std::uint32_t offset : {12U, 16U, 20U}) {
      program.push_back(BPF_STMT(BPF_MISC | BPF_TAX, 0));
      program.push_back(load_network_word(offset));
      program.push_back(BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0));
    }
  }
  program.push_back(BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, kSpread));
  program.push_back(BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16));
  program.push_back(BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, sockets));
  program.push_back(BPF_STMT(BPF_RET | BPF_A, 0));
  return program;
}

Status attach(int fd, int option, std::span<sock_filter> filter, const char* name) {
  sock_fprog program{};
  program.len = static_cast<unsigned short>(filter.size());
  program.filter = filter.data();
  return set_option(fd, SOL_SOCKET, option, &program, sizeof program, name);
}

/// Lets nothing in; what comes is dropped as if nobody listened.
Status close_to_datagrams(int fd) {
  std::array<sock_filter, 1> nothing = {{BPF_STMT(BPF_RET | BPF_K, 0)}};
  return attach(fd, SO_ATTACH_FILTER, nothing, "SO_ATTACH_FILTER");
}

/// One address of an interface of this machine: what comes to a socket bound to it came there. A
/// socket can be bound to a broadcast or multicast address too, which no answer may leave from.
bool is_own_address(const Endpoint& local) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return false;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owned(list, &::freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    if (Endpoint::from_sockaddr(entry->ifa_addr).address == local.address) return true;
  }
  return false;
}

/// The address a datagram came to is asked for only where it is not known: a control message of
/// each datagram costs.
Status request_packet_information(int fd, const Endpoint& local) {
  if (auto set = set_int(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS"); !set) return set;
  const int wanted = is_own_address(local) ? 0 : 1;
  return local.is_v4() ? set_int(fd, IPPROTO_IP, IP_PKTINFO, wanted, "IP_PKTINFO")
                       : set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, wanted, "IPV6_RECVPKTINFO");
}

Unexpected<Error> cannot_listen(const Endpoint& local, int reason) {
  Error error = errno_error("cannot listen on UDP", local.text(), reason);
  if (reason == EADDRINUSE) {
    error.text += "; who has it: ss -ulpn sport = :" + std::to_string(local.port);
  }
  return Unexpected(std::move(error));
}

Result<Fd> bound_socket(const Endpoint& local) {
  const bool v4 = local.is_v4();
  Fd fd(::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Unexpected(errno_error("cannot open a socket for", local.text(), errno));
  if (!v4) {
    if (auto set = set_int(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY"); !set) {
      return Unexpected(set.error());
    }
  }
  if (auto set = set_int(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT"); !set) {
    return Unexpected(set.error());
  }
  // Until the whole group is bound and steered, the datagrams of one device would be spread over
  // its sockets and be read out of order.
  if (auto set = close_to_datagrams(fd.get()); !set) return Unexpected(set.error());
  sockaddr_storage address{};
  const socklen_t size = local.to_sockaddr(&address);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) {
    return cannot_listen(local, errno);
  }
  return fd;
}

/// SO_REUSEPORT would let a second trapd of the same user join an existing group and steal part
/// of its devices: a plain bind first shows whether somebody is there.
Status check_free(const Endpoint& local) {
  Fd probe(::socket(local.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!probe) return Unexpected(errno_error("cannot open a socket for", local.text(), errno));
  if (!local.is_v4()) {
    if (auto set = set_int(probe.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY"); !set) {
      return set;
    }
  }
  sockaddr_storage address{};
  const socklen_t size = local.to_sockaddr(&address);
  if (::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) {
    return cannot_listen(local, errno);
  }
  return {};
}

Endpoint bound_address(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address));
}

/// An IPv6 socket on [::] without IPV6_V6ONLY. The option cannot be changed once it is bound.
bool takes_both_families(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  if (address.ss_family != AF_INET6) return false;
  const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address);
  if (!IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr)) return false;
  int v6_only = 0;
  size = sizeof v6_only;
  return ::getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, &size) == 0 && v6_only == 0;
}

/// Whoever bound the socket may have asked for ICMP errors. Nobody reads that queue here, and while
/// something is in it the socket counts as ready, for ever. The wrong family's call fails; that is
/// all right.
void switch_off_error_queue(int fd) {
  const int off = 0;
  ::setsockopt(fd, IPPROTO_IP, IP_RECVERR, &off, sizeof off);
  ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &off, sizeof off);
}

/// The kernel reports twice what was set.
int receive_buffer(int fd) {
  int octets = 0;
  socklen_t size = sizeof octets;
  ::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, &size);
  return octets;
}

/// What a socket gets that asks for `wanted` without the right to more than net.core.rmem_max.
int attainable_receive_buffer(int wanted) {
  const Fd probe(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ::setsockopt(probe.get(), SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  return receive_buffer(probe.get());
}

}  // namespace

Result<UdpGroup> UdpGroup::open(const Options& options) {
  if (auto free = check_free(options.local); !free) return Unexpected(free.error());
  UdpGroup group;
  group.local_ = options.local;
  for (unsigned i = 0; i < options.sockets; ++i) {
    auto fd = bound_socket(group.local_);
    if (!fd) return Unexpected(fd.error());
    if (i == 0) group.local_ = bound_address(fd->get());  // port 0: the kernel has chosen one
    group.sockets_.push_back(std::move(*fd));
  }
  group.configure(options.receive_buffer_bytes);
  // A datagram that chose its socket before the steering may still be on its way to the filter: the
  // kernel lets those end first (an RCU grace period). Where it cannot, the window is tiny.
  ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0);
  for (const Fd& fd : group.sockets_) {
    if (auto set = set_int(fd.get(), SOL_SOCKET, SO_DETACH_FILTER, 0, "SO_DETACH_FILTER"); !set) {
      return Unexpected(set.error());
    }
  }
  return group;
}

Result<UdpGroup> UdpGroup::adopt(std::vector<Fd> sockets, std::uint64_t receive_buffer_bytes,
                                 bool outlives) {
  UdpGroup group;
  group.sockets_ = std::move(sockets);
  group.adopted_ = true;
  group.outlives_ = outlives;
  if (group.sockets_.empty()) return failure("no socket was passed in");
  group.local_ = bound_address(group.sockets_.front().get());
  for (const Fd& fd : group.sockets_) {
    if (group.sockets_.size() > 1 && takes_both_families(fd.get())) {
      return failure(
          group.local_.text() + ": " + std::to_string(group.sockets_.size()) +
          " sockets were passed in that take IPv4 too, so that a device has no socket of "
          "its own; pass one, or bind them IPv6 only (systemd: BindIPv6Only=ipv6-only)");
    }
    switch_off_error_queue(fd.get());
  }
  group.configure(receive_buffer_bytes);
  return group;
}

void UdpGroup::configure(std::uint64_t receive_buffer_bytes) {
  const bool v4 = local_.is_v4();
  for (const Fd& fd : sockets_) {
    if (receive_buffer_bytes > 0) set_receive_buffer(fd.get(), receive_buffer_bytes);
    if (auto set = request_packet_information(fd.get(), local_); !set) {
      warnings_.push_back(local_.text() + ": " + set.error().text);
    }
  }
  if (sockets_.size() < 2) return;
  auto program = steering_program(v4, static_cast<std::uint32_t>(sockets_.size()));
  if (auto set = attach(sockets_.front().get(), SO_ATTACH_REUSEPORT_CBPF, program,
                        "SO_ATTACH_REUSEPORT_CBPF");
      !set) {
    warnings_.push_back(local_.text() + ": " + set.error().text +
                        "; traps of one device may be taken out of order");
  }
}

void UdpGroup::set_receive_buffer(int fd, std::uint64_t bytes) {
  const int wanted =
      static_cast<int>(std::min<std::uint64_t>(bytes, std::numeric_limits<int>::max() / 2));
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) == 0) return;
  // Whoever passed the socket in may have had the right: never less than what is there.
  if (receive_buffer(fd) < attainable_receive_buffer(wanted)) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  }
  const int got = receive_buffer(fd);
  if (got / 2 >= wanted || !warnings_.empty()) return;
  warnings_.push_back(local_.text() + ": receive_buffer is " + std::to_string(got / 2) +
                      " bytes instead of " + std::to_string(wanted) +
                      "; allow it with: sysctl -w net.core.rmem_max=" + std::to_string(wanted));
}

std::optional<std::uint32_t> UdpGroup::kernel_drops(std::size_t index) const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t size = sizeof info;
  if (::getsockopt(sockets_[index].get(), SOL_SOCKET, SO_MEMINFO, info.data(), &size) != 0) {
    return std::nullopt;
  }
  return info[SK_MEMINFO_DROPS];
}

void UdpGroup::refuse_new() const {
  if (outlives_) return;
  for (const Fd& fd : sockets_) {
    // Should the kernel say no, the last datagrams stay unread and the count is short by them.
    if (!close_to_datagrams(fd.get())) return;
  }
}

}  // namespace trapd::net
