// SPDX-License-Identifier: Apache-2.0
#include "trapd/ctl/key_command.h"

#include <doctest/doctest.h>

namespace trapd::ctl {
namespace {

constexpr char kEngine[] = "000000000000000000000002";

Result<nlohmann::json> derive(const std::string& auth, const std::string& priv,
                              std::string_view passphrase = "maplesyrup",
                              const std::string& engine = kEngine) {
  return derive_keys({auth, priv, engine}, Secret(as_bytes(passphrase)),
                     Secret(as_bytes(passphrase)));
}

TEST_CASE("keys are those of RFC 3414 A.3 and of the two ways to lengthen") {
  const auto sha1 = derive("SHA-1", "");
  REQUIRE(sha1);
  CHECK((*sha1)["auth"]["key"] == "0x6695febc9288e36282235fc7151f128497b38f3f");
  CHECK(!sha1->contains("priv"));
  CHECK((*derive("SHA-1", "AES-128"))["priv"]["key"] == "0x6695febc9288e36282235fc7151f1284");
  CHECK((*derive("SHA-1", "AES-256-BLUMENTHAL"))["priv"]["key"] ==
        "0x6695febc9288e36282235fc7151f128497b38f3f505e07eb9af25568fa1f5dbe");
  CHECK((*derive("SHA-1", "AES-256-REEDER"))["priv"]["key"] ==
        "0x6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9c");
}

TEST_CASE("what is missing or weak is refused") {
  CHECK(!derive("SHA1", ""));
  CHECK(!derive("none", ""));
  CHECK(!derive("SHA-1", "none"));
  CHECK(!derive("SHA-1", "AES-256"));  // which way to lengthen?
  CHECK(derive("SHA-256", "AES-256"));
  CHECK(!derive("SHA-1", "", "short"));
  CHECK(!derive("SHA-1", "", "maplesyrup", "xyz"));
  CHECK(!derive("SHA-1", "", "maplesyrup", "00"));
}

}  // namespace
}  // namespace trapd::ctl
