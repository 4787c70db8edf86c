// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/silence_watch.h"

#include "tests/unit/alarm/own_condition_sink.h"
#include "trapd/base/clock.h"

// Behind trapd's headers: both have a CHECK.
#include <doctest/doctest.h>

namespace trapd::alarm {
namespace {

constexpr std::int64_t kStart = 1'700'000'000 * kNsPerSecond;

struct Silence {
  RecordingSink sink;
  SilenceWatch watch{sink};
  std::int64_t now_ns = kStart;
  std::int64_t heard_ns = 0;

  Silence() {
    watch.follow({{"80000001", "sbc-1", std::chrono::seconds(90)}}, now_ns);
    look();
  }
  void look() {
    watch.look(now_ns, [&](const SilenceWatch::Expected&) { return heard_ns; });
  }
  /// At one look; the first of all begins the intervals.
  bool silent_after(std::int64_t seconds) {
    now_ns += seconds * kNsPerSecond;
    look();
    return !sink.find(OwnCondition::kDeviceSilent, "sbc-1").text.empty();
  }
};

TEST_CASE("a device that says nothing for its interval is silent, until it is heard") {
  Silence s;
  CHECK_FALSE(s.silent_after(45));
  CHECK_FALSE(s.silent_after(45));
  CHECK(s.silent_after(1));
  CHECK(s.silent_after(60));
  CHECK(s.sink.raises() == 1);
  s.heard_ns = s.now_ns;
  CHECK_FALSE(s.silent_after(1));
  CHECK_FALSE(s.silent_after(59));
  CHECK_FALSE(s.silent_after(30));
  CHECK(s.silent_after(1));
}

TEST_CASE("what the queue does not take is told at a later look") {
  Silence s;
  s.sink.full = true;
  CHECK_FALSE(s.silent_after(60));
  CHECK_FALSE(s.silent_after(60));
  s.sink.full = false;
  CHECK(s.silent_after(1));
  s.sink.full = true;
  s.heard_ns = s.now_ns;
  CHECK(s.silent_after(1));
  s.sink.full = false;
  CHECK_FALSE(s.silent_after(1));
}

TEST_CASE("a clock that is set makes nobody silent") {
  Silence s;
  CHECK_FALSE(s.silent_after(30));
  CHECK_FALSE(s.silent_after(3'600));
  CHECK_FALSE(s.silent_after(60));
  CHECK(s.silent_after(31));
}

TEST_CASE("a device that is not expected any more is not silent any more") {
  Silence s;
  CHECK_FALSE(s.silent_after(60));
  REQUIRE(s.silent_after(31));
  s.watch.follow({}, s.now_ns);
  CHECK(s.sink.size() == 0);
}

TEST_CASE("the silence of the last process's time ends when the device is heard") {
  Silence s;
  s.sink.raise(OwnCondition::kDeviceSilent, "sbc-1", "of the last process");
  s.watch.resume("sbc-1");
  CHECK(s.silent_after(1));
  s.heard_ns = s.now_ns;
  CHECK_FALSE(s.silent_after(1));
  s.sink.raise(OwnCondition::kDeviceSilent, "gone", "of the last process");
  s.watch.resume("gone");
  CHECK(s.sink.size() == 0);
}

TEST_CASE("a clock that is set back makes nobody heard, and all intervals begin anew") {
  Silence s;
  s.heard_ns = s.now_ns;
  CHECK_FALSE(s.silent_after(45));
  REQUIRE(s.silent_after(46));
  s.now_ns -= 86'400 * kNsPerSecond;
  CHECK(s.silent_after(60));  // what was heard lies in the future now
  s.heard_ns = s.now_ns;
  CHECK_FALSE(s.silent_after(0));
  s.now_ns -= 300 * kNsPerSecond;
  CHECK_FALSE(s.silent_after(0));
  CHECK_FALSE(s.silent_after(50));
  CHECK(s.silent_after(41));  // not as late as the clock was set back
}

TEST_CASE("a device that was heard between two looks at the clock is heard") {
  Silence s;
  CHECK_FALSE(s.silent_after(45));
  CHECK_FALSE(s.silent_after(45));
  s.heard_ns = s.now_ns + 2 * kNsPerSecond;
  CHECK_FALSE(s.silent_after(1));
  s.heard_ns = 0;  // forgotten by who knew
  CHECK_FALSE(s.silent_after(50));
  CHECK_FALSE(s.silent_after(40));
  CHECK(s.silent_after(1));
}

TEST_CASE("an end that the queue does not take is told later") {
  Silence s;
  CHECK_FALSE(s.silent_after(60));
  REQUIRE(s.silent_after(31));
  s.sink.full = true;
  s.watch.follow({}, s.now_ns);
  CHECK(s.silent_after(1));
  s.sink.full = false;
  CHECK_FALSE(s.silent_after(1));
}

}  // namespace
}  // namespace trapd::alarm
