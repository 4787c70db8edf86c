// SPDX-License-Identifier: Apache-2.0
// Who is still verified while strangers are refused in numbers.
#include "tests/unit/ingest/pipeline_fixture.h"

namespace trapd::ingest {
namespace {

Bytes of_a_stranger() {
  Sending stranger;
  stranger.as.name = "stranger";
  return message(stranger);
}

TEST_CASE("a spoofer who empties a source's bucket silences no known device") {
  Receiver r;
  r.receive(Sending{});
  REQUIRE(r.take());
  const Bytes bad = of_a_stranger();
  for (int i = 0; i < 500; ++i) r.receive(bad);
  CHECK(r.dropped(DropReason::kUnknownUser) == 200);
  CHECK(r.dropped(DropReason::kRefusedRate) == 300);
  r.receive(Sending{.time = 1001});
  CHECK(r.take());
  r.clock.advance_ns(kNsPerSecond);
  r.receive(bad);
  CHECK(r.dropped(DropReason::kUnknownUser) == 201);
}

TEST_CASE("nor does he silence one that sends informs, and be it right after a reload") {
  Receiver r;
  const Bytes bad = of_a_stranger();
  for (int i = 0; i < 300; ++i) r.receive(bad);
  REQUIRE(r.dropped(DropReason::kRefusedRate) == 100);
  r.security.publish(r.security.get().first);
  r.pipeline.refresh();
  r.receive(Sending{.engine = kOwnEngine, .boots = 3, .time = 0, .pdu = ber::kInformRequest});
  CHECK(r.take());
}

TEST_CASE("strangers under more addresses than have a place silence nobody, nor those spoofed") {
  Receiver r;
  r.receive(Sending{});
  REQUIRE(r.take());
  const Bytes bad = of_a_stranger();
  std::uint32_t good = 0;
  for (std::uint32_t i = 0; i < 3 * net::Admission::kSources; ++i) {
    const std::string from = "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 0xff) +
                             "." + std::to_string(i & 0xff) + ":161";
    r.receive(bad, from.c_str());
    if (i % 100 != 0) continue;
    r.receive(bad);  // under the device's own address
    r.receive(Sending{.time = 1001 + good++});
    CHECK(r.take());
    r.clock.advance_ns(kNsPerMs);
  }
  CHECK(good > 400);
  // Each stranger has his digestless refusal, and the device's address alone is starved.
  CHECK(r.dropped(DropReason::kUnknownUser) >= 3 * net::Admission::kSources);
  CHECK(r.dropped(DropReason::kRefusedRate) > 0);
  CHECK(r.dropped(DropReason::kUnknownUser) + r.dropped(DropReason::kRefusedRate) ==
        r.counters.dropped.sum());
}

}  // namespace
}  // namespace trapd::ingest
