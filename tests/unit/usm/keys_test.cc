// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/keys.h"

#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

struct KeyVector {
  AuthProtocol auth;
  const char* passphrase;
  const char* ku;
  const char* kul;  // for kEngine
};

// RFC 3414 A.3 and A.5; the SHA-2 ones were computed with several independent implementations.
constexpr KeyVector kKeyVectors[] = {
    {AuthProtocol::kMd5, "maplesyrup", "9faf3283884e92834ebc9847d8edd963",
     "526f5eed9fcce26f8964c2930787d82b"},
    {AuthProtocol::kSha1, "maplesyrup", "9fb5cc0381497b3793528939ff788d5d79145211",
     "6695febc9288e36282235fc7151f128497b38f3f"},
    {AuthProtocol::kMd5, "newsyrup", "01add273107c4e596b4b00f82b1d42a7",
     "87021d7bd9d101ba05ea6e3bf9d9bd4a"},
    {AuthProtocol::kSha1, "newsyrup", "3a51a6d736aa347b83dc4a87e3e55ee4d698ac71",
     "78e2dcce79d59403b58c1bbaa5bff46391f1cd25"},
    {AuthProtocol::kSha224, "maplesyrup",
     "282a5867ee9aac639ad59df9572c7d3ac0fbc13a905b6df07dbbf00b",
     "0bd8827c6e29f8065e08e09237f177e410f69b90e1782be682075674"},
    {AuthProtocol::kSha256, "maplesyrup",
     "ab51014d1e077f6017df2b12bee5f5aa72993177e9bb569c4dff5a4ca0b4afac",
     "8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b"},
    {AuthProtocol::kSha384, "maplesyrup",
     "e06eccdf2c68a06ed034723c9c26e0db3b669e1e2efed49150b55377a2e98f383c86fb836857444654b287c93f51"
     "ff64",
     "3b298f16164a11184279d5432bf169e2d2a48307de02b3d3f7e2b4f36eb6f0455a53689a3937eea07319a633d2cc"
     "ba78"},
    {AuthProtocol::kSha512, "maplesyrup",
     "7e4396de5aadc77be853819b98c9406265b3a9c37cc3176569847a4e4f6fba63dd3a73d04924d31a63f95a601f93"
     "85af6be4ed1b37f87d040f7c6ed6f8d38a91",
     "22a5a36cedfcc085807a128d7bc6c2382167ad6c0dbc5fdff856740f3d84c099ad1ea87a8db096714d9788bd5440"
     "47c9021e4229ce27e4c0a69250adfcffbb0b"},
};

TEST_CASE("KEY-01 KEY-02: passphrases become the published keys, localised to their engine") {
  for (const KeyVector& vector : kKeyVectors) {
    CAPTURE(row(vector.auth).name);
    const Key ku = password_to_key(vector.auth, as_bytes(vector.passphrase));
    CHECK(text(ku) == vector.ku);
    CHECK(text(localise(vector.auth, ku, kEngine)) == vector.kul);
  }
}

TEST_CASE("KEY-03: a localised key is as long as its hash") {
  for (const AuthRow& auth : kAuthRows) {
    if (auth.protocol == AuthProtocol::kNone) continue;
    CHECK(maplesyrup(auth.protocol).expose().size() == auth.digest_octets);
  }
}

TEST_CASE("KEY-04: repeating a passphrase gives the same key") {
  const Key once = password_to_key(AuthProtocol::kSha1, as_bytes("bertbert"));
  const Key more = password_to_key(AuthProtocol::kSha1, as_bytes("bertbertbert"));
  CHECK(text(once) == text(more));
}

TEST_CASE("a passphrase of any length is repeated to the mebibyte and not beyond") {
  const std::string letters = "abcdefghijklmnopqrstuvwxyz";
  for (const std::size_t octets : {1U, 7U, 2048U, 4095U, 4096U, 4097U, 100'000U, 1'048'577U}) {
    CAPTURE(octets);
    std::string passphrase;
    while (passphrase.size() < octets) passphrase += letters;
    passphrase.resize(octets);
    std::string stream;
    while (stream.size() < 1'048'576) stream += passphrase;
    stream.resize(1'048'576);
    std::array<std::uint8_t, 20> expected;
    Digest digest(AuthProtocol::kSha1);
    digest.update(as_bytes(stream));
    digest.finish(expected);
    CHECK(text(password_to_key(AuthProtocol::kSha1, as_bytes(passphrase))) == to_hex(expected));
  }
}

struct ExtensionVector {
  AuthProtocol auth;
  PrivProtocol priv;
  const char* key;
};
constexpr ExtensionVector kExtensions[] = {
    {AuthProtocol::kMd5, PrivProtocol::kAes192Blumenthal,
     "526f5eed9fcce26f8964c2930787d82bfa24a92467426c2f"},
    {AuthProtocol::kMd5, PrivProtocol::kAes192Reeder,
     "526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0"},
    {AuthProtocol::kMd5, PrivProtocol::kAes256Blumenthal,
     "526f5eed9fcce26f8964c2930787d82bfa24a92467426c2f4b09192be10dfaec"},
    {AuthProtocol::kMd5, PrivProtocol::kAes256Reeder,
     "526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0a3a40abfac5acc12"},
    {AuthProtocol::kSha1, PrivProtocol::kAes192Blumenthal,
     "6695febc9288e36282235fc7151f128497b38f3f505e07eb"},
    {AuthProtocol::kSha1, PrivProtocol::kAes192Reeder,
     "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78"},
    {AuthProtocol::kSha1, PrivProtocol::kAes256Blumenthal,
     "6695febc9288e36282235fc7151f128497b38f3f505e07eb9af25568fa1f5dbe"},
    {AuthProtocol::kSha1, PrivProtocol::kAes256Reeder,
     "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9c"},
    {AuthProtocol::kSha224, PrivProtocol::kAes256Blumenthal,
     "0bd8827c6e29f8065e08e09237f177e410f69b90e1782be682075674e82d9bf0"},
    {AuthProtocol::kSha224, PrivProtocol::kAes256Reeder,
     "0bd8827c6e29f8065e08e09237f177e410f69b90e1782be68207567422c34be4"},
};

TEST_CASE("KEY-12: short keys are lengthened in the two known ways") {
  for (const ExtensionVector& vector : kExtensions) {
    CAPTURE(row(vector.auth).name);
    CAPTURE(row(vector.priv).name);
    const Key kul = localise(vector.auth, maplesyrup(vector.auth), kEngine);
    CHECK(text(privacy_key(vector.auth, vector.priv, kul, kEngine)) == vector.key);
  }
}

TEST_CASE("KEY-12: a long hash makes both ways equal: the first octets of the localised key") {
  for (const AuthProtocol auth :
       {AuthProtocol::kSha256, AuthProtocol::kSha384, AuthProtocol::kSha512}) {
    const Key kul = localise(auth, maplesyrup(auth), kEngine);
    const std::string first = to_hex(kul.expose().first(32));
    CHECK(text(privacy_key(auth, PrivProtocol::kAes256Blumenthal, kul, kEngine)) == first);
    CHECK(text(privacy_key(auth, PrivProtocol::kAes256Reeder, kul, kEngine)) == first);
    CHECK(text(privacy_key(auth, PrivProtocol::kAes192Reeder, kul, kEngine)) ==
          first.substr(0, 48));
  }
}

TEST_CASE("DES and AES-128 take sixteen octets; no privacy takes none") {
  const Key kul = localise(AuthProtocol::kSha1, maplesyrup(AuthProtocol::kSha1), kEngine);
  const std::string sixteen = to_hex(kul.expose().first(16));
  CHECK(text(privacy_key(AuthProtocol::kSha1, PrivProtocol::kDes, kul, kEngine)) == sixteen);
  CHECK(text(privacy_key(AuthProtocol::kSha1, PrivProtocol::kAes128, kul, kEngine)) == sixteen);
  CHECK(privacy_key(AuthProtocol::kSha1, PrivProtocol::kNone, kul, kEngine).empty());
}

TEST_CASE("a configured key that is too short, and that nothing lengthens, is no key") {
  const Key fifteen(ByteView(kScopedPdu).first(15));
  CHECK(privacy_key(AuthProtocol::kSha1, PrivProtocol::kAes128, fifteen, kEngine).empty());
  CHECK(privacy_key(AuthProtocol::kSha1, PrivProtocol::kAes256Reeder, {}, kEngine).empty());
}

TEST_CASE("a configured privacy key that is long enough is not lengthened again") {
  const Key full(ByteView(kScopedPdu).first(32));
  CHECK(text(privacy_key(AuthProtocol::kMd5, PrivProtocol::kAes256Blumenthal, full, kEngine)) ==
        to_hex(full.expose()));
}

}  // namespace
}  // namespace trapd::usm
