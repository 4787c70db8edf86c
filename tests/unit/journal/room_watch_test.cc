// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/room_watch.h"

#include "tests/unit/journal/fixtures.h"

namespace trapd::journal {
namespace {

/// 1,000 records from 5,001 on, in a store that is used to so many percent.
StoreUsage usage(std::uint64_t percent) {
  return {.bytes_used = percent * 1'000'000,
          .bytes_limit = 100'000'000,
          .oldest_sequence = 5'001,
          .newest_sequence = 6'000,
          .entries = 90};
}

TEST_CASE("a store full of what every destination has got raises nothing") {
  RoomWatch watch;
  CHECK(!watch.look(usage(95), {}));
  CHECK(!watch.look(usage(95), {{"a", 0}, {"b", 800}}));
  CHECK(!watch.look({.bytes_limit = 1}, {{"a", 0}}));
}

TEST_CASE("a backlog that takes up 80 % of the store raises, and names who is furthest behind") {
  RoomWatch watch;
  CHECK(!watch.look(usage(79), {{"a", 1'000}}));
  const auto change = watch.look(usage(95), {{"a", 10}, {"slow", 850}, {"b", 849}});
  REQUIRE(change);
  CHECK(change->raised);
  CHECK(change->text.find("850 records that destination slow") != std::string::npos);
  CHECK(change->text.find("81 %") != std::string::npos);
  CHECK(!watch.look(usage(95), {{"slow", 1'000}}));  // once
}

TEST_CASE("the alarm of a full store ends well below where it began, also after a restart") {
  for (const bool resumed : {false, true}) {
    RoomWatch watch;
    if (resumed) watch.resume();
    if (!resumed) REQUIRE(watch.look(usage(95), {{"slow", 1'000}}));
    CHECK(!watch.look(usage(95), {{"slow", 800}}));
    CHECK(!watch.look(usage(95), {{"slow", 740}}));
    const auto change = watch.look(usage(95), {{"slow", 730}});
    REQUIRE(change);
    CHECK(!change->raised);
    CHECK(!watch.look(usage(95), {{"slow", 800}}));
    CHECK(watch.look(usage(95), {{"slow", 900}}));
  }
}

TEST_CASE("a destination that was taken away fills no store any more") {
  RoomWatch watch;
  REQUIRE(watch.look(usage(95), {{"slow", 1'000}}));
  const auto change = watch.look(usage(95), {});
  REQUIRE(change);
  CHECK(!change->raised);
}

TEST_CASE("a cursor far behind the oldest record counts for what is kept") {
  RoomWatch watch;
  CHECK(!watch.look(usage(70), {{"slow", 6'000}}));
  CHECK(watch.look(usage(80), {{"slow", 6'000}}));
}

}  // namespace
}  // namespace trapd::journal
