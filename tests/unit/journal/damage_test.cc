// SPDX-License-Identifier: Apache-2.0
// What a reader makes of a store in which bits have flipped.
#include "tests/unit/journal/damage.h"

#include "tests/unit/journal/fixtures.h"
#include "trapd/journal/batch.h"

namespace trapd::journal {
namespace {

constexpr std::uint64_t kRecords = 400;

/// A store of several packed values, and where each begins.
struct Journal {
  TemporaryDirectory directory;
  std::unique_ptr<Store> store;
  std::vector<std::uint64_t> keys;
  std::size_t record_octets = make_record({}).size();

  Journal() {
    store = std::move(*Store::open({directory.path(), 64 << 20}));
    Batch batch(1 << 20);
    for (std::uint64_t i = 1; i <= kRecords; ++i) batch.add(make_record({}), i);
    for (const PackedEntry& entry : batch.entries()) keys.push_back(entry.first_sequence);
    REQUIRE(keys.size() >= 4);
    REQUIRE(store->commit(batch.entries(), {}));
  }

  struct Seen {
    std::vector<std::uint64_t> sequences;
    std::uint64_t unreadable = 0;
    std::uint64_t unreadable_from = 0;
  };
  /// As a reader goes on: in steps, each behind the last.
  Seen read_all(std::size_t octets) const {
    Seen seen;
    Passage passage;
    std::uint64_t from = 1;
    for (;; from = passage.through + 1) {
      REQUIRE(store->read(from, octets, &passage));
      if (passage.through < from) break;
      alarm::RecordSequence records(passage.records);
      alarm::RecordView record;
      while (records.next(&record)) {
        if (record.header().sequence >= from) seen.sequences.push_back(record.header().sequence);
      }
      CHECK_FALSE(records.damaged());
      seen.unreadable += passage.unreadable;
      if (seen.unreadable_from == 0) seen.unreadable_from = passage.unreadable_from;
    }
    CHECK(from == kRecords + 1);
    return seen;
  }
  /// Everything but the sequences of [first, end), whatever the reader's step.
  void check_lacks(std::uint64_t first, std::uint64_t end) const {
    std::vector<std::uint64_t> expected;
    for (std::uint64_t i = 1; i <= kRecords; ++i) {
      if (i < first || i >= end) expected.push_back(i);
    }
    for (const std::size_t octets : {std::size_t{1}, std::size_t{20'000}, std::size_t{1} << 20}) {
      CAPTURE(octets);
      const Seen seen = read_all(octets);
      CHECK(seen.sequences == expected);
      CHECK(seen.unreadable == end - first);
      CHECK(seen.unreadable_from == (end > first ? first : 0));
    }
  }
};

TEST_CASE("a reader goes through a whole store in steps and misses nothing") {
  Journal().check_lacks(1, 1);
}

TEST_CASE("a damaged record costs what stands behind it in its value, and is told in numbers") {
  Journal journal;
  const std::uint64_t damaged = journal.keys[1] + 3;
  REQUIRE(damage_record(journal.directory.path(), journal.record_octets, damaged) == 1);
  journal.check_lacks(damaged, journal.keys[2]);
}

TEST_CASE("a value that is damaged from its first record on, or is the newest, is passed") {
  Journal journal;
  REQUIRE(damage_record(journal.directory.path(), journal.record_octets, journal.keys[1]) == 1);
  journal.check_lacks(journal.keys[1], journal.keys[2]);
  Journal last;
  const std::uint64_t damaged = last.keys.back() + 1;
  REQUIRE(damage_record(last.directory.path(), last.record_octets, damaged) == 1);
  last.check_lacks(damaged, kRecords + 1);
}

TEST_CASE("a value that LMDB does not find is passed") {
  Journal journal;
  REQUIRE(lose_value(journal.directory.path(), journal.keys[2]) >= 1);
  journal.check_lacks(journal.keys[2], journal.keys[3]);
  // Asked for in the middle, too.
  Passage passage;
  REQUIRE(journal.store->read(journal.keys[2] + 2, 1, &passage));
  CHECK(passage.through == journal.keys[3] - 1);
  CHECK(passage.unreadable == journal.keys[3] - journal.keys[2] - 2);
}

TEST_CASE("a reader that asks for no numbers is not held up either") {
  Journal journal;
  REQUIRE(damage_record(journal.directory.path(), journal.record_octets, journal.keys[1]) == 1);
  std::vector<std::uint8_t> records;
  REQUIRE(journal.store->read(journal.keys[1], 1, &records));
  alarm::RecordSequence sequence(records);
  alarm::RecordView record;
  REQUIRE(sequence.next(&record));
  CHECK(record.header().sequence == journal.keys[2]);
}

TEST_CASE("what was trimmed is not called damaged") {
  Journal journal;
  journal.store->trim_with_next_commit(journal.keys[2], 0);
  REQUIRE(journal.store->commit({}, {}));
  Passage passage;
  REQUIRE(journal.store->read(1, 1 << 20, &passage));
  CHECK(passage.unreadable == 0);
  CHECK(passage.through == kRecords);
}

TEST_CASE("a replay stops at a damaged record and names it") {
  Journal journal;
  const std::uint64_t damaged = journal.keys[1] + 3;
  REQUIRE(damage_record(journal.directory.path(), journal.record_octets, damaged) == 1);
  std::uint64_t last = 0;
  const Status done = scan(*journal.store, 1, [&](const alarm::RecordView& record) {
    last = record.header().sequence;
    return true;
  });
  REQUIRE_FALSE(done);
  CHECK(last == damaged - 1);
  CHECK(done.error().text.find("sequence " + std::to_string(damaged)) != std::string::npos);
}

}  // namespace
}  // namespace trapd::journal
