// SPDX-License-Identifier: Apache-2.0
// The steps of RFC 3414 3.2 in their order, for traps: engine, user, level, digest, decryption.
#include <ctime>

#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

constexpr std::uint8_t kAuth = snmp::kAuthFlag;
constexpr std::uint8_t kAuthPriv = snmp::kAuthFlag | snmp::kPrivFlag;

User ops() { return make_user("ops", AuthProtocol::kSha1, PrivProtocol::kAes128); }
User auth_only() { return make_user("ops", AuthProtocol::kSha1, PrivProtocol::kNone); }
User no_auth() { return make_user("ops", AuthProtocol::kNone, PrivProtocol::kNone); }

void check_refused(const Inbound& inbound, Step step, DropReason reason) {
  CHECK(inbound.step == step);
  CHECK(inbound.reason == reason);
}

TEST_CASE("an authPriv trap of a new engine is taken, without a discovery") {
  Receiver receiver({ops()});
  Device device(ops());
  const Inbound inbound = receiver.receive(device.send());
  REQUIRE(inbound.step == Step::kAccepted);
  CHECK_FALSE(inbound.for_own_engine);
  CHECK(inbound.authenticated);
  CHECK(inbound.window == EngineClock::Verdict::kFresh);
  CHECK_FALSE(inbound.window_waived);
  CHECK(equal(inbound.clock->engine_id(), kEngine));
  CHECK(inbound.keys->user == inbound.user);
}

TEST_CASE("USM-04: of several faults the earliest step names the reason") {
  Receiver receiver({ops()});
  Handmade all_wrong;  // engine, user, level, digest, time and salt
  all_wrong.flags = kAuthPriv;
  all_wrong.engine = hex("00000000");
  all_wrong.user = {'x'};
  all_wrong.digest = Bytes(11, 1);
  all_wrong.salt = Bytes(7, 1);
  all_wrong.data = octet_string(Bytes(15, 1));
  check_refused(receiver.receive(all_wrong.octets()), Step::kEngine, DropReason::kUnknownEngine);
  all_wrong.engine = kEngine;
  check_refused(receiver.receive(all_wrong.octets()), Step::kUser, DropReason::kUnknownUser);

  Receiver no_privacy({auth_only()}, allow_all());
  all_wrong.user = {'o', 'p', 's'};
  check_refused(no_privacy.receive(all_wrong.octets()), Step::kLevel,
                DropReason::kUnsupportedSecLevel);
  check_refused(receiver.receive(all_wrong.octets()), Step::kDigest, DropReason::kWrongDigest);

  // From here on the digest is right.
  Device device(ops());
  REQUIRE(receiver.accepts(device.send()));
  all_wrong.digest = Bytes(12, 0);
  all_wrong.boots = 6;
  check_refused(receiver.receive(resign(all_wrong.octets(), device.keys.auth)), Step::kWindow,
                DropReason::kNotInTimeWindow);
  all_wrong.boots = 7;
  check_refused(receiver.receive(resign(all_wrong.octets(), device.keys.auth)), Step::kDecrypt,
                DropReason::kDecryptionError);
  all_wrong.salt = Bytes(8, 1);
  CHECK(receiver.accepts(resign(all_wrong.octets(), device.keys.auth)));
}

TEST_CASE("USM-05: an empty or illegal engine ID ends it, whatever the level") {
  Receiver receiver({ops(), make_user("noa", AuthProtocol::kNone, PrivProtocol::kNone)},
                    allow_all());
  for (const Bytes& engine : {Bytes{}, Bytes(1, 1), Bytes(4, 1), Bytes(33, 1), Bytes(64, 1),
                              Bytes(255, 1), Bytes(12, 0), Bytes(12, 0xff)}) {
    CAPTURE(engine.size());
    Handmade message;
    message.engine = engine;
    message.user = {'n', 'o', 'a'};
    check_refused(receiver.receive(message.octets()), Step::kEngine, DropReason::kUnknownEngine);
    message.flags = kAuthPriv;
    message.digest = Bytes(12, 0);
    message.salt = Bytes(8, 0);
    message.data = octet_string(kScopedPdu);
    check_refused(receiver.receive(message.octets()), Step::kEngine, DropReason::kUnknownEngine);
  }
  CHECK(receiver.engines.size() == 0);
}

TEST_CASE("USM-06 USM-17: an engine is remembered only once its digest was right") {
  Receiver receiver({ops()});
  Device device(ops());
  Bytes forged = device.send();
  forged.back() ^= 1;
  check_refused(receiver.receive(forged), Step::kDigest, DropReason::kWrongDigest);
  CHECK(receiver.engines.size() == 0);
  CHECK_FALSE(receiver.processor.knows(receiver.message.v3));
  CHECK(receiver.accepts(device.send()));
  CHECK(receiver.engines.size() == 1);
  CHECK(receiver.processor.knows(receiver.message.v3));
}

TEST_CASE("USM-17: strange engines and forged boots leave nothing behind") {
  Receiver receiver({ops()});
  Device device(ops());
  REQUIRE(receiver.accepts(device.send()));
  Handmade forged;
  forged.flags = kAuthPriv;
  forged.digest = Bytes(12, 0x55);
  forged.salt = Bytes(8, 0);
  forged.data = octet_string(kScopedPdu);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    forged.engine = numbered_engine(i);
    if (receiver.receive(forged.octets()).step != Step::kDigest) FAIL("taken");
  }
  forged.engine = kEngine;
  for (const std::uint32_t boots : {8U, 1000U, kBootsMax}) {
    forged.boots = boots;
    check_refused(receiver.receive(forged.octets()), Step::kDigest, DropReason::kWrongDigest);
  }
  CHECK(receiver.engines.size() == 1);
  CHECK(receiver.engines.find(kEngine)->state().boots == 7);
}

TEST_CASE("KEY-13: a strange engine costs a short hash, not a passphrase's mebibyte") {
  // Reeder's way to lengthen a key takes half a millisecond at the least; 4,000 of them two
  // seconds.
  const User user = make_user("ops", AuthProtocol::kSha1, PrivProtocol::kAes256Reeder);
  Receiver receiver({user});
  Handmade forged;
  forged.flags = kAuthPriv;
  forged.digest = Bytes(12, 0x55);
  forged.salt = Bytes(8, 0);
  forged.data = octet_string(kScopedPdu);
  const std::clock_t before = std::clock();
  for (std::uint32_t i = 0; i < 4'000; ++i) {
    forged.engine = numbered_engine(i);
    if (receiver.receive(forged.octets()).step != Step::kDigest) FAIL("taken");
  }
  CHECK(std::clock() - before < CLOCKS_PER_SEC);
}

TEST_CASE("USM-08 USM-09: unknown, differently spelt and empty names are no user") {
  Receiver receiver({ops()});
  for (const Bytes& name : {Bytes{}, Bytes{'O', 'p', 's'}, Bytes{'o', 'p'}, Bytes(32, 'x')}) {
    Handmade message;
    message.user = name;
    message.flags = kAuth;
    message.digest = Bytes(12, 0);
    check_refused(receiver.receive(message.octets()), Step::kUser, DropReason::kUnknownUser);
  }
}

TEST_CASE("USM-08: a user of one engine is unknown on another, with the same passphrase") {
  User bound = ops();
  bound.engines = {kEngine};
  Receiver receiver({bound});
  Device here(ops());
  Device elsewhere(ops(), numbered_engine(1));
  CHECK(receiver.accepts(here.send()));
  check_refused(receiver.receive(elsewhere.send()), Step::kUser, DropReason::kUnknownUser);
}

TEST_CASE("two users of one name on two engines have their own keys") {
  User first = ops();
  first.engines = {kEngine};
  User second = ops();
  second.engines = {numbered_engine(1)};
  second.auth_ku = password_to_key(AuthProtocol::kSha1, as_bytes("another passphrase"));
  Receiver receiver({first, second});
  Device wrong(first, numbered_engine(1));
  check_refused(receiver.receive(wrong.send()), Step::kDigest, DropReason::kWrongDigest);
  Device right(second, numbered_engine(1));
  CHECK(receiver.receive(right.send()).user->auth_ku.expose()[0] == second.auth_ku.expose()[0]);
}

TEST_CASE("a localised key authenticates on its engine") {
  User localised = make_user("ops", AuthProtocol::kSha1, PrivProtocol::kAes128);
  localised.engines = {kEngine};
  localised.auth_kul = localise(AuthProtocol::kSha1, localised.auth_ku, kEngine);
  localised.priv_kul = localised.auth_kul;
  localised.auth_ku = {};
  localised.priv_ku = {};
  Receiver receiver({localised});
  Device device(ops());
  CHECK(receiver.accepts(device.send()));
}

TEST_CASE("USM-10: a level for which the user has no protocol") {
  Receiver none({no_auth()}, allow_all());
  Device device(ops());
  check_refused(none.receive(device.send(SecurityLevel::kAuthNoPriv)), Step::kLevel,
                DropReason::kUnsupportedSecLevel);
  check_refused(none.receive(device.send(SecurityLevel::kAuthPriv)), Step::kLevel,
                DropReason::kUnsupportedSecLevel);
  Receiver auth({auth_only()}, allow_all());
  check_refused(auth.receive(device.send(SecurityLevel::kAuthPriv)), Step::kLevel,
                DropReason::kUnsupportedSecLevel);
  CHECK(auth.accepts(device.send(SecurityLevel::kAuthNoPriv)));
}

TEST_CASE("USM-11: a user with keys cannot be used below them, whatever the policy") {
  Receiver receiver({ops()}, allow_all());
  Device device(ops());
  check_refused(receiver.receive(device.send(SecurityLevel::kNoAuthNoPriv)), Step::kPolicy,
                DropReason::kLevelBelowUser);
  check_refused(receiver.receive(device.send(SecurityLevel::kAuthNoPriv)), Step::kPolicy,
                DropReason::kLevelBelowUser);
  CHECK(receiver.engines.size() == 0);
  REQUIRE(receiver.accepts(device.send()));
  // Nor once the engine and its keys are known.
  check_refused(receiver.receive(device.send(SecurityLevel::kNoAuthNoPriv)), Step::kPolicy,
                DropReason::kLevelBelowUser);
}

TEST_CASE("the owner's least level refuses users below it, each under its own name") {
  Policy policy = allow_all();
  policy.level = SecurityLevel::kAuthPriv;
  Device anonymous(no_auth());
  Device signing(auth_only());
  Receiver strict_none({no_auth()}, policy);
  check_refused(strict_none.receive(anonymous.send()), Step::kPolicy, DropReason::kNoAuthNoPriv);
  Receiver strict_auth({auth_only()}, policy);
  check_refused(strict_auth.receive(signing.send()), Step::kPolicy, DropReason::kAuthNoPriv);
  policy.level = SecurityLevel::kAuthNoPriv;
  Receiver middle_none({no_auth()}, policy);
  check_refused(middle_none.receive(anonymous.send()), Step::kPolicy, DropReason::kNoAuthNoPriv);
  Receiver middle_auth({auth_only()}, policy);
  CHECK(middle_auth.accepts(signing.send()));
}

TEST_CASE("algorithms that are not allowed are refused before any digest is computed") {
  for (const User& weak : {make_user("ops", AuthProtocol::kMd5, PrivProtocol::kAes128),
                           make_user("ops", AuthProtocol::kSha1, PrivProtocol::kDes)}) {
    Receiver receiver({weak});
    Device device(weak);
    const Inbound inbound = receiver.receive(device.send());
    check_refused(inbound, Step::kPolicy, DropReason::kWeakAlgorithm);
    CHECK_FALSE(inbound.authenticated);
    Receiver lenient({weak}, allow_all());
    CHECK(lenient.accepts(device.send()));
  }
}

TEST_CASE("a user who may only send is unknown here; one for the agent is, under other engines") {
  User sender = ops();
  sender.may_receive = false;
  sender.may_send = true;
  Receiver receiver({sender});
  Device trap(ops());
  Device inform(ops(), kOwnEngine);
  inform.boots = 3;
  check_refused(receiver.receive(trap.send()), Step::kUser, DropReason::kUnknownUser);
  check_refused(receiver.receive(inform.send()), Step::kUser, DropReason::kUnknownUser);
  sender.may_use_agent = true;
  receiver.config.publish(make_config({sender}));
  receiver.processor.refresh();
  check_refused(receiver.receive(trap.send()), Step::kUser, DropReason::kUnknownUser);
  CHECK(receiver.accepts(inform.send()));
}

TEST_CASE("USM-13: a digest of any other length is wrong, also the whole hash") {
  Receiver receiver({ops()});
  Device device(ops());
  Handmade message;
  message.flags = kAuthPriv;
  message.salt = Bytes(8, 0);
  message.data = octet_string(kScopedPdu);
  for (const std::size_t octets : {0U, 1U, 11U, 13U, 16U, 20U, 24U, 48U, 64U, 255U}) {
    CAPTURE(octets);
    message.digest = Bytes(octets, 0);
    check_refused(receiver.receive(message.octets()), Step::kDigest, DropReason::kWrongDigest);
  }
  message.digest = Bytes(12, 0);
  CHECK(receiver.accepts(resign(message.octets(), device.keys.auth)));
}

TEST_CASE("USM-14: each flipped bit of an authPriv trap is refused, engine known or not") {
  for (const bool known : {false, true}) {
    Receiver receiver({ops()}, allow_all());
    Device device(ops());
    if (known) REQUIRE(receiver.accepts(device.send()));
    Bytes trap = device.send();
    for (std::size_t bit = 0; bit < trap.size() * 8; ++bit) {
      const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
      trap[bit / 8] ^= mask;
      if (receiver.decode(trap) == snmp::DecodeStatus::kOk) CHECK_FALSE(receiver.accepts(trap));
      trap[bit / 8] ^= mask;
    }
    CHECK(receiver.engines.size() == (known ? 1 : 0));
    CHECK(receiver.accepts(trap));
  }
}

TEST_CASE("the key of one engine does not sign for another") {
  Receiver receiver({ops()});
  Device device(ops());
  Handmade message;
  message.flags = kAuthPriv;
  message.digest = Bytes(12, 0);
  message.salt = Bytes(8, 0);
  message.data = octet_string(kScopedPdu);
  message.engine = numbered_engine(1);
  check_refused(receiver.receive(resign(message.octets(), device.keys.auth)), Step::kDigest,
                DropReason::kWrongDigest);
}

TEST_CASE("USM-15: without authentication no time is checked and no clock moves") {
  const User anonymous = make_user("noa", AuthProtocol::kNone, PrivProtocol::kNone);
  Receiver receiver({ops(), anonymous}, allow_all());
  Device device(ops());
  REQUIRE(receiver.accepts(device.send()));
  Handmade message;
  message.user = {'n', 'o', 'a'};
  for (const std::uint32_t boots : {0U, 6U, 7U, 8U, kBootsMax}) {
    message.boots = boots;
    const Inbound inbound = receiver.receive(message.octets());
    CHECK(inbound.step == Step::kAccepted);
    CHECK_FALSE(inbound.authenticated);
    CHECK(inbound.clock == nullptr);
    CHECK(inbound.keys == nullptr);
    CHECK(equal(inbound.scoped_pdu, kScopedPdu));
    CHECK_FALSE(inbound.padded);
  }
  CHECK(receiver.engines.find(kEngine)->state().boots == 7);
  message.engine = numbered_engine(1);
  CHECK(receiver.accepts(message.octets()));
  CHECK(receiver.engines.size() == 1);
}

TEST_CASE("USM-16: parameters without their flag are ignored") {
  Receiver receiver({no_auth()}, allow_all());
  Handmade message;
  message.digest = Bytes(12, 1);
  message.salt = Bytes(5, 1);
  CHECK(receiver.accepts(message.octets()));
  Receiver signing({auth_only()}, allow_all());
  Device device(auth_only());
  message.flags = kAuth;
  CHECK(signing.accepts(resign(message.octets(), device.keys.auth)));
}

TEST_CASE("a ScopedPDU in the clear where the flag says encrypted, and the reverse") {
  Receiver receiver({ops()}, allow_all());
  Device device(ops());
  Handmade message;
  message.flags = kAuthPriv;
  message.digest = Bytes(12, 0);
  message.salt = Bytes(8, 0);
  check_refused(receiver.receive(resign(message.octets(), device.keys.auth)), Step::kDecrypt,
                DropReason::kMalformed);
  Receiver signing({auth_only()}, allow_all());
  message.flags = kAuth;
  message.data = octet_string(kScopedPdu);
  check_refused(signing.receive(resign(message.octets(), device.keys.auth)), Step::kDecrypt,
                DropReason::kMalformed);
  Receiver anonymous({no_auth()}, allow_all());
  message.flags = 0;
  check_refused(anonymous.receive(message.octets()), Step::kDecrypt, DropReason::kMalformed);
}

TEST_CASE("INF-10: what the module can see of a failed decryption, after digest and window") {
  for (const std::size_t octets : {0U, 7U, 9U}) {
    CAPTURE(octets);
    Receiver receiver({ops()});
    Device device(ops());
    Handmade message;
    message.flags = kAuthPriv;
    message.digest = Bytes(12, 0);
    message.salt = Bytes(octets, 0);
    message.data = octet_string(kScopedPdu);
    check_refused(receiver.receive(message.octets()), Step::kDigest, DropReason::kWrongDigest);
    const Inbound inbound = receiver.receive(resign(message.octets(), device.keys.auth));
    check_refused(inbound, Step::kDecrypt, DropReason::kDecryptionError);
    CHECK(inbound.authenticated);
  }
}

TEST_CASE("INF-10 KEY-06: DES of fifteen octets cannot be decrypted") {
  const User des = make_user("ops", AuthProtocol::kSha1, PrivProtocol::kDes);
  Receiver receiver({des}, allow_all());
  Device device(des);
  Handmade message;
  message.flags = kAuthPriv;
  message.digest = Bytes(12, 0);
  message.salt = Bytes(8, 0);
  message.data = octet_string(Bytes(15, 1));
  check_refused(receiver.receive(resign(message.octets(), device.keys.auth)), Step::kDecrypt,
                DropReason::kDecryptionError);
}

TEST_CASE("INF-11: another privacy key is not seen here; it gives noise for the next layer") {
  User other = ops();
  other.priv_ku = password_to_key(AuthProtocol::kSha1, as_bytes("another passphrase"));
  Receiver receiver({ops()});
  Device device(other);
  const Inbound inbound = receiver.receive(device.send());
  CHECK(inbound.step == Step::kAccepted);
  CHECK_FALSE(starts_with(inbound.scoped_pdu, kScopedPdu));
}

TEST_CASE("an empty encrypted PDU decrypts to nothing") {
  Receiver receiver({ops()});
  Device device(ops());
  Handmade message;
  message.flags = kAuthPriv;
  message.digest = Bytes(12, 0);
  message.salt = Bytes(8, 0);
  message.data = octet_string({});
  const Inbound inbound = receiver.receive(resign(message.octets(), device.keys.auth));
  CHECK(inbound.step == Step::kAccepted);
  CHECK(inbound.scoped_pdu.empty());
}

TEST_CASE("BER-05: octets behind the message do not enter the digest") {
  Receiver receiver({ops()});
  Device device(ops());
  Bytes trap = device.send();
  trap.insert(trap.end(), {0x30, 0x00, 0xff});
  receiver.tolerated = snmp::Deviations(snmp::Deviation::kTrailingOctets);
  CHECK(receiver.accepts(trap));
}

TEST_CASE("USM-07: a trap that says reportable is a trap all the same") {
  Receiver receiver({ops()});
  Device device(ops());
  device.reportable = true;
  CHECK(receiver.accepts(device.send()));
}

}  // namespace
}  // namespace trapd::usm
