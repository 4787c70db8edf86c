// SPDX-License-Identifier: Apache-2.0
// What MIB modules say about one OID.
#pragma once

#include <cstdint>
#include <string_view>

#include "trapd/snmp/oid.h"

namespace trapd::mib {

enum class NodeKind : std::uint8_t {
  kStructure,  // OBJECT IDENTIFIER, tables and rows, groups, identities
  kObject,
  kNotification,
};
inline constexpr std::uint8_t kNodeKindMax = 2;

/// Base syntax of an object (RFC 2578 section 7.1), whatever convention lies over it.
enum class Syntax : std::uint8_t {
  kNone,
  kInteger32,
  kUnsigned32,
  kCounter32,
  kCounter64,
  kTimeTicks,
  kOctetString,
  kObjectIdentifier,
  kIpAddress,
  kOpaque,
  kBits,
};
inline constexpr std::uint8_t kSyntaxMax = static_cast<std::uint8_t>(Syntax::kBits);
const char* to_text(Syntax syntax);

/// Borrowed from a MibIndex; lives as long as that.
struct Node {
  std::uint32_t id = 0;
  snmp::OidView oid;
  std::string_view module;
  std::string_view name;
  NodeKind kind = NodeKind::kStructure;
  Syntax syntax = Syntax::kNone;
  std::string_view textual_convention;  // empty = none
  std::string_view display_hint;        // empty = none
  std::uint32_t label_count = 0;        // of an enumeration or of BITS
  std::uint32_t object_count = 0;       // of a notification
};

/// The node that knows the longest part of an OID, and the rest: plain sub-identifiers.
struct Match {
  Node node;
  ByteView suffix;
};

}  // namespace trapd::mib
