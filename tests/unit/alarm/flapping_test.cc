// SPDX-License-Identifier: Apache-2.0
// Hold-down: alarms that are raised and cleared too often stay active until they are quiet.
#include "trapd/alarm/flapping.h"

#include <doctest/doctest.h>

#include <random>

#include "tests/unit/alarm/record_builder.h"

namespace trapd::alarm {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr FlappingLimits kLimits{.changes = 4, .within_ns = 60 * kSecond, .hold_ns = 300 * kSecond};

/// A list on a clock; what it was given stands in its journal.
class Device {
 public:
  Device() : correlator(std::make_unique<Correlator>(options())) {}

  Correlator::Applied raise(Severity severity = Severity::kMajor) {
    return apply({.severity = severity});
  }
  Correlator::Applied clear() {
    return apply({.action = Action::kClear, .severity = Severity::kCleared});
  }
  Correlator::Applied apply(AlarmRecord record) {
    record.wall_ns = now_ns;
    return put(StoredRecord(record, ++sequence));
  }
  void wait(std::int64_t seconds) { now_ns += seconds * kSecond; }
  /// What is due, as the ledger makes it; the number of records.
  int due() {
    int made = 0;
    while (const AlarmState* state = correlator->take_due(now_ns)) {
      const bool settles = state->flaps() && !state->flap.cleared;
      RecordFields fields = record_about(*state, settles ? Kind::kSettled : Kind::kAutomaticClear);
      fields.header.sequence = ++sequence;
      fields.header.received_wall_ns = now_ns;
      last = put(StoredRecord(fields));
      ++made;
    }
    return made;
  }
  /// The list that the whole journal gives, and with it the windows of its tail.
  void restart() {
    correlator = std::make_unique<Correlator>(options());
    for (const StoredRecord& record : journal) correlator->replay(record.view());
    for (const StoredRecord& record : journal) correlator->note_tail(record.view());
    correlator->resume(now_ns, now_ns);
  }
  static Correlator::Options options() { return {.alarms_max = 100, .flapping = kLimits}; }

  std::int64_t now_ns = 1'700'000'000 * kSecond;
  std::uint64_t sequence = 0;
  std::unique_ptr<Correlator> correlator;
  std::vector<StoredRecord> journal;
  Correlator::Applied last;

 private:
  Correlator::Applied put(StoredRecord record) {
    const auto applied = correlator->apply(record.view(), now_ns);
    record.settle(applied);
    journal.push_back(std::move(record));
    return applied;
  }
};

}  // namespace

TEST_CASE("the change that is one too many is held, and the alarm stays active") {
  Device device;
  CHECK(device.raise().outcome == Outcome::kRaise);
  CHECK(device.clear().outcome == Outcome::kClear);
  CHECK(device.raise().outcome == Outcome::kRaise);
  const auto fourth = device.clear();
  CHECK(fourth.outcome == Outcome::kHeld);
  CHECK(fourth.began_to_flap);
  CHECK(fourth.flap_changes == 4);
  REQUIRE(device.correlator->size() == 1);
  const AlarmState& state = *device.correlator->find(fourth.alarm_id);
  CHECK(state.flap.cleared);

  const auto fifth = device.raise(Severity::kCritical);
  CHECK(fifth.outcome == Outcome::kHeld);
  CHECK_FALSE(fifth.began_to_flap);
  CHECK(state.flap.changes == 5);
  CHECK_FALSE(state.flap.cleared);
  CHECK(state.severity == Severity::kCritical);
  CHECK(device.raise(Severity::kCritical).outcome == Outcome::kRepeat);
  CHECK(state.flap.changes == 5);
  CHECK(device.raise(Severity::kMinor).outcome == Outcome::kHeld);
}

TEST_CASE("a raise can be the change that is one too many: it is told, and what follows is held") {
  Device device;
  device.raise();
  device.wait(61);
  CHECK(device.clear().outcome == Outcome::kClear);  // its raise is too long ago: one change
  device.raise();
  device.clear();
  const auto fourth = device.raise();
  CHECK(fourth.outcome == Outcome::kRaise);
  CHECK(fourth.began_to_flap);
  CHECK(device.clear().outcome == Outcome::kHeld);
}

TEST_CASE("changes that lie further apart than the window are no flapping") {
  Device device;
  for (int i = 0; i < 20; ++i) {
    CHECK(device.raise().outcome == Outcome::kRaise);
    device.wait(30);
    CHECK(device.clear().outcome == Outcome::kClear);
    device.wait(31);
  }
}

TEST_CASE("after the hold time the true state is told once: cleared") {
  Device device;
  for (int i = 0; i < 2; ++i) {
    device.raise();
    device.clear();
  }
  device.wait(200);
  device.raise();
  device.clear();  // the hold time begins anew
  device.wait(299);
  CHECK(device.due() == 0);
  device.wait(1);
  CHECK(device.due() == 1);
  CHECK(device.last.outcome == Outcome::kClear);
  CHECK(device.last.ended_to_flap);
  CHECK(device.correlator->size() == 0);
  CHECK(device.raise().outcome == Outcome::kRaise);  // counted anew
  CHECK(device.clear().outcome == Outcome::kClear);
}

TEST_CASE("after the hold time the true state is told once: active, with what was told before") {
  Device device;
  for (int i = 0; i < 2; ++i) {
    device.raise();
    device.clear();
  }
  device.raise(Severity::kCritical);
  device.wait(300);
  CHECK(device.due() == 1);
  CHECK(device.last.outcome == Outcome::kChange);
  CHECK(device.last.previous == Severity::kMajor);
  CHECK(device.last.ended_to_flap);
  const AlarmState* state = device.correlator->find("d1", "linkDown", "1");
  REQUIRE(state != nullptr);
  CHECK_FALSE(state->flaps());
  CHECK(state->severity == Severity::kCritical);
  CHECK(device.clear().outcome == Outcome::kClear);
}

TEST_CASE("an operator's clear ends an alarm that flaps") {
  Device device;
  device.raise();
  device.clear();
  device.raise();
  const auto held = device.clear();
  const auto cleared = device.apply(
      {.action = Action::kClear, .kind = Kind::kManualClear, .alarm_id = held.alarm_id});
  CHECK(cleared.outcome == Outcome::kClear);
  CHECK(cleared.ended_to_flap);
  device.wait(1000);
  CHECK(device.due() == 0);
}

TEST_CASE("trapd's own alarms do not flap, and none does when it is off") {
  Device device;
  for (int i = 0; i < 10; ++i) {
    CHECK(device.apply({.kind = Kind::kOwn}).outcome == Outcome::kRaise);
    CHECK(device.apply({.action = Action::kClear, .kind = Kind::kOwn}).outcome == Outcome::kClear);
  }
  device.correlator->set_flapping(std::nullopt);
  for (int i = 0; i < 10; ++i) {
    CHECK(device.raise().outcome == Outcome::kRaise);
    CHECK(device.clear().outcome == Outcome::kClear);
  }
}

TEST_CASE("a start finds what flaps, since when, and what was counted before") {
  Device device;
  device.raise();
  device.clear();
  device.raise();
  device.restart();
  CHECK(device.clear().outcome == Outcome::kHeld);  // the fourth
  device.wait(100);
  device.restart();
  device.wait(299);
  CHECK(device.due() == 0);  // quiet is what a start did not hear only after its whole hold time
  device.wait(1);
  CHECK(device.due() == 1);
  CHECK(device.correlator->size() == 0);
}

TEST_CASE("the journal alone gives the list again, whatever flaps") {
  std::mt19937 random(7);
  const auto below = [&](unsigned int n) { return random() % n; };
  Device device;
  std::size_t held = 0;
  std::size_t settled = 0;
  for (int i = 0; i < 4000; ++i) {
    AlarmRecord record{.severity = static_cast<Severity>(3 + below(2)),
                       .resource = std::to_string(below(4))};
    if (below(2) == 0) {
      record.action = Action::kClear;
      record.severity = Severity::kCleared;
    }
    held += device.apply(record).outcome == Outcome::kHeld ? 1 : 0;
    device.wait(below(40) == 0 ? 400 : static_cast<std::int64_t>(below(20)));
    settled += static_cast<std::size_t>(device.due());
    if (below(50) != 0) continue;
    Correlator again(Device::options());
    for (const StoredRecord& stored : device.journal) again.replay(stored.view());
    CHECK(again.size() == device.correlator->size());
    device.correlator->for_each([&](const AlarmState& state) {
      REQUIRE(again.find(state.id) != nullptr);
      CHECK(same(*again.find(state.id), state));
    });
  }
  CHECK(held > 100);
  CHECK(settled > 10);
}

TEST_CASE("windows are bounded: the oldest leaves for a new one") {
  FlapWindows windows;
  for (std::uint64_t key = 1; key <= FlapWindows::kKeysMax + 5; ++key) {
    CHECK(windows.changed(key, 10, 5, 100) == 2);
  }
  CHECK(windows.size() == FlapWindows::kKeysMax);
  CHECK(windows.raised(1, 10, 100) == 1);
  CHECK(windows.raised(FlapWindows::kKeysMax, 10, 100) == 3);
  windows.changed(1, 1000, 999, 100);
  CHECK(windows.size() == 1);  // the others are over
}

TEST_CASE("an alarm whose severity swings flaps as well, and its journal says so") {
  Device device;
  CHECK(device.raise(Severity::kMinor).outcome == Outcome::kRaise);
  CHECK(device.raise(Severity::kMajor).outcome == Outcome::kChange);
  CHECK(device.raise(Severity::kMinor).outcome == Outcome::kChange);
  const auto fourth = device.raise(Severity::kMajor);
  CHECK(fourth.outcome == Outcome::kHeld);
  CHECK(fourth.began_to_flap);
  const AlarmState& state = *device.correlator->find(fourth.alarm_id);
  CHECK(state.flap.told == Severity::kMinor);
  CHECK_FALSE(state.flap.cleared);
  // Of what was told before, not of what was held.
  device.raise(Severity::kCritical);
  const auto cleared = device.apply(
      {.action = Action::kClear, .kind = Kind::kManualClear, .alarm_id = fourth.alarm_id});
  CHECK(cleared.previous == Severity::kMinor);
}

}  // namespace trapd::alarm
