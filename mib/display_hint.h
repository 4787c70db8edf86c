// SPDX-License-Identifier: Apache-2.0
// DISPLAY-HINTs of textual conventions (RFC 2579 section 3.1). The hint comes from a MIB file, the
// value from a device; neither is trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "trapd/base/bytes.h"

namespace trapd::mib {

/// For INTEGER: d, d-N, x, o, b. nullopt when the hint is none of them.
std::optional<std::string> format_integer(std::string_view hint, std::int64_t value);

/// For OCTET STRING. Text fields (a, t) come out escaped, never with a control character; NULs at
/// the end of a value that is all text are left out. Stops soon after text_max octets of output.
/// nullopt when the hint is malformed or a number in the value has more than 8 octets.
std::optional<std::string> format_octets(std::string_view hint, ByteView octets,
                                         std::size_t text_max);

}  // namespace trapd::mib
