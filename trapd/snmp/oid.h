// SPDX-License-Identifier: Apache-2.0
// OBJECT IDENTIFIERs, kept as their BER content octets: comparing is comparing bytes, and since
// every sub-identifier ends where its octets end, a subtree is a byte prefix.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/base/bytes.h"

namespace trapd::snmp {

inline constexpr std::size_t kOidArcsMax = 128;  // RFC 3416 4.1

/// Borrowed, validated content octets (ber::valid_oid). Empty = none.
class OidView {
 public:
  OidView() = default;
  explicit OidView(ByteView content) : content_(content) {}

  ByteView content() const { return content_; }
  bool empty() const { return content_.empty(); }
  bool starts_with(OidView prefix) const { return trapd::starts_with(content_, prefix.content_); }
  /// What follows the prefix; only when starts_with(prefix). Not an OID of its own: plain
  /// sub-identifiers.
  ByteView after(OidView prefix) const { return content_.subspan(prefix.content_.size()); }
  /// Dotted decimal, "1.3.6.1".
  std::string text() const;
  std::vector<std::uint32_t> arcs() const;
  friend bool operator==(OidView a, OidView b) { return equal(a.content_, b.content_); }

 private:
  ByteView content_;
};

/// Plain sub-identifiers (what after() gives) as numbers: "3" or "1.20".
std::string arcs_text(ByteView sub_identifiers);
std::vector<std::uint32_t> decode_arcs(ByteView sub_identifiers);

/// Owns its octets.
class Oid {
 public:
  Oid() = default;
  explicit Oid(OidView view) : content_(view.content().begin(), view.content().end()) {}
  /// "1.3.6.1" or ".1.3.6.1"; at least two and at most 128 sub-identifiers.
  static std::optional<Oid> parse(std::string_view dotted);
  static std::optional<Oid> from_arcs(const std::vector<std::uint32_t>& arcs);

  OidView view() const& { return OidView(content_); }
  OidView view() && = delete;
  operator OidView() const& { return view(); }  // NOLINT: a borrowed form of itself
  operator OidView() && = delete;
  std::string text() const { return view().text(); }
  bool empty() const { return content_.empty(); }
  /// This OID with one more sub-identifier; empty when there would be more than 128.
  Oid child(std::uint32_t arc) const;
  friend bool operator==(const Oid&, const Oid&) = default;
  friend auto operator<=>(const Oid&, const Oid&) = default;

 private:
  std::vector<std::uint8_t> content_;
};

}  // namespace trapd::snmp
