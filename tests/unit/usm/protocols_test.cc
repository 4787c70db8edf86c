// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/protocols.h"

#include <doctest/doctest.h>

namespace trapd::usm {
namespace {

TEST_CASE("each row is found by its name") {
  for (const AuthRow& auth : kAuthRows) CHECK(auth_protocol(auth.name) == auth.protocol);
  for (const PrivRow& priv : kPrivRows) {
    CHECK(priv_protocol(priv.name, AuthProtocol::kMd5) == priv.protocol);
  }
}

TEST_CASE("an unknown name is an error, never something weaker") {
  for (const char* name : {"", "SHA", "sha-1", "SHA-1 ", "SHA1", "SHA-512/256", "MD4", "NONE"}) {
    CHECK_FALSE(auth_protocol(name).has_value());
  }
  for (const char* name : {"", "AES", "aes-128", "AES-128 ", "3DES", "AES-512", "AES-128-REEDER"}) {
    CHECK_FALSE(priv_protocol(name, AuthProtocol::kSha512).has_value());
  }
}

TEST_CASE("KEY-12: a bare AES-192 or AES-256 needs a hash long enough to be unambiguous") {
  CHECK_FALSE(priv_protocol("AES-192", AuthProtocol::kNone).has_value());
  CHECK_FALSE(priv_protocol("AES-192", AuthProtocol::kMd5).has_value());
  CHECK_FALSE(priv_protocol("AES-192", AuthProtocol::kSha1).has_value());
  CHECK(priv_protocol("AES-192", AuthProtocol::kSha224) == PrivProtocol::kAes192Blumenthal);
  CHECK_FALSE(priv_protocol("AES-256", AuthProtocol::kSha1).has_value());
  CHECK_FALSE(priv_protocol("AES-256", AuthProtocol::kSha224).has_value());
  CHECK(priv_protocol("AES-256", AuthProtocol::kSha256) == PrivProtocol::kAes256Blumenthal);
  CHECK(priv_protocol("AES-256", AuthProtocol::kSha512) == PrivProtocol::kAes256Blumenthal);
}

}  // namespace
}  // namespace trapd::usm
