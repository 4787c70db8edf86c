// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/units.h"

#include <doctest/doctest.h>

#include <array>

namespace trapd::config {
namespace {

TEST_CASE("sizes need a unit of powers of two") {
  CHECK(parse_size("64MiB") == 64 << 20);
  CHECK(parse_size("8GiB") == std::int64_t{8} << 30);
  CHECK(parse_size("0B") == 0);
  for (const char* bad : {"", "64", "MiB", "64MB", "64 MiB", "-1MiB", "1.5GiB", "9999999999TiB",
                          "99999999999999999999B", "+1B"}) {
    CAPTURE(bad);
    CHECK(!parse_size(bad));
  }
  CHECK(size_text(64 << 20) == "64MiB");
  CHECK(size_text(480) == "480B");
  CHECK(size_text(0) == "0B");
}

TEST_CASE("durations need a unit") {
  CHECK(parse_duration_ms("0ms") == 0);
  CHECK(parse_duration_ms("60s") == 60'000);
  CHECK(parse_duration_ms("5m") == 300'000);
  CHECK(parse_duration_ms("24h") == 86'400'000);
  for (const char* bad : {"", "0", "s", "1d", "1 s", "1min"}) CHECK(!parse_duration_ms(bad));
  CHECK(duration_text(90'000) == "90s");
  CHECK(duration_text(0) == "0ms");
}

TEST_CASE("rates are per second, or off") {
  CHECK(parse_rate("200/s") == 200);
  CHECK(parse_rate("off") == 0);
  for (const char* bad : {"", "0/s", "200", "/s", "200/m", "-1/s"}) CHECK(!parse_rate(bad));
}

TEST_CASE("port ranges run upwards within the ports there are") {
  CHECK(parse_port_range("1180-1220") == std::pair<std::uint16_t, std::uint16_t>(1180, 1220));
  CHECK(parse_port_range("1-65535").has_value());
  CHECK(parse_port_range("5")->second == 5);
  for (const char* bad : {"", "0", "65536", "5-4", "5-", "-5", "1-2-3", "a"}) {
    CAPTURE(bad);
    CHECK(!parse_port_range(bad));
  }
}

TEST_CASE("hosts are names or addresses, IPv6 in brackets") {
  CHECK(parse_host_port("oss.example.net:162")->port == 162);
  CHECK(parse_host_port("192.0.2.1")->port == 0);
  CHECK(parse_host_port("[2001:db8::1]:6514")->host == "2001:db8::1");
  CHECK(parse_host_port("[2001:db8::1]")->port == 0);
  for (const char* bad : {"", ":1", "h:", "h:0", "h:65536", "2001:db8::1", "[192.0.2.1]:1", "[::1",
                          "[::1]1", "a b", "h/x", "h:1:2"}) {
    CAPTURE(bad);
    CHECK(!parse_host_port(bad));
  }
}

TEST_CASE("a slip is near, another word is not") {
  const std::array<std::string_view, 3> known = {"listen", "limits", "rules"};
  CHECK(nearest("lisen", known) == "listen");
  CHECK(nearest("rule", known) == "rules");
  CHECK(nearest("colour", known).empty());
  CHECK(edit_distance("abc", "abc") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

}  // namespace
}  // namespace trapd::config
