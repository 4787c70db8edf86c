// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/source_port.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <set>

#include "tests/unit/forwarders_snmp/loopback_socket.h"

namespace trapd::forwarders {
namespace {

/// A stretch of ports that nobody holds when the test begins.
PortRange free_range(std::uint16_t count) {
  for (std::uint16_t first = 21000; first < 60000; first = static_cast<std::uint16_t>(first + 64)) {
    bool all_free = true;
    for (std::uint16_t i = 0; i < count && all_free; ++i) {
      all_free = LoopbackSocket::can_bind(static_cast<std::uint16_t>(first + i));
    }
    if (all_free) return {first, static_cast<std::uint16_t>(first + count - 1)};
  }
  FAIL("no free ports");
  return {};
}

Endpoint peer(std::uint16_t port) { return *Endpoint::parse("127.0.0.1:" + std::to_string(port)); }

}  // namespace

TEST_CASE("a destination gets a port of the range, and the same one again") {
  SourcePorts ports;
  const PortRange range = free_range(8);
  std::uint16_t first = 0;
  {
    auto socket = ports.open("oss", peer(9), range);
    REQUIRE(socket);
    first = socket->port();
    CHECK(first >= range.first);
    CHECK(first <= range.last);
  }
  auto other = ports.open("other", peer(9), range);
  auto again = ports.open("oss", peer(9), range);
  REQUIRE(again);
  CHECK(again->port() == first);
  REQUIRE(other);
  CHECK(other->port() != first);
}

TEST_CASE("a restart finds the same port: the first choice depends on the name alone") {
  const PortRange range = free_range(8);
  SourcePorts before;
  SourcePorts after;
  const std::uint16_t first = before.open("oss", peer(9), range)->port();
  CHECK(after.open("oss", peer(10), range)->port() == first);
}

TEST_CASE("the port is bound exclusively") {
  SourcePorts ports;
  const PortRange range = free_range(1);
  auto socket = ports.open("oss", peer(9), range);
  REQUIRE(socket);
  CHECK_FALSE(LoopbackSocket::can_bind(socket->port()));
}

TEST_CASE("a port that another program holds is passed over") {
  const PortRange range = free_range(2);
  SourcePorts ports;
  const std::uint16_t liked = SourcePorts().open("oss", peer(9), range)->port();
  LoopbackSocket stranger(liked);
  auto socket = ports.open("oss", peer(9), range);
  REQUIRE(socket);
  CHECK(socket->port() != liked);
}

TEST_CASE("more destinations than ports share one, but never two with the same peer") {
  const PortRange range = free_range(2);
  SourcePorts ports;
  auto a = ports.open("a", peer(9), range);
  auto b = ports.open("b", peer(9), range);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->port() != b->port());
  auto same_peer = ports.open("c", peer(9), range);
  REQUIRE_FALSE(same_peer);
  CHECK(same_peer.error().text.find(std::to_string(range.first)) != std::string::npos);
  CHECK(ports.open("c", peer(10), range));
}

TEST_CASE("while shared, no stranger may join the port, and each gets its own peer's answers") {
  const PortRange range = free_range(1);
  LoopbackSocket first_peer;
  LoopbackSocket second_peer;
  SourcePorts ports;
  auto a = ports.open("a", peer(first_peer.port()), range);
  auto b = ports.open("b", peer(second_peer.port()), range);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->port() == b->port());
  CHECK_FALSE(LoopbackSocket::can_bind(a->port()));
  CHECK_FALSE(LoopbackSocket::can_bind_shared(a->port()));

  first_peer.send_to(a->port(), "for a");
  second_peer.send_to(b->port(), "for b");
  CHECK(LoopbackSocket::receive(a->fd()) == "for a");
  CHECK(LoopbackSocket::receive(b->fd()) == "for b");
}

TEST_CASE("ports that others remember are taken last") {
  const PortRange range = free_range(4);
  SourcePorts ports;
  std::set<std::uint16_t> seen;
  for (const char* name : {"a", "b", "c", "d"})
    seen.insert(ports.open(name, peer(9), range)->port());
  CHECK(seen.size() == 4);
}

TEST_CASE("IPv6 peers are reached from the range too") {
  const PortRange range = free_range(4);
  SourcePorts ports;
  auto socket = ports.open("v6", *Endpoint::parse("[::1]:9"), range);
  REQUIRE(socket);
  CHECK(socket->port() >= range.first);
}

}  // namespace trapd::forwarders
