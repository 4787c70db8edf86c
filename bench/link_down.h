// SPDX-License-Identifier: Apache-2.0
// What every generator here sends: a linkDown, and the user who signs it.
#pragma once

#include <cstdint>
#include <string>

#include "trapd/base/bytes.h"
#include "trapd/usm/user.h"

namespace trapd::bench {

struct TrapSource {
  std::string user = "bench";
  std::string auth_passphrase = "bench-auth-pass";
  std::string priv_passphrase = "bench-priv-pass";
  usm::AuthProtocol auth = usm::AuthProtocol::kSha1;
  usm::PrivProtocol priv = usm::PrivProtocol::kAes128;
  std::uint32_t engines = 16;
  std::uint32_t first_engine = 0;
  std::uint32_t alarms = 1;    // interfaces of an engine, which take turns: each is an alarm
  std::uint32_t varbinds = 3;  // beside sysUpTime.0 and snmpTrapOID.0
  std::string community;       // not empty: SNMPv2c instead, and nothing is signed
};

/// Four octets on the wire, whatever the counter: a number of fixed length keeps the message's
/// length.
inline std::int32_t fixed_width(std::uint32_t number) {
  return static_cast<std::int32_t>(0x40000000U | (number & 0x3fffffffU));
}

usm::User usm_user(const TrapSource& source);

inline constexpr std::uint32_t kAlarmsMax = 1'000'000;
inline constexpr std::uint32_t kVarbindsMin = 3;
inline constexpr std::uint32_t kVarbindsMax = 100;
/// What a message of kVarbindsMax needs.
inline constexpr std::size_t kMessageOctetsMax = 4096;

/// Which of an engine's interfaces, in what company. The length of the trap depends on `varbinds`,
/// and on whether there is one interface or there are more.
struct LinkDown {
  std::uint32_t uptime_s = 0;
  std::uint32_t alarm = 0;  // less than `alarms`
  std::uint32_t alarms = 1;
  std::uint32_t varbinds = kVarbindsMin;
};

/// linkDown with ifIndex, ifAdminStatus, ifOperStatus (RFC 2863), then integers and strings that no
/// module knows, as a Trap or an InformRequest (`type`), at the end of `buffer` (at least
/// kMessageOctetsMax).
ByteView write_link_down(std::uint8_t type, std::int32_t request_id, const LinkDown& trap,
                         MutableBytes buffer);

}  // namespace trapd::bench
