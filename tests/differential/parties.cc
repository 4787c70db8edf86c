// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/parties.h"

#include "tests/data/ber_bytes.h"
#include "trapd/usm/cipher.h"
#include "trapd/usm/keys.h"

namespace trapd::differential {

const Bytes kOwnEngine = test::hex("80001f880501020304");
const Bytes kDevice = test::hex("8000138b0500000001");

std::vector<Party> parties() {
  using Auth = usm::AuthProtocol;
  using Priv = usm::PrivProtocol;
  std::vector<Party> all{
      {"noa", Auth::kNone, "", Priv::kNone, ""},
      {"md5", Auth::kMd5, "MD5", Priv::kNone, ""},
      {"sha1", Auth::kSha1, "SHA", Priv::kAes128, "AES"},
      {"sha224", Auth::kSha224, "SHA-224", Priv::kAes192Blumenthal, "AES-192"},
      {"sha256", Auth::kSha256, "SHA-256", Priv::kAes256Blumenthal, "AES-256"},
      {"sha384", Auth::kSha384, "SHA-384", Priv::kNone, ""},
      {"sha512", Auth::kSha512, "SHA-512", Priv::kAes128, "AES"},
      {"long", Auth::kSha1, "SHA", Priv::kAes256Blumenthal, "AES-256"},
      {"reeder", Auth::kSha1, "SHA", Priv::kAes192Reeder, "AES-192-C"},
  };
  if (usm::Cipher::des_available()) all.push_back({"des", Auth::kMd5, "MD5", Priv::kDes, "DES"});
  return all;
}

namespace {

std::vector<usm::User> make_users() {
  std::vector<usm::User> users;
  for (const Party& party : parties()) {
    usm::User user;
    user.name = party.name;
    user.auth = party.auth;
    user.priv = party.priv;
    user.engines = {kOwnEngine, kDevice};
    if (party.auth != usm::AuthProtocol::kNone) {
      user.auth_ku = usm::password_to_key(party.auth, as_bytes(kPassphrase));
    }
    if (party.priv != usm::PrivProtocol::kNone) user.priv_ku = user.auth_ku;
    users.push_back(user);
  }
  return users;
}

}  // namespace

const std::vector<usm::User>& users() {
  static const std::vector<usm::User> all = make_users();
  return all;
}

}  // namespace trapd::differential
