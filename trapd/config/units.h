// SPDX-License-Identifier: Apache-2.0
// Numbers with units as a user writes them, and back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace trapd::config {

/// "64MiB", "8GiB", "512B"; nullopt on another unit, a fraction, or more than 2^63-1.
std::optional<std::int64_t> parse_size(std::string_view text);
std::string size_text(std::int64_t octets);

/// "0ms", "60s", "5m", "24h"; in milliseconds.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);
std::string duration_text(std::int64_t milliseconds);

/// "200/s"; "off" is 0.
std::optional<std::int64_t> parse_rate(std::string_view text);

/// Decimal digits with an optional minus.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// "1180-1220" or "1180"; nullopt unless 1 <= first <= last <= 65535.
std::optional<std::pair<std::uint16_t, std::uint16_t>> parse_port_range(std::string_view text);

struct HostPort {
  std::string host;        // without brackets
  std::uint16_t port = 0;  // 0 = none written
};
/// "host:162", "192.0.2.1", "[2001:db8::1]:162"; names of letters, digits, '-', '_' and '.'.
std::optional<HostPort> parse_host_port(std::string_view text);

/// The candidate nearest to `text` by edits, when near enough to be a slip; else empty.
template <typename Range>
std::string_view nearest(std::string_view text, const Range& candidates);
std::size_t edit_distance(std::string_view a, std::string_view b);

template <typename Range>
std::string_view nearest(std::string_view text, const Range& candidates) {
  std::size_t best = 1 + std::min<std::size_t>(text.size() / 3, 3);
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(text, candidate);
    if (distance <= best && (found.empty() || distance < best)) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

}  // namespace trapd::config
