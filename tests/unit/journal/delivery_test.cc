// SPDX-License-Identifier: Apache-2.0
// What destinations report, and what a start finds of it.
#include "tests/unit/journal/fixtures.h"
#include "trapd/journal/ledger.h"

using namespace trapd;
using namespace trapd::journal;

namespace {

std::vector<std::uint64_t> sequences(const std::vector<DeadLetter>& letters) {
  std::vector<std::uint64_t> all;
  for (const DeadLetter& letter : letters) all.push_back(letter.sequence);
  return all;
}

/// Until everything reported is on disk, as a copy of it opened aside would show.
bool on_disk(RunningLedger& journal, const std::string& key, bool there = true) {
  return wait_until([&] {
    const auto value = journal.store().fact(key);
    return value && value->empty() != there;
  });
}

}  // namespace

TEST_CASE("cursor, resend point and dead letters outlive a start") {
  TemporaryDirectory directory;
  RunningLedger journal(directory.path());
  journal.run();
  journal.ledger().report_delivery(
      "noc",
      {.through = 9, .resend_from = 4, .dead = {{7, 123, false, "550 no"}, {3, 99, true, ""}}});
  journal.restart();
  Ledger& ledger = journal.ledger();
  CHECK(ledger.cursor("noc") == 9);
  CHECK(ledger.resend_from("noc") == 4);
  const std::vector<DeadLetter> dead = ledger.dead_letters("noc");
  REQUIRE(sequences(dead) == std::vector<std::uint64_t>{3, 7});
  CHECK(dead[0].retry);
  CHECK_FALSE(dead[1].retry);
  CHECK(dead[1].since_wall_ns == 123);
  CHECK(dead[1].reason == "550 no");
  CHECK(ledger.dead_letter_counts("noc").total == 2);
}

TEST_CASE("a cursor and the dead letters it passes are one commit") {
  TemporaryDirectory directory;
  RunningLedger journal(directory.path());
  journal.run();
  for (std::uint64_t n = 1; n <= 40; ++n) {
    journal.ledger().report_delivery("noc", {.through = n, .dead = {{n, 1, false, "no"}}});
    const auto cursor = journal.store().fact("cursor/noc");
    REQUIRE(cursor);
    if (cursor->empty()) continue;
    const auto through =
        load_le<std::uint64_t>(reinterpret_cast<const std::uint8_t*>(cursor->data()));
    const std::string key = std::to_string(through);
    const auto letter = journal.store().fact("dead/noc/" + std::string(20 - key.size(), '0') + key);
    REQUIRE(letter);
    CHECK_FALSE(letter->empty());
  }
}

TEST_CASE("an orderly end takes the resend point away, and a report never moves a cursor back") {
  TemporaryDirectory directory;
  RunningLedger journal(directory.path());
  journal.run();
  journal.ledger().report_delivery("noc", {.through = 9, .resend_from = 4});
  REQUIRE(on_disk(journal, "resend/noc"));
  journal.ledger().report_delivery("noc", {.through = 8});
  REQUIRE(on_disk(journal, "resend/noc", false));
  journal.restart();
  CHECK(journal.ledger().cursor("noc") == 9);
  CHECK(journal.ledger().resend_from("noc") == 0);
}

TEST_CASE("a thousand dead letters are kept, the oldest leave and are counted") {
  TemporaryDirectory directory;
  RunningLedger journal(directory.path());
  journal.run();
  for (std::uint64_t n = 1; n <= 1500; ++n) {
    journal.ledger().report_delivery("noc", {.through = n, .dead = {{n, 1, false, "no"}}});
  }
  for (int start = 0; start < 2; ++start) {
    const std::vector<std::uint64_t> kept = sequences(journal.ledger().dead_letters("noc"));
    REQUIRE(kept.size() == DeadLetters::kMax);
    CHECK(kept.front() == 501);
    CHECK(kept.back() == 1500);
    const DeadLetters::Counts counts = journal.ledger().dead_letter_counts("noc");
    CHECK(counts.total == 1500);
    CHECK(counts.left == 500);
    journal.restart();
  }
}

TEST_CASE("a dead letter that comes again after a crash counts once") {
  DeadLetters dead;
  dead.add({5, 1, false, "550"});
  dead.add({5, 2, false, "551"});
  CHECK(dead.counts().total == 1);
  CHECK(dead.all().at(0).reason == "551");
}

TEST_CASE("retry and drop mean those that are named, or none when one of them is not there") {
  TemporaryDirectory directory;
  RunningLedger journal(directory.path());
  journal.run();
  Ledger& ledger = journal.ledger();
  ledger.report_delivery("noc", {.through = 3, .dead = {{1, 1, false, ""}, {2, 1, false, ""}}});
  CHECK_FALSE(ledger.retry_dead_letters("noc", {1, 9}));
  CHECK_FALSE(ledger.dead_letters("noc")[0].retry);
  CHECK_FALSE(ledger.drop_dead_letters("other", {1}));
  CHECK(ledger.retry_dead_letters("noc", {1}).value() == 1);
  ledger.dead_letter_refused("noc", {1, 8, false, "still"});
  CHECK(ledger.dead_letters("noc")[0].reason == "still");
  CHECK(ledger.retry_dead_letters("noc", {}).value() == 2);
  ledger.dead_letter_delivered("noc", 2);
  CHECK(ledger.drop_dead_letters("noc", {1}).value() == 1);
  // Dropped while it was being sent again.
  ledger.dead_letter_refused("noc", {1, 9, false, "late"});
  CHECK(ledger.dead_letters("noc").empty());
  CHECK(ledger.dead_letter_counts("noc").total == 2);
  journal.restart();
  CHECK(journal.ledger().dead_letters("noc").empty());
}

TEST_CASE("dead letters go with the cursor: to a new name, or away") {
  TemporaryDirectory directory;
  RunningLedger journal(directory.path());
  journal.run();
  journal.ledger().report_delivery("old",
                                   {.through = 9, .resend_from = 6, .dead = {{2, 1, false, "no"}}});
  journal.restart();
  journal.ledger().rename_cursor("old", "new");
  journal.restart();
  CHECK_FALSE(journal.ledger().has_cursor("old"));
  CHECK(journal.ledger().cursor("new") == 9);
  CHECK(journal.ledger().resend_from("new") == 6);
  CHECK(sequences(journal.ledger().dead_letters("new")) == std::vector<std::uint64_t>{2});
  CHECK(journal.ledger().dead_letter_counts("new").total == 1);
  journal.ledger().drop_cursor("new");
  journal.restart();
  std::size_t rows = 0;
  REQUIRE(journal.store().for_each(Table::kFacts, [&](ByteView key, ByteView) {
    const std::string_view name = as_text(key);
    if (name.find("new") != name.npos || name.find("old") != name.npos) ++rows;
  }));
  CHECK(rows == 0);
}
