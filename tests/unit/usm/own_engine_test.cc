// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/own_engine.h"

#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

TEST_CASE("INF-01: an engine ID of ours is 5 to 32 octets of a known format") {
  for (const char* id : {"80001f880501020304",            // octets
                         "8000000005676174657761792d31",  // octets, as text
                         "80001f8804676174657761792d31",  // text
                         "80001f8801c0000201",            // IPv4
                         "80001f88022001"
                         "0db8000000000000000000000001",     // IPv6
                         "80001f8803001122334455",           // MAC
                         "80001f888000", "80001f88ff00"}) {  // the enterprise's own formats
    CAPTURE(id);
    CHECK(legal_own_engine_id(hex(id)));
  }
}

TEST_CASE("INF-01: what is not an engine ID of ours is refused") {
  for (const char* id : {"", "80001f88",
                         "8000000006",          // the local engine of RFC 5343
                         "00001f880501020304",  // the first bit
                         "80001f880001",        // format 0
                         "80001f880601",        // formats 6 to 127 are reserved
                         "80001f887f01",
                         "80001f8801c00002",  // an IPv4 address of three octets
                         "80001f8801c000020101", "80001f88022001", "80001f88030011223344",
                         "0000000000", "ffffffffff", "ffffffffffffffff"}) {
    CAPTURE(id);
    CHECK_FALSE(legal_own_engine_id(hex(id)));
  }
  Bytes longest = hex("80001f8805");
  longest.resize(32, 'x');
  CHECK(legal_own_engine_id(longest));
  longest.push_back('x');
  CHECK_FALSE(legal_own_engine_id(longest));
}

TEST_CASE("USM-05: an engine ID of somebody else is 5 to 32 octets, not all 00 or all FF") {
  for (std::size_t octets = 0; octets <= 70; ++octets) {
    CAPTURE(octets);
    CHECK(legal_engine_id(Bytes(octets, 0x01)) == (octets >= 5 && octets <= 32));
    CHECK_FALSE(legal_engine_id(Bytes(octets, 0x00)));
    CHECK_FALSE(legal_engine_id(Bytes(octets, 0xff)));
  }
  CHECK(legal_engine_id(kEngine));
}

TEST_CASE("a made engine ID is legal and not the one before") {
  const Bytes a = make_engine_id();
  CHECK(legal_own_engine_id(a));
  CHECK(a.size() == 17);
  CHECK(a != make_engine_id());
}

TEST_CASE("INF-08: the window is 150 seconds either way, at the same boots") {
  VirtualClock clock;
  const OwnEngine own(kOwnEngine, 3, clock);
  clock.advance_ns(1000 * kNsPerSecond);
  const std::int64_t now = clock.monotonic_ns();
  CHECK(own.time() == 1000);
  CHECK(own.in_window(3, 1000, now));
  CHECK(own.in_window(3, 850, now));
  CHECK(own.in_window(3, 1150, now));
  CHECK_FALSE(own.in_window(3, 849, now));
  CHECK_FALSE(own.in_window(3, 1151, now));
  CHECK_FALSE(own.in_window(2, 1000, now));
  CHECK_FALSE(own.in_window(4, 1000, now));
  CHECK_FALSE(own.in_window(0, 0, now));
}

TEST_CASE("EDG-05: a step of the wall clock changes nothing") {
  VirtualClock clock;
  const OwnEngine own(kOwnEngine, 3, clock);
  clock.advance_ns(1000 * kNsPerSecond);
  clock.step_wall_ns(-3600 * kNsPerSecond);
  CHECK(own.time() == 1000);
}

TEST_CASE("INF-05: at the highest boots every message is outside the window") {
  VirtualClock clock;
  const OwnEngine own(kOwnEngine, kBootsMax, clock);
  CHECK_FALSE(own.in_window(kBootsMax, 0, clock.monotonic_ns()));
}

}  // namespace
}  // namespace trapd::usm
