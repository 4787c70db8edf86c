// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/security_watch.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "trapd/base/clock.h"
#include "trapd/base/log.h"

namespace trapd::ingest {
namespace {

using alarm::OwnCondition;
using snmp::DropReason;
using Verdict = usm::EngineClock::Verdict;

const std::vector<std::uint8_t> kEngine = *from_hex("8000138b0500000001");

/// What was reported, and what is active.
struct Sink final : alarm::OwnConditionSink {
  using Alarm = std::pair<OwnCondition, std::string>;
  bool raise_as(OwnCondition condition, alarm::Severity severity, std::string resource,
                std::string text) override {
    ++raised;
    last_severity = severity;
    active.insert({condition, std::move(resource)});
    last_text = std::move(text);
    return true;
  }
  bool clear(OwnCondition condition, std::string resource, std::string text) override {
    ++cleared;
    active.erase({condition, std::move(resource)});
    last_text = std::move(text);
    return true;
  }
  bool is_active(OwnCondition condition, const std::string& resource) const {
    return active.contains({condition, resource});
  }
  std::size_t active_of(OwnCondition condition) const {
    return static_cast<std::size_t>(
        std::count_if(active.begin(), active.end(),
                      [&](const Alarm& alarm) { return alarm.first == condition; }));
  }
  int raised = 0;
  int cleared = 0;
  std::set<Alarm> active;
  std::string last_text;
  alarm::Severity last_severity = alarm::Severity::kCleared;
};

std::string numbered(unsigned i) {
  return "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256);
}

RefusalNotice refusal(DropReason reason, const std::string& source = "192.0.2.1") {
  RefusalNotice notice;
  notice.reason = reason;
  notice.datagram_octets = 212;
  notice.source = *Endpoint::parse(source + ":161");
  notice.local = *Endpoint::parse("192.0.2.100:162");
  return notice;
}

/// An authentic message that is behind what its engine has used.
RefusalNotice behind(std::uint32_t boots, std::uint32_t time) {
  RefusalNotice notice = refusal(DropReason::kNotInTimeWindow);
  notice.authenticated = true;
  notice.window = Verdict::kBootsLower;
  notice.boots = boots;
  notice.time = time;
  std::copy(kEngine.begin(), kEngine.end(), notice.engine_id.begin());
  notice.engine_id_octets = static_cast<std::uint8_t>(kEngine.size());
  return notice;
}

struct Watching {
  Watching() { log::set_level(log::Level::kError); }
  ~Watching() { log::set_level(log::Level::kInfo); }
  void see(const RefusalNotice& notice) { watch.see(notice, now_ns); }
  void pass_s(std::int64_t seconds) {
    now_ns += seconds * kNsPerSecond;
    watch.tick(now_ns);
  }
  bool stuck() const { return sink.is_active(OwnCondition::kBootsStuck, to_hex(kEngine)); }

  std::int64_t now_ns = 1000 * kNsPerSecond;
  Sink sink;
  usm::EngineTable engines{10};
  SecurityWatch watch{sink, engines};
};

}  // namespace

TEST_CASE("an alarm is raised once for each source, and ends after ten quiet minutes") {
  Watching w;
  for (int i = 0; i < 5; ++i) w.see(refusal(DropReason::kWrongDigest));
  w.see(refusal(DropReason::kWrongDigest, "192.0.2.2"));
  CHECK(w.sink.raised == 2);
  w.pass_s(SecurityWatch::kQuietSeconds - 1);
  w.see(refusal(DropReason::kWrongDigest, "192.0.2.2"));
  CHECK(w.sink.cleared == 0);
  w.pass_s(1);
  CHECK_FALSE(w.sink.is_active(OwnCondition::kWrongDigest, "192.0.2.1"));
  CHECK(w.sink.is_active(OwnCondition::kWrongDigest, "192.0.2.2"));
  CHECK(w.sink.last_text == "quiet for 600 s after 5 refusals");
  w.see(refusal(DropReason::kWrongDigest));
  CHECK(w.sink.raised == 3);
}

TEST_CASE("who asks the agent and is not named there is told of, once for each source") {
  Watching w;
  w.see(refusal(DropReason::kSourceAcl));  // of a listener: the log alone
  CHECK(w.sink.raised == 0);
  RefusalNotice notice = refusal(DropReason::kSourceAcl);
  notice.at_agent = true;
  for (int i = 0; i < 5; ++i) w.see(notice);
  CHECK(w.sink.raised == 1);
  CHECK(w.sink.is_active(OwnCondition::kUnknownUser, "192.0.2.1"));
  CHECK(w.sink.last_text.find("refused by the agent (source_acl)") == 0);
  CHECK(w.sink.last_text.find("allow: of agent:") != std::string::npos);
  notice.reason = DropReason::kUnknownUser;
  notice.authenticated = true;
  w.see(notice);
  CHECK(w.sink.raised == 1);
  CHECK(describe(notice).find("none of the agent's") != std::string::npos);
  notice.reason = DropReason::kWrongDigest;
  w.see(notice);
  CHECK(w.sink.is_active(OwnCondition::kWrongDigest, "192.0.2.1"));
}

TEST_CASE("answered protocol exchanges and what is merely malformed raise nothing") {
  Watching w;
  for (const DropReason reason : {DropReason::kDiscovery, DropReason::kTimeSync,
                                  DropReason::kMalformed, DropReason::kRefusedRate}) {
    w.see(refusal(reason));
  }
  CHECK(w.sink.raised == 0);
}

TEST_CASE("a flood of sources blurs its own condition's alarms and mutes none") {
  Watching w;
  for (unsigned i = 0; i < 5000; ++i) w.see(refusal(DropReason::kV2cRefused, numbered(i)));
  CHECK(w.sink.active_of(OwnCondition::kWeakSecurity) == SecurityWatch::kSourcesMax + 1);
  CHECK(w.sink.is_active(OwnCondition::kWeakSecurity, "many sources"));
  CHECK(w.sink.raised == static_cast<int>(SecurityWatch::kSourcesMax) + 1);
  w.see(refusal(DropReason::kWrongDigest));
  CHECK(w.sink.is_active(OwnCondition::kWrongDigest, "192.0.2.1"));
  w.pass_s(SecurityWatch::kQuietSeconds);
  CHECK(w.sink.active.empty());
  w.see(refusal(DropReason::kV2cRefused, numbered(4999)));
  CHECK(w.sink.is_active(OwnCondition::kWeakSecurity, numbered(4999)));
}

TEST_CASE("a source that goes on at a high rate is one degree worse, until it is calm") {
  Watching w;
  w.see(refusal(DropReason::kUnknownUser));
  CHECK(w.sink.last_severity == alarm::Severity::kMinor);
  for (int second = 0; second < 10; ++second) {
    for (int i = 0; i < 10; ++i) w.see(refusal(DropReason::kUnknownUser));
    w.pass_s(1);
  }
  REQUIRE(w.sink.raised == 2);
  CHECK(w.sink.last_severity == alarm::Severity::kMajor);
  CHECK(w.sink.last_text == "101 refusals in the last 10 s, 101 since the alarm was raised");
  // Fewer, but not few: it stays as it is.
  for (int second = 0; second < 10; ++second) {
    for (int i = 0; i < 5; ++i) w.see(refusal(DropReason::kUnknownUser));
    w.pass_s(1);
  }
  CHECK(w.sink.raised == 2);
  for (int second = 0; second < 10; ++second) w.pass_s(1);
  CHECK(w.sink.raised == 3);
  CHECK(w.sink.last_severity == alarm::Severity::kMinor);
  w.pass_s(SecurityWatch::kQuietSeconds);
  CHECK(w.sink.active.empty());
}

TEST_CASE("a flood of the last process's time is taken back when its source is calm") {
  Watching w;
  CHECK(w.watch.resume(OwnCondition::kUnknownUser, "192.0.2.1", w.now_ns, alarm::Severity::kMajor));
  w.see(refusal(DropReason::kUnknownUser));
  w.pass_s(10);
  CHECK(w.sink.raised == 1);
  CHECK(w.sink.last_severity == alarm::Severity::kMinor);
}

TEST_CASE("a device beyond its rate is an alarm of its own, and ends after a quiet minute") {
  Watching w;
  RefusalNotices notices;
  net::Datagram datagram;
  datagram.source = *Endpoint::parse("192.0.2.1:161");
  notices.stormed("8000138b0500000001", datagram);
  RefusalNotice notice;
  REQUIRE(notices.next(&notice));
  w.see(notice);
  w.see(notice);
  CHECK(w.sink.raised == 1);
  CHECK(w.sink.is_active(OwnCondition::kStorm, "8000138b0500000001"));
  CHECK(w.sink.last_text.find("at 192.0.2.1:161") != std::string::npos);
  w.pass_s(SecurityWatch::kStormQuietSeconds - 1);
  CHECK(w.sink.cleared == 0);
  w.pass_s(1);
  CHECK(w.sink.active.empty());
  CHECK(w.sink.last_text == "quiet for 60 s after 2 seconds of it");
}

TEST_CASE("a replayed message is an alarm about who sent it, and ends after ten quiet minutes") {
  Watching w;
  const Endpoint source = *Endpoint::parse("192.0.2.66:161");
  w.watch.see(journal::ReplayNotice{source, "lab-1", "noc", 30 * kNsPerSecond}, w.now_ns);
  CHECK(w.sink.is_active(OwnCondition::kReplay, "192.0.2.66"));
  CHECK(w.sink.last_text.find("lab-1 (user noc) came from 192.0.2.66:161 once more 30 s") !=
        std::string::npos);
  w.pass_s(SecurityWatch::kQuietSeconds - 1);
  CHECK(w.sink.is_active(OwnCondition::kReplay, "192.0.2.66"));
  w.pass_s(1);
  CHECK(w.sink.active.empty());
}

TEST_CASE("a refusal of an engine, and one of a decryption, are conditions of their own") {
  Watching w;
  w.see(refusal(DropReason::kUnknownEngine));
  w.see(refusal(DropReason::kDecryptionError));
  CHECK(w.sink.is_active(OwnCondition::kUnknownEngine, "192.0.2.1"));
  CHECK(w.sink.is_active(OwnCondition::kDecryptionError, "192.0.2.1"));
}

TEST_CASE("a full engine table is one alarm, whoever came last") {
  Watching w;
  for (unsigned i = 0; i < 500; ++i) w.see(refusal(DropReason::kEngineTableFull, numbered(i)));
  CHECK(w.sink.raised == 1);
  CHECK(w.sink.is_active(OwnCondition::kEngineTableFull, "engines"));
}

TEST_CASE("a device that forgot its boots is told of at its third message that moves on") {
  Watching w;
  w.see(behind(2, 10));
  w.see(behind(2, 11));
  w.see(behind(2, 11));  // the same again: a recording, so far
  CHECK_FALSE(w.stuck());
  w.see(behind(2, 12));
  CHECK(w.stuck());
  const int raised = w.sink.raised;
  w.see(behind(2, 13));
  CHECK(w.sink.raised == raised);
  w.watch.forget_engine(kEngine);
  CHECK_FALSE(w.stuck());
  CHECK(w.sink.last_text == "the engine was forgotten by order");
}

TEST_CASE("messages that are behind but hours apart are no stuck boots") {
  Watching w;
  for (std::uint32_t i = 0; i < 10; ++i) {
    w.see(behind(2, 10 + i));
    w.now_ns += 400 * kNsPerSecond;
  }
  CHECK_FALSE(w.stuck());
}

TEST_CASE("a message that nobody signed says nothing about boots") {
  Watching w;
  for (std::uint32_t i = 0; i < 10; ++i) {
    RefusalNotice notice = behind(2, 10 + i);
    notice.authenticated = false;
    w.see(notice);
  }
  CHECK_FALSE(w.stuck());
}

TEST_CASE("of more engines that are behind than are watched, those that were first are told of") {
  Watching w;
  const auto see_stuck = [&](std::size_t number) {
    for (std::uint32_t i = 0; i < 3; ++i) {
      RefusalNotice notice = behind(2, 10 + i);
      notice.engine_id[5] = static_cast<std::uint8_t>(number >> 8);
      notice.engine_id[6] = static_cast<std::uint8_t>(number);
      w.see(notice);
    }
  };
  for (std::size_t i = 0; i < SecurityWatch::kEnginesMax + 10; ++i) see_stuck(i);
  CHECK(w.sink.active_of(OwnCondition::kBootsStuck) == SecurityWatch::kEnginesMax);
  see_stuck(0);
  CHECK(w.sink.active_of(OwnCondition::kBootsStuck) == SecurityWatch::kEnginesMax);
}

TEST_CASE("stuck boots end when the device has been accepted since, after a minute") {
  Watching w;
  usm::EngineClock* const clock = w.engines.find_or_add(kEngine);
  clock->check(9, 100, 1000);
  for (std::uint32_t i = 0; i < 3; ++i) w.see(behind(2, 10 + i));
  REQUIRE(w.stuck());
  clock->check(9, 101, 1001);
  w.pass_s(SecurityWatch::kAcceptedSeconds - 1);
  CHECK(w.stuck());
  w.pass_s(1);
  CHECK_FALSE(w.stuck());
  CHECK(w.sink.last_text == "its messages are accepted again");
}

TEST_CASE("alarms of the last process end as its own would have") {
  Watching w;
  w.engines.find_or_add(kEngine)->check(9, 100, 1000);
  CHECK(w.watch.resume(OwnCondition::kUnknownUser, "192.0.2.7", w.now_ns));
  CHECK(w.watch.resume(OwnCondition::kBootsStuck, to_hex(kEngine), w.now_ns));
  CHECK_FALSE(w.watch.resume(OwnCondition::kStoreFailed, "store", w.now_ns));
  CHECK(w.sink.raised == 0);
  w.see(refusal(DropReason::kUnknownUser, "192.0.2.7"));
  CHECK(w.sink.raised == 0);  // it is active already
  w.engines.find(kEngine)->check(9, 101, 1001);
  w.pass_s(SecurityWatch::kAcceptedSeconds);
  CHECK(w.sink.cleared == 1);
  w.pass_s(SecurityWatch::kQuietSeconds);
  CHECK(w.sink.cleared == 2);
}

TEST_CASE("alarms of the last process beyond the bound are ended, and leave the others room") {
  Watching w;
  for (unsigned i = 0; i < 1000; ++i) {
    w.sink.active.insert({OwnCondition::kWeakSecurity, numbered(i)});
    CHECK(w.watch.resume(OwnCondition::kWeakSecurity, numbered(i), w.now_ns));
  }
  w.sink.active.insert({OwnCondition::kWeakSecurity, "many sources"});
  CHECK(w.watch.resume(OwnCondition::kWeakSecurity, "many sources", w.now_ns));
  CHECK(w.sink.active_of(OwnCondition::kWeakSecurity) == SecurityWatch::kSourcesMax + 1);
  CHECK(w.sink.is_active(OwnCondition::kWeakSecurity, "many sources"));
  for (unsigned i = 0; i < 2000; ++i) {
    w.sink.active.insert({OwnCondition::kBootsStuck, std::to_string(i)});
    CHECK(w.watch.resume(OwnCondition::kBootsStuck, std::to_string(i), w.now_ns));
  }
  CHECK(w.sink.active_of(OwnCondition::kBootsStuck) == SecurityWatch::kEnginesMax);
  w.see(refusal(DropReason::kWrongDigest));
  CHECK(w.sink.is_active(OwnCondition::kWrongDigest, "192.0.2.1"));
  w.pass_s(SecurityWatch::kQuietSeconds);
  CHECK(w.sink.active.empty());
}

TEST_CASE("the words about a refusal are clean text, whatever its user name consists of") {
  RefusalNotice notice = refusal(DropReason::kUnknownUser);
  const std::string name =
      "n\xc3\xb8"
      "c\n\xff\x1b[31m\xc2\x85";
  std::copy(name.begin(), name.end(), notice.user.begin());
  notice.user_octets = static_cast<std::uint8_t>(name.size());
  std::copy(kEngine.begin(), kEngine.end(), notice.engine_id.begin());
  notice.engine_id_octets = static_cast<std::uint8_t>(kEngine.size());
  CHECK(describe(notice) ==
        "refused (unknown_user): 212 octets from 192.0.2.1:161 to 192.0.2.100:162, engine "
        "8000138b0500000001, user n\xc3\xb8"
        "c\\x0a\\xff\\x1b[31m\\xc2\\x85: no such user for this "
        "engine (usmStatsUnknownUserNames)");
}

TEST_CASE("a flood of strangers leaves room for notices of senders that authenticated") {
  RefusalNotices notices;
  net::Datagram datagram;
  Refusal stranger;
  stranger.reason = DropReason::kUnknownUser;
  stranger.datagram = &datagram;
  for (int i = 0; i < 10'000; ++i) notices.refused(stranger, 0);
  Refusal device = stranger;
  device.reason = DropReason::kNotInTimeWindow;
  device.authenticated = true;
  for (int i = 0; i < 3; ++i) notices.refused(device, 0);
  RefusalNotice notice;
  int strangers = 0;
  int devices = 0;
  while (notices.next(&notice)) ++(notice.authenticated ? devices : strangers);
  CHECK(devices == 3);
  CHECK(strangers > 100);
}

TEST_CASE("who is behind while others are accepted in between is a second one with the engine ID") {
  Watching w;
  usm::EngineClock* const clock = w.engines.find_or_add(kEngine);
  std::uint32_t time = 100;
  const auto both = [&] {
    ++time;
    clock->check(9, time, 1000 + time);
    w.see(behind(2, 10 + time));
  };
  for (int i = 0; i < 3; ++i) both();
  const std::string engine = to_hex(kEngine);
  CHECK(w.sink.is_active(OwnCondition::kCloneEngine, engine));
  CHECK(!w.stuck());
  CHECK(w.watch.tells_of_clone(kEngine));
  CHECK(w.sink.last_text.find("two devices use this engine ID") != std::string::npos);
  // The other one goes on; only silence of the one that is behind ends it.
  ++time;
  clock->check(9, time, 1000 + time);
  w.pass_s(SecurityWatch::kQuietSeconds - 1);
  CHECK(w.sink.is_active(OwnCondition::kCloneEngine, engine));
  w.pass_s(1);
  CHECK(w.sink.active.empty());
  CHECK(!w.watch.tells_of_clone(kEngine));
}

TEST_CASE("one that seemed to have forgotten its boots may turn out to be a second one") {
  Watching w;
  usm::EngineClock* const clock = w.engines.find_or_add(kEngine);
  clock->check(9, 100, 1000);
  for (std::uint32_t i = 0; i < 3; ++i) w.see(behind(2, 10 + i));
  REQUIRE(w.stuck());
  for (std::uint32_t i = 1; i < 3; ++i) {
    clock->check(9, 100 + i, 1000 + i);
    w.see(behind(2, 20 + i));
  }
  CHECK(!w.stuck());
  CHECK(w.sink.is_active(OwnCondition::kCloneEngine, to_hex(kEngine)));
}

TEST_CASE("what an operator has cleared is raised anew by the next refusal") {
  Watching w;
  w.see(refusal(DropReason::kWrongDigest));
  CHECK(w.watch.tells_of(OwnCondition::kWrongDigest, "192.0.2.1"));
  CHECK(!w.watch.tells_of(OwnCondition::kWrongDigest, "192.0.2.2"));
  CHECK(!w.watch.tells_of(OwnCondition::kUnknownUser, "192.0.2.1"));
  w.watch.forget(OwnCondition::kWrongDigest, "192.0.2.1");
  CHECK(!w.watch.tells_of(OwnCondition::kWrongDigest, "192.0.2.1"));
  const int raised = w.sink.raised;
  w.see(refusal(DropReason::kWrongDigest));
  CHECK(w.sink.raised == raised + 1);
}

}  // namespace trapd::ingest
