// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/user.h"

#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

User named(std::string name, std::vector<Bytes> engines = {}) {
  User user = make_user(std::move(name), AuthProtocol::kSha1, PrivProtocol::kAes128);
  user.engines = std::move(engines);
  return user;
}

const Bytes kOther = hex("8000138b0500000009");

TEST_CASE("USM-08: a user is found by engine and name, octet by octet") {
  const UserTable table({named("ops"), named("edge", {kEngine})});
  REQUIRE(table.find(kEngine, as_bytes("ops")) != nullptr);
  CHECK(table.find(kOther, as_bytes("ops"))->name == "ops");
  CHECK(table.find(kEngine, as_bytes("edge"))->name == "edge");
  CHECK(table.find(kOther, as_bytes("edge")) == nullptr);
  CHECK(table.find(kEngine, as_bytes("Ops")) == nullptr);
  CHECK(table.find(kEngine, as_bytes("op")) == nullptr);
  CHECK(table.find(kEngine, as_bytes(std::string_view("ops\0", 4))) == nullptr);
}

TEST_CASE("the user of exactly this engine goes before the one of any engine") {
  const UserTable table({named("ops"), named("ops", {kEngine, kOther})});
  CHECK(table.find(kEngine, as_bytes("ops")) == &table.users()[1]);
  CHECK(table.find(kOther, as_bytes("ops")) == &table.users()[1]);
  CHECK(table.find(kOwnEngine, as_bytes("ops")) == &table.users()[0]);
}

TEST_CASE("engine and name cannot be shifted into one another") {
  const Bytes engine = hex("8000000161");
  const Bytes longer = hex("800000016162");
  const UserTable table({named("bc", {engine})});
  CHECK(table.find(engine, as_bytes("bc")) != nullptr);
  CHECK(table.find(longer, as_bytes("c")) == nullptr);
  CHECK(table.find(ByteView(engine).first(4), as_bytes("abc")) == nullptr);
}

TEST_CASE("USM-09: the empty name is nobody, and over-long names and engines are nobody's") {
  const UserTable table({named("ops"), named(std::string(32, 'x'))});
  CHECK(table.find(kEngine, {}) == nullptr);
  CHECK(table.find(Bytes(33, 1), as_bytes("ops")) == nullptr);
  CHECK(table.find(kEngine, Bytes(33, 'x')) == nullptr);
  CHECK(table.find(Bytes(32, 1), Bytes(32, 'x')) == &table.users()[1]);
  CHECK(UserTable().find(kEngine, as_bytes("ops")) == nullptr);
}

TEST_CASE("a user is found by its name alone for diagnosis") {
  const UserTable table({named("ops"), named("edge", {kEngine})});
  CHECK(table.find_by_name("edge") == &table.users()[1]);
  CHECK(table.find_by_name("EDGE") == nullptr);
}

TEST_CASE("a localised key is used as it stands") {
  User user = named("edge", {kEngine});
  user.auth_kul = Key(Bytes(20, 7));
  user.priv_kul = Key(Bytes(20, 9));
  CHECK(text(localised_auth_key(user, kEngine)) == to_hex(Bytes(20, 7)));
  CHECK(text(localised_priv_key(user, kEngine)) == to_hex(Bytes(16, 9)));
}

TEST_CASE("a user without a protocol has no key for it") {
  const User none = make_user("noa", AuthProtocol::kNone, PrivProtocol::kNone);
  CHECK(localised_auth_key(none, kEngine).empty());
  CHECK(localised_priv_key(none, kEngine).empty());
}

TEST_CASE("the default policy wants authPriv and nothing older than SHA-1 and AES") {
  const Policy policy = default_policy();
  CHECK(policy.level == SecurityLevel::kAuthPriv);
  CHECK_FALSE(policy.allows(AuthProtocol::kNone));
  CHECK_FALSE(policy.allows(AuthProtocol::kMd5));
  CHECK_FALSE(policy.allows(PrivProtocol::kNone));
  CHECK_FALSE(policy.allows(PrivProtocol::kDes));
  CHECK(policy.allows(AuthProtocol::kSha1));
  CHECK(policy.allows(AuthProtocol::kSha512));
  CHECK(policy.allows(PrivProtocol::kAes128));
  CHECK(policy.allows(PrivProtocol::kAes192Reeder));
  CHECK(policy.allows(PrivProtocol::kAes256Blumenthal));
}

}  // namespace
}  // namespace trapd::usm
