// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/slot_index.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

namespace trapd::alarm {
namespace {

std::uint32_t find(const SlotIndex& index, std::uint64_t hash, std::uint32_t slot) {
  return index.find(hash, [&](std::uint32_t candidate) { return candidate == slot; });
}

}  // namespace

TEST_CASE("an index finds what was put in, and nothing else") {
  SlotIndex index;
  CHECK(find(index, 5, 1) == SlotIndex::kNone);
  index.insert(5, 1);
  index.insert(5, 2);  // the same hash
  CHECK(find(index, 5, 1) == 1);
  CHECK(find(index, 5, 2) == 2);
  CHECK(find(index, 5, 3) == SlotIndex::kNone);
  CHECK(find(index, 6, 1) == SlotIndex::kNone);
  CHECK(index.size() == 2);
}

TEST_CASE("a key can be led to another slot") {
  SlotIndex index;
  index.insert(5, 1);
  index.replace(5, 1, 9);
  CHECK(find(index, 5, 9) == 9);
  CHECK(find(index, 5, 1) == SlotIndex::kNone);
  CHECK(index.size() == 1);
}

// Few distinct homes: long chains, that wrap around the end of the table.
TEST_CASE("erasing from the middle of a chain loses none of the others") {
  std::mt19937_64 random(1);
  for (const std::uint64_t hashes : {std::uint64_t{3}, std::uint64_t{20}, std::uint64_t{1} << 40}) {
    SlotIndex index;
    std::map<std::uint32_t, std::uint64_t> model;
    for (int round = 0; round < 20'000; ++round) {
      const auto slot = static_cast<std::uint32_t>(random() % 200);
      const auto known = model.find(slot);
      if (known != model.end()) {
        index.erase(known->second, slot);
        model.erase(known);
      } else {
        const std::uint64_t hash = random() % hashes + 0xfffffff0;
        index.insert(hash, slot);
        model.emplace(slot, hash);
      }
      if (round % 50 != 0) continue;
      for (std::uint32_t each = 0; each < 200; ++each) {
        const auto found = model.find(each);
        if (found == model.end()) continue;
        CHECK(find(index, found->second, each) == each);
      }
      CHECK(index.size() == model.size());
    }
  }
}

}  // namespace trapd::alarm
