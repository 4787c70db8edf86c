// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/timeouts.h"

#include <doctest/doctest.h>

#include "tests/unit/alarm/record_builder.h"

namespace trapd::alarm {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

class Timed {
 public:
  explicit Timed(std::int64_t start_ns = 1000 * kSecond) : now_ns(start_ns) {}
  std::uint64_t raise(std::uint32_t timeout_s, const std::string& resource = "1") {
    AlarmRecord record{.resource = resource};
    record.timeout_s = timeout_s;
    record.wall_ns = now_ns;
    return correlator.apply(StoredRecord(record, ++sequence).view(), now_ns).alarm_id;
  }
  void clear(const std::string& resource) {
    AlarmRecord record{.action = Action::kClear, .resource = resource};
    correlator.apply(StoredRecord(record, ++sequence).view(), now_ns);
  }
  std::vector<std::uint64_t> due_at(std::int64_t seconds) {
    std::vector<std::uint64_t> ids;
    while (const AlarmState* state = correlator.take_due(now_ns + seconds * kSecond)) {
      ids.push_back(state->id);
    }
    return ids;
  }

  std::int64_t now_ns;
  std::uint64_t sequence = 0;
  Correlator correlator{Correlator::Options{}};
};

}  // namespace

TEST_CASE("an alarm is due when no repeat came for its timeout, and once") {
  Timed list;
  const std::uint64_t id = list.raise(90);
  list.raise(0, "2");
  CHECK(list.due_at(89).empty());
  list.now_ns += 60 * kSecond;
  list.raise(90);
  CHECK(list.due_at(89).empty());
  CHECK(list.due_at(90) == std::vector{id});
  CHECK(list.due_at(1000).empty());
}

TEST_CASE("the latest record says the timeout: shorter, longer, or none") {
  Timed list;
  const std::uint64_t id = list.raise(90);
  list.raise(10);
  CHECK(list.due_at(9).empty());
  CHECK(list.due_at(10) == std::vector{id});
  list.raise(10);
  list.raise(50);
  CHECK(list.due_at(49).empty());
  list.raise(0);
  CHECK(list.due_at(5000).empty());
}

TEST_CASE("what is due comes in its order, and not for alarms that are gone") {
  Timed list;
  const std::uint64_t late = list.raise(30, "1");
  const std::uint64_t soon = list.raise(10, "2");
  list.raise(20, "3");
  list.clear("3");
  CHECK(list.due_at(60) == std::vector{soon, late});
}

TEST_CASE("a repeat that is not recorded keeps an alarm") {
  Timed list;
  list.raise(90);
  list.now_ns += 60 * kSecond;
  AlarmRecord record;
  record.timeout_s = 90;
  list.correlator.heard(StoredRecord(record, 99).view(), list.now_ns);
  CHECK(list.due_at(89).empty());
  CHECK(list.due_at(90).size() == 1);
}

TEST_CASE("alarms that come and go leave no more entries than alarms") {
  Timed list;
  for (int round = 0; round < 20'000; ++round) {
    list.raise(1'000'000, "x");
    list.raise(500'000, "x");
    list.clear("x");
  }
  CHECK(list.due_at(2'000'000).empty());
}

TEST_CASE("after a start nothing is due before its timeout or a quarter of an hour") {
  struct Row {
    std::uint32_t timeout_s;
    std::int64_t quiet_s;  // since the last repeat, by the wall clock
    std::int64_t due_s;    // after the start
  };
  const Row table[] = {
      {90, 10, 90},           // a repeat may have been missed
      {90, 100'000, 90},      // a long outage
      {7200, 1200, 6000},     // by the wall clock
      {7200, 7000, 900},      // not before a quarter of an hour
      {7200, 100'000, 900},   //
      {7200, -50'000, 7200},  // the wall clock was set back: no longer than the timeout
  };
  for (const Row& row : table) {
    CAPTURE(row.quiet_s);
    Timed before;
    const std::uint64_t id = before.raise(row.timeout_s);
    Timed after(5 * kSecond);  // the monotonic clock of another boot
    after.correlator.restore(*before.correlator.find(id));
    after.correlator.resume(after.now_ns, before.now_ns + row.quiet_s * kSecond);
    CHECK(after.due_at(row.due_s - 1).empty());
    CHECK(after.due_at(row.due_s) == std::vector{id});
  }
}

}  // namespace trapd::alarm
