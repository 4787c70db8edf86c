// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "trapd/usm/user.h"

namespace trapd::forwarders {

/// User "oss" for any engine, with one passphrase for both keys.
inline std::shared_ptr<const usm::User> made_user(usm::AuthProtocol auth, usm::PrivProtocol priv,
                                                  std::string_view passphrase = "correct horse") {
  auto user = std::make_shared<usm::User>();
  user->name = "oss";
  user->auth = auth;
  user->priv = priv;
  user->may_send = true;
  if (auth != usm::AuthProtocol::kNone) {
    user->auth_ku = usm::password_to_key(auth, as_bytes(passphrase));
    if (priv != usm::PrivProtocol::kNone) user->priv_ku = user->auth_ku;
  }
  return user;
}

}  // namespace trapd::forwarders
