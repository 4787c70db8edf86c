// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/key_command.h"

#include "trapd/usm/keys.h"
#include "trapd/usm/own_engine.h"

namespace trapd::ctl {
namespace {

constexpr std::size_t kPassphraseOctetsMin = 8;  // RFC 3414 11.2

}  // namespace

Result<nlohmann::json> derive_keys(const KeyRequest& request, const Secret& auth,
                                   const Secret& priv) {
  const auto engine = from_hex(request.engine);
  if (!engine || !usm::legal_engine_id(*engine)) {
    return failure("--engine must be an engine ID of 5 to 32 octets in hexadecimal");
  }
  const auto hash = usm::auth_protocol(request.auth);
  if (!hash || *hash == usm::AuthProtocol::kNone) {
    return failure("--auth must be MD5, SHA-1, SHA-224, SHA-256, SHA-384 or SHA-512");
  }
  const bool with_priv = !request.priv.empty();
  const auto cipher = usm::priv_protocol(with_priv ? request.priv : "none", *hash);
  if (!cipher || (with_priv && *cipher == usm::PrivProtocol::kNone)) {
    return failure(
        "--priv must be DES, AES-128, AES-192 or AES-256, the last two with "
        "-BLUMENTHAL or -REEDER behind a short hash");
  }
  const bool too_short = auth.expose().size() < kPassphraseOctetsMin ||
                         (with_priv && priv.expose().size() < kPassphraseOctetsMin);
  if (too_short) return failure("a passphrase has at least 8 octets (RFC 3414 11.2)");
  const auto localised = [&](const Secret& passphrase) {
    return usm::localise(*hash, usm::password_to_key(*hash, passphrase.expose()), *engine);
  };
  const usm::Key auth_key = localised(auth);
  nlohmann::json keys = {
      {"engine", "0x" + to_hex(*engine)},
      {"auth", {{"protocol", request.auth}, {"key", "0x" + to_hex(auth_key.expose())}}}};
  if (with_priv) {
    const usm::Key priv_key = usm::privacy_key(*hash, *cipher, localised(priv), *engine);
    keys["priv"] = {{"protocol", usm::row(*cipher).name},
                    {"key", "0x" + to_hex(priv_key.expose())}};
  }
  return keys;
}

}  // namespace trapd::ctl
