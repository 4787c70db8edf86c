// SPDX-License-Identifier: Apache-2.0
// What a kept key is found and hidden by. Both come of the passphrase: whoever has the file reads
// neither keys nor passphrases in it, but can try passphrases, and some 30 to 100 times faster than
// against a captured packet, which costs a mebibyte of hashing for each (RFC 3414 A.2). More rounds
// would make a start as slow as no file does. So passphrases that can be guessed are not protected
// by the seal: the file's rights (0600) are what protects them, as they do the configuration's.
//
//   seed = PBKDF2-HMAC-SHA-256 (RFC 8018 5.2) of the passphrase, 64 rounds, salt = the file's salt
//          and one octet for the authentication protocol
//   tag  = first 16 octets of SHA-256(seed || "tag")      pad = SHA-512(seed || "pad")
#pragma once

#include <array>
#include <cstdint>

#include "trapd/base/bytes.h"
#include "trapd/usm/keys.h"
#include "trapd/usm/protocols.h"

namespace trapd::config {

inline constexpr std::size_t kSaltOctets = 32;
inline constexpr std::size_t kTagOctets = 16;
inline constexpr std::uint32_t kSealRounds = 64;

using Salt = std::array<std::uint8_t, kSaltOctets>;
using Tag = std::array<std::uint8_t, kTagOctets>;

/// Of one (protocol, passphrase); secret, wiped when it goes.
struct KeySeal {
  Tag tag{};
  usm::Key pad;  // 64 octets, as many as the longest key
};

/// About 15 us, and so is a guess; for each file anew, since each has its own salt.
KeySeal seal_of(const Salt& salt, usm::AuthProtocol auth, ByteView passphrase);

/// PBKDF2-HMAC-SHA-256, its first block.
std::array<std::uint8_t, 32> pbkdf2_sha256(ByteView passphrase, ByteView salt,
                                           std::uint32_t rounds);

}  // namespace trapd::config
