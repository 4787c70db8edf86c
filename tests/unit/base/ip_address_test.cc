// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/ip_address.h"

#include <doctest/doctest.h>

using namespace trapd;

namespace {

std::string endpoint(std::string_view text) {
  const auto parsed = Endpoint::parse(text);
  return parsed ? parsed->text() : "refused";
}
std::string address(std::string_view text) {
  const auto parsed = Endpoint::parse_address(text);
  return parsed ? parsed->address_text() : "refused";
}
std::string network(std::string_view text) {
  const auto parsed = Network::parse(text);
  return parsed ? parsed->text() : "refused";
}
bool contains(std::string_view net, std::string_view host) {
  return Network::parse(net)->contains(*Endpoint::parse_address(host));
}

}  // namespace

TEST_CASE("endpoint: text and value, both ways") {
  CHECK(endpoint("192.0.2.1:162") == "192.0.2.1:162");
  CHECK(endpoint("0.0.0.0:0") == "0.0.0.0:0");
  CHECK(endpoint("255.255.255.255:65535") == "255.255.255.255:65535");
  CHECK(endpoint("[2001:DB8::1]:162") == "[2001:db8::1]:162");
  CHECK(endpoint("[::]:162") == "[::]:162");
  CHECK(endpoint("[::1]:1161") == "[::1]:1161");
  CHECK(address("192.0.2.1") == "192.0.2.1");
  CHECK(address("2001:db8::1") == "2001:db8::1");
  CHECK(address("::ffff:192.0.2.1") == "192.0.2.1");
}

TEST_CASE("endpoint: text that is none") {
  for (const char* wrong : {"",
                            ":",
                            ":162",
                            "192.0.2.1",
                            "192.0.2.1:",
                            "192.0.2.1:65536",
                            "192.0.2.1:-1",
                            "192.0.2.1:+1",
                            "192.0.2.1:1x",
                            "192.0.2.1: 1",
                            "192.0.2:162",
                            "192.0.2.256:162",
                            "[192.0.2.1]:162",
                            "::1:162",
                            "2001:db8::1",
                            "[::1]",
                            "[::1]:",
                            "[::1:162",
                            "::1]:162",
                            "[]:162",
                            "[:162",
                            "host:162",
                            "localhost:162",
                            "[::g]:1",
                            "192.0.2.1:99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK(endpoint(wrong) == "refused");
  }
  for (const char* wrong :
       {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.4 ", "01.2.3.4x", ":::", "[::1]", "1.2.3.4:5"}) {
    CAPTURE(wrong);
    CHECK(address(wrong) == "refused");
  }
}

TEST_CASE("endpoint: IPv4 is kept mapped, and told from IPv6") {
  const Endpoint v4 = *Endpoint::parse("192.0.2.1:162");
  CHECK(v4.is_v4());
  CHECK(to_hex(v4.v4_octets()) == "c0000201");
  CHECK(to_hex(v4.address) == "00000000000000000000ffffc0000201");
  CHECK_FALSE(Endpoint::parse("[::1]:162")->is_v4());
  CHECK_FALSE(Endpoint::parse_address("::192.0.2.1")->is_v4());
  CHECK_FALSE(Endpoint{}.is_v4());
  CHECK(v4 == *Endpoint::parse("192.0.2.1:162"));
  CHECK(v4 != *Endpoint::parse("192.0.2.1:163"));
}

TEST_CASE("endpoint: socket addresses, both ways") {
  for (const char* text : {"192.0.2.1:162", "[2001:db8::1]:1161", "0.0.0.0:65535", "[::]:0"}) {
    CAPTURE(text);
    const Endpoint before = *Endpoint::parse(text);
    sockaddr_storage storage{};
    const socklen_t length = before.to_sockaddr(&storage);
    CHECK(length == (before.is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)));
    CHECK(storage.ss_family == (before.is_v4() ? AF_INET : AF_INET6));
    CHECK(Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&storage)) == before);
  }
  Endpoint local = *Endpoint::parse("[fe80::1]:162");
  local.scope = 7;
  sockaddr_storage storage{};
  local.to_sockaddr(&storage);
  CHECK(Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&storage)).scope == 7);
  sockaddr other{};
  other.sa_family = AF_UNIX;
  CHECK(Endpoint::from_sockaddr(&other) == Endpoint{});
}

TEST_CASE("network: text and value, both ways") {
  CHECK(network("10.0.0.0/8") == "10.0.0.0/8");
  CHECK(network("192.0.2.1") == "192.0.2.1/32");
  CHECK(network("0.0.0.0/0") == "0.0.0.0/0");
  CHECK(network("192.0.2.128/25") == "192.0.2.128/25");
  CHECK(network("2001:db8::/32") == "2001:db8::/32");
  CHECK(network("2001:db8::1") == "2001:db8::1/128");
  CHECK(network("::/0") == "::/0");
  for (const char* wrong : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                            "10.0.0.1/8", "192.0.2.1/31", "2001:db8::/129", "2001:db8::1/64",
                            "10.0.0.0/255.0.0.0", "10/8", "10.0.0.0 /8"}) {
    CAPTURE(wrong);
    CHECK(network(wrong) == "refused");
  }
}

TEST_CASE("network: holds first and last address, not their neighbours") {
  CHECK(contains("192.0.2.128/25", "192.0.2.128"));
  CHECK(contains("192.0.2.128/25", "192.0.2.255"));
  CHECK_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
  CHECK_FALSE(contains("192.0.2.128/25", "192.0.3.0"));
  CHECK(contains("10.0.0.0/8", "10.255.255.255"));
  CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  CHECK(contains("192.0.2.1", "192.0.2.1"));
  CHECK_FALSE(contains("192.0.2.1", "192.0.2.0"));
  CHECK(contains("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  CHECK(contains("::/0", "2001:db8::1"));
  CHECK(contains("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(contains("2001:db8::1", "2001:db8::1"));
}
