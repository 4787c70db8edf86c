// SPDX-License-Identifier: Apache-2.0
// A moment as an operator writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trapd::admin {

/// RFC 3339 ("2026-11-23T03:00:00Z", "2026-11-23 04:00:00.5+01:00"; the offset must be there), or
/// how long ago: "90s", "30m", "2h ago", "7d". Nanoseconds since 1970; nothing for anything else.
std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t now_wall_ns);

}  // namespace trapd::admin
