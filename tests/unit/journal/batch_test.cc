// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/batch.h"

#include "tests/unit/journal/fixtures.h"

namespace trapd::journal {
namespace {

TEST_CASE("records are packed up to the bound, and never across it") {
  Batch batch(1 << 20);
  const std::vector<std::uint8_t> record = make_record({.varbind_octets = 500});
  for (std::uint64_t sequence = 5; sequence < 205; ++sequence) batch.add(record, sequence);
  const std::size_t per_value = kPackedOctetsMax / record.size();
  std::uint64_t next = 5;
  for (const PackedEntry& entry : batch.entries()) {
    CHECK(entry.records.size() <= kPackedOctetsMax);
    CHECK(entry.first_sequence == next);
    next += std::min<std::uint64_t>(per_value, 205 - next);
  }
  CHECK(next == 205);
  CHECK(batch.records() == 200);
  CHECK(batch.last_sequence() == 204);
  batch.clear();
  CHECK(batch.entries().empty());
  CHECK(batch.last_sequence() == 0);
}

TEST_CASE("a record too large for a packed value stands alone between its neighbours") {
  Batch batch(1 << 20);
  batch.add(make_record({}), 1);
  batch.add(make_record({.varbind_octets = 40'000}), 2);
  batch.add(make_record({}), 3);
  const std::vector<PackedEntry> entries = batch.entries();
  REQUIRE(entries.size() == 3);
  CHECK(entries[1].first_sequence == 2);
  CHECK(entries[1].records.size() > 40'000);
}

TEST_CASE("answers leave only after their commit, in their order, as the ring has room") {
  AnswerQueue answers;
  SpscRing ring(1024);
  for (int i = 0; i < 10; ++i) answers.add(as_bytes(std::string(200, static_cast<char>('0' + i))));
  CHECK(!answers.move_to(&ring));
  answers.commit();
  answers.add(as_bytes("later"));
  std::string order;
  while (answers.waits_for_room()) {
    REQUIRE(answers.move_to(&ring));
    for (ByteView answer = ring.front(); !answer.empty(); answer = ring.front()) {
      CHECK(answer.size() == 200);
      order.push_back(static_cast<char>(answer[0]));
      ring.pop();
    }
  }
  CHECK(order == "0123456789");
  CHECK(!answers.empty());
  answers.commit();
  REQUIRE(answers.move_to(&ring));
  CHECK(as_text(ring.front()) == "later");
  CHECK(answers.empty());
}

}  // namespace
}  // namespace trapd::journal
