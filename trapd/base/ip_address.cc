// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace trapd {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

template <typename Int>
std::optional<Int> parse_number(std::string_view text, Int max) {
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

/// For each trap: inet_ntop goes through printf, which costs as much as decrypting one.
std::size_t write_v4(ByteView octets, std::span<char> out) {
  if (out.size() < sizeof "255.255.255.255") return 0;
  char* at = out.data();
  for (const std::uint8_t octet : octets) {
    at = std::to_chars(at, at + 3, unsigned{octet}).ptr;
    *at++ = '.';
  }
  *--at = '\0';
  return static_cast<std::size_t>(at - out.data());
}

}  // namespace

bool Endpoint::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin());
}

std::size_t Endpoint::write_address(std::span<char> out) const {
  if (is_v4()) return write_v4(ByteView(address).last(4), out);
  const auto room = static_cast<socklen_t>(out.size());
  if (::inet_ntop(AF_INET6, address.data(), out.data(), room) == nullptr) return 0;
  return std::strlen(out.data());
}

std::string Endpoint::address_text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return {text.data(), write_address(text)};
}

std::string Endpoint::text() const {
  const std::string port_text = std::to_string(port);
  return is_v4() ? address_text() + ":" + port_text : "[" + address_text() + "]:" + port_text;
}

Endpoint Endpoint::from_sockaddr(const sockaddr* from) {
  Endpoint endpoint;
  if (from->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, from, sizeof in);
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), endpoint.address.begin());
    std::memcpy(endpoint.address.data() + 12, &in.sin_addr, 4);
    endpoint.port = ntohs(in.sin_port);
  } else if (from->sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, from, sizeof in);
    std::memcpy(endpoint.address.data(), &in.sin6_addr, 16);
    endpoint.port = ntohs(in.sin6_port);
    endpoint.scope = in.sin6_scope_id;
  }
  return endpoint;
}

socklen_t Endpoint::to_sockaddr(sockaddr_storage* to) const {
  if (is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, address.data() + 12, 4);
    std::memcpy(to, &in, sizeof in);
    return sizeof in;
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port);
  in.sin6_scope_id = scope;
  std::memcpy(&in.sin6_addr, address.data(), 16);
  std::memcpy(to, &in, sizeof in);
  return sizeof in;
}

std::optional<Endpoint> Endpoint::parse_address(std::string_view text) {
  const std::string owned(text);
  Endpoint endpoint;
  if (::inet_pton(AF_INET, owned.c_str(), endpoint.address.data() + 12) == 1) {
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), endpoint.address.begin());
    return endpoint;
  }
  if (::inet_pton(AF_INET6, owned.c_str(), endpoint.address.data()) == 1) return endpoint;
  return std::nullopt;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_number<std::uint32_t>(text.substr(colon + 1), 65535);
  std::string_view host = text.substr(0, colon);
  if (!port) return std::nullopt;
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  auto endpoint = parse_address(host);
  if (!endpoint || bracketed == (host.find(':') == std::string_view::npos)) return std::nullopt;
  endpoint->port = static_cast<std::uint16_t>(*port);
  return endpoint;
}

std::optional<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = Endpoint::parse_address(text.substr(0, slash));
  if (!base) return std::nullopt;
  Network network;
  network.address = base->address;
  if (slash != std::string_view::npos) {
    const int width = base->is_v4() ? 32 : 128;
    const auto bits = parse_number<int>(text.substr(slash + 1), width);
    if (!bits || *bits < 0) return std::nullopt;
    network.prefix_bits = 128 - width + *bits;
  }
  for (int bit = network.prefix_bits; bit < 128; ++bit) {
    if (network.address[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) {
      return std::nullopt;  // host bits set: more likely a typing error than an intention
    }
  }
  return network;
}

bool Network::contains(const Endpoint& endpoint) const {
  const auto whole = static_cast<std::size_t>(prefix_bits / 8);
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole),
                  endpoint.address.begin())) {
    return false;
  }
  const int rest = prefix_bits % 8;
  return rest == 0 || (address[whole] ^ endpoint.address[whole]) >> (8 - rest) == 0;
}

std::string Network::text() const {
  Endpoint base;
  base.address = address;
  const bool v4 = base.is_v4() && prefix_bits >= 96;
  return base.address_text() + "/" + std::to_string(v4 ? prefix_bits - 96 : prefix_bits);
}

}  // namespace trapd
