// SPDX-License-Identifier: Apache-2.0
// HMAC with the inner and outer pads hashed once per key (RFC 2104), no allocation afterwards.
#pragma once

#include <array>
#include <cstdint>

#include "trapd/base/bytes.h"
#include "trapd/usm/digest.h"
#include "trapd/usm/keys.h"
#include "trapd/usm/protocols.h"

namespace trapd::usm {

/// The state of the hash after one block of inner resp. outer pad. A plain value of 136 bytes;
/// secret: wiped when it goes.
class HmacKey {
 public:
  HmacKey() = default;
  HmacKey(AuthProtocol auth, const Key& kul);
  ~HmacKey();
  HmacKey(const HmacKey&) = default;
  HmacKey& operator=(const HmacKey&) = default;

  AuthProtocol protocol() const { return auth_; }
  /// For a cache of many: the octets of the two states without the rest of their room.
  static std::size_t packed_octets(AuthProtocol auth);
  void pack(MutableBytes out) const;
  /// Becomes the key that was packed. What a longer one left behind it stays until this one goes.
  void unpack(AuthProtocol auth, ByteView packed);
  /// Digest of up to three pieces, cut to the protocol's MAC length, into `mac` (at least
  /// mac_octets long). Pieces may be empty.
  void sign(ByteView a, ByteView b, ByteView c, MutableBytes mac) const;
  /// True when `mac`, which lies inside `message`, is the digest of the message with those octets
  /// taken as zero (RFC 3414 6.3.2). Never writes to the message; constant-time comparison; false
  /// when the length of `mac` is not the protocol's (USM-13).
  bool verify(ByteView message, ByteView mac) const;

 private:
  AuthProtocol auth_ = AuthProtocol::kNone;
  alignas(8) Midstate inner_{};
  alignas(8) Midstate outer_{};
};

}  // namespace trapd::usm
