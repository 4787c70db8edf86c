// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/digest.h"

#include "trapd/base/check.h"
#include "trapd/base/secret.h"

namespace trapd::usm {
namespace {

template <typename Words>
void put(Midstate* state, const Words& words) {
  static_assert(sizeof words <= sizeof(Midstate));
  std::memcpy(state->data(), &words, sizeof words);
}
template <typename Words>
void take(Words* words, const Midstate& state) {
  static_assert(sizeof *words <= sizeof(Midstate));
  std::memcpy(words, state.data(), sizeof *words);
}

constexpr unsigned kBitsPerOctet = 8;

}  // namespace

Digest::Digest(AuthProtocol auth) : auth_(auth) {
  switch (auth) {
    case AuthProtocol::kNone:
      CHECK(false);
      break;
    case AuthProtocol::kMd5:
      MD5_Init(&context_.md5);
      break;
    case AuthProtocol::kSha1:
      SHA1_Init(&context_.sha1);
      break;
    case AuthProtocol::kSha224:
      SHA224_Init(&context_.sha256);
      break;
    case AuthProtocol::kSha256:
      SHA256_Init(&context_.sha256);
      break;
    case AuthProtocol::kSha384:
      SHA384_Init(&context_.sha512);
      break;
    case AuthProtocol::kSha512:
      SHA512_Init(&context_.sha512);
      break;
  }
}

Digest::Digest(AuthProtocol auth, const Midstate& after_one_block) : Digest(auth) {
  switch (auth) {
    case AuthProtocol::kNone:
      break;
    case AuthProtocol::kMd5: {
      std::array<MD5_LONG, 4> h;
      take(&h, after_one_block);
      context_.md5.A = h[0];
      context_.md5.B = h[1];
      context_.md5.C = h[2];
      context_.md5.D = h[3];
      context_.md5.Nl = MD5_CBLOCK * kBitsPerOctet;
      break;
    }
    case AuthProtocol::kSha1: {
      std::array<SHA_LONG, 5> h;
      take(&h, after_one_block);
      context_.sha1.h0 = h[0];
      context_.sha1.h1 = h[1];
      context_.sha1.h2 = h[2];
      context_.sha1.h3 = h[3];
      context_.sha1.h4 = h[4];
      context_.sha1.Nl = SHA_CBLOCK * kBitsPerOctet;
      break;
    }
    case AuthProtocol::kSha224:
    case AuthProtocol::kSha256:
      take(&context_.sha256.h, after_one_block);
      context_.sha256.Nl = SHA256_CBLOCK * kBitsPerOctet;
      break;
    case AuthProtocol::kSha384:
    case AuthProtocol::kSha512:
      take(&context_.sha512.h, after_one_block);
      context_.sha512.Nl = SHA512_CBLOCK * kBitsPerOctet;
      break;
  }
}

Digest::~Digest() { ::explicit_bzero(&context_, sizeof context_); }

void Digest::update(ByteView bytes) {
  switch (auth_) {
    case AuthProtocol::kNone:
      break;
    case AuthProtocol::kMd5:
      MD5_Update(&context_.md5, bytes.data(), bytes.size());
      break;
    case AuthProtocol::kSha1:
      SHA1_Update(&context_.sha1, bytes.data(), bytes.size());
      break;
    case AuthProtocol::kSha224:
      SHA224_Update(&context_.sha256, bytes.data(), bytes.size());
      break;
    case AuthProtocol::kSha256:
      SHA256_Update(&context_.sha256, bytes.data(), bytes.size());
      break;
    case AuthProtocol::kSha384:
      SHA384_Update(&context_.sha512, bytes.data(), bytes.size());
      break;
    case AuthProtocol::kSha512:
      SHA512_Update(&context_.sha512, bytes.data(), bytes.size());
      break;
  }
}

Midstate Digest::save() const {
  Midstate state{};
  switch (auth_) {
    case AuthProtocol::kNone:
      break;
    case AuthProtocol::kMd5: {
      const MD5_CTX& md5 = context_.md5;
      put(&state, std::array<MD5_LONG, 4>{md5.A, md5.B, md5.C, md5.D});
      break;
    }
    case AuthProtocol::kSha1: {
      const SHA_CTX& sha1 = context_.sha1;
      put(&state, std::array<SHA_LONG, 5>{sha1.h0, sha1.h1, sha1.h2, sha1.h3, sha1.h4});
      break;
    }
    case AuthProtocol::kSha224:
    case AuthProtocol::kSha256:
      put(&state, context_.sha256.h);
      break;
    case AuthProtocol::kSha384:
    case AuthProtocol::kSha512:
      put(&state, context_.sha512.h);
      break;
  }
  return state;
}

void Digest::finish(MutableBytes out) {
  CHECK(out.size() >= row(auth_).digest_octets);
  switch (auth_) {
    case AuthProtocol::kNone:
      break;
    case AuthProtocol::kMd5:
      MD5_Final(out.data(), &context_.md5);
      break;
    case AuthProtocol::kSha1:
      SHA1_Final(out.data(), &context_.sha1);
      break;
    case AuthProtocol::kSha224:
      SHA224_Final(out.data(), &context_.sha256);
      break;
    case AuthProtocol::kSha256:
      SHA256_Final(out.data(), &context_.sha256);
      break;
    case AuthProtocol::kSha384:
      SHA384_Final(out.data(), &context_.sha512);
      break;
    case AuthProtocol::kSha512:
      SHA512_Final(out.data(), &context_.sha512);
      break;
  }
}

}  // namespace trapd::usm
