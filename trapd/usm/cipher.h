// SPDX-License-Identifier: Apache-2.0
// CBC-DES (RFC 3414 8) and CFB128-AES (RFC 3826) for whole ScopedPDUs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "trapd/base/bytes.h"
#include "trapd/usm/keys.h"
#include "trapd/usm/protocols.h"

namespace trapd::usm {

/// OpenSSL's cipher contexts of one thread, made once. DES needs OpenSSL's legacy provider; when
/// it is not there des_available() is false and DES is refused where it is configured.
class Cipher {
 public:
  Cipher();
  ~Cipher();
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;

  static bool des_available();

  /// Plain octets into `out` (at least as long as `encrypted`). False: salt is not 8 octets, or
  /// DES and the length no multiple of 8 (INF-10). boots and time are the message's (KEY-08).
  /// place: any number that stays with this key (0: where it lies in memory); a hint where its
  /// expansion is kept.
  bool decrypt(PrivProtocol priv, const Key& key, std::uint32_t boots, std::uint32_t time,
               ByteView salt, ByteView encrypted, MutableBytes out, std::uintptr_t place = 0);
  /// Encrypted octets into `out`; returns their number (DES pads to a multiple of 8), 0 when out
  /// is too small.
  std::size_t encrypt(PrivProtocol priv, const Key& key, std::uint32_t boots, std::uint32_t time,
                      ByteView salt, ByteView plain, MutableBytes out);

  /// The contexts keep the keys of the latest messages, 1,024 of each length. This wipes them:
  /// wherever keys that are no longer valid must be gone. Makes new contexts, so not per packet.
  void forget_keys();
  /// Has a key been used since the start, or since forget_keys()?
  bool holds_keys() const { return holds_keys_; }

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
  bool holds_keys_ = false;
};

/// Length after encryption.
std::size_t encrypted_octets(PrivProtocol priv, std::size_t plain_octets);

/// Salts that never repeat for a key (KEY-10): a random 64-bit start, then +1, for AES; boots and
/// a counter with a random start for DES. One per thread; two sources never share a range.
class SaltSource {
 public:
  SaltSource();
  void next(PrivProtocol priv, std::uint32_t boots, MutableBytes salt8);

 private:
  std::uint64_t counter_;
};

}  // namespace trapd::usm
