// SPDX-License-Identifier: Apache-2.0
// One entry of the audit log: a line of JSON that names the SHA-256 of the line before it
// (FORMAT.md). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace trapd::audit {

using Json = nlohmann::json;

/// A line, its LF not counted. Of an entry that would be longer the detail is left out, with its
/// length; whoever makes details keeps them well below.
inline constexpr std::size_t kLineOctetsMax = 256 * 1024;

/// `previous` of the very first entry.
inline constexpr std::string_view kNoPrevious =
    "0000000000000000000000000000000000000000000000000000000000000000";

struct Entry {
  std::uint64_t sequence = 0;  // from 1, without a gap
  std::string time;            // RFC 3339
  std::string who;             // "trapd", "signal", or an operator: "alice (uid 1000)"
  std::string action;          // FORMAT.md lists them
  Json detail = Json::object();
  std::string previous;  // SHA-256 of the previous line without its LF, 64 hexadecimal digits
};

/// Without LF inside or behind; octets that are not UTF-8 replaced.
std::string encode(const Entry& entry);
/// Nothing unless it has the members of an entry, all of them, and no other.
std::optional<Entry> decode(std::string_view line);
/// SHA-256 in lower-case hexadecimal.
std::string sha256_hex(std::string_view octets);

}  // namespace trapd::audit
