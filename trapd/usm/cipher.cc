// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <vector>

#include "trapd/base/check.h"
#include "trapd/base/secret.h"

namespace trapd::usm {
namespace {

constexpr std::size_t kAesBlock = 16;
constexpr std::size_t kDesBlock = 8;
constexpr std::size_t kDesKeyOctets = 8;
/// Octets decrypted per call of the block cipher; a usual trap is one piece.
constexpr std::size_t kPieceOctets = 4096;
/// Keys whose expansion is kept, of each length: expanding one costs more than decrypting a trap,
/// and devices take turns.
constexpr std::size_t kExpandedKeys = 1024;

using AesIv = std::array<std::uint8_t, kAesBlock>;
using DesIv = std::array<std::uint8_t, kDesBlock>;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeCipher {
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};
using ContextPointer = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;
using CipherPointer = std::unique_ptr<EVP_CIPHER, FreeCipher>;

/// A library context of its own, so that loading "legacy" leaves OpenSSL's defaults (and TLS)
/// alone. Never freed: a thread may still hold a cipher of it when the process ends.
OSSL_LIB_CTX* legacy_library() {
  static OSSL_LIB_CTX* const library = []() -> OSSL_LIB_CTX* {
    OSSL_LIB_CTX* made = OSSL_LIB_CTX_new();
    if (made == nullptr) return nullptr;
    if (OSSL_PROVIDER_load(made, "legacy") != nullptr) return made;
    OSSL_LIB_CTX_free(made);
    return nullptr;
  }();
  return library;
}

CipherPointer fetch(OSSL_LIB_CTX* library, const char* name) {
  return CipherPointer(EVP_CIPHER_fetch(library, name, nullptr));
}

int as_int(std::size_t octets) { return static_cast<int>(octets); }

/// KEY-08: boots, time, salt, all of the message.
AesIv aes_iv(std::uint32_t boots, std::uint32_t time, ByteView salt) {
  AesIv iv;
  store_be32(iv.data(), boots);
  store_be32(iv.data() + 4, time);
  std::memcpy(iv.data() + 8, salt.data(), kSaltOctets);
  return iv;
}

/// KEY-05: pre-IV (octets 9 to 16 of the key) xor salt.
DesIv des_iv(const Key& key, ByteView salt) {
  DesIv iv;
  for (std::size_t i = 0; i < kDesBlock; ++i) {
    iv[i] = static_cast<std::uint8_t>(key.expose()[kDesKeyOctets + i] ^ salt[i]);
  }
  return iv;
}

void xor_octets(ByteView a, ByteView b, MutableBytes out) {
  using Block = std::array<std::uint64_t, kAesBlock / sizeof(std::uint64_t)>;
  std::size_t i = 0;
  for (; i + sizeof(Block) <= out.size(); i += sizeof(Block)) {
    const auto left = load_le<Block>(a.data() + i);
    const auto right = load_le<Block>(b.data() + i);
    store_le(out.data() + i, Block{left[0] ^ right[0], left[1] ^ right[1]});
  }
  for (; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(a[i] ^ b[i]);
}

/// AES of one key length: the bare block cipher, with which CFB is undone many blocks at a time
/// (three times as fast as OpenSSL's CFB), and CFB itself, which cannot be parallel forwards.
class Aes {
 public:
  Aes(const char* block_name, const char* cfb_name)
      : block_cipher_(fetch(nullptr, block_name)),
        cfb_cipher_(fetch(nullptr, cfb_name)),
        cfb_(EVP_CIPHER_CTX_new()) {
    CHECK(block_cipher_ && cfb_cipher_ && cfb_);
    CHECK(EVP_EncryptInit_ex2(cfb_.get(), cfb_cipher_.get(), nullptr, nullptr, nullptr) == 1);
  }
  ~Aes() { wipe(MutableBytes(piece_)); }
  Aes(const Aes&) = delete;
  Aes& operator=(const Aes&) = delete;

  bool decrypt(const Key& key, const AesIv& iv, ByteView encrypted, MutableBytes out,
               std::uintptr_t place) {
    EVP_CIPHER_CTX* const block =
        expanded(key, place != 0 ? place : reinterpret_cast<std::uintptr_t>(&key));
    if (block == nullptr) return false;
    for (std::size_t at = 0; at < encrypted.size(); at += kPieceOctets) {
      const ByteView before = at == 0 ? ByteView(iv) : encrypted.subspan(at - kAesBlock, kAesBlock);
      const std::size_t octets = std::min(kPieceOctets, encrypted.size() - at);
      if (!decrypt_piece(block, before, encrypted.subspan(at, octets), out.subspan(at, octets))) {
        return false;
      }
    }
    return true;
  }

  bool encrypt(ByteView key, const AesIv& iv, ByteView plain, MutableBytes out) {
    int octets = 0;
    return EVP_EncryptInit_ex2(cfb_.get(), nullptr, key.data(), iv.data(), nullptr) == 1 &&
           EVP_EncryptUpdate(cfb_.get(), out.data(), &octets, plain.data(), as_int(plain.size())) ==
               1 &&
           octets == as_int(plain.size());
  }

 private:
  struct Expanded {
    Expanded() = default;
    ~Expanded() { wipe(MutableBytes(key)); }
    Expanded(const Expanded&) = delete;
    Expanded& operator=(const Expanded&) = delete;

    std::array<std::uint8_t, kPrivKeyOctetsMax> key{};
    std::size_t octets = 0;  // 0 = none
    ContextPointer context;
  };

  /// Where a key lies in memory says where its expansion is looked for, so that nothing about its
  /// octets is told by time; what they are decides.
  EVP_CIPHER_CTX* expanded(const Key& key, std::uintptr_t place) {
    const ByteView octets = key.expose();
    if (expanded_.empty()) expanded_ = std::vector<Expanded>(kExpandedKeys);  // once
    Expanded& kept = expanded_[(place * 0x9e3779b97f4a7c15U >> 32) % kExpandedKeys];
    if (octets.size() == kept.octets &&
        CRYPTO_memcmp(octets.data(), kept.key.data(), kept.octets) == 0) {
      return kept.context.get();
    }
    kept.octets = 0;
    if (!kept.context) kept.context = new_block_context();
    if (EVP_EncryptInit_ex2(kept.context.get(), nullptr, octets.data(), nullptr, nullptr) != 1) {
      return nullptr;
    }
    std::memcpy(kept.key.data(), octets.data(), octets.size());
    kept.octets = octets.size();
    return kept.context.get();
  }

  /// Once for each place.
  ContextPointer new_block_context() const {
    ContextPointer made(EVP_CIPHER_CTX_new());
    CHECK(made);
    CHECK(EVP_EncryptInit_ex2(made.get(), block_cipher_.get(), nullptr, nullptr, nullptr) == 1);
    CHECK(EVP_CIPHER_CTX_set_padding(made.get(), 0) == 1);
    return made;
  }

  /// before: the cipher block in front of the piece, or the IV.
  bool decrypt_piece(EVP_CIPHER_CTX* block, ByteView before, ByteView encrypted, MutableBytes out) {
    const std::size_t blocks = (encrypted.size() + kAesBlock - 1) / kAesBlock;
    const std::size_t stream_octets = blocks * kAesBlock;
    std::memcpy(piece_.data(), before.data(), kAesBlock);
    std::memcpy(piece_.data() + kAesBlock, encrypted.data(), stream_octets - kAesBlock);
    int octets = 0;
    if (EVP_EncryptUpdate(block, piece_.data(), &octets, piece_.data(), as_int(stream_octets)) !=
            1 ||
        octets != as_int(stream_octets)) {
      return false;
    }
    xor_octets(encrypted, piece_, out);
    return true;
  }

  CipherPointer block_cipher_;
  CipherPointer cfb_cipher_;
  ContextPointer cfb_;
  std::vector<Expanded> expanded_;
  std::array<std::uint8_t, kPieceOctets> piece_{};
};

class Des {
 public:
  Des() {
    if (legacy_library() == nullptr) return;
    cipher_ = fetch(legacy_library(), "DES-CBC");
    context_.reset(EVP_CIPHER_CTX_new());
  }
  bool decrypt(const Key& key, const DesIv& iv, ByteView encrypted, MutableBytes out) {
    return start(key, iv, 0) && update(encrypted, out.data());
  }
  /// out.size() is plain.size() rounded up to whole blocks.
  bool encrypt(const Key& key, const DesIv& iv, ByteView plain, MutableBytes out) {
    const std::size_t whole = plain.size() / kDesBlock * kDesBlock;
    if (!start(key, iv, 1) || !update(plain.first(whole), out.data())) return false;
    if (whole == plain.size()) return true;
    std::array<std::uint8_t, kDesBlock> last{};
    std::memcpy(last.data(), plain.data() + whole, plain.size() - whole);
    return update(last, out.data() + whole);
  }

 private:
  bool start(const Key& key, const DesIv& iv, int encrypt) {
    return cipher_ && context_ &&
           EVP_CipherInit_ex2(context_.get(), cipher_.get(), key.expose().data(), iv.data(),
                              encrypt, nullptr) == 1 &&
           EVP_CIPHER_CTX_set_padding(context_.get(), 0) == 1;
  }
  bool update(ByteView in, std::uint8_t* out) {
    int octets = 0;
    if (in.empty()) return true;
    return EVP_CipherUpdate(context_.get(), out, &octets, in.data(), as_int(in.size())) == 1 &&
           octets == as_int(in.size());
  }

  CipherPointer cipher_;
  ContextPointer context_;
};

}  // namespace

struct Cipher::Contexts {
  Aes aes128{"AES-128-ECB", "AES-128-CFB"};
  Aes aes192{"AES-192-ECB", "AES-192-CFB"};
  Aes aes256{"AES-256-ECB", "AES-256-CFB"};
  Des des;

  /// nullptr: not an AES protocol.
  Aes* aes(PrivProtocol priv) {
    switch (priv) {
      case PrivProtocol::kNone:
      case PrivProtocol::kDes:
        return nullptr;
      case PrivProtocol::kAes128:
        return &aes128;
      case PrivProtocol::kAes192Blumenthal:
      case PrivProtocol::kAes192Reeder:
        return &aes192;
      case PrivProtocol::kAes256Blumenthal:
      case PrivProtocol::kAes256Reeder:
        return &aes256;
    }
    return nullptr;
  }
};

Cipher::Cipher() : contexts_(std::make_unique<Contexts>()) {}
Cipher::~Cipher() = default;

void Cipher::forget_keys() {
  if (!holds_keys_) return;
  contexts_ = std::make_unique<Contexts>();  // the old ones are wiped as they go
  holds_keys_ = false;
}

bool Cipher::des_available() {
  static const bool available =
      legacy_library() != nullptr && fetch(legacy_library(), "DES-CBC") != nullptr;
  return available;
}

bool Cipher::decrypt(PrivProtocol priv, const Key& key, std::uint32_t boots, std::uint32_t time,
                     ByteView salt, ByteView encrypted, MutableBytes out, std::uintptr_t place) {
  if (salt.size() != kSaltOctets || out.size() < encrypted.size()) return false;
  if (priv == PrivProtocol::kNone || key.expose().size() != row(priv).key_octets) return false;
  holds_keys_ = true;
  if (Aes* const aes = contexts_->aes(priv); aes != nullptr) {
    return aes->decrypt(key, aes_iv(boots, time, salt), encrypted, out, place);
  }
  // RFC 3414 8.3.2: DES works on whole blocks only.
  if (encrypted.size() % kDesBlock != 0) return false;
  return contexts_->des.decrypt(key, des_iv(key, salt), encrypted, out);
}

std::size_t Cipher::encrypt(PrivProtocol priv, const Key& key, std::uint32_t boots,
                            std::uint32_t time, ByteView salt, ByteView plain, MutableBytes out) {
  if (salt.size() != kSaltOctets || priv == PrivProtocol::kNone) return 0;
  if (key.expose().size() != row(priv).key_octets) return 0;
  const std::size_t octets = encrypted_octets(priv, plain.size());
  if (out.size() < octets) return 0;
  holds_keys_ = true;
  Aes* const aes = contexts_->aes(priv);
  const bool done = aes != nullptr
                        ? aes->encrypt(key.expose(), aes_iv(boots, time, salt), plain, out)
                        : contexts_->des.encrypt(key, des_iv(key, salt), plain, out.first(octets));
  return done ? octets : 0;
}

std::size_t encrypted_octets(PrivProtocol priv, std::size_t plain_octets) {
  if (priv != PrivProtocol::kDes) return plain_octets;
  return (plain_octets + kDesBlock - 1) / kDesBlock * kDesBlock;
}

}  // namespace trapd::usm
