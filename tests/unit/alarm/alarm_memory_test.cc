// SPDX-License-Identifier: Apache-2.0
// A million active alarms must fit in 1 GB (bounds of ARCHITECTURE.md).
#include <doctest/doctest.h>
#include <malloc.h>

#include <string>

#include "tests/unit/alarm/record_builder.h"
#include "trapd/alarm/correlator.h"

namespace trapd::alarm {

// Under sanitizers, which have an allocator of their own, mallinfo2() counts nothing.
TEST_CASE("an alarm with long texts takes less than 910 octets of memory") {
  constexpr std::size_t kAlarms = 100'000;
  const std::size_t before = ::mallinfo2().uordblks + ::mallinfo2().hblkhd;
  Correlator correlator(Correlator::Options{});
  AlarmRecord record;
  record.name = "acBoardEthernetLinkAlarm";
  record.text = std::string(200, 't');
  for (std::uint64_t i = 1; i <= kAlarms; ++i) {
    record.device = "80001f8880c5a1b2c3d4e5f6" + std::to_string(i % 5000);
    record.resource = "Board#1/EthernetLink#" + std::to_string(i);
    correlator.apply(StoredRecord(record, i).view());
  }
  REQUIRE(correlator.size() == kAlarms);
  const std::size_t used = ::mallinfo2().uordblks + ::mallinfo2().hblkhd - before;
  MESSAGE("octets per alarm: " << used / kAlarms);
  CHECK(used / kAlarms < 910);
}

TEST_CASE("alarms that come and go for ever take no more memory than those that are active") {
  Correlator correlator(Correlator::Options{});
  AlarmRecord raise;
  AlarmRecord clear;
  clear.action = Action::kClear;
  clear.severity = Severity::kCleared;
  std::uint64_t sequence = 0;
  std::size_t peak = 0;
  for (int round = 0; round < 20'000; ++round) {
    raise.resource = clear.resource = std::to_string(round);
    correlator.apply(StoredRecord(raise, ++sequence).view());
    // Some rows get to disk in between, so that their deletion waits in the list.
    if (round % 3 == 0) correlator.take_dirty(1, [](std::uint64_t, const AlarmState*) {});
    correlator.apply(StoredRecord(clear, ++sequence).view());
    if (round == 10'000) peak = ::mallinfo2().uordblks;
  }
  CHECK(correlator.size() == 0);
  CHECK(::mallinfo2().uordblks <= peak + 4096);
}

}  // namespace trapd::alarm
