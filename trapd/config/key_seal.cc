// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/key_seal.h"

#include <algorithm>

#include "trapd/base/secret.h"
#include "trapd/usm/digest.h"

namespace trapd::config {
namespace {

using usm::AuthProtocol;
using usm::Digest;
using usm::Midstate;
using Block = std::array<std::uint8_t, 64>;  // of SHA-256
using Sum = std::array<std::uint8_t, 32>;

Midstate after(const Block& padded, std::uint8_t with) {
  Block block = padded;
  for (std::uint8_t& octet : block) octet = static_cast<std::uint8_t>(octet ^ with);
  Digest digest(AuthProtocol::kSha256);
  digest.update(block);
  wipe(block);
  return digest.save();
}

/// HMAC-SHA-256 with its pads hashed once; all 32 octets, of which USM's has 24.
class Hmac {
 public:
  explicit Hmac(ByteView key) {
    Block block{};
    if (key.size() <= block.size()) {
      std::copy(key.begin(), key.end(), block.begin());
    } else {
      Digest digest(AuthProtocol::kSha256);
      digest.update(key);
      digest.finish(MutableBytes(block));
    }
    inner_ = after(block, 0x36);
    outer_ = after(block, 0x5c);
    wipe(block);
  }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;
  ~Hmac() {
    wipe(inner_);
    wipe(outer_);
  }
  Sum sign(ByteView a, ByteView b) const {
    Sum sum{};
    Digest inner(AuthProtocol::kSha256, inner_);
    inner.update(a);
    inner.update(b);
    inner.finish(sum);
    Digest outer(AuthProtocol::kSha256, outer_);
    outer.update(sum);
    outer.finish(sum);
    return sum;
  }

 private:
  Midstate inner_{};
  Midstate outer_{};
};

}  // namespace

std::array<std::uint8_t, 32> pbkdf2_sha256(ByteView passphrase, ByteView salt,
                                           std::uint32_t rounds) {
  constexpr std::array<std::uint8_t, 4> kFirstBlock = {0, 0, 0, 1};
  const Hmac hmac(passphrase);
  Sum last = hmac.sign(salt, kFirstBlock);
  Sum sum = last;
  for (std::uint32_t round = 1; round < rounds; ++round) {
    last = hmac.sign(last, {});
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] ^= last[i];
  }
  wipe(last);
  return sum;
}

KeySeal seal_of(const Salt& salt, AuthProtocol auth, ByteView passphrase) {
  std::array<std::uint8_t, kSaltOctets + 1> of_protocol{};
  std::copy(salt.begin(), salt.end(), of_protocol.begin());
  of_protocol.back() = static_cast<std::uint8_t>(auth);
  Sum seed = pbkdf2_sha256(passphrase, of_protocol, kSealRounds);
  KeySeal seal;
  Sum tag{};
  Digest find(AuthProtocol::kSha256);
  find.update(seed);
  find.update(as_bytes("tag"));
  find.finish(tag);
  std::copy_n(tag.begin(), seal.tag.size(), seal.tag.begin());
  std::array<std::uint8_t, usm::kDigestOctetsMax> pad{};
  Digest hide(AuthProtocol::kSha512);
  hide.update(seed);
  hide.update(as_bytes("pad"));
  hide.finish(pad);
  seal.pad = usm::Key(pad);
  wipe(seed);
  wipe(pad);
  return seal;
}

}  // namespace trapd::config
