// SPDX-License-Identifier: Apache-2.0
// The agent's thread and sockets.
#include "trapd/agent/server.h"

#include <poll.h>
#include <sys/socket.h>

#include <new>

#include "tests/unit/agent/snmp_asker.h"

namespace trapd::agent {
namespace {

net::UdpGroup bound(const char* address = "127.0.0.1:0") {
  return std::move(*net::UdpGroup::open({.local = *Endpoint::parse(address), .sockets = 1}));
}

/// A manager with a socket.
struct Peer {
  explicit Peer(int family) : fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  void send(const Endpoint& to, const Bytes& bytes) const {
    sockaddr_storage address{};
    const socklen_t size = to.to_sockaddr(&address);
    REQUIRE(::sendto(fd.get(), bytes.data(), bytes.size(), 0,
                     reinterpret_cast<const sockaddr*>(&address), size) > 0);
  }
  /// Nothing within the time: empty.
  Bytes receive(Endpoint* from, int within_ms = 20'000) const {
    pollfd waiting{fd.get(), POLLIN, 0};
    if (::poll(&waiting, 1, within_ms) != 1) return {};
    Bytes room(70'000);
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const auto octets = ::recvfrom(fd.get(), room.data(), room.size(), 0,
                                   reinterpret_cast<sockaddr*>(&address), &size);
    room.resize(static_cast<std::size_t>(std::max<ssize_t>(octets, 0)));
    *from = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address));
    return room;
  }
  Fd fd;
};

struct Served : Managed {
  explicit Served(bool answers_apart = false, bool v6 = false) : peer(v6 ? AF_INET6 : AF_INET) {
    const char* const address = v6 ? "[::1]:0" : "127.0.0.1:0";
    Settings local{{*Network::parse("127.0.0.0/8"), *Network::parse("::1")}, 100, "", "gw-1", ""};
    settings.publish(std::make_shared<Settings>(local));
    Server::Sockets sockets{bound(address), std::nullopt};
    if (answers_apart) sockets.answers = bound(address);
    Readings mine = readings();
    mine.alarms_active = [this]() -> std::uint64_t {
      if (no_memory) throw std::bad_alloc();
      return 0;
    };
    mine.usm_total = [this](usm::UsmCounter) -> std::uint64_t {
      if (no_memory) throw std::bad_alloc();
      return 1;
    };
    server = std::make_unique<Server>(
        std::move(sockets),
        std::make_unique<Responder>(Responder::Options{kArc, "trapd"}, security, settings, own,
                                    std::move(mine), resync),
        clock);
    server->start();
  }
  Got ask_over_socket(const Asking& asking) {
    as = asking.as;
    peer.send(server->local(), message(asking));
    return read(peer.receive(&answered_from));
  }
  std::atomic<bool> no_memory{false};
  Peer peer;
  Endpoint answered_from;
  std::unique_ptr<Server> server;
};

}  // namespace

TEST_CASE("a request over the socket is answered from the port that was asked") {
  Served served;
  CHECK(served.ask_over_socket(Asking{}).type == ber::kResponse);
  CHECK(served.answered_from == served.server->local());
}

TEST_CASE("over IPv6 likewise") {
  for (const bool apart : {false, true}) {
    Served served(apart, true);
    CHECK(served.ask_over_socket(Asking{}).type == ber::kResponse);
    const auto& sockets = served.server->sockets();
    CHECK(served.answered_from == (apart ? sockets.answers->local() : sockets.requests.local()));
  }
}

TEST_CASE("answers leave from a port of their own where there is one, which takes no requests") {
  Served served(true);
  const Endpoint answers = served.server->sockets().answers->local();
  CHECK(answers != served.server->local());
  CHECK(served.ask_over_socket(Asking{}).type == ber::kResponse);
  CHECK(served.answered_from == answers);
  served.peer.send(answers, Managed::message(Asking{}));
  CHECK(served.ask_over_socket(Asking{}).type == ber::kResponse);
  CHECK(served.server->counters().received.get() == 2);
}

TEST_CASE("a request that cannot be answered for want of memory does not end the agent") {
  Served served;
  served.no_memory = true;
  Asking discovery;
  discovery.as = user("");
  discovery.level = snmp::SecurityLevel::kNoAuthNoPriv;
  discovery.engine = discovery.context_engine = {};
  served.peer.send(served.server->local(), Managed::message(discovery));
  Asking asking;
  asking.names = {"1.3.6.1.4.1.8072.9999.9999.7331.1.2.1.0"};
  const Got failed = served.ask_over_socket(asking);
  CHECK(failed.status == static_cast<std::int32_t>(ErrorStatus::kGenErr));
  CHECK(served.server->counters().given_up.get() == 1);
  served.no_memory = false;
  CHECK(served.ask_over_socket(asking).status == 0);
}

TEST_CASE("a reload is over when users and settings are taken over, each by itself") {
  Served served;
  const std::int64_t soon = served.clock.monotonic_ns() + kNsPerSecond;
  served.settings.publish(std::make_shared<Settings>());
  CHECK(served.server->await_reload(served.security.generation(), served.settings.generation(),
                                    soon));
  Endpoint from;
  served.peer.send(served.server->local(), Managed::message(Asking{}));
  CHECK(served.peer.receive(&from, 50).empty());
  served.server->stop();
  served.settings.publish(std::make_shared<Settings>());
  served.clock.advance_ns(2 * kNsPerSecond);
  CHECK_FALSE(served.server->await_reload(served.security.generation(),
                                          served.settings.generation(), soon));
}

}  // namespace trapd::agent
