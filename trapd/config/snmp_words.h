// SPDX-License-Identifier: Apache-2.0
// Security levels and versions as rule files write them.
#pragma once

#include <optional>
#include <string_view>

#include "trapd/snmp/message.h"

namespace trapd::config {

inline constexpr std::string_view kLevelWords = "noAuthNoPriv, authNoPriv or authPriv";
inline constexpr std::string_view kVersionWords = "v1, v2c or v3";

inline std::optional<snmp::SecurityLevel> security_level(std::string_view word) {
  for (const auto level : {snmp::SecurityLevel::kNoAuthNoPriv, snmp::SecurityLevel::kAuthNoPriv,
                           snmp::SecurityLevel::kAuthPriv}) {
    if (word == snmp::to_text(level)) return level;
  }
  return std::nullopt;
}

inline std::optional<snmp::Version> snmp_version(std::string_view word) {
  for (const auto version : {snmp::Version::kV1, snmp::Version::kV2c, snmp::Version::kV3}) {
    if (word == snmp::to_text(version)) return version;
  }
  return std::nullopt;
}

}  // namespace trapd::config
