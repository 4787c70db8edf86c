// SPDX-License-Identifier: Apache-2.0
#include "forwarders/syslog/frame_buffer.h"

#include <doctest/doctest.h>

#include <random>
#include <set>

using namespace trapd;
using trapd::forwarders::syslog::FrameBuffer;

namespace {

/// Writes n octets at most and returns them.
std::string take(FrameBuffer& buffer, std::size_t n = ~std::size_t{0}) {
  std::string all;
  while (n > 0 && !buffer.unwritten().empty()) {
    const ByteView part = buffer.unwritten().first(std::min(n, buffer.unwritten().size()));
    all += as_text(part);
    n -= part.size();
    buffer.wrote(part.size());
  }
  return all;
}

}  // namespace

TEST_CASE("frames go out whole and in order, and count when their last octet is acknowledged") {
  FrameBuffer buffer(0);
  buffer.append("3 ", "abc", "", 5);
  buffer.append("", "de", "\n", 9);
  CHECK(buffer.under_way() == 2);
  CHECK(take(buffer) == "3 abcde\n");
  CHECK(buffer.acknowledge(4, 0) == 0);
  CHECK(buffer.delivered_through() == 0);
  CHECK(buffer.acknowledge(5, 0) == 1);
  CHECK(buffer.delivered_through() == 5);
  CHECK(buffer.unacknowledged_octets() == 3);
  CHECK(buffer.acknowledge(8, 0) == 1);
  CHECK(buffer.delivered_through() == 9);
  CHECK(buffer.under_way() == 0);
}

TEST_CASE("after an abnormal close the retained frames go again, from the start of a frame") {
  FrameBuffer buffer(6);
  for (std::uint64_t i = 1; i <= 4; ++i) buffer.append("", "frame" + std::to_string(i), ";", i);
  CHECK(take(buffer, 24) == "frame1;frame2;frame3;fra");
  CHECK(buffer.acknowledge(15, 0) == 2);
  buffer.rewind();  // 14 acknowledged, 6 kept: inside frame2
  CHECK(take(buffer) == "frame2;frame3;frame4;");
  CHECK(buffer.delivered_through() == 2);
  CHECK(buffer.acknowledge(14, 0) == 0);  // again, and not counted again
  CHECK(buffer.acknowledge(28, 0) == 2);
}

TEST_CASE("after a close in order only what was acknowledged of late goes twice") {
  FrameBuffer buffer(1 << 20);
  for (std::uint64_t i = 1; i <= 4; ++i) buffer.append("", "frame" + std::to_string(i), ";", i);
  take(buffer, 21);
  buffer.acknowledge(7, 100);
  buffer.acknowledge(14, 200);
  buffer.acknowledge(21, 300);
  SUBCASE("some") {
    buffer.resume(200);
    CHECK(take(buffer) == "frame2;frame3;frame4;");
  }
  SUBCASE("none") {
    buffer.resume(301);
    CHECK(take(buffer) == "frame4;");
  }
}

TEST_CASE("nothing is retained when nothing is to be sent again") {
  FrameBuffer buffer(0);
  for (std::uint64_t i = 1; i <= 3; ++i) buffer.append("", "frame" + std::to_string(i), ";", i);
  take(buffer, 16);
  buffer.acknowledge(16, 100);
  SUBCASE("after an abnormal close") { buffer.rewind(); }
  SUBCASE("after a close in order") { buffer.resume(0); }
  CHECK(take(buffer) == "frame3;");
}

TEST_CASE("any mix of writes, acknowledgements and closes delivers every frame, in order") {
  std::mt19937 random(11);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int round = 0; round < 30; ++round) {
    const std::size_t retain = below(3) * 100'000;
    FrameBuffer buffer(retain);
    std::uint64_t appended = 0;
    std::uint64_t origin = 0;
    std::string seen;  // of this connection
    std::set<std::uint64_t> received;
    const auto parse = [&](bool abnormal) {
      std::uint64_t last = 0;
      std::size_t start = 0;
      for (std::size_t end; (end = seen.find(';', start)) != std::string::npos; start = end + 1) {
        const std::uint64_t number = std::stoull(seen.substr(start));
        CHECK((last == 0 || number == last + 1));
        last = number;
        received.insert(number);
      }
      CHECK((abnormal || start == seen.size()));
      seen.clear();
    };
    for (int step = 0; step < 300; ++step) {
      switch (below(8)) {
        case 0:
        case 1:
        case 2:
          ++appended;
          buffer.append(std::to_string(appended), std::string(below(5000), 'x'), ";", appended);
          break;
        case 3:
        case 4:
          seen += take(buffer, below(40'000));
          break;
        case 5:
        case 6:
          buffer.acknowledge(origin + below(seen.size() + 1), 0);
          break;
        default:
          if (below(10) > 0) break;
          // The peer has read everything or only what lies before the retained end; both are what
          // the buffer promises to make good for.
          parse(true);
          buffer.rewind();
          origin = buffer.written();
      }
      REQUIRE(buffer.under_way() <= appended);
    }
    seen += take(buffer);
    parse(false);
    buffer.acknowledge(origin + (1U << 30), 0);
    CHECK(received.size() == appended);
    CHECK(buffer.delivered_through() == appended);
    CHECK(buffer.under_way() == 0);
  }
}

TEST_CASE("what would go out again is told by its first frame, until it is settled") {
  FrameBuffer buffer(15);
  CHECK(buffer.resend_from() == 0);
  for (std::uint64_t i = 1; i <= 6; ++i) {
    buffer.append("", "frame" + std::to_string(i), ";", 10 * i);
  }
  take(buffer);
  CHECK(buffer.resend_from() == 0);  // not acknowledged: not delivered either
  buffer.acknowledge(28, 100);
  CHECK(buffer.resend_from() == 20);  // 15 octets before 28 are inside of the second
  buffer.rewind();
  CHECK(buffer.resend_from() == 20);
  CHECK(take(buffer, 7) == "frame2;");
  buffer.acknowledge(35, 200);
  CHECK(buffer.resend_from() == 30);
  buffer.settle();
  CHECK(buffer.resend_from() == 0);
  buffer.rewind();
  CHECK(take(buffer) == "frame6;");
}

TEST_CASE("what a close in order has settled never goes out again") {
  FrameBuffer buffer(1 << 20);
  for (std::uint64_t i = 1; i <= 4; ++i) buffer.append("", "frame" + std::to_string(i), ";", i);
  take(buffer);
  buffer.acknowledge(14, 100);
  buffer.acknowledge(28, 300);
  buffer.resume(200);
  CHECK(buffer.resend_from() == 3);
  buffer.rewind();
  CHECK(take(buffer) == "frame3;frame4;");
}
