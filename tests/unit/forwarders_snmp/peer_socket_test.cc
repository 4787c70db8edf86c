// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/peer_socket.h"

#include <doctest/doctest.h>

#include <string>

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
};

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

}  // namespace trapd::forwarders
