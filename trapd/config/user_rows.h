// SPDX-License-Identifier: Apache-2.0
// snmp_users: USM users, with their keys derived once, when the configuration is read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trapd/config/key_derivation.h"
#include "trapd/config/reading.h"
#include "trapd/config/secret_source.h"
#include "trapd/usm/user.h"

namespace trapd::config {

/// `auth:` or `priv:` of a user.
struct ProtocolDraft {
  bool given = false;
  Position at;
  std::string protocol;
  Position protocol_at;
  SecretValue passphrase;
  SecretValue key;
};

struct UserUse {
  bool given = false;  // else it follows from who names the user
  Position at;
  bool receive = false;
  bool send = false;
  bool agent = false;
};

struct UserDraft {
  Position at;
  Position name_at;
  UserUse use;
  ProtocolDraft auth;
  ProtocolDraft priv;
  usm::User user;
};

std::span<const Row<UserDraft>> user_rows();
std::span<const Row<ProtocolDraft>> auth_rows();
std::span<const Row<ProtocolDraft>> priv_rows();

void read_users(Reading& reading, const Setting& setting, const Node& node,
                std::vector<UserDraft>& users);

/// After everything else was read: what `use` says, or what follows from `named_by_destination`.
void settle_use(UserDraft& draft, bool named_by_destination);
/// Warns of what `policy` will refuse, and of weak algorithms it lets in.
void check_against_policy(Reading& reading, const UserDraft& draft, const usm::Policy& policy);
/// Two users of one name must be for different engines.
void check_overlaps(Reading& reading, const std::vector<UserDraft>& users);
/// Keys as they are; passphrases go to `wanted`, with their place in the draft's user, which must
/// not move until they are derived. Only for a file without errors and when secrets were read; the
/// passphrases go with the draft.
void take_keys(UserDraft& draft, std::vector<WantedKey>* wanted);

}  // namespace trapd::config
