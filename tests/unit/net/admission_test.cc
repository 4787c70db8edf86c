// SPDX-License-Identifier: Apache-2.0
// The table when it is full: of strangers under addresses of all kinds, spoofed ones too.
#include "trapd/net/admission.h"

#include <doctest/doctest.h>

#include "trapd/base/clock.h"

namespace trapd::net {
namespace {

constexpr std::uint32_t kRate = 100;  // refused ones a second

Endpoint address(std::uint32_t number) {
  return *Endpoint::parse("10." + std::to_string(number >> 16 & 0xff) + "." +
                          std::to_string(number >> 8 & 0xff) + "." + std::to_string(number & 0xff) +
                          ":161");
}
const Endpoint kFlooder = *Endpoint::parse("192.0.2.1:161");
const Endpoint kGood = *Endpoint::parse("192.0.2.2:161");

struct Table {
  Table() { admission.set_rate(kRate); }
  /// A packet that will be refused: does it cost a digest?
  bool refuse(const Endpoint& source) {
    if (admission.starved(source, now_ns)) return false;
    admission.refused(source, now_ns);
    return true;
  }
  /// One packet of each of so many strangers, none of whom was here before.
  void strangers(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) refuse(address(next_stranger++));
  }
  Admission admission;
  std::int64_t now_ns = 1000 * kNsPerSecond;
  std::uint32_t next_stranger = 0;
};

TEST_CASE("who was refused too often is starved until his bucket has filled again") {
  Table t;
  for (std::uint32_t i = 0; i < kRate; ++i) CHECK(t.refuse(kFlooder));
  CHECK_FALSE(t.refuse(kFlooder));
  CHECK_FALSE(t.admission.starved(kGood, t.now_ns));
  t.now_ns += kNsPerSecond / kRate;
  CHECK(t.refuse(kFlooder));
  CHECK_FALSE(t.refuse(kFlooder));
}

TEST_CASE("a table full of strangers starves none who was not refused himself") {
  Table t;
  for (int turn = 0; turn < 50; ++turn) {
    t.strangers(Admission::kSources / 10);
    t.now_ns += kNsPerSecond / 10;
    CHECK_FALSE(t.admission.starved(kGood, t.now_ns));
    // Now and then one of his is refused too, as behind a relay: he has what he may, as before.
    if (turn % 5 == 0) CHECK(t.refuse(kGood));
  }
  CHECK(t.next_stranger > 4 * Admission::kSources);
  CHECK_FALSE(t.admission.starved(kGood, t.now_ns));
}

TEST_CASE("a flooder cannot hide among strangers: he keeps his place, and gets his rate alone") {
  Table t;
  std::uint32_t digests = 0;
  constexpr int kSeconds = 5;
  // 20,000 strangers a second, and 1,000 packets of one address.
  for (int ms = 0; ms < kSeconds * 1000; ++ms) {
    t.strangers(20);
    if (t.refuse(kFlooder)) ++digests;
    t.now_ns += kNsPerMs;
  }
  CHECK(t.next_stranger > 6 * Admission::kSources);
  CHECK(digests >= kRate * kSeconds);
  CHECK(digests <= kRate * (kSeconds + 1));
}

TEST_CASE("who is quiet gives way, and comes back with a full bucket, never with an empty one") {
  Table t;
  while (t.refuse(kFlooder)) {
  }
  // At one moment: time alone would have filled it.
  t.now_ns += 1;
  t.strangers(16 * Admission::kSources);
  CHECK_FALSE(t.admission.starved(kFlooder, t.now_ns));
  std::uint32_t digests = 0;
  while (t.refuse(kFlooder)) ++digests;
  CHECK(digests == kRate);
}

TEST_CASE("starved sources that name somebody known share a budget of the worker") {
  Table t;
  std::uint32_t taken = 0;
  while (t.admission.take_known_budget(t.now_ns)) ++taken;
  CHECK(taken == Admission::kKnownBudgetPerSecond);
  t.now_ns += kNsPerSecond / 10;
  taken = 0;
  while (t.admission.take_known_budget(t.now_ns)) ++taken;
  CHECK(taken == Admission::kKnownBudgetPerSecond / 10);
}

TEST_CASE("without a rate everybody is admitted") {
  Table t;
  t.admission.set_rate(0);
  for (int i = 0; i < 10'000; ++i) CHECK(t.refuse(kFlooder));
}

}  // namespace
}  // namespace trapd::net
