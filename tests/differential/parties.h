// SPDX-License-Identifier: Apache-2.0
// What both decoders and the sender of the packets know: two engines, the users, the clocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/differential/decoded.h"
#include "trapd/usm/user.h"

namespace trapd::differential {

/// The receiver, authoritative for informs. Its time is that of Net-SNMP's process, which begins
/// at 0 and is told with each answer; its boots are what Net-SNMP has without a file.
extern const Bytes kOwnEngine;
inline constexpr std::uint32_t kOwnBoots = 1;
/// A sender of traps.
extern const Bytes kDevice;

inline constexpr std::string_view kPassphrase = "maplesyrup";

struct Party {
  const char* name;
  usm::AuthProtocol auth;
  const char* net_snmp_auth;  // the name of the same in Net-SNMP's createUser
  usm::PrivProtocol priv;
  const char* net_snmp_priv;
};
/// Without those that this machine's OpenSSL cannot do (DES).
std::vector<Party> parties();
/// The same as trapd's users, each known on the two engines.
const std::vector<usm::User>& users();

/// What both know of the device's clock before a packet comes.
struct Clock {
  std::uint32_t boots = 0;
  std::uint32_t time = 0;
};

}  // namespace trapd::differential
