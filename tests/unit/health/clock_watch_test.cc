// SPDX-License-Identifier: Apache-2.0
#include "trapd/health/clock_watch.h"

#include "tests/unit/alarm/own_condition_sink.h"
#include "trapd/base/clock.h"

// Behind trapd's headers: both have a CHECK.
#include <doctest/doctest.h>

namespace trapd::health {
namespace {

using alarm::OwnCondition;
using Sink = alarm::RecordingSink;

constexpr std::int64_t kStart = 1'000 * kNsPerSecond;

bool raised(const Sink& sink) {
  return !sink.find(OwnCondition::kClockUnsynchronised, ClockWatch::kResource).text.empty();
}

TEST_CASE("a clock that nobody keeps is an alarm after some minutes, and ends when it is kept") {
  Sink sink;
  ClockWatch watch(sink);
  watch.look(false, kStart);
  watch.look(false, kStart + ClockWatch::kAfterNs - 1);
  CHECK_FALSE(raised(sink));
  watch.look(false, kStart + ClockWatch::kAfterNs);
  CHECK(raised(sink));
  watch.look(false, kStart + 2 * ClockWatch::kAfterNs);
  CHECK(sink.raises() == 1);
  watch.look(std::nullopt, kStart + 2 * ClockWatch::kAfterNs);
  CHECK(raised(sink));
  watch.look(true, kStart + 3 * ClockWatch::kAfterNs);
  CHECK_FALSE(raised(sink));
}

TEST_CASE("a clock that is kept in between begins its minutes anew") {
  Sink sink;
  ClockWatch watch(sink);
  watch.look(false, kStart);
  watch.look(true, kStart + ClockWatch::kAfterNs / 2);
  watch.look(false, kStart + ClockWatch::kAfterNs);
  CHECK_FALSE(raised(sink));
}

TEST_CASE("the alarm of the last process ends when the clock is kept") {
  Sink sink;
  sink.raise(OwnCondition::kClockUnsynchronised, ClockWatch::kResource, "of the last process");
  ClockWatch watch(sink);
  watch.resume();
  watch.look(true, kStart);
  CHECK_FALSE(raised(sink));
}

}  // namespace
}  // namespace trapd::health
