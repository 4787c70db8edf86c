// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/user.h"

#include <array>
#include <cstring>

#include "trapd/base/check.h"
#include "trapd/usm/engine_clock.h"

namespace trapd::usm {
namespace {

/// The index key in place: length of the engine ID, engine ID, user name.
class IndexKey {
 public:
  IndexKey(ByteView engine_id, ByteView user_name) {
    octets_[0] = static_cast<std::uint8_t>(engine_id.size());
    append(engine_id);
    append(user_name);
  }
  std::string_view text() const { return as_text(ByteView(octets_).first(size_)); }

 private:
  void append(ByteView bytes) {
    if (!bytes.empty()) std::memcpy(octets_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  std::array<std::uint8_t, 1 + kEngineIdOctetsMax + snmp::kUserNameOctetsMax> octets_{};
  std::size_t size_ = 1;
};

bool fits(ByteView engine_id, ByteView user_name) {
  return engine_id.size() <= kEngineIdOctetsMax && !user_name.empty() &&
         user_name.size() <= snmp::kUserNameOctetsMax;
}

/// What the configuration promises. A protocol without its key would be authenticated by the hash
/// of public octets, so it must never get as far as the packet path.
void check_promises(const User& user) {
  CHECK(fits({}, as_bytes(user.name)));
  CHECK(user.auth == AuthProtocol::kNone || !user.auth_ku.empty() || !user.auth_kul.empty());
  CHECK(user.priv == PrivProtocol::kNone || !user.priv_ku.empty() || !user.priv_kul.empty());
  CHECK(user.priv == PrivProtocol::kNone || user.auth != AuthProtocol::kNone);  // KEY-11
  const bool localised = !user.auth_kul.empty() || !user.priv_kul.empty();
  CHECK(!localised || user.engines.size() == 1);
  for (const std::vector<std::uint8_t>& engine : user.engines) {
    CHECK(!engine.empty() && engine.size() <= kEngineIdOctetsMax);
  }
}

}  // namespace

UserTable::UserTable(std::vector<User> users)
    : users_(std::make_move_iterator(users.begin()), std::make_move_iterator(users.end())) {
  for (std::uint32_t i = 0; i < users_.size(); ++i) {
    const User& user = users_[i];
    check_promises(user);
    if (user.for_any_engine()) index_.emplace(IndexKey({}, as_bytes(user.name)).text(), i);
    for (const std::vector<std::uint8_t>& engine : user.engines) {
      index_.emplace(IndexKey(engine, as_bytes(user.name)).text(), i);
    }
  }
}

const User* UserTable::find(ByteView engine_id, ByteView user_name) const {
  if (!fits(engine_id, user_name)) return nullptr;
  auto found = index_.find(IndexKey(engine_id, user_name).text());
  if (found == index_.end()) found = index_.find(IndexKey({}, user_name).text());
  return found != index_.end() ? &users_[found->second] : nullptr;
}

const User* UserTable::find_by_name(std::string_view name) const {
  for (const User& user : users_) {
    if (user.name == name) return &user;
  }
  return nullptr;
}

Key localised_auth_key(const User& user, ByteView engine_id) {
  if (user.auth == AuthProtocol::kNone) return {};
  return user.auth_kul.empty() ? localise(user.auth, user.auth_ku, engine_id) : user.auth_kul;
}

Key localised_priv_key(const User& user, ByteView engine_id) {
  if (user.auth == AuthProtocol::kNone || user.priv == PrivProtocol::kNone) return {};
  // RFC 3826 1.2: the privacy key too is localised with the hash of the authentication protocol.
  const Key kul =
      user.priv_kul.empty() ? localise(user.auth, user.priv_ku, engine_id) : user.priv_kul;
  return privacy_key(user.auth, user.priv, kul, engine_id);
}

Policy default_policy() {
  Policy policy;
  for (const AuthRow& auth : kAuthRows) {
    if (auth.protocol >= AuthProtocol::kSha1) {
      policy.auth_allowed |= 1U << static_cast<unsigned>(auth.protocol);
    }
  }
  for (const PrivRow& priv : kPrivRows) {
    if (priv.protocol >= PrivProtocol::kAes128) {
      policy.priv_allowed |= 1U << static_cast<unsigned>(priv.protocol);
    }
  }
  return policy;
}

}  // namespace trapd::usm
