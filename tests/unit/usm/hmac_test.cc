// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/hmac.h"

#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

struct HmacVector {
  AuthProtocol auth;
  std::size_t key_octets;
  const char* digest;
};

// RFC 2202 2 and 3, RFC 4231 4.2: test case 1.
constexpr HmacVector kHiThere[] = {
    {AuthProtocol::kMd5, 16, "9294727a3638bb1c13f48ef8158bfc9d"},
    {AuthProtocol::kSha1, 20, "b617318655057264e28bc0b6fb378c8ef146be00"},
    {AuthProtocol::kSha224, 20, "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22"},
    {AuthProtocol::kSha256, 20, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {AuthProtocol::kSha384, 20,
     "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa"
     "9cb6"},
    {AuthProtocol::kSha512, 20,
     "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3"
     "f4e4be9d914eeb61f1702e696c203a126854"},
};

HmacKey key_for(const HmacVector& vector) {
  return {vector.auth, Key(Bytes(vector.key_octets, 0x0b))};
}

TEST_CASE("KEY-03: digests are the published ones, cut to the protocol's length") {
  for (const HmacVector& vector : kHiThere) {
    CAPTURE(row(vector.auth).name);
    const std::size_t octets = row(vector.auth).mac_octets;
    Bytes mac(octets);
    key_for(vector).sign(as_bytes("Hi There"), {}, {}, mac);
    CHECK(to_hex(mac) == std::string(vector.digest).substr(0, octets * 2));
  }
}

TEST_CASE("a message may be signed in pieces") {
  const HmacKey key = key_for(kHiThere[1]);
  Bytes whole(12);
  Bytes pieces(12);
  key.sign(as_bytes("Hi There"), {}, {}, whole);
  key.sign(as_bytes("Hi"), as_bytes(" The"), as_bytes("re"), pieces);
  CHECK(whole == pieces);
}

TEST_CASE("the same key signs many messages, and copies of it do too") {
  const HmacKey key = key_for(kHiThere[3]);
  const HmacKey copy = key;
  Bytes first(24);
  Bytes again(24);
  key.sign(kScopedPdu, {}, {}, first);
  copy.sign(kScopedPdu, {}, {}, again);
  CHECK(first == again);
}

/// A message with its digest at `at`.
struct Signed {
  Signed(const HmacVector& vector, std::size_t at_octet)
      : key(key_for(vector)),
        at(at_octet),
        octets(row(vector.auth).mac_octets),
        message(200, 0x5a) {
    std::fill_n(message.begin() + static_cast<std::ptrdiff_t>(at), octets, std::uint8_t{0});
    Bytes mac(octets);
    key.sign(message, {}, {}, mac);
    std::copy(mac.begin(), mac.end(), message.begin() + static_cast<std::ptrdiff_t>(at));
  }
  ByteView mac() const { return ByteView(message).subspan(at, octets); }

  HmacKey key;
  std::size_t at;
  std::size_t octets;
  Bytes message;
};

TEST_CASE("USM-12: the digest covers the message with its own octets taken as zero") {
  for (const HmacVector& vector : kHiThere) {
    CAPTURE(row(vector.auth).name);
    const std::size_t last = 200 - row(vector.auth).mac_octets;
    for (const std::size_t at : {std::size_t{0}, std::size_t{61}, last}) {
      const Signed sent(vector, at);
      CHECK(sent.key.verify(sent.message, sent.mac()));
    }
  }
}

TEST_CASE("verifying writes nothing") {
  const Signed sent(kHiThere[1], 40);
  const Bytes before = sent.message;
  CHECK(sent.key.verify(sent.message, sent.mac()));
  CHECK(sent.message == before);
}

TEST_CASE("USM-13: a digest of any other length is never compared") {
  for (const HmacVector& vector : kHiThere) {
    const Signed sent(vector, 40);
    for (std::size_t octets = 0; octets <= 64; ++octets) {
      CAPTURE(octets);
      const ByteView mac = ByteView(sent.message).subspan(sent.at, octets);
      CHECK(sent.key.verify(sent.message, mac) == (octets == sent.octets));
    }
  }
}

TEST_CASE("USM-13: the right beginning of a digest in a shorter field is no digest") {
  for (const HmacVector& vector : kHiThere) {
    const HmacKey key = key_for(vector);
    for (std::size_t octets = 1; octets < row(vector.auth).mac_octets; ++octets) {
      CAPTURE(octets);
      Bytes message(200, 0x5a);
      const MutableBytes field = MutableBytes(message).subspan(40, octets);
      std::fill(field.begin(), field.end(), std::uint8_t{0});
      Bytes mac(row(vector.auth).mac_octets);
      key.sign(message, {}, {}, mac);
      std::copy_n(mac.begin(), octets, field.begin());
      CHECK_FALSE(key.verify(message, field));
    }
  }
}

TEST_CASE("USM-14: each bit of message and digest counts") {
  for (const HmacVector& vector : kHiThere) {
    CAPTURE(row(vector.auth).name);
    Signed sent(vector, 40);
    for (std::size_t bit = 0; bit < sent.message.size() * 8; ++bit) {
      const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
      sent.message[bit / 8] ^= mask;
      CHECK_FALSE(sent.key.verify(sent.message, sent.mac()));
      sent.message[bit / 8] ^= mask;
    }
  }
}

TEST_CASE("a digest that lies outside the message does not verify") {
  const Signed sent(kHiThere[1], 40);
  const Bytes elsewhere(sent.mac().begin(), sent.mac().end());
  CHECK_FALSE(sent.key.verify(sent.message, elsewhere));
  CHECK_FALSE(sent.key.verify(ByteView(sent.message).first(45), sent.mac()));
  CHECK_FALSE(sent.key.verify(ByteView(sent.message).subspan(45), sent.mac()));
  CHECK_FALSE(sent.key.verify({}, sent.mac()));
}

TEST_CASE("no protocol verifies nothing") {
  const HmacKey none;
  const Signed sent(kHiThere[1], 40);
  CHECK_FALSE(none.verify(sent.message, sent.mac()));
  CHECK_FALSE(none.verify(sent.message, {}));
}

}  // namespace
}  // namespace trapd::usm
