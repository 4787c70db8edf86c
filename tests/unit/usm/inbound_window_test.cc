// SPDX-License-Identifier: Apache-2.0
// Time windows, our own engine, bounds and reloads.
#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

using Verdict = EngineClock::Verdict;

User ops() { return make_user("ops", AuthProtocol::kSha1, PrivProtocol::kAes128); }

void check_refused(const Inbound& inbound, Step step, DropReason reason) {
  CHECK(inbound.step == step);
  CHECK(inbound.reason == reason);
}

TEST_CASE("TRP-07 TRP-08: a replay is inside for 150 seconds and refused after") {
  Receiver receiver({ops()});
  Device device(ops());
  const Bytes trap = device.send();
  CHECK(receiver.receive(trap).window == Verdict::kFresh);
  CHECK(receiver.receive(trap).window == Verdict::kInWindow);
  receiver.advance_s(150);
  CHECK(receiver.accepts(trap));
  receiver.advance_s(1);
  const Inbound inbound = receiver.receive(trap);
  check_refused(inbound, Step::kWindow, DropReason::kNotInTimeWindow);
  CHECK(inbound.window == Verdict::kTooOld);
  CHECK(inbound.authenticated);
  CHECK(inbound.keys != nullptr);
  CHECK(equal(inbound.clock->engine_id(), kEngine));
}

TEST_CASE("KEY-08: an older trap inside the window decrypts with its own time") {
  Receiver receiver({ops()});
  Device device(ops());
  const Bytes older = device.send_at(7, 900);
  REQUIRE(receiver.accepts(device.send_at(7, 1000)));
  const Inbound inbound = receiver.receive(older);
  REQUIRE(inbound.step == Step::kAccepted);
  CHECK(equal(inbound.scoped_pdu, kScopedPdu));
  CHECK(receiver.engines.find(kEngine)->state().latest_time == 1000);
}

TEST_CASE("TRP-05 TRP-09: a reboot needs no action, and what was before it is refused") {
  Receiver receiver({ops()});
  Device device(ops());
  const Bytes before = device.send_at(7, 5000);
  REQUIRE(receiver.accepts(before));
  CHECK(receiver.accepts(device.send_at(8, 2)));
  const Inbound inbound = receiver.receive(before);
  check_refused(inbound, Step::kWindow, DropReason::kNotInTimeWindow);
  CHECK(inbound.window == Verdict::kBootsLower);
}

TEST_CASE("TRP-10: the highest boots are refused at first sight and latch until forgotten") {
  Receiver receiver({ops()});
  Device device(ops());
  const Inbound first = receiver.receive(device.send_at(kBootsMax, 5));
  check_refused(first, Step::kWindow, DropReason::kBootsMaximum);
  CHECK(first.window == Verdict::kBootsMaximum);
  check_refused(receiver.receive(device.send_at(7, 1000)), Step::kWindow,
                DropReason::kBootsMaximum);
  CHECK(receiver.engines.forget(kEngine));
  CHECK(receiver.accepts(device.send_at(7, 1000)));
}

TEST_CASE("TRP-12: a clock restored from the journal refuses what was taken before the restart") {
  Receiver receiver({ops()});
  const std::int64_t now_s = receiver.clock.monotonic_ns() / kNsPerSecond;
  receiver.engines.find_or_add(kEngine)->restore({7, 1000, now_s - 200});
  Device device(ops());
  check_refused(receiver.receive(device.send_at(7, 1000)), Step::kWindow,
                DropReason::kNotInTimeWindow);
  CHECK(receiver.accepts(device.send_at(7, 1200)));
}

TEST_CASE("TRP-13: a device's own rule lets it in outside the window, and says so") {
  for (const TimeWindow rule : {TimeWindow::kReport, TimeWindow::kOff}) {
    Receiver receiver({ops()}, default_policy(),
                      TimeWindowRules({{numbered_engine(1), TimeWindow::kEnforce},
                                       {kEngine, rule},
                                       {numbered_engine(2), TimeWindow::kOff}}));
    Device device(ops());
    REQUIRE(receiver.accepts(device.send_at(7, 5000)));
    const Inbound inbound = receiver.receive(device.send_at(1, 5));
    CHECK(inbound.step == Step::kAccepted);
    CHECK(inbound.window_waived);
    CHECK(inbound.window == Verdict::kBootsLower);
    CHECK(equal(inbound.scoped_pdu, kScopedPdu));
    CHECK(receiver.engines.find(kEngine)->state().boots == 7);
    CHECK_FALSE(receiver.receive(device.send_at(7, 5001)).window_waived);

    Device strict(ops(), numbered_engine(1));
    REQUIRE(receiver.accepts(strict.send_at(7, 5000)));
    CHECK_FALSE(receiver.accepts(strict.send_at(1, 5)));
    Device unlisted(ops(), numbered_engine(3));
    REQUIRE(receiver.accepts(unlisted.send_at(7, 5000)));
    CHECK_FALSE(receiver.accepts(unlisted.send_at(1, 5)));
  }
}

TEST_CASE("rules are found by the exact engine ID") {
  const TimeWindowRules rules({{kOwnEngine, TimeWindow::kOff}, {kEngine, TimeWindow::kReport}});
  CHECK(rules.rule(kEngine) == TimeWindow::kReport);
  CHECK(rules.rule(kOwnEngine) == TimeWindow::kOff);
  CHECK(rules.rule(ByteView(kEngine).first(11)) == TimeWindow::kEnforce);
  CHECK(rules.rule({}) == TimeWindow::kEnforce);
  CHECK_FALSE(rules.empty());
  CHECK(TimeWindowRules().rule(kEngine) == TimeWindow::kEnforce);
}

/// The receiver is at boots 3, time 1,000.
struct Informer : Device {
  explicit Informer(User sending_user = ops()) : Device(std::move(sending_user), kOwnEngine) {
    boots = 3;
    time = 1000;
    reportable = true;
  }
};

TEST_CASE("an inform under our engine is taken, with keys to answer and no clock of ours") {
  Receiver receiver({ops()});
  Informer device;
  for (int i = 0; i < 2; ++i) {
    const Inbound inbound = receiver.receive(device.send());
    REQUIRE(inbound.step == Step::kAccepted);
    CHECK(inbound.for_own_engine);
    CHECK(inbound.clock == nullptr);
    REQUIRE(inbound.keys != nullptr);
    CHECK_FALSE(inbound.keys->priv.empty());
  }
  CHECK(receiver.engines.size() == 0);
}

TEST_CASE("INF-08: informs are inside for 150 seconds either way") {
  Receiver receiver({ops()});
  Informer device;
  CHECK(receiver.accepts(device.send_at(3, 850)));
  CHECK(receiver.accepts(device.send_at(3, 1150)));
  for (const auto& [boots, time] :
       {std::pair{3U, 849U}, std::pair{3U, 1151U}, std::pair{2U, 1000U}, std::pair{4U, 1000U}}) {
    const Inbound inbound = receiver.receive(device.send_at(boots, time));
    check_refused(inbound, Step::kWindow, DropReason::kNotInTimeWindow);
    CHECK(inbound.for_own_engine);
    CHECK(inbound.keys != nullptr);
  }
}

TEST_CASE("INF-07: a time synchronisation reaches the window at both levels, ready to be signed") {
  for (const SecurityLevel level : {SecurityLevel::kAuthNoPriv, SecurityLevel::kAuthPriv}) {
    Receiver receiver({ops()});
    Informer device;
    device.boots = 0;
    device.time = 0;
    const Inbound inbound = receiver.receive(device.send(level));
    check_refused(inbound, Step::kWindow, DropReason::kNotInTimeWindow);
    CHECK(inbound.authenticated);
    REQUIRE(inbound.keys != nullptr);
    CHECK(inbound.keys->auth.protocol() == AuthProtocol::kSha1);
  }
}

TEST_CASE("an authNoPriv request that is in time is refused all the same when privacy is due") {
  Receiver receiver({ops()});
  Informer device;
  check_refused(receiver.receive(device.send(SecurityLevel::kAuthNoPriv)), Step::kPolicy,
                DropReason::kLevelBelowUser);
  const User signing = make_user("ops", AuthProtocol::kSha1, PrivProtocol::kNone);
  Receiver strict({signing});
  Informer signer(signing);
  check_refused(strict.receive(signer.send()), Step::kPolicy, DropReason::kAuthNoPriv);
}

TEST_CASE("noAuthNoPriv under our engine is refused before any digest") {
  Receiver receiver({ops()});
  Informer device;
  const Inbound inbound = receiver.receive(device.send(SecurityLevel::kNoAuthNoPriv));
  check_refused(inbound, Step::kPolicy, DropReason::kLevelBelowUser);
  CHECK_FALSE(inbound.authenticated);
}

TEST_CASE("a wrong digest under our engine never gets as far as the window") {
  Receiver receiver({ops()});
  Informer device;
  Bytes request = device.send_at(0, 0);
  request.back() ^= 1;
  const Inbound inbound = receiver.receive(request);
  check_refused(inbound, Step::kDigest, DropReason::kWrongDigest);
  CHECK(inbound.keys == nullptr);
}

TEST_CASE("a full engine table refuses new engines and keeps the known ones") {
  Receiver receiver({ops()}, default_policy(), {}, 2);
  for (std::uint32_t i = 0; i < 2; ++i) {
    Device device(ops(), numbered_engine(i));
    REQUIRE(receiver.accepts(device.send()));
  }
  Device late(ops(), numbered_engine(2));
  const Inbound inbound = receiver.receive(late.send());
  check_refused(inbound, Step::kEngineTable, DropReason::kEngineTableFull);
  CHECK(inbound.authenticated);
  CHECK(inbound.clock == nullptr);
  CHECK_FALSE(receiver.processor.knows(receiver.message.v3));
  Device known(ops(), numbered_engine(1));
  CHECK(receiver.accepts(known.send()));
}

TEST_CASE("beyond the bound of cached keys engines are still served, and still protected") {
  Receiver receiver({ops()}, default_policy(), {}, 1000, 3);
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t i = 0; i < 10; ++i) {
      Device device(ops(), numbered_engine(i));
      REQUIRE(receiver.accepts(device.send_at(7, 1000)));
      CHECK(receiver.processor.knows(receiver.message.v3));
    }
  }
  CHECK(receiver.engines.size() == 10);
  Device uncached(ops(), numbered_engine(9));
  CHECK_FALSE(receiver.accepts(uncached.send_at(7, 849)));
  Bytes forged = uncached.send_at(7, 1001);
  forged.back() ^= 1;
  CHECK_FALSE(receiver.accepts(forged));
}

TEST_CASE("EDG-08: after a reload the old passphrase is gone at once, the replay clock is not") {
  Receiver receiver({ops()});
  Device old_key(ops());
  REQUIRE(receiver.accepts(old_key.send_at(7, 1000)));
  User changed = ops();
  changed.auth_ku = password_to_key(AuthProtocol::kSha1, as_bytes("another passphrase"));
  Device new_key(changed);
  const std::uint64_t before = receiver.processor.refresh();
  receiver.config.publish(make_config({changed}));
  CHECK(receiver.processor.refresh() == before + 1);
  check_refused(receiver.receive(old_key.send_at(7, 1001)), Step::kDigest,
                DropReason::kWrongDigest);
  CHECK_FALSE(receiver.accepts(new_key.send_at(7, 849)));
  CHECK(receiver.accepts(new_key.send_at(7, 1001)));
  receiver.config.publish(make_config({}));
  receiver.processor.refresh();
  check_refused(receiver.receive(new_key.send_at(7, 1002)), Step::kUser, DropReason::kUnknownUser);
}

TEST_CASE("a known engine is known right after a reload, when no key is cached yet") {
  Receiver receiver({ops()});
  Device device(ops());
  REQUIRE(receiver.accepts(device.send()));
  receiver.config.publish(make_config({ops()}));
  receiver.processor.refresh();
  CHECK(receiver.processor.knows(receiver.message.v3));
  Device stranger(ops(), numbered_engine(1));
  REQUIRE(receiver.decode(stranger.send()) == snmp::DecodeStatus::kOk);
  CHECK_FALSE(receiver.processor.knows(receiver.message.v3));
}

TEST_CASE("our own engine is known under every user of ours, as soon as the users are") {
  Receiver receiver({ops()});
  Device sender(ops(), kOwnEngine);
  REQUIRE(receiver.decode(sender.send()) == snmp::DecodeStatus::kOk);
  CHECK(receiver.processor.knows(receiver.message.v3));
  receiver.config.publish(make_config({ops()}));
  receiver.processor.refresh();
  CHECK(receiver.processor.knows(receiver.message.v3));
  Device stranger(make_user("stranger", AuthProtocol::kSha1, PrivProtocol::kAes128), kOwnEngine);
  REQUIRE(receiver.decode(stranger.send()) == snmp::DecodeStatus::kOk);
  CHECK_FALSE(receiver.processor.knows(receiver.message.v3));
}

TEST_CASE("EDG-08: no key of the old users is kept after a reload, not even in a cipher") {
  Receiver receiver({ops()});
  Device device(ops());
  REQUIRE(receiver.accepts(device.send()));
  CHECK(receiver.processor.holds_keys());
  receiver.config.publish(make_config({ops()}));
  receiver.processor.refresh();
  CHECK_FALSE(receiver.processor.holds_keys());
  CHECK(receiver.accepts(device.send()));
}

TEST_CASE("a policy can be tightened under cached keys") {
  Receiver receiver({ops()});
  Device device(ops());
  REQUIRE(receiver.accepts(device.send()));
  Policy policy = default_policy();
  policy.auth_allowed = 1U << static_cast<unsigned>(AuthProtocol::kSha256);
  receiver.config.publish(make_config({ops()}, policy));
  receiver.processor.refresh();
  check_refused(receiver.receive(device.send()), Step::kPolicy, DropReason::kWeakAlgorithm);
}

}  // namespace
}  // namespace trapd::usm
