// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/phase_times.h"

#include <doctest/doctest.h>

#include "trapd/base/clock.h"

namespace trapd {
namespace {

TEST_CASE("a phase has the time since the one before, and the sum when it comes again") {
  VirtualClock clock;
  PhaseTimes times(clock);
  clock.advance_ns(5 * kNsPerMs);
  times.end("configuration");
  clock.advance_ns(2 * kNsPerMs);
  times.end("keys");
  clock.advance_ns(10 * kNsPerMs + 999'999);
  times.end("configuration");
  CHECK(times.text() == "configuration 15, keys 2");
  CHECK(times.total_ms() == 17);
}

}  // namespace
}  // namespace trapd
