// SPDX-License-Identifier: Apache-2.0
// Passphrase -> Ku -> Kul (RFC 3414 2.6, A.2; RFC 7860 9.3; RFC 3826 1.2), and key extension.
#pragma once

#include <array>

#include "trapd/base/bytes.h"
#include "trapd/base/secret.h"
#include "trapd/usm/protocols.h"

namespace trapd::usm {

/// A key in place: fixed room, wiped when it goes, copyable on purpose (it lives in key caches).
class Key {
 public:
  Key() = default;
  explicit Key(ByteView bytes);
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key() { wipe(MutableBytes(octets_)); }
  ByteView expose() const& { return ByteView(octets_).first(size_); }
  ByteView expose() && = delete;
  bool empty() const { return size_ == 0; }
  /// Without a temporary to wipe; octets of a longer key before it are wiped.
  void assign(ByteView bytes);

 private:
  std::array<std::uint8_t, kDigestOctetsMax> octets_{};
  std::uint8_t size_ = 0;
};

/// RFC 3414 A.2: hashes 1,048,576 octets of the repeated passphrase (about a millisecond): at
/// load time only. The passphrase must not be empty.
Key password_to_key(AuthProtocol auth, ByteView passphrase);
/// H(Ku || engineID || Ku): one short hash; allowed on the packet path.
Key localise(AuthProtocol auth, const Key& ku, ByteView engine_id);
/// The privacy key from its Kul: cut, or lengthened first. Reeder lengthens with a full
/// password_to_key (a millisecond): never for an engine whose digest has not been verified.
Key privacy_key(AuthProtocol auth, PrivProtocol priv, const Key& kul, ByteView engine_id);

}  // namespace trapd::usm
