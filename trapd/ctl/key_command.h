// SPDX-License-Identifier: Apache-2.0
// `trapctl key`: localised keys from passphrases, for `key:` in the configuration.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "trapd/base/error.h"
#include "trapd/base/secret.h"

namespace trapd::ctl {

struct KeyRequest {
  std::string auth;    // "SHA-256"
  std::string priv;    // "AES-128"; empty = authentication only
  std::string engine;  // hexadecimal
};

/// {engine, auth: {protocol, key}, priv: {protocol, key}}; the privacy key is cut or lengthened to
/// what its cipher takes. `priv` is not looked at without a privacy protocol.
Result<nlohmann::json> derive_keys(const KeyRequest& request, const Secret& auth,
                                   const Secret& priv);

}  // namespace trapd::ctl
