// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/worker.h"

#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/unit/ingest/pipeline_fixture.h"
#include "trapd/base/fd.h"

namespace trapd::ingest {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Fd bound(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

std::uint16_t port_of(const Fd& fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

template <typename Condition>
bool wait_until(Condition&& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace

TEST_CASE("a worker goes on reading a socket that had an error") {
  Receiver parts;
  Fd receiver = bound(0);
  Fd device = bound(0);
  const std::uint16_t device_port = port_of(device);
  const sockaddr_in to = loopback(device_port);
  REQUIRE(::connect(receiver.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  device.reset();
  // Nobody is there: the ICMP error stays on the connected socket until somebody reads it.
  REQUIRE(::send(receiver.get(), "x", 1, 0) == 1);
  device = bound(device_port);

  const Wakeup ledger;
  const SystemClock clock;
  Worker::Options options;
  options.pipeline.dropped_total = [](DropReason) { return std::uint64_t{0}; };
  options.pipeline.own_window_misses_total = [] { return std::uint64_t{0}; };
  const sockaddr_in here = loopback(port_of(receiver));
  const Endpoint local = Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&here));
  Worker worker(std::move(options), {{receiver.get(), 0, local, 0}}, parts.security, parts.snapshot,
                parts.engines, parts.own, ledger, clock, nullptr);
  worker.start();
  const Bytes trap = message(Sending{});
  REQUIRE(::sendto(device.get(), trap.data(), trap.size(), 0,
                   reinterpret_cast<const sockaddr*>(&here),
                   sizeof here) == static_cast<ssize_t>(trap.size()));
  CHECK(wait_until([&] { return !worker.records().empty(); }));
  worker.stop(std::chrono::milliseconds(0));
}

}  // namespace trapd::ingest
