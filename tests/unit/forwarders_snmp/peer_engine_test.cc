// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/peer_engine.h"

#include <doctest/doctest.h>

#include "tests/unit/forwarders_snmp/made_record.h"
#include "tests/unit/forwarders_snmp/made_user.h"
#include "trapd/usm/outbound.h"

namespace trapd::forwarders {
namespace {

const std::vector<std::uint8_t> kEngine = hex("80000000010a000001");
const std::vector<std::uint8_t> kOtherEngine = hex("80000000010a000002");

Answer answer(AnswerKind kind, bool authentic, std::uint32_t boots = 3, std::uint32_t time = 1000) {
  Answer made;
  made.kind = kind;
  made.authentic = authentic;
  made.level = authentic ? snmp::SecurityLevel::kAuthPriv : snmp::SecurityLevel::kNoAuthNoPriv;
  made.engine_id = kEngine;
  made.engine_boots = boots;
  made.engine_time = time;
  made.max_size = 65507;
  return made;
}

struct Fixture {
  PeerEngine peer{made_user(usm::AuthProtocol::kSha1, usm::PrivProtocol::kAes128), "nms:162"};
  Repairs repairs;

  Verdict take(const Answer& given, std::int64_t now_s = 50) {
    return peer.answered(given, now_s, &repairs);
  }
  void identify() {
    REQUIRE(peer.discovered(answer(AnswerKind::kUnknownEngineId, false)).next == Next::kSendAgain);
  }
  void synchronise() {
    identify();
    REQUIRE(take(answer(AnswerKind::kNotInTimeWindow, true)).next == Next::kSendAgain);
    REQUIRE(peer.state() == PeerEngine::State::kSynchronised);
    repairs = Repairs{};
  }
};

bool says(const Verdict& verdict, const std::string& words) {
  return verdict.next == Next::kEndTry && verdict.reason.find(words) != std::string::npos &&
         verdict.reason.find("nms:162") != std::string::npos;
}

}  // namespace

TEST_CASE("discovery brings the engine ID and no clock") {
  Fixture f;
  CHECK(f.peer.state() == PeerEngine::State::kUnknown);
  f.identify();
  CHECK(f.peer.state() == PeerEngine::State::kIdentified);
  CHECK(equal(f.peer.engine_id(), kEngine));
  CHECK(f.peer.boots() == 0);
  CHECK(f.peer.time(50) == 0);
}

TEST_CASE("an authentic notInTimeWindows brings the clock, which then ticks") {
  Fixture f;
  f.synchronise();
  CHECK(f.peer.boots() == 3);
  CHECK(f.peer.time(50) == 1000);
  CHECK(f.peer.time(80) == 1030);
}

TEST_CASE("NBS-04 a forged Report with the highest boots moves nothing") {
  Fixture f;
  f.synchronise();
  Answer forged = answer(AnswerKind::kNotInTimeWindow, false, 2147483647, 1);
  CHECK(f.take(forged).next == Next::kIgnore);
  CHECK(f.peer.boots() == 3);
  CHECK(f.peer.time(50) == 1000);
  CHECK(f.peer.state() == PeerEngine::State::kSynchronised);
}

TEST_CASE("NBS-03 a peer that restarts is followed: boots rise, one repair, then acknowledged") {
  Fixture f;
  f.synchronise();
  CHECK(f.take(answer(AnswerKind::kNotInTimeWindow, true, 4, 2)).next == Next::kSendAgain);
  CHECK(f.peer.boots() == 4);
  CHECK(f.peer.time(50) == 2);
  CHECK(f.take(answer(AnswerKind::kResponse, true, 4, 2)).next == Next::kAcknowledged);
}

TEST_CASE("NBS-03 a second notInTimeWindows in one try ends it") {
  Fixture f;
  f.synchronise();
  CHECK(f.take(answer(AnswerKind::kNotInTimeWindow, true, 4, 2)).next == Next::kSendAgain);
  CHECK(says(f.take(answer(AnswerKind::kNotInTimeWindow, true, 4, 3)), "notInTimeWindows again"));
}

TEST_CASE("NBS-03 another engine ID is taken over once per try") {
  Fixture f;
  f.synchronise();
  Answer other = answer(AnswerKind::kUnknownEngineId, false);
  other.engine_id = kOtherEngine;
  CHECK(f.take(other).next == Next::kSendAgain);
  CHECK(f.peer.state() == PeerEngine::State::kIdentified);
  CHECK(equal(f.peer.engine_id(), kOtherEngine));
  CHECK(f.peer.boots() == 0);
  other.engine_id = kEngine;
  CHECK(says(f.take(other), "from answer to answer"));
}

TEST_CASE("unknownEngineIDs with the engine ID we used ends the try") {
  Fixture f;
  f.synchronise();
  CHECK(says(f.take(answer(AnswerKind::kUnknownEngineId, false)), "unknownEngineIDs"));
}

TEST_CASE("NBS-03 what cannot be repaired ends the try and says what to check") {
  const struct {
    AnswerKind kind;
    const char* words;
  } rows[] = {
      {AnswerKind::kWrongDigest, "authentication protocol and passphrase"},
      {AnswerKind::kUnknownUserName, "does not know the user"},
      {AnswerKind::kUnsupportedSecLevel, "lacks the authentication or privacy"},
      {AnswerKind::kDecryptionError, "privacy protocol and passphrase"},
      {AnswerKind::kOtherReport, "takes no informs"},
  };
  for (const auto& row : rows) {
    Fixture f;
    f.synchronise();
    const Verdict verdict = f.take(answer(row.kind, false));
    CHECK_MESSAGE(says(verdict, row.words), verdict.reason);
    CHECK(verdict.reason.find("user oss") != std::string::npos);
  }
}

TEST_CASE("a Response below the level of the request acknowledges nothing") {
  Fixture f;
  f.synchronise();
  CHECK(f.take(answer(AnswerKind::kResponse, false)).next == Next::kIgnore);
  Answer weaker = answer(AnswerKind::kResponse, true);
  weaker.level = snmp::SecurityLevel::kAuthNoPriv;
  CHECK(f.take(weaker).next == Next::kIgnore);
  CHECK(f.take(answer(AnswerKind::kResponse, true)).next == Next::kAcknowledged);
}

TEST_CASE("a peer that lost its boots is heard again after the try") {
  Fixture f;
  f.synchronise();
  CHECK(says(f.take(answer(AnswerKind::kNotInTimeWindow, true, 1, 5)), "fewer engine boots"));
  CHECK(f.peer.state() == PeerEngine::State::kIdentified);
  Repairs fresh;
  CHECK(f.peer.answered(answer(AnswerKind::kNotInTimeWindow, true, 1, 6), 51, &fresh).next ==
        Next::kSendAgain);
  CHECK(f.peer.boots() == 1);
}

TEST_CASE("a peer that slept is heard again after the try") {
  Fixture f;
  f.synchronise();
  // Later than the latest we have seen, far behind our notion of its time: taken over at once.
  CHECK(f.take(answer(AnswerKind::kNotInTimeWindow, true, 3, 1001), 900).next == Next::kSendAgain);
  CHECK(f.peer.time(900) == 1001);
  // Behind even that.
  CHECK(says(f.take(answer(AnswerKind::kNotInTimeWindow, true, 3, 1000), 1800), "suspended"));
  CHECK(f.peer.state() == PeerEngine::State::kIdentified);
}

TEST_CASE("a peer at its last boots is named") {
  Fixture f;
  f.identify();
  CHECK(says(f.take(answer(AnswerKind::kNotInTimeWindow, true, 2147483647, 1)), "used up"));
}

TEST_CASE("an engine ID that is none ends the try") {
  Fixture f;
  Answer bad = answer(AnswerKind::kUnknownEngineId, false);
  bad.engine_id = ByteView(kEngine).first(4);
  CHECK(says(f.peer.discovered(bad), "no legal engine ID"));
  CHECK(f.peer.state() == PeerEngine::State::kUnknown);
  CHECK(says(f.peer.discovered(answer(AnswerKind::kOtherReport, false)), "something else"));
}

TEST_CASE("a user for named engines is not used with another") {
  auto user =
      std::make_shared<usm::User>(*made_user(usm::AuthProtocol::kSha1, usm::PrivProtocol::kAes128));
  user->engines = {kOtherEngine};
  PeerEngine peer(user, "nms:162");
  CHECK(says(peer.discovered(answer(AnswerKind::kUnknownEngineId, false)), "80000000010a000001"));
}

TEST_CASE("without authentication there is no clock to wait for") {
  PeerEngine peer(made_user(usm::AuthProtocol::kNone, usm::PrivProtocol::kNone), "nms:162");
  CHECK(peer.discovered(answer(AnswerKind::kUnknownEngineId, false)).next == Next::kSendAgain);
  CHECK(peer.state() == PeerEngine::State::kSynchronised);
  Repairs repairs;
  CHECK(peer.answered(answer(AnswerKind::kResponse, false), 50, &repairs).next ==
        Next::kAcknowledged);
}

TEST_CASE("NBS-08 the peer's message size is taken from authentic messages only") {
  Fixture f;
  f.synchronise();
  Answer forged = answer(AnswerKind::kWrongDigest, false);
  forged.max_size = 484;
  f.take(forged);
  CHECK(f.peer.message_octets_max() == 65507);
  Answer real = answer(AnswerKind::kResponse, true);
  real.max_size = 1472;
  f.take(real);
  CHECK(f.peer.message_octets_max() == 1472);
}

}  // namespace trapd::forwarders
