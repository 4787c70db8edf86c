// SPDX-License-Identifier: Apache-2.0
// USM users (RFC 3414 2.1), as an immutable snapshot that a reload replaces as a whole.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "trapd/base/bytes.h"
#include "trapd/base/hash.h"
#include "trapd/base/locked_memory.h"
#include "trapd/snmp/message.h"
#include "trapd/usm/keys.h"
#include "trapd/usm/protocols.h"

namespace trapd::usm {

struct User {
  std::string name;  // 1..32 octets, compared octet by octet
  AuthProtocol auth = AuthProtocol::kNone;
  PrivProtocol priv = PrivProtocol::kNone;
  // One of the two per protocol: Ku (localised on first sight of an engine) or a localised key,
  // which belongs to exactly one engine.
  Key auth_ku;
  Key priv_ku;
  Key auth_kul;
  Key priv_kul;
  /// Engines this user is known on; empty = any engine.
  std::vector<std::vector<std::uint8_t>> engines;
  /// What the user may do here: receive notifications / be used for sending / use the agent.
  bool may_receive = true;
  bool may_send = false;
  bool may_use_agent = false;

  bool for_any_engine() const { return engines.empty(); }
  snmp::SecurityLevel level() const {
    return priv != PrivProtocol::kNone   ? snmp::SecurityLevel::kAuthPriv
           : auth != AuthProtocol::kNone ? snmp::SecurityLevel::kAuthNoPriv
                                         : snmp::SecurityLevel::kNoAuthNoPriv;
  }
};

/// The user's keys for one engine: the localised key that is configured, or Ku localised. Empty
/// when the user has no such protocol. The first is one short hash; the second may cost a
/// millisecond (see privacy_key).
Key localised_auth_key(const User& user, ByteView engine_id);
Key localised_priv_key(const User& user, ByteView engine_id);

/// Immutable after it is built, in locked memory; any thread. Look-ups allocate nothing and take
/// time that does not grow with the number of users.
class UserTable {
 public:
  UserTable() = default;
  /// Users with the same name must name disjoint engines, at most one of them any engine; the
  /// configuration has checked that.
  explicit UserTable(std::vector<User> users);

  /// The user for exactly this engine, else the one for any engine; nullptr when there is none
  /// (USM-08, USM-09). The pointer lives as long as the table.
  const User* find(ByteView engine_id, ByteView user_name) const;
  /// Any user of this name, for diagnosis and for sending.
  const User* find_by_name(std::string_view name) const;
  std::span<const User> users() const { return users_; }

 private:
  std::vector<User, LockedAllocator<User>> users_;
  // key: engine id octets, a zero-safe length prefix, user name; "any engine" has no engine id
  std::unordered_map<std::string, std::uint32_t, BytesHash, std::equal_to<>> index_;
};

/// What the owner lets in (configuration `security:`), and for diagnosis why not.
struct Policy {
  snmp::SecurityLevel level = snmp::SecurityLevel::kAuthPriv;
  std::uint32_t auth_allowed = 0;  // bit = AuthProtocol value
  std::uint32_t priv_allowed = 0;  // bit = PrivProtocol value

  bool allows(AuthProtocol auth) const {
    return (auth_allowed >> static_cast<unsigned>(auth) & 1U) != 0;
  }
  bool allows(PrivProtocol priv) const {
    return (priv_allowed >> static_cast<unsigned>(priv) & 1U) != 0;
  }
};
/// SHA-1 and better, AES-128 and better, authPriv only.
Policy default_policy();

}  // namespace trapd::usm
