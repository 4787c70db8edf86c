// SPDX-License-Identifier: Apache-2.0
// The octets of a configuration or rule file.
#pragma once

#include <cstddef>
#include <string>

#include "trapd/config/diagnostics.h"

namespace trapd::config {

/// Of a configuration: room for the passphrases of about 100,000 users.
inline constexpr std::size_t kConfigOctetsMax = std::size_t{16} << 20;
inline constexpr std::size_t kRuleFileOctetsMax = std::size_t{1} << 20;

/// Reads it whole; of a larger one octets_max + 1 octets, which parse_yaml refuses. Reports and
/// returns false when it cannot be read. The text may hold passphrases: there is no other copy of
/// it, and the caller wipes it.
bool read_text_file(const std::string& file, std::size_t octets_max, std::string* text,
                    Diagnostics* diagnostics);

}  // namespace trapd::config
