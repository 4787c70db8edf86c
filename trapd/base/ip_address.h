// SPDX-License-Identifier: Apache-2.0
// An IP address with a port, and a network; no name resolution here.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "trapd/base/bytes.h"

namespace trapd {

/// IPv4 is kept as ::ffff:a.b.c.d, so that one form serves all tables. A value, 24 bytes.
struct Endpoint {
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;
  std::uint16_t reserved = 0;
  std::uint32_t scope = 0;  // IPv6 link-local zone

  bool is_v4() const;
  /// Four octets; only when is_v4().
  ByteView v4_octets() const& { return ByteView(address).subspan(12); }
  /// "192.0.2.1" or "2001:db8::1".
  std::string address_text() const;
  /// The same into `out` (at least 46 characters) without allocating; returns its length.
  std::size_t write_address(std::span<char> out) const;
  /// "192.0.2.1:162" or "[2001:db8::1]:162".
  std::string text() const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;

  static Endpoint from_sockaddr(const sockaddr* from);
  /// Writes a sockaddr_in for IPv4, a sockaddr_in6 otherwise; returns its length.
  socklen_t to_sockaddr(sockaddr_storage* to) const;
  /// "192.0.2.1:162", "[::1]:162"; numbers only.
  static std::optional<Endpoint> parse(std::string_view text);
  /// Without a port.
  static std::optional<Endpoint> parse_address(std::string_view text);
};
static_assert(sizeof(Endpoint) == 24);

/// A CIDR block; a bare address is its /32 or /128.
struct Network {
  std::array<std::uint8_t, 16> address{};
  int prefix_bits = 128;  // counted in the mapped form: 192.0.2.0/24 has 120

  static std::optional<Network> parse(std::string_view text);
  bool contains(const Endpoint& endpoint) const;
  std::string text() const;
  friend bool operator==(const Network&, const Network&) = default;
};

}  // namespace trapd
