// SPDX-License-Identifier: Apache-2.0
#include "trapd/usm/engine_clock.h"

#include <atomic>
#include <thread>

#include "tests/unit/usm/usm_fixture.h"

namespace trapd::usm {
namespace {

using Verdict = EngineClock::Verdict;

TEST_CASE("TRP-02 TRP-03: the first authentic message sets all three values") {
  EngineClock clock;
  CHECK(clock.check(7, 1001, 500) == Verdict::kFresh);
  CHECK(clock.state().boots == 7);
  CHECK(clock.state().latest_time == 1001);
  CHECK(clock.state().received_s == 500);
}

TEST_CASE("TRP-04: a first 0/0 is inside, and ages out after 150 seconds") {
  EngineClock clock;
  CHECK(clock.check(0, 0, 500) == Verdict::kInWindow);
  CHECK(clock.check(0, 0, 650) == Verdict::kInWindow);
  CHECK(clock.check(0, 0, 651) == Verdict::kTooOld);
  CHECK(clock.check(0, 1, 5000) == Verdict::kFresh);
}

TEST_CASE("TRP-05: higher boots are taken over even with a lower time") {
  EngineClock clock;
  clock.check(7, 100'000, 500);
  CHECK(clock.check(8, 3, 501) == Verdict::kFresh);
  CHECK(clock.state().boots == 8);
  CHECK(clock.state().latest_time == 3);
  CHECK(clock.state().received_s == 501);
  CHECK(clock.check(7, 100'001, 502) == Verdict::kBootsLower);
}

TEST_CASE("TRP-06: a later time is accepted however far ahead, and then shuts the old ones out") {
  EngineClock clock;
  clock.check(7, 1000, 500);
  CHECK(clock.check(7, 2147483647, 501) == Verdict::kFresh);
  CHECK(clock.check(7, 1002, 502) == Verdict::kTooOld);
  CHECK(clock.check(8, 1, 503) == Verdict::kFresh);
}

TEST_CASE("TRP-07: the window ends exactly 150 seconds behind the ticking notion") {
  EngineClock clock;
  clock.check(7, 1000, 500);
  CHECK(clock.check(7, 850, 500) == Verdict::kInWindow);
  CHECK(clock.check(7, 849, 500) == Verdict::kTooOld);
  // 40 seconds later the notion is 1040.
  CHECK(clock.check(7, 890, 540) == Verdict::kInWindow);
  CHECK(clock.check(7, 889, 540) == Verdict::kTooOld);
  CHECK(clock.state().latest_time == 1000);
  CHECK(clock.state().received_s == 500);
}

TEST_CASE("TRP-08: the newest message is no update when it comes again, and ages out") {
  EngineClock clock;
  clock.check(7, 1000, 500);
  CHECK(clock.check(7, 1000, 600) == Verdict::kInWindow);
  CHECK(clock.check(7, 1000, 650) == Verdict::kInWindow);
  CHECK(clock.check(7, 1000, 651) == Verdict::kTooOld);
}

TEST_CASE("TRP-09: lower boots are refused whatever the time") {
  EngineClock clock;
  clock.check(7, 1000, 500);
  for (const std::uint32_t time : {0U, 999U, 1000U, 1001U, 2147483647U}) {
    CHECK(clock.check(6, time, 500) == Verdict::kBootsLower);
    CHECK(clock.check(0, time, 500) == Verdict::kBootsLower);
  }
}

TEST_CASE("TRP-10: the highest boots are stored, refused, and latch") {
  EngineClock clock;
  CHECK(clock.check(kBootsMax, 5, 500) == Verdict::kBootsMaximum);
  CHECK(clock.state().boots == kBootsMax);
  CHECK(clock.check(kBootsMax, 6, 501) == Verdict::kBootsMaximum);
  CHECK(clock.check(kBootsMax, 6, 501) == Verdict::kBootsMaximum);
  CHECK(clock.check(7, 1000, 502) == Verdict::kBootsMaximum);
  clock.restore({});
  CHECK(clock.check(7, 1000, 503) == Verdict::kFresh);
}

TEST_CASE("boots one below the highest are ordinary") {
  EngineClock clock;
  CHECK(clock.check(kBootsMax - 1, 5, 500) == Verdict::kFresh);
  CHECK(clock.check(kBootsMax - 1, 5, 500) == Verdict::kInWindow);
}

TEST_CASE("TRP-12: a restored clock goes on where it was, also when it is from before our start") {
  EngineClock clock;
  clock.restore({7, 1000, -100});
  CHECK(clock.state().received_s == -100);
  CHECK(clock.check(7, 950, 0) == Verdict::kInWindow);  // the notion is 1100
  CHECK(clock.check(7, 949, 0) == Verdict::kTooOld);
  CHECK(clock.check(7, 1001, 0) == Verdict::kFresh);
}

TEST_CASE("judging moves nothing and says what checking would") {
  EngineClock clock;
  clock.check(7, 1000, 500);
  CHECK(clock.judge(7, 1001, 501) == Verdict::kFresh);
  CHECK(clock.judge(9, 0, 501) == Verdict::kFresh);
  CHECK(clock.judge(kBootsMax, 0, 501) == Verdict::kBootsMaximum);
  CHECK(clock.judge(7, 851, 501) == Verdict::kInWindow);
  CHECK(clock.judge(7, 850, 501) == Verdict::kTooOld);
  CHECK(clock.judge(6, 1000, 501) == Verdict::kBootsLower);
  CHECK(clock.state().latest_time == 1000);
}

TEST_CASE("a batch that took its time earlier does not turn the notion back") {
  EngineClock clock;
  clock.check(7, 1000, 500);
  CHECK(clock.check(7, 850, 490) == Verdict::kInWindow);
  CHECK(clock.check(7, 849, 490) == Verdict::kTooOld);
}

TEST_CASE("the table keeps an entry for each engine up to its bound and never evicts") {
  EngineTable table(2);
  EngineClock* const a = table.find_or_add(kEngine);
  EngineClock* const b = table.find_or_add(kOwnEngine);
  REQUIRE(a != nullptr);
  REQUIRE(b != nullptr);
  CHECK(a != b);
  CHECK(table.find_or_add(kEngine) == a);
  CHECK(table.find_or_add(numbered_engine(1)) == nullptr);
  CHECK(table.find(kEngine) == a);
  CHECK(table.find(numbered_engine(1)) == nullptr);
  CHECK(table.size() == 2);
  CHECK(equal(a->engine_id(), kEngine));
  CHECK(table.all().size() == 2);
}

TEST_CASE("forgetting an engine lets its next message set the clock anew") {
  EngineTable table(10);
  EngineClock* const clock = table.find_or_add(kEngine);
  clock->check(7, 2147483647, 500);
  CHECK(clock->check(7, 5, 501) == Verdict::kTooOld);
  CHECK(table.forget(kEngine));
  CHECK_FALSE(table.forget(kOwnEngine));
  CHECK(clock->check(0, 0, 502) == Verdict::kInWindow);
  CHECK(clock->check(7, 5, 502) == Verdict::kFresh);
}

TEST_CASE("EDG-07: threads move a clock only forward, and its end is the newest message") {
  constexpr std::uint32_t kThreads = 4;
  constexpr std::uint32_t kMessages = 20'000;
  EngineClock clock;
  std::atomic<bool> backwards{false};
  std::atomic<bool> let_in_old{false};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::uint64_t seen = 0;
      for (std::uint32_t i = 0; i < kMessages; ++i) {
        const std::uint32_t boots = 1 + i / 1000;
        // Steps of 200 s: what is one step old is always too old.
        const std::uint32_t time = (i % 1000) * 200 + 1000 + t;
        clock.check(boots, time, i);
        const EngineClock::State state = clock.state();
        const std::uint64_t now = std::uint64_t{state.boots} << 32 | state.latest_time;
        if (now < seen || now < (std::uint64_t{boots} << 32 | time)) backwards = true;
        seen = now;
        const Verdict old = clock.check(boots, time - 200 - kThreads, i);
        if (old != Verdict::kTooOld && old != Verdict::kBootsLower) let_in_old = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(backwards);
  CHECK_FALSE(let_in_old);
  CHECK(clock.state().boots == 1 + (kMessages - 1) / 1000);
  CHECK(clock.state().latest_time == 999 * 200 + 1000 + kThreads - 1);
  CHECK(clock.state().received_s == kMessages - 1);
}

TEST_CASE("EDG-07: an update never lets in what is too old before and after it") {
  // Each update comes 1,000 s after the one before. A reader that pairs the old time with the new
  // moment would take it for one that was received just now.
  EngineClock clock;
  clock.check(1, 0, 0);
  std::atomic<bool> done{false};
  std::atomic<bool> let_in{false};
  std::thread reader([&] {
    while (!done) {
      const EngineClock::State state = clock.state();
      if (state.received_s != state.latest_time) continue;  // the writer was interrupted half-way
      if (clock.judge(1, state.latest_time, state.received_s + 1000) != Verdict::kTooOld) {
        let_in = true;
      }
    }
  });
  for (std::uint32_t i = 1; i <= 2'000'000; ++i) clock.check(1, i * 1000, i * 1000);
  done = true;
  reader.join();
  CHECK_FALSE(let_in);
}

TEST_CASE("forgetting under traffic leaves no clock behind whose window never ends") {
  constexpr std::uint32_t kRounds = 100'000;
  EngineTable table(1);
  EngineClock& clock = *table.find_or_add(kEngine);
  std::atomic<std::uint32_t> round{0};
  std::atomic<std::uint32_t> done{0};
  std::thread worker([&] {
    for (std::uint32_t i = 1; i <= kRounds; ++i) {
      while (round < i) std::this_thread::yield();
      clock.check(1, i, 10);
      done = i;
    }
  });
  std::uint32_t endless = 0;
  for (std::uint32_t i = 1; i <= kRounds; ++i) {
    round = i;
    table.forget(kEngine);
    while (done < i) std::this_thread::yield();
    // Forgotten, or set anew with a moment of its own; a message would be too old by now.
    if (clock.state().boots != 0 && clock.judge(1, i, 1000) != Verdict::kTooOld) ++endless;
  }
  worker.join();
  CHECK(endless == 0);
}

TEST_CASE("EDG-07: threads that meet a new engine at once get the same entry") {
  EngineTable table(100);
  std::vector<std::thread> threads;
  std::array<std::array<EngineClock*, 100>, 4> found{};
  for (std::size_t t = 0; t < found.size(); ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t i = 0; i < 100; ++i) {
        found[t][i] = table.find_or_add(numbered_engine(i));
        found[t][i]->check(1, i + 1, 10);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(table.size() == 100);
  for (std::size_t t = 1; t < found.size(); ++t) CHECK(found[t] == found[0]);
}

}  // namespace
}  // namespace trapd::usm
