// SPDX-License-Identifier: Apache-2.0
#include "trapd/net/resolver.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <atomic>
#include <future>
#include <thread>

#include "trapd/base/clock.h"

using namespace trapd;
using namespace trapd::net;

namespace {

bool readable(int fd, int timeout_ms) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, timeout_ms) == 1;
}

}  // namespace

TEST_CASE("a literal address is answered at once and asks nobody") {
  std::atomic<int> asked{0};
  Resolver resolver([&](const std::string&, std::uint16_t) -> Result<Addresses> {
    ++asked;
    return failure("nobody");
  });
  resolver.start("192.0.2.7", 514, 100);
  CHECK(readable(resolver.fd(), 0));
  const auto answer = resolver.take(0);
  REQUIRE(answer.has_value());
  REQUIRE(answer->has_value());
  CHECK((*answer)->at(0).text() == "192.0.2.7:514");
  CHECK(asked == 0);
  CHECK_FALSE(resolver.pending());
  resolver.start("2001:db8::1", 6514, 100);
  CHECK(resolver.take(0)->value().at(0).text() == "[2001:db8::1]:6514");
}

TEST_CASE("localhost is found by the system's resolver") {
  Resolver resolver;
  resolver.start("localhost", 25, kNsPerSecond);
  REQUIRE(readable(resolver.fd(), 10'000));
  const auto answer = resolver.take(0);
  REQUIRE(answer.has_value());
  REQUIRE(answer->has_value());
  CHECK((*answer)->at(0).port == 25);
}

TEST_CASE("an error of the lookup names the host") {
  const auto answer = system_lookup("no-such-host.invalid", 1);
  REQUIRE_FALSE(answer.has_value());
  CHECK(const_cast<Result<Addresses>&>(answer).error().text.find(
            "cannot resolve no-such-host.invalid: ") == 0);
}

TEST_CASE("a slow lookup never blocks its owner, and its deadline is an error") {
  std::promise<void> release;
  std::shared_future<void> released(release.get_future());
  std::atomic<int> asked{0};
  Resolver resolver([&](const std::string&, std::uint16_t port) -> Result<Addresses> {
    ++asked;
    released.wait();
    Endpoint endpoint = *Endpoint::parse("192.0.2.1:0");
    endpoint.port = port;
    return Addresses{endpoint};
  });
  resolver.start("slow.example", 1, 1000);
  CHECK_FALSE(resolver.take(999).has_value());
  const auto late = resolver.take(1000);
  REQUIRE(late.has_value());
  CHECK_FALSE(late->has_value());
  CHECK_FALSE(resolver.pending());

  SUBCASE("asked again, it joins the lookup that runs") {
    resolver.start("slow.example", 1, 5000);
    CHECK_FALSE(resolver.take(1001).has_value());
    release.set_value();
    REQUIRE(readable(resolver.fd(), 10'000));
    CHECK(resolver.take(1002)->value().at(0).port == 1);
    CHECK(asked == 1);
  }
  SUBCASE("an answer to an old question is not taken for the new one") {
    while (asked == 0) std::this_thread::yield();
    resolver.start("other.example", 2, 5000);
    release.set_value();
    std::optional<Result<Addresses>> answer;
    for (int i = 0; i < 100 && !answer; ++i) {
      readable(resolver.fd(), 100);
      answer = resolver.take(1002);
    }
    REQUIRE(answer.has_value());
    CHECK(answer->value().at(0).port == 2);
    CHECK(asked == 2);
  }
}
