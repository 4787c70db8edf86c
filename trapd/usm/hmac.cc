// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/hmac.h"

#include <openssl/crypto.h>

#include "trapd/base/check.h"
#include "trapd/base/secret.h"

namespace trapd::usm {
namespace {

constexpr std::size_t kBlockOctetsMax = 128;
constexpr std::uint8_t kInnerPad = 0x36;
constexpr std::uint8_t kOuterPad = 0x5c;

Midstate after_pad(AuthProtocol auth, ByteView key, std::uint8_t pad) {
  std::array<std::uint8_t, kBlockOctetsMax> block;
  block.fill(pad);
  for (std::size_t i = 0; i < key.size(); ++i) {
    block[i] = static_cast<std::uint8_t>(key[i] ^ pad);
  }
  Digest digest(auth);
  digest.update(ByteView(block).first(row(auth).block_octets));
  wipe(MutableBytes(block));
  return digest.save();
}

}  // namespace

HmacKey::HmacKey(AuthProtocol auth, const Key& kul) : auth_(auth) {
  if (auth == AuthProtocol::kNone) return;
  CHECK(!kul.empty() && kul.expose().size() <= row(auth).block_octets);
  inner_ = after_pad(auth, kul.expose(), kInnerPad);
  outer_ = after_pad(auth, kul.expose(), kOuterPad);
}

HmacKey::~HmacKey() {
  wipe(MutableBytes(inner_));
  wipe(MutableBytes(outer_));
}

void HmacKey::sign(ByteView a, ByteView b, ByteView c, MutableBytes mac) const {
  const std::size_t mac_octets = row(auth_).mac_octets;
  CHECK(auth_ != AuthProtocol::kNone && mac.size() >= mac_octets);
  TRAPD_UNINITIALIZED std::array<std::uint8_t, kDigestOctetsMax> digest;
  TRAPD_UNINITIALIZED Digest inner(auth_, inner_);
  inner.update(a);
  inner.update(b);
  inner.update(c);
  inner.finish(digest);
  TRAPD_UNINITIALIZED Digest outer(auth_, outer_);
  outer.update(ByteView(digest).first(row(auth_).digest_octets));
  outer.finish(digest);
  std::memcpy(mac.data(), digest.data(), mac_octets);
}

bool HmacKey::verify(ByteView message, ByteView mac) const {
  // RFC 3414 6.3.2 (1): nothing shorter or longer is ever compared; kNone has no length at all.
  if (mac.empty() || mac.size() != row(auth_).mac_octets) return false;
  const auto message_at = reinterpret_cast<std::uintptr_t>(message.data());
  const auto mac_at = reinterpret_cast<std::uintptr_t>(mac.data());
  if (mac_at < message_at || mac.size() > message.size()) return false;
  const std::size_t before = mac_at - message_at;
  if (before > message.size() - mac.size()) return false;

  static constexpr std::array<std::uint8_t, kMacOctetsMax> kZeros{};
  TRAPD_UNINITIALIZED std::array<std::uint8_t, kMacOctetsMax> expected;
  sign(message.first(before), ByteView(kZeros).first(mac.size()),
       message.subspan(before + mac.size()), expected);
  return CRYPTO_memcmp(expected.data(), mac.data(), mac.size()) == 0;
}

}  // namespace trapd::usm
