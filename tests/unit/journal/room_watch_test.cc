// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/room_watch.h"

#include "tests/unit/journal/fixtures.h"

namespace trapd::journal {
namespace {

/// A store that is used to so many percent.
StoreUsage usage(std::uint64_t percent) {
  return {.bytes_used = percent * 1'000'000, .bytes_limit = 100'000'000};
}

Backlog backlog(const char* destination, std::uint64_t percent) {
  return {destination, 7 * percent, percent * 1'000'000};
}

TEST_CASE("a store full of what every destination has got raises nothing") {
  RoomWatch watch;
  CHECK(!watch.look(usage(95), {}));
  CHECK(!watch.look(usage(95), {backlog("a", 0), backlog("b", 79)}));
  CHECK(!watch.look({.bytes_limit = 1}, {backlog("a", 0)}));
}

TEST_CASE("a backlog that takes up 80 % of the store raises, and names who is furthest behind") {
  RoomWatch watch;
  CHECK(!watch.look(usage(79), {backlog("a", 79)}));
  const auto change =
      watch.look(usage(95), {backlog("a", 1), backlog("slow", 81), backlog("b", 80)});
  REQUIRE(change);
  CHECK(change->raised);
  CHECK(change->text.find("567 records that destination slow") != std::string::npos);
  CHECK(change->text.find("81 %") != std::string::npos);
  CHECK(!watch.look(usage(95), {backlog("slow", 95)}));  // once
}

TEST_CASE("the alarm of a full store ends well below where it began, also after a restart") {
  for (const bool resumed : {false, true}) {
    RoomWatch watch;
    if (resumed) watch.resume();
    if (!resumed) REQUIRE(watch.look(usage(95), {backlog("slow", 95)}));
    CHECK(!watch.look(usage(95), {backlog("slow", 79)}));
    CHECK(!watch.look(usage(95), {backlog("slow", 70)}));
    const auto change = watch.look(usage(95), {backlog("slow", 69)});
    REQUIRE(change);
    CHECK(!change->raised);
    CHECK(!watch.look(usage(95), {backlog("slow", 79)}));
    CHECK(watch.look(usage(95), {backlog("slow", 80)}));
  }
}

TEST_CASE("a destination that was taken away fills no store any more") {
  RoomWatch watch;
  REQUIRE(watch.look(usage(95), {backlog("slow", 95)}));
  const auto change = watch.look(usage(95), {});
  REQUIRE(change);
  CHECK(!change->raised);
}

TEST_CASE("the backlogs matter only where the alarm could begin, or while it lasts") {
  RoomWatch watch;
  CHECK_FALSE(watch.may_change(usage(79)));
  CHECK(watch.may_change(usage(80)));
  REQUIRE(watch.look(usage(95), {backlog("slow", 95)}));
  CHECK(watch.may_change(usage(10)));
}

TEST_CASE("few large records fill a store as much as many small ones") {
  RoomWatch watch;
  const auto change =
      watch.look(usage(95), {{"small", 900'000, 10'000'000}, {"large", 90, 80'000'000}});
  REQUIRE(change);
  CHECK(change->text.find("the 90 records that destination large") != std::string::npos);
}

TEST_CASE("an estimate that is too high counts no more than what is used") {
  RoomWatch watch;
  CHECK(!watch.look(usage(70), {backlog("slow", 85)}));
}

}  // namespace
}  // namespace trapd::journal
