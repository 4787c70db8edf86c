// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/cipher.h"

#include <openssl/evp.h>

#include <set>

#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

// NIST SP 800-38A F.3.13 to F.3.18: IV 00 01 .. 0f, which is boots, time and salt here.
constexpr std::uint32_t kNistBoots = 0x00010203;
constexpr std::uint32_t kNistTime = 0x04050607;
const Bytes kNistSalt = hex("08090a0b0c0d0e0f");
const Bytes kNistPlain =
    hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");

struct NistVector {
  PrivProtocol priv;
  const char* key;
  const char* encrypted;
};
constexpr NistVector kNist[] = {
    {PrivProtocol::kAes128, "2b7e151628aed2a6abf7158809cf4f3c",
     "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b"
     "26751f67a3cbb140b1808cf187a4f4dfc04b05357c5d1c0eeac4c66f9ff7f2e6"},
    {PrivProtocol::kAes192Blumenthal, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
     "cdc80d6fddf18cab34c25909c99a417467ce7f7f81173621961a2b70171d3d7a"
     "2e1e8a1dd59b88b1c8e60fed1efac4c9c05f9f9ca9834fa042ae8fba584b09ff"},
    {PrivProtocol::kAes256Reeder,
     "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "dc7e84bfda79164b7ecd8486985d386039ffed143b28b1c832113c6331e5407b"
     "df10132415e54b92a13ed0a8267ae2f975a385741ab9cef82031623d55b1e471"},
};

// FIPS 81: the second half of the key is the pre-IV, so that a salt of zeros leaves it as IV.
const Key kFipsKey(hex("0123456789abcdef1234567890abcdef"));
const Bytes kNoSalt(8, 0);
constexpr const char* kFipsEncrypted = "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6";

Bytes encrypt(Cipher* cipher, PrivProtocol priv, const Key& key, ByteView salt, ByteView plain) {
  Bytes out(plain.size() + 8);
  out.resize(cipher->encrypt(priv, key, kNistBoots, kNistTime, salt, plain, out));
  return out;
}
Bytes decrypt(Cipher* cipher, PrivProtocol priv, const Key& key, ByteView salt,
              ByteView encrypted) {
  Bytes out(encrypted.size());
  REQUIRE(cipher->decrypt(priv, key, kNistBoots, kNistTime, salt, encrypted, out));
  return out;
}

TEST_CASE("KEY-07 KEY-08: AES is CFB128 with boots, time and salt as its IV") {
  Cipher cipher;
  for (const NistVector& vector : kNist) {
    CAPTURE(row(vector.priv).name);
    const Key key(hex(vector.key));
    const Bytes encrypted = encrypt(&cipher, vector.priv, key, kNistSalt, kNistPlain);
    CHECK(to_hex(encrypted) == vector.encrypted);
    CHECK(decrypt(&cipher, vector.priv, key, kNistSalt, encrypted) == kNistPlain);
  }
}

TEST_CASE("KEY-05: DES is CBC with pre-IV xor salt") {
  REQUIRE(Cipher::des_available());
  Cipher cipher;
  const ByteView plain = as_bytes("Now is the time for all ");
  const Bytes encrypted = encrypt(&cipher, PrivProtocol::kDes, kFipsKey, kNoSalt, plain);
  CHECK(to_hex(encrypted) == kFipsEncrypted);
  CHECK(equal(decrypt(&cipher, PrivProtocol::kDes, kFipsKey, kNoSalt, encrypted), plain));
  // Another pre-IV, and the salt that makes the same IV of it.
  const Key exact(hex("0123456789abcdefed34a9786fabcdef"));
  Bytes xored = hex("1234567890abcdef");
  for (std::size_t i = 0; i < 8; ++i) xored[i] ^= exact.expose()[8 + i];
  CHECK(to_hex(encrypt(&cipher, PrivProtocol::kDes, exact, xored, plain)) == kFipsEncrypted);
}

TEST_CASE("KEY-05: parity bits of a DES key are ignored") {
  Cipher cipher;
  const Bytes encrypted = hex(kFipsEncrypted);
  const Key other_parity(hex("0022446688aaccee1234567890abcdef"));
  CHECK(decrypt(&cipher, PrivProtocol::kDes, kFipsKey, kNoSalt, encrypted) ==
        decrypt(&cipher, PrivProtocol::kDes, other_parity, kNoSalt, encrypted));
}

TEST_CASE("KEY-06: DES pads to whole blocks when encrypting and refuses broken ones") {
  Cipher cipher;
  for (std::size_t octets = 1; octets <= 32; ++octets) {
    CAPTURE(octets);
    const Bytes plain(octets, 0x42);
    const Bytes encrypted = encrypt(&cipher, PrivProtocol::kDes, kFipsKey, kNistSalt, plain);
    CHECK(encrypted.size() == (octets + 7) / 8 * 8);
    Bytes again = decrypt(&cipher, PrivProtocol::kDes, kFipsKey, kNistSalt, encrypted);
    again.resize(octets);
    CHECK(again == plain);
    Bytes out(octets);
    CHECK(cipher.decrypt(PrivProtocol::kDes, kFipsKey, 1, 1, kNistSalt, plain, out) ==
          (octets % 8 == 0));
  }
}

TEST_CASE("KEY-09: AES takes any length, across the pieces it is worked off in") {
  Cipher cipher;
  Bytes plain(10'000);
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<std::uint8_t>(i * 31);
  std::vector<std::size_t> lengths = {0,    1,    15,   16,   17,   4095, 4096,  4097,
                                      4111, 4112, 4113, 8191, 8192, 8193, 10'000};
  for (std::size_t i = 18; i < 80; ++i) lengths.push_back(i);
  for (const NistVector& vector : kNist) {
    const Key key(hex(vector.key));
    for (const std::size_t octets : lengths) {
      CAPTURE(octets);
      const ByteView part = ByteView(plain).first(octets);
      const Bytes encrypted = encrypt(&cipher, vector.priv, key, kNistSalt, part);
      REQUIRE(encrypted.size() == octets);
      CHECK(equal(decrypt(&cipher, vector.priv, key, kNistSalt, encrypted), part));
    }
  }
}

TEST_CASE("a cipher that served one key serves the next one") {
  Cipher cipher;
  const Key a(hex("2b7e151628aed2a6abf7158809cf4f3c"));
  const Key b(hex("2b7e151628aed2a6abf7158809cf4f3d"));
  const Bytes of_a = encrypt(&cipher, PrivProtocol::kAes128, a, kNistSalt, kNistPlain);
  const Bytes of_b = encrypt(&cipher, PrivProtocol::kAes128, b, kNistSalt, kNistPlain);
  CHECK(of_a != of_b);
  for (int i = 0; i < 3; ++i) {
    CHECK(decrypt(&cipher, PrivProtocol::kAes128, a, kNistSalt, of_a) == kNistPlain);
    CHECK(decrypt(&cipher, PrivProtocol::kAes128, a, kNistSalt, of_a) == kNistPlain);
    CHECK(decrypt(&cipher, PrivProtocol::kAes128, b, kNistSalt, of_b) == kNistPlain);
    CHECK(decrypt(&cipher, PrivProtocol::kAes128, b, kNistSalt, of_a) != kNistPlain);
  }
}

TEST_CASE("INF-10: a salt that is not eight octets long is refused") {
  Cipher cipher;
  const Key key(hex("2b7e151628aed2a6abf7158809cf4f3c"));
  Bytes out(64);
  for (const std::size_t octets : {0U, 1U, 7U, 9U, 16U}) {
    CAPTURE(octets);
    const Bytes salt(octets, 1);
    CHECK_FALSE(cipher.decrypt(PrivProtocol::kAes128, key, 1, 1, salt, kNistPlain, out));
    CHECK_FALSE(cipher.decrypt(PrivProtocol::kDes, kFipsKey, 1, 1, salt, kNistPlain, out));
    CHECK(cipher.encrypt(PrivProtocol::kAes128, key, 1, 1, salt, kNistPlain, out) == 0);
  }
}

TEST_CASE("no protocol, no key, a key of another length or too little room: refused") {
  Cipher cipher;
  const Key key(hex("2b7e151628aed2a6abf7158809cf4f3c"));
  Bytes out(64);
  CHECK_FALSE(cipher.decrypt(PrivProtocol::kNone, key, 1, 1, kNistSalt, kNistPlain, out));
  CHECK_FALSE(cipher.decrypt(PrivProtocol::kAes128, {}, 1, 1, kNistSalt, kNistPlain, out));
  CHECK_FALSE(cipher.decrypt(PrivProtocol::kDes, {}, 1, 1, kNistSalt, kNistPlain, out));
  CHECK_FALSE(cipher.decrypt(PrivProtocol::kAes256Reeder, key, 1, 1, kNistSalt, kNistPlain, out));
  CHECK(cipher.encrypt(PrivProtocol::kNone, key, 1, 1, kNistSalt, kNistPlain, out) == 0);
  CHECK(cipher.encrypt(PrivProtocol::kAes128, {}, 1, 1, kNistSalt, kNistPlain, out) == 0);
  const MutableBytes small = MutableBytes(out).first(63);
  CHECK_FALSE(cipher.decrypt(PrivProtocol::kAes128, key, 1, 1, kNistSalt, kNistPlain, small));
  CHECK(cipher.encrypt(PrivProtocol::kAes128, key, 1, 1, kNistSalt, kNistPlain, small) == 0);
  const ByteView unaligned = ByteView(kNistPlain).first(60);
  CHECK(cipher.encrypt(PrivProtocol::kDes, kFipsKey, 1, 1, kNistSalt, unaligned, small) == 0);
}

TEST_CASE("DES comes from a library context of its own: OpenSSL's default knows no DES after it") {
  REQUIRE(Cipher::des_available());
  EVP_CIPHER* const des = EVP_CIPHER_fetch(nullptr, "DES-CBC", nullptr);
  CHECK(des == nullptr);
  EVP_CIPHER_free(des);
}

TEST_CASE("a cipher that has forgotten its keys works on as before") {
  for (const NistVector& vector : kNist) {
    Cipher cipher;
    const Key key(hex(vector.key));
    for (int round = 0; round < 2; ++round) {
      CHECK_FALSE(cipher.holds_keys());
      Bytes plain(kNistPlain.size());
      CHECK(cipher.decrypt(vector.priv, key, kNistBoots, kNistTime, kNistSalt,
                           hex(vector.encrypted), plain));
      CHECK(plain == kNistPlain);
      CHECK(cipher.holds_keys());
      cipher.forget_keys();
    }
  }
}

TEST_CASE("KEY-10: salts do not repeat, in one source or across sources") {
  std::set<Bytes> seen;
  Bytes salt(8);
  for (int i = 0; i < 50; ++i) {
    SaltSource source;
    for (int j = 0; j < 2000; ++j) {
      source.next(PrivProtocol::kAes128, 7, salt);
      CHECK(seen.insert(salt).second);
    }
  }
}

TEST_CASE("KEY-10: a DES salt is boots and a counter that all sources share") {
  std::set<Bytes> seen;
  Bytes salt(8);
  SaltSource a;
  SaltSource b;
  for (int i = 0; i < 2000; ++i) {
    a.next(PrivProtocol::kDes, 0x01020304, salt);
    CHECK(to_hex(ByteView(salt).first(4)) == "01020304");
    CHECK(seen.insert(salt).second);
    b.next(PrivProtocol::kDes, 0x01020304, salt);
    CHECK(seen.insert(salt).second);
  }
}

}  // namespace
}  // namespace trapd::usm
