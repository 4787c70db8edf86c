// SPDX-License-Identifier: Apache-2.0
// The other side of USM for the targets: users whose keys are known here, and a repair that turns
// a damaged message into one that its user might have sent. Without it no mutation gets behind the
// digest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trapd/usm/user.h"

namespace trapd::fuzz {

using Bytes = std::vector<std::uint8_t>;

/// "noa" (noAuthNoPriv), "sha1" (SHA-1, AES-128), "sha256" (SHA-256, AES-256), "md5" (MD5, DES
/// when there is DES), "ops" (SHA-1, AES-128), "mac" (SHA-1), "agent" (SHA-1, may not send
/// notifications).
const std::vector<usm::User>& users();

/// What a test engine sends: linkDown in a ScopedPDU, as this user, at its own level.
Bytes signed_message(const std::string& user, ByteView engine_id, std::uint32_t boots,
                     std::uint32_t time, ByteView scoped_pdu);

struct Repair {
  bool encrypt = false;  // what stands in the place of the ciphertext is taken as plain
  bool sign = false;
};
/// Leaves alone what cannot be decoded, and messages of users that users() does not name.
void repair(Repair how, Bytes* datagram);

}  // namespace trapd::fuzz
