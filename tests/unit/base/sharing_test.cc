// SPDX-License-Identifier: Apache-2.0
// What is shared between threads: snapshots, locked values, counters, wakeups, clocks.
#include <doctest/doctest.h>
#include <poll.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "trapd/base/clock.h"
#include "trapd/base/counter.h"
#include "trapd/base/guarded.h"
#include "trapd/base/published.h"
#include "trapd/base/thread.h"
#include "trapd/base/wakeup.h"

using namespace trapd;

TEST_CASE("published: a subscription keeps its snapshot until it asks") {
  Published<std::string> names(std::make_shared<const std::string>("first"));
  Subscription<std::string> reader(names);
  CHECK(*reader == "first");
  CHECK_FALSE(reader.refresh());
  const std::uint64_t before = reader.generation();
  names.publish(std::make_shared<const std::string>("second"));
  CHECK(*reader == "first");
  CHECK(names.generation() == before + 1);
  CHECK(reader.refresh());
  CHECK(*reader == "second");
  CHECK(reader->size() == 6);
  CHECK(reader.generation() == names.generation());
  CHECK_FALSE(reader.refresh());
}

TEST_CASE("published: a snapshot lives as long as its last reader") {
  auto first = std::make_shared<const int>(1);
  const std::weak_ptr<const int> watch = first;
  Published<int> numbers(std::move(first));
  Subscription<int> reader(numbers);
  numbers.publish(std::make_shared<const int>(2));
  CHECK_FALSE(watch.expired());
  CHECK(reader.refresh());
  CHECK(watch.expired());
}

TEST_CASE("published: generation and snapshot belong together under writers") {
  Published<std::uint64_t> numbers(std::make_shared<const std::uint64_t>(1));
  std::jthread writer([&numbers] {
    for (std::uint64_t i = 2; i <= 20000; ++i) {
      numbers.publish(std::make_shared<const std::uint64_t>(i));
    }
  });
  Subscription<std::uint64_t> reader(numbers);
  bool together = true;
  while (reader.generation() < 20000) {
    reader.refresh();
    together = together && *reader == reader.generation();
  }
  CHECK(together);
}

TEST_CASE("guarded: what happens inside is not torn apart") {
  Guarded<std::pair<int, int>> both(std::pair(0, 0));
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&both] {
        for (int i = 0; i < 5000; ++i) {
          both.with([](auto& value) {
            ++value.first;
            ++value.second;
          });
        }
      });
    }
  }
  const Guarded<std::pair<int, int>>& view = both;
  CHECK(view.with([](const auto& value) { return value.first; }) == 20000);
  CHECK(view.with([](const auto& value) { return value.second; }) == 20000);
}

TEST_CASE("counters: one for each member of an enum, and their sum") {
  enum class Fruit : std::uint8_t { kApple, kPear, kCount };
  Counters<Fruit> counters;
  counters.add(Fruit::kApple);
  counters.add(Fruit::kPear, 41);
  CHECK(counters.get(Fruit::kApple) == 1);
  CHECK(counters.get(Fruit::kPear) == 41);
  CHECK(counters.sum() == 42);
  Counter counter;
  counter.set(7);
  counter.add();
  CHECK(counter.get() == 8);
}

TEST_CASE("wakeup: many notifications count as one, and none is lost") {
  const Wakeup wakeup;
  const auto readable = [&wakeup](int timeout_ms) {
    pollfd poll_fd{wakeup.fd(), POLLIN, 0};
    return ::poll(&poll_fd, 1, timeout_ms) == 1;
  };
  CHECK_FALSE(readable(0));
  wakeup.clear();  // nothing there: must not block
  wakeup.notify();
  wakeup.notify();
  CHECK(readable(0));
  wakeup.clear();
  CHECK_FALSE(readable(0));
  std::jthread other([&wakeup] { wakeup.notify(); });
  CHECK(readable(10000));
}

TEST_CASE("wakeup: whoever sleeps behind a look finds nothing left") {
  const Wakeup wakeup;
  constexpr std::uint64_t kItems = 20'000;
  constexpr int kProducers = 3;
  std::array<std::atomic<std::uint64_t>, kProducers> put{};
  std::vector<std::jthread> producers;
  for (std::atomic<std::uint64_t>& mine : put) {
    producers.emplace_back([&mine, &wakeup] {
      for (std::uint64_t i = 1; i <= kItems; ++i) {
        mine.store(i, std::memory_order_relaxed);
        wakeup.notify();
      }
    });
  }
  const auto all = [&put] {
    std::uint64_t sum = 0;
    for (const auto& mine : put) sum += mine.load(std::memory_order_relaxed);
    return sum;
  };
  bool woken = true;
  for (wakeup.clear(); woken && all() < kItems * kProducers; wakeup.clear()) {
    pollfd poll_fd{wakeup.fd(), POLLIN, 0};
    woken = ::poll(&poll_fd, 1, 10'000) == 1;
  }
  CHECK(woken);
}

TEST_CASE("thread: carries its name and runs its body") {
  std::atomic<bool> named{false};
  {
    const std::jthread thread = start_thread("trapd-test", [&named] {
      char name[16] = "";
      ::pthread_getname_np(::pthread_self(), name, sizeof name);
      named = std::string(name) == "trapd-test";
    });
  }
  CHECK(named);
}

TEST_CASE("clock: the virtual one stands until it is moved") {
  VirtualClock clock(5, 100);
  const Clock& seam = clock;
  CHECK(seam.monotonic_ns() == 5);
  clock.advance_ns(10);
  CHECK(seam.monotonic_ns() == 15);
  CHECK(seam.wall_ns() == 110);
  clock.step_wall_ns(-60);
  CHECK(seam.monotonic_ns() == 15);
  CHECK(seam.wall_ns() == 50);
}

TEST_CASE("clock: the system's goes on") {
  const SystemClock clock;
  const std::int64_t before = clock.monotonic_ns();
  CHECK(clock.monotonic_ns() >= before);
  CHECK(clock.wall_ns() > std::int64_t{1'700'000'000} * kNsPerSecond);
}
