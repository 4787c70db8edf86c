// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/peer_socket.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/unit/forwarders_snmp/loopback_socket.h"

namespace trapd::forwarders {
namespace {

/// A peer socket that is connected to a receiver which the test reads.
struct Connected {
  LoopbackSocket receiver;
  PeerSocket socket;

  Connected() {
    const Endpoint to = *Endpoint::parse("127.0.0.1:" + std::to_string(receiver.port()));
    auto opened = SourcePorts::of_process().open("peer-socket-test", to, {21700, 21799});
    REQUIRE(opened.has_value());
    socket.open(std::move(*opened));
  }
  PeerSocket::Sent send(const std::vector<std::string>& datagrams) {
    std::vector<ByteView> views;
    for (const std::string& datagram : datagrams) views.push_back(as_bytes(datagram));
    return socket.send(views);
  }
  /// The next so many, as they came.
  std::vector<std::string> receive(std::size_t count) {
    std::vector<std::string> got;
    while (got.size() < count) {
      got.push_back(LoopbackSocket::receive(receiver.fd()));
      if (got.back().empty()) break;
    }
    return got;
  }
};

/// One of each length, told apart by their letters.
std::vector<std::string> of_lengths(const std::vector<std::size_t>& lengths) {
  std::vector<std::string> datagrams;
  for (const std::size_t length : lengths) {
    datagrams.emplace_back(length, static_cast<char>('a' + datagrams.size() % 26));
  }
  return datagrams;
}

}  // namespace

TEST_CASE("as many answers as are promised find room while nobody reads") {
  Connected c;
  REQUIRE(c.socket.answers_max() >= 64);  // the window that a destination has by default
  const std::string answer(1400, 'a');
  for (std::size_t i = 0; i < c.socket.answers_max(); ++i) {
    c.receiver.send_to(c.socket.port(), answer);
  }
  std::size_t taken = 0;
  CHECK(c.socket.receive([&](ByteView) { ++taken; }) == 0);
  CHECK(taken == c.socket.answers_max());
}

TEST_CASE("datagrams of any lengths arrive as they were sent, and in order") {
  const std::vector<std::vector<std::size_t>> cases = {
      {100},
      {100, 100},
      {100, 100, 60},           // the last of a run may be shorter
      {100, 100, 60, 60, 100},  // and begins the next one
      {60, 100, 100},           // a longer one does
      {1, 2, 3, 4, 3, 2, 1},    // no run at all
      std::vector<std::size_t>(64, 300),
      std::vector<std::size_t>(130, 40),   // more than one call takes
      std::vector<std::size_t>(9, 16000),  // more than one datagram holds
  };
  for (const std::vector<std::size_t>& lengths : cases) {
    Connected c;
    const std::vector<std::string> datagrams = of_lengths(lengths);
    const PeerSocket::Sent sent = c.send(datagrams);
    CHECK(sent.count == datagrams.size());
    CHECK(sent.error == 0);
    CHECK(c.receive(datagrams.size()) == datagrams);
  }
}

TEST_CASE("what the kernel does not divide is sent one by one, and smaller ones are tried again") {
  Connected c;
  const int on = 1;  // without checksums it divides nothing
  REQUIRE(::setsockopt(c.socket.fd(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on) == 0);
  const auto large = of_lengths(std::vector<std::size_t>(20, 500));
  CHECK(c.send(large).count == large.size());
  CHECK(c.receive(large.size()) == large);
  CHECK(c.socket.segment_octets_max() == 499);
  const auto mixed = of_lengths({100, 500, 500, 200, 200, 100});
  CHECK(c.send(mixed).count == mixed.size());
  CHECK(c.receive(mixed.size()) == mixed);
  CHECK(c.socket.segment_octets_max() == 199);
}

TEST_CASE("sending ends at the datagram that is too large, and tells how many went before it") {
  Connected c;
  auto datagrams = of_lengths(std::vector<std::size_t>(12, 100));
  datagrams.insert(datagrams.begin() + 7, std::string(65508, 'x'));
  const PeerSocket::Sent sent = c.send(datagrams);
  CHECK(sent.count == 7);
  CHECK(sent.error == EMSGSIZE);
  datagrams.erase(datagrams.begin(), datagrams.begin() + 8);
  CHECK(c.receive(7).size() == 7);
  CHECK(c.send(datagrams).count == datagrams.size());
  CHECK(c.receive(datagrams.size()) == datagrams);
}

TEST_CASE("a peer that refuses is told of, and nothing is sent twice for it") {
  Connected c;
  c.receiver.close();
  const auto datagrams = of_lengths({100, 100, 100});
  c.send(datagrams);  // the kernel takes it before the refusal is known
  const PeerSocket::Sent sent = c.send(datagrams);
  CHECK(sent.count == 0);
  CHECK(sent.error == ECONNREFUSED);
}

}  // namespace trapd::forwarders
