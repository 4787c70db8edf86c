// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/keys.h"

#include <algorithm>

#include "trapd/base/check.h"
#include "trapd/usm/digest.h"

namespace trapd::usm {
namespace {

constexpr std::size_t kPassphraseStreamOctets = 1'048'576;

/// Octets of a key that is being lengthened; room for the longest key and one digest beyond.
struct GrowingKey {
  std::array<std::uint8_t, kPrivKeyOctetsMax + 2 * kDigestOctetsMax> octets{};
  std::size_t size = 0;

  ~GrowingKey() { wipe(MutableBytes(octets)); }
  ByteView view() const { return ByteView(octets).first(size); }
  void append(ByteView bytes) {
    CHECK(bytes.size() <= octets.size() - size);
    if (!bytes.empty()) std::memcpy(octets.data() + size, bytes.data(), bytes.size());
    size += bytes.size();
  }
};

Key hash(AuthProtocol auth, ByteView a, ByteView b, ByteView c) {
  std::array<std::uint8_t, kDigestOctetsMax> digest;
  Digest running(auth);
  running.update(a);
  running.update(b);
  running.update(c);
  running.finish(digest);
  const Key key(ByteView(digest).first(row(auth).digest_octets));
  wipe(MutableBytes(digest));
  return key;
}

/// draft-blumenthal-aes-usm-04 3.1.2.1: append H(all so far).
void extend_blumenthal(AuthProtocol auth, std::size_t wanted, GrowingKey* key) {
  while (key->size < wanted) {
    const Key more = hash(auth, key->view(), {}, {});
    key->append(more.expose());
  }
}

/// draft-reeder-snmpv3-usm-3desede-00 2.1: the last localised key is the next passphrase.
void extend_reeder(AuthProtocol auth, std::size_t wanted, ByteView engine_id, GrowingKey* key) {
  Key last(key->view());
  while (key->size < wanted) {
    last = localise(auth, password_to_key(auth, last.expose()), engine_id);
    key->append(last.expose());
  }
}

}  // namespace

Key::Key(ByteView bytes) : size_(static_cast<std::uint8_t>(bytes.size())) {
  CHECK(bytes.size() <= octets_.size());
  if (!bytes.empty()) std::memcpy(octets_.data(), bytes.data(), bytes.size());
}

void Key::assign(ByteView bytes) {
  CHECK(bytes.size() <= octets_.size());
  if (bytes.size() < size_) wipe(MutableBytes(octets_));
  if (!bytes.empty()) std::memcpy(octets_.data(), bytes.data(), bytes.size());
  size_ = static_cast<std::uint8_t>(bytes.size());
}

Key password_to_key(AuthProtocol auth, ByteView passphrase) {
  CHECK(!passphrase.empty());
  // Hashing whole multiples of a short passphrase saves most of the calls.
  std::array<std::uint8_t, 4096> repeated;
  ByteView piece = passphrase;
  if (passphrase.size() <= repeated.size()) {
    const std::size_t times = repeated.size() / passphrase.size();
    for (std::size_t i = 0; i < times; ++i) {
      std::memcpy(repeated.data() + i * passphrase.size(), passphrase.data(), passphrase.size());
    }
    piece = ByteView(repeated).first(times * passphrase.size());
  }
  Digest digest(auth);
  for (std::size_t left = kPassphraseStreamOctets; left > 0;) {
    const std::size_t octets = std::min(left, piece.size());
    digest.update(piece.first(octets));
    left -= octets;
  }
  std::array<std::uint8_t, kDigestOctetsMax> ku;
  digest.finish(ku);
  const Key key(ByteView(ku).first(row(auth).digest_octets));
  wipe(MutableBytes(ku));
  wipe(MutableBytes(repeated));
  return key;
}

Key localise(AuthProtocol auth, const Key& ku, ByteView engine_id) {
  CHECK(!ku.empty());
  return hash(auth, ku.expose(), engine_id, ku.expose());
}

Key privacy_key(AuthProtocol auth, PrivProtocol priv, const Key& kul, ByteView engine_id) {
  const PrivRow& wanted = row(priv);
  if (kul.empty()) return {};
  GrowingKey key;
  key.append(kul.expose());
  switch (wanted.extension) {
    case KeyExtension::kNone:
      break;
    case KeyExtension::kBlumenthal:
      extend_blumenthal(auth, wanted.key_octets, &key);
      break;
    case KeyExtension::kReeder:
      extend_reeder(auth, wanted.key_octets, engine_id, &key);
      break;
  }
  // Too short and no rule to lengthen it: no key, which every cipher refuses.
  if (key.size < wanted.key_octets) return {};
  return Key(key.view().first(wanted.key_octets));
}

}  // namespace trapd::usm
