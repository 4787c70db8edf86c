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

std::size_t HmacKey::packed_octets(AuthProtocol auth) {
  switch (auth) {
    case AuthProtocol::kNone:
      return 0;
    case AuthProtocol::kMd5:
    case AuthProtocol::kSha1:
      return 2 * row(auth).digest_octets;
    case AuthProtocol::kSha224:
    case AuthProtocol::kSha256:
      return 2 * row(AuthProtocol::kSha256).digest_octets;
    case AuthProtocol::kSha384:
    case AuthProtocol::kSha512:
      return 2 * row(AuthProtocol::kSha512).digest_octets;
  }
  return 0;
}

void HmacKey::pack(MutableBytes out) const {
  const std::size_t half = packed_octets(auth_) / 2;
  CHECK(out.size() == 2 * half && half <= inner_.size());
  std::memcpy(out.data(), inner_.data(), half);
  std::memcpy(out.data() + half, outer_.data(), half);
}

void HmacKey::unpack(AuthProtocol auth, ByteView packed) {
  auth_ = auth;
  const std::size_t half = packed.size() / 2;
  CHECK(half <= inner_.size());
  std::memcpy(inner_.data(), packed.data(), half);
  std::memcpy(outer_.data(), packed.data() + half, half);
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
