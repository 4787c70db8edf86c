// SPDX-License-Identifier: Apache-2.0
#include "trapd/net/udp_group.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "trapd/net/udp_batch.h"

namespace trapd::net {
namespace {

enum class Families { kIpv6, kBoth };

/// A bound socket as somebody else might pass it in; port 0: the kernel chooses.
Fd passed_in(Families families, std::uint16_t port = 0) {
  Fd fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int one = 1;
  const int v6_only = families == Families::kIpv6 ? 1 : 0;
  REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0);
  REQUIRE(::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only) == 0);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_addr = in6addr_any;
  any.sin6_port = htons(port);
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
  return fd;
}

std::uint16_t port_of(const Fd& fd) {
  sockaddr_in6 address{};
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin6_port);
}

std::vector<Fd> two(Families families) {
  std::vector<Fd> sockets;
  sockets.push_back(passed_in(families));
  sockets.push_back(passed_in(families, port_of(sockets.front())));
  return sockets;
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(fd, level, name, &value, &size) == 0);
  return value;
}

/// Sends to a port from many ports of one address, as fast as it can, until it goes.
class Flood {
 public:
  explicit Flood(const Endpoint& to) {
    thread_ = std::jthread([to](const std::stop_token& stop) {
      std::vector<Fd> from;
      sockaddr_storage address{};
      const socklen_t size = to.to_sockaddr(&address);
      for (int i = 0; i < 16; ++i) from.emplace_back(::socket(AF_INET, SOCK_DGRAM, 0));
      while (!stop.stop_requested()) {
        for (const Fd& fd : from) {
          ::sendto(fd.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&address), size);
        }
      }
    });
  }

 private:
  std::jthread thread_;
};

bool has_datagram(int fd) {
  char octet = 0;
  return ::recv(fd, &octet, 1, MSG_DONTWAIT) == 1;
}

}  // namespace

TEST_CASE("several passed sockets that take both families are refused, a single one is not") {
  const auto refused = UdpGroup::adopt(two(Families::kBoth), 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find("2 sockets were passed in that take IPv4 too") !=
        std::string::npos);
  std::vector<Fd> single;
  single.push_back(passed_in(Families::kBoth));
  CHECK(UdpGroup::adopt(std::move(single), 0));
  CHECK(UdpGroup::adopt(two(Families::kIpv6), 0));
}

TEST_CASE("a passed socket that was asked for ICMP errors collects no more of them") {
  std::vector<Fd> single;
  single.push_back(passed_in(Families::kBoth));
  const int fd = single.front().get();
  const int one = 1;
  REQUIRE(::setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof one) == 0);
  REQUIRE(::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof one) == 0);
  const auto group = UdpGroup::adopt(std::move(single), 0);
  REQUIRE(group);
  CHECK(option(fd, IPPROTO_IP, IP_RECVERR) == 0);
  CHECK(option(fd, IPPROTO_IPV6, IPV6_RECVERR) == 0);
}

TEST_CASE("the kernel tells where a datagram came to only where that is not known") {
  const auto asked = [](const char* local) {
    const auto group = UdpGroup::open({.local = *Endpoint::parse(local), .sockets = 1});
    REQUIRE(group);
    return group->local().is_v4() ? option(group->fd(0), IPPROTO_IP, IP_PKTINFO)
                                  : option(group->fd(0), IPPROTO_IPV6, IPV6_RECVPKTINFO);
  };
  CHECK(asked("127.0.0.1:0") == 0);
  CHECK(asked("0.0.0.0:0") == 1);
  CHECK(asked("127.0.0.2:0") == 1);        // ours, but no interface names it
  CHECK(asked("127.255.255.255:0") == 1);  // broadcast: no answer leaves from there
  CHECK(asked("[::1]:0") == 0);
  CHECK(asked("[::]:0") == 1);
}

TEST_CASE("a datagram names the address that it came to, asked for or not") {
  for (const char* local : {"127.0.0.1:0", "0.0.0.0:0", "127.255.255.255:0"}) {
    CAPTURE(local);
    const auto group = UdpGroup::open({.local = *Endpoint::parse(local), .sockets = 1});
    REQUIRE(group);
    Endpoint to = *Endpoint::parse("127.0.0.1:0");
    if (std::string_view(local).starts_with("127")) to = group->local();
    to.port = group->local().port;
    sockaddr_storage address{};
    const socklen_t size = to.to_sockaddr(&address);
    const Fd from(::socket(AF_INET, SOCK_DGRAM, 0));
    const int one = 1;
    REQUIRE(::setsockopt(from.get(), SOL_SOCKET, SO_BROADCAST, &one, sizeof one) == 0);
    REQUIRE(::sendto(from.get(), "x", 1, 0, reinterpret_cast<sockaddr*>(&address), size) == 1);
    UdpBatch batch;
    REQUIRE(batch.receive(group->fd(0), group->local()) == 1);
    CHECK(batch[0].local.text() == "127.0.0.1:" + std::to_string(to.port));
    CHECK(batch[0].wall_ns > 0);
    // An answer can leave: from there, to whoever asked.
    CHECK(send_datagram(group->fd(0), batch[0].source, batch[0].local, batch[0].bytes));
    CHECK(has_datagram(from.get()));
  }
}

TEST_CASE("one device meets one socket from the first datagram on") {
  const Endpoint local = UdpGroup::open({.local = *Endpoint::parse("127.0.0.1:0")})->local();
  const Flood flood(local);
  for (int round = 0; round < 300; ++round) {
    const auto group = UdpGroup::open({.local = local});
    REQUIRE(group);
    std::size_t in_use = 0;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (in_use == 0 && std::chrono::steady_clock::now() < until) {
      for (std::size_t i = 0; i < group->size(); ++i) {
        if (has_datagram(group->fd(i))) ++in_use;
      }
    }
    CHECK(in_use == 1);
  }
}

TEST_CASE("drops that the kernel does not tell are unknown, not none") {
  const auto group = UdpGroup::open({.local = *Endpoint::parse("127.0.0.1:0")});
  REQUIRE(group);
  CHECK(group->size() == kSocketsPerListener);
  CHECK(group->kernel_drops(0) == 0);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Fd other_end(ends[1]);
  std::vector<Fd> no_socket;
  no_socket.emplace_back(ends[0]);
  const auto adopted = UdpGroup::adopt(std::move(no_socket), 0);
  REQUIRE(adopted);
  CHECK(adopted->kernel_drops(0) == std::nullopt);
}

}  // namespace trapd::net
