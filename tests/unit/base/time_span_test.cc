// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/time_span.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>

#include "trapd/base/clock.h"

using namespace trapd;

namespace {

constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
constexpr const char* kLordHowe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";  // half an hour

/// With this zone, on a thread of its own: what a thread keeps is of the zone it began with.
WallMinute in_zone(const char* zone, std::int64_t seconds) {
  WallMinute shown;
  const char* before = std::getenv("TZ");
  const std::string kept = before != nullptr ? before : "";
  ::setenv("TZ", zone, 1);
  ::tzset();
  std::thread([&] { shown = wall_minute(seconds * kNsPerSecond + 999'999'999); }).join();
  if (before != nullptr) {
    ::setenv("TZ", kept.c_str(), 1);
  } else {
    ::unsetenv("TZ");
  }
  ::tzset();
  return shown;
}

std::uint16_t at(int hours, int minutes) {
  return static_cast<std::uint16_t>(hours * 60 + minutes);
}

enum Day : std::uint8_t { kSun, kMon, kTue, kWed, kThu, kFri, kSat };

bool holds(const char* text, Day day, int hours, int minutes) {
  const auto span = TimeSpan::parse(text);
  REQUIRE_MESSAGE(span.has_value(), text);
  return span->contains({day, at(hours, minutes)});
}

}  // namespace

TEST_CASE("hours hold from their first minute to the one before their last") {
  CHECK_FALSE(holds("08:00-18:00", kWed, 7, 59));
  CHECK(holds("08:00-18:00", kWed, 8, 0));
  CHECK(holds("08:00-18:00", kWed, 17, 59));
  CHECK_FALSE(holds("08:00-18:00", kWed, 18, 0));
  CHECK(holds("00:00-24:00", kSun, 0, 0));
  CHECK(holds("00:00-24:00", kSun, 23, 59));
  CHECK(holds("18:00-24:00", kSun, 23, 59));
  CHECK(holds("18:00-00:00", kSun, 23, 59));
  CHECK_FALSE(holds("18:00-00:00", kMon, 0, 0));
}

TEST_CASE("hours past midnight belong to the day on which they begin") {
  CHECK(holds("22:00-06:00", kMon, 22, 0));
  CHECK(holds("22:00-06:00", kTue, 5, 59));
  CHECK_FALSE(holds("22:00-06:00", kTue, 6, 0));
  CHECK_FALSE(holds("22:00-06:00", kTue, 21, 59));
  CHECK(holds("fri 22:00-06:00", kFri, 23, 0));
  CHECK(holds("fri 22:00-06:00", kSat, 5, 0));
  CHECK_FALSE(holds("fri 22:00-06:00", kFri, 5, 0));
  CHECK_FALSE(holds("fri 22:00-06:00", kSat, 22, 0));
  CHECK(holds("sat 22:00-06:00", kSun, 5, 59));  // over the end of the week
  CHECK_FALSE(holds("sun 22:00-06:00", kSun, 5, 59));
}

TEST_CASE("days may run over the end of the week") {
  for (const Day day : {kMon, kTue, kWed, kThu, kFri}) CHECK(holds("mon-fri", day, 12, 0));
  CHECK_FALSE(holds("mon-fri", kSat, 12, 0));
  CHECK_FALSE(holds("mon-fri 08:00-18:00", kMon, 7, 0));
  CHECK(holds("fri-mon", kSun, 0, 0));
  CHECK(holds("sat-sun", kSat, 0, 0));
  CHECK(holds("sat-sun", kSun, 23, 59));
  CHECK_FALSE(holds("fri-mon", kTue, 0, 0));
  CHECK(holds("sun", kSun, 0, 0));
  CHECK_FALSE(holds("sun", kMon, 0, 0));
}

TEST_CASE("what is no span of time is refused") {
  for (const char* text : {"",
                           " ",
                           "8:00-18:00",
                           "08:00",
                           "08:00-",
                           "-18:00",
                           "08:00-18:60",
                           "24:00-06:00",
                           "24:01-06:00",
                           "08:00-24:01",
                           "08:00-08:00",
                           "00:00-00:00",
                           "08.00-18.00",
                           "montag",
                           "mon-",
                           "-fri",
                           "mon-fri-sun",
                           "Mon",
                           "mon,tue",
                           "mon  08:00-18:00",
                           "mon 08:00-18:00 ",
                           "08:00-18:00 mon",
                           "mon mon",
                           "mon 08:00",
                           "08:00-18:00-20:00",
                           "+8:00-18:00",
                           "08:00-1\xff:00"}) {
    CHECK_MESSAGE(!TimeSpan::parse(text), text);
  }
}

TEST_CASE("the wall shows the time of the zone at that moment, summer time included") {
  constexpr std::int64_t kSpring = 1'774'746'000;  // 2026-03-29T01:00:00Z, a Sunday
  CHECK(in_zone("UTC0", kSpring) == WallMinute{kSun, at(1, 0)});
  CHECK(in_zone(kBerlin, kSpring - 60) == WallMinute{kSun, at(1, 59)});
  CHECK(in_zone(kBerlin, kSpring) == WallMinute{kSun, at(3, 0)});
  CHECK(in_zone(kBerlin, kSpring - 1) == WallMinute{kSun, at(1, 59)});
  constexpr std::int64_t kAutumn = 1'792'890'000;  // 2026-10-25T01:00:00Z
  CHECK(in_zone(kBerlin, kAutumn - 1800) == WallMinute{kSun, at(2, 30)});
  CHECK(in_zone(kBerlin, kAutumn + 1800) == WallMinute{kSun, at(2, 30)});  // once more
  CHECK(in_zone(kBerlin, kAutumn + 3600) == WallMinute{kSun, at(3, 0)});
  CHECK(in_zone("EST5", kAutumn) == WallMinute{kSat, at(20, 0)});  // the day before
  constexpr std::int64_t kSouth = 1'791'041'400;                   // 2026-10-03T15:30:00Z
  CHECK(in_zone(kLordHowe, kSouth - 60) == WallMinute{kSun, at(1, 59)});
  CHECK(in_zone(kLordHowe, kSouth) == WallMinute{kSun, at(2, 30)});
  CHECK(in_zone("UTC0", -5) == WallMinute{kThu, at(0, 0)});
}

TEST_CASE("a thread that asks about many minutes gets each its own") {
  std::thread([] {
    const WallMinute first = wall_minute(0);
    for (std::int64_t minute = 1; minute < 3000; ++minute) {
      const WallMinute shown = wall_minute(minute * 60 * kNsPerSecond);
      CHECK(shown == wall_minute(minute * 60 * kNsPerSecond + 59 * kNsPerSecond));
      if (minute % 1440 == 0) CHECK(shown.minute == first.minute);
    }
  }).join();
}
