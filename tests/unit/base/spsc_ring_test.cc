// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/spsc_ring.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <thread>

using namespace trapd;

namespace {

bool push(SpscRing& ring, std::string_view message) {
  const MutableBytes room = ring.reserve(message.size());
  if (room.empty()) return false;
  std::copy(message.begin(), message.end(), room.begin());
  ring.commit(message.size());
  return true;
}

std::string pop(SpscRing& ring) {
  const std::string message(as_text(ring.front()));
  if (!message.empty()) ring.pop();
  return message;
}

void two_threads(std::size_t capacity) {
  SpscRing ring(capacity);
  constexpr std::uint32_t kMessages = 300000;
  std::jthread producer([&ring] {
    std::minstd_rand random(7);
    for (std::uint32_t number = 0; number < kMessages;) {
      const std::size_t size = 4 + random() % 200;
      const MutableBytes room = ring.reserve(size);
      if (room.empty()) {
        std::this_thread::yield();
        continue;
      }
      store_le(room.data(), number);
      std::fill(room.begin() + 4, room.end(), static_cast<std::uint8_t>(number));
      ring.commit(size);
      ++number;
    }
  });
  std::uint32_t expected = 0;
  bool intact = true;
  while (expected < kMessages) {
    const ByteView view = ring.front();
    if (view.empty()) {
      ring.release();
      std::this_thread::yield();
      continue;
    }
    intact = intact && view.size() >= 4 && load_le<std::uint32_t>(view.data()) == expected &&
             std::all_of(view.begin() + 4, view.end(), [expected](std::uint8_t octet) {
               return octet == static_cast<std::uint8_t>(expected);
             });
    ++expected;
    if (expected % 3 == 0) {
      ring.pop();
    } else {
      ring.pop_later();
    }
  }
  ring.release();
  CHECK(intact);
  CHECK(ring.empty());
}

}  // namespace

TEST_CASE("ring: messages come out as they went in, in order") {
  SpscRing ring(256);
  CHECK(ring.empty());
  CHECK(ring.front().empty());
  CHECK(push(ring, "one"));
  CHECK(push(ring, "three"));
  CHECK_FALSE(ring.empty());
  CHECK(as_text(ring.front()) == "one");
  CHECK(as_text(ring.front()) == "one");
  CHECK(pop(ring) == "one");
  CHECK(pop(ring) == "three");
  CHECK(ring.front().empty());
  CHECK(ring.empty());
}

TEST_CASE("ring: full is told, loses nothing, and ends when something was taken") {
  SpscRing ring(64);  // a message of 8 octets takes 16
  for (const char* message : {"aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"}) {
    CHECK(push(ring, message));
  }
  CHECK(ring.used_bytes() == 64);
  CHECK_FALSE(push(ring, "e"));
  CHECK(pop(ring) == "aaaaaaaa");
  CHECK(push(ring, "eeeeeeee"));
  CHECK_FALSE(push(ring, "f"));
  for (const char* message : {"bbbbbbbb", "cccccccc", "dddddddd", "eeeeeeee"}) {
    CHECK(pop(ring) == message);
  }
  CHECK(ring.empty());
}

TEST_CASE("ring: a message that would cross the end is put at the beginning") {
  SpscRing ring(128);
  const std::string large(25, 'x');  // takes 40: the fourth would end at 160
  CHECK(push(ring, large));
  CHECK(push(ring, large));
  CHECK(push(ring, large));
  CHECK_FALSE(push(ring, large));
  CHECK(pop(ring) == large);
  CHECK(push(ring, large));  // 8 octets at the end are skipped
  CHECK(ring.used_bytes() == 128);
  CHECK(pop(ring) == large);
  CHECK(pop(ring) == large);
  CHECK(pop(ring) == large);
  CHECK(ring.empty());
}

TEST_CASE("ring: a reservation may be given up or used in part") {
  SpscRing ring(128);
  const MutableBytes room = ring.reserve(32);
  REQUIRE(room.size() == 32);
  CHECK(ring.front().empty());
  REQUIRE(ring.reserve(20).size() == 20);  // the first one is forgotten
  ring.commit(1);
  CHECK(ring.used_bytes() == 16);
  CHECK(ring.front().size() == 1);
  ring.pop();
  // Given up behind a skip: what is published next stands at the beginning.
  while (ring.used_bytes() < 96) REQUIRE(push(ring, std::string(24, 'y')));
  while (!pop(ring).empty()) {
  }
  REQUIRE(ring.reserve(25).size() == 25);
  CHECK(push(ring, "short"));
  CHECK(pop(ring) == "short");
  CHECK(ring.empty());
}

TEST_CASE("ring: a batch is read in place and given back as a whole") {
  SpscRing ring(64);
  for (const char* message : {"aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"}) push(ring, message);
  std::vector<ByteView> batch;
  for (ByteView view = ring.front(); !view.empty(); view = ring.front()) {
    batch.push_back(view);
    ring.pop_later();
  }
  REQUIRE(batch.size() == 4);
  CHECK_FALSE(push(ring, "e"));
  CHECK(as_text(batch[0]) == "aaaaaaaa");
  CHECK(as_text(batch[3]) == "dddddddd");
  ring.release();
  CHECK(ring.empty());
  CHECK(push(ring, "eeeeeeee"));
}

TEST_CASE("ring: looking ahead finds what is taken later, and takes nothing") {
  SpscRing ring(1024);
  std::minstd_rand random(2);
  std::deque<std::string> ahead_of_taking;
  std::uint64_t position = 0;
  int seen = 0;
  for (int step = 0; step < 20000; ++step) {
    push(ring, std::string(1 + random() % 200, static_cast<char>('a' + random() % 26)));
    if (ring.front().empty() || random() % 3 == 0) continue;
    for (int i = 0; i < 3; ++i) {
      const ByteView view = ring.look_ahead(&position);
      if (!view.empty()) ahead_of_taking.emplace_back(as_text(view));
    }
    const std::string taken = pop(ring);
    if (!ahead_of_taking.empty()) {
      REQUIRE(ahead_of_taking.front() == taken);
      ahead_of_taking.pop_front();
      ++seen;
    }
  }
  CHECK(seen > 5000);
}

TEST_CASE("ring: random messages against a model") {
  SpscRing ring(1024);
  std::deque<std::string> model;
  std::minstd_rand random(1);
  std::size_t refused = 0;
  for (int step = 0; step < 200000; ++step) {
    if (random() % 2 == 0) {
      const std::string message(1 + random() % 256, static_cast<char>('a' + random() % 26));
      if (push(ring, message)) {
        model.push_back(message);
      } else {
        ++refused;
        REQUIRE(ring.used_bytes() > 1024 / 4);
      }
    } else {
      const std::string expected = model.empty() ? "" : model.front();
      if (!model.empty()) model.pop_front();
      REQUIRE(pop(ring) == expected);
    }
    REQUIRE(ring.used_bytes() <= ring.capacity());
    REQUIRE(ring.empty() == model.empty());
  }
  CHECK(refused > 100);
}

TEST_CASE("ring: who keeps up uses the beginning only; who falls behind, all of it") {
  constexpr std::size_t kCapacity = std::size_t{1} << 20;
  SpscRing ring(kCapacity);
  const std::string message(1000, 'x');
  REQUIRE(push(ring, message));
  const std::uint8_t* const beginning = ring.front().data();
  ring.pop();
  std::ptrdiff_t farthest = 0;
  for (int i = 0; i < 5000; ++i) {  // five times its capacity, at most one message in it
    REQUIRE(push(ring, message));
    farthest = std::max(farthest, ring.front().data() - beginning);
    REQUIRE(pop(ring) == message);
  }
  CHECK(farthest > 15'000);
  CHECK(farthest < 20'000);
  int held = 0;
  while (push(ring, message)) ++held;
  CHECK(held > 900);
  for (; held > 0; --held) REQUIRE(pop(ring) == message);
  CHECK(ring.empty());
}

TEST_CASE("ring: it holds as much right after it began anew as ever") {
  constexpr std::size_t kCapacity = std::size_t{1} << 18;
  const std::string message(1000, 'x');  // takes 1,008
  for (int before = 1; before < 300; ++before) {
    SpscRing ring(kCapacity);
    for (int i = 0; i < before; ++i) {
      REQUIRE(push(ring, message));
      REQUIRE(pop(ring) == message);
    }
    int held = 0;
    while (push(ring, message)) ++held;
    REQUIRE(held >= static_cast<int>(kCapacity / 1008 - 1));  // a skip at the end costs one
    REQUIRE(ring.used_bytes() <= kCapacity);
    for (; held > 0; --held) REQUIRE(pop(ring) == message);
    REQUIRE(ring.empty());
  }
}

TEST_CASE("ring: a beginning anew that is given up hides no room and no message") {
  constexpr std::size_t kCapacity = std::size_t{1} << 18;
  SpscRing ring(kCapacity);
  const std::string large(kCapacity / 4, 'x');
  for (int i = 0; i < 20; ++i) {
    REQUIRE(push(ring, std::string(5000, 'y')));
    ring.front();
    ring.pop();
  }
  REQUIRE_FALSE(ring.reserve(100).empty());  // given up
  CHECK(ring.front().empty());
  CHECK(ring.empty());
  for (int i = 0; i < 50; ++i) {
    REQUIRE(push(ring, large));
    REQUIRE(pop(ring) == large);
    REQUIRE(push(ring, "short"));
    REQUIRE(pop(ring) == "short");
  }
}

TEST_CASE("ring: random batches, read in place and ahead, with and without keeping up") {
  constexpr std::size_t kCapacity = std::size_t{1} << 18;
  SpscRing ring(kCapacity);
  std::minstd_rand random(11);
  std::deque<std::string> model;
  std::size_t full = 0;
  for (int round = 0; round < 20000; ++round) {
    const bool behind = round % 1000 > 900;  // now and then the consumer stands still
    const bool was_behind = round % 1000 == 0;
    for (std::size_t left = 1 + random() % 40; left > 0; --left) {
      std::string message(1 + random() % 900, static_cast<char>('a' + random() % 26));
      if (random() % 5 == 0) (void)ring.reserve(25'000);  // given up
      if (push(ring, message)) {
        model.push_back(std::move(message));
      } else {
        REQUIRE((behind || was_behind));
        ++full;
      }
    }
    if (behind) continue;
    std::uint64_t position = 0;
    std::size_t ahead = 0;
    ring.front();
    while (!ring.look_ahead(&position).empty()) ++ahead;
    REQUIRE(ahead <= model.size());
    while (!model.empty()) {
      REQUIRE(as_text(ring.front()) == model.front());
      ring.pop_later();
      model.pop_front();
    }
    REQUIRE(ring.front().empty());
    if (was_behind || random() % 4 != 0) ring.release();  // or given back with the next ones
  }
  CHECK(full > 100);
}

TEST_CASE("ring: two threads, every message once and in order") {
  for (const std::size_t capacity : {std::size_t{4096}, std::size_t{1} << 18}) {
    two_threads(capacity);
  }
}
