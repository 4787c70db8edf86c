// SPDX-License-Identifier: Apache-2.0
// What comes once more: informs that are tried again, copies of the network's, recordings.
#include "tests/unit/journal/disk_faults.h"
#include "tests/unit/journal/fixtures.h"
#include "trapd/journal/ledger.h"

namespace trapd::journal {
namespace {

using snmp::SuppressReason;

std::uint64_t suppressed(const Ledger& ledger, SuppressReason reason) {
  return ledger.counters().suppressed.get(reason);
}

TEST_CASE("a retransmitted inform is answered again and not stored again, also after a restart") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  running.put({.retransmission_hash = 11}, "one");
  CHECK(running.answers(1) == std::vector<std::string>{"one"});
  running.put({.retransmission_hash = 11}, "two");
  CHECK(running.answers(1) == std::vector<std::string>{"two"});
  CHECK(suppressed(running.ledger(), SuppressReason::kRetransmission) == 1);

  running.restart();
  running.put({.retransmission_hash = 11}, "three");
  CHECK(running.answers(1) == std::vector<std::string>{"three"});
  running.put({.retransmission_hash = 12}, "four");
  CHECK(running.answers(1) == std::vector<std::string>{"four"});
  CHECK(headers(running.store()).size() == 2);
  CHECK(suppressed(running.ledger(), SuppressReason::kRetransmission) == 1);
  CHECK(running.ledger().counters().stored.get() == 1);
}

TEST_CASE("the same datagram is a duplicate within the time window, and new after it") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  const auto put_now = [&] {
    running.put({.duplicate_hash = 5, .wall_ns = running.clock.wall_ns()});
    REQUIRE(wait_until([&] { return running.worker().is_drained(); }));
  };
  put_now();
  // RFC 3414's 150 s, counted in whole seconds by a process that was started anew meanwhile.
  running.clock.advance_ns(152 * kNsPerSecond - 1);
  put_now();
  REQUIRE(
      wait_until([&] { return suppressed(running.ledger(), SuppressReason::kDuplicate) == 1; }));
  running.restart();
  put_now();
  REQUIRE(
      wait_until([&] { return suppressed(running.ledger(), SuppressReason::kDuplicate) == 1; }));
  running.clock.advance_ns(4 * kNsPerSecond);
  put_now();
  REQUIRE(running.wait_committed(2));
  CHECK(running.ledger().counters().stored.get() == 1);
}

TEST_CASE("a recording of an inform is a duplicate wherever it comes from, and answered") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  running.put({.retransmission_hash = 11, .duplicate_hash = 5}, "one");
  CHECK(running.answers(1) == std::vector<std::string>{"one"});
  // The sender tries again: the same datagram, then one that it has signed anew.
  running.put({.retransmission_hash = 11, .duplicate_hash = 5}, "two");
  running.put({.retransmission_hash = 11, .duplicate_hash = 6}, "three");
  CHECK(running.answers(2) == std::vector<std::string>{"two", "three"});
  CHECK(suppressed(running.ledger(), SuppressReason::kRetransmission) == 2);
  // Somebody else has recorded both. Their time was 150 s ahead of ours, so that they are authentic
  // for 300 s.
  running.clock.advance_ns(300 * kNsPerSecond);
  running.put({.retransmission_hash = 12, .duplicate_hash = 5}, "four");
  running.put({.retransmission_hash = 13, .duplicate_hash = 6}, "five");
  CHECK(running.answers(2) == std::vector<std::string>{"four", "five"});
  CHECK(suppressed(running.ledger(), SuppressReason::kDuplicate) == 2);
  CHECK(headers(running.store()).size() == 1);
  running.restart();
  running.put({.retransmission_hash = 14, .duplicate_hash = 5}, "six");
  CHECK(running.answers(1) == std::vector<std::string>{"six"});
  CHECK(suppressed(running.ledger(), SuppressReason::kDuplicate) == 1);
  CHECK(headers(running.store()).size() == 1);
}

TEST_CASE("a datagram that comes again too late for the network is a replay, a copy is none") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  const auto put_duplicate = [&](std::uint64_t count) {
    running.put({.duplicate_hash = 5});
    REQUIRE(wait_until(
        [&] { return suppressed(running.ledger(), SuppressReason::kDuplicate) == count; }));
    return running.ledger().take_replays();
  };
  running.put({.duplicate_hash = 5});
  REQUIRE(running.wait_committed(1));
  running.clock.advance_ns(kReplayAfterNs - 1);
  CHECK(put_duplicate(1).empty());
  running.clock.advance_ns(1);
  const std::vector<ReplayNotice> replays = put_duplicate(2);
  REQUIRE(replays.size() == 1);
  CHECK(replays[0].age_ns == kReplayAfterNs);
  CHECK(running.ledger().take_replays().empty());
}

TEST_CASE("replays that nobody takes are bounded, and all suppressed") {
  const TemporaryDirectory directory;
  RunningLedger running(directory.path());
  running.run();
  running.put({.duplicate_hash = 5});
  REQUIRE(running.wait_committed(1));
  running.clock.advance_ns(kReplayAfterNs);
  constexpr std::uint64_t kMany = kReplayNoticesMax + 50;
  for (std::uint64_t i = 0; i < kMany; ++i) running.put({.duplicate_hash = 5});
  REQUIRE(wait_until(
      [&] { return suppressed(running.ledger(), SuppressReason::kDuplicate) == kMany; }));
  CHECK(running.ledger().take_replays().size() == kReplayNoticesMax);
}

TEST_CASE("a copy of the network's that waited for a disk is no replay") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  RunningLedger running(directory.path());
  running.run();
  disk_faults().sync_errno = EIO;
  running.put({.duplicate_hash = 5});
  REQUIRE(wait_until([&] { return !running.ledger().commit_error().empty(); }));
  running.put({.duplicate_hash = 5});
  running.clock.advance_ns(60 * kNsPerSecond);
  disk_faults().sync_errno = 0;
  REQUIRE(
      wait_until([&] { return suppressed(running.ledger(), SuppressReason::kDuplicate) == 1; }));
  CHECK(running.ledger().take_replays().empty());
  running.clock.advance_ns(kReplayAfterNs);
  running.put({.duplicate_hash = 5});
  REQUIRE(
      wait_until([&] { return suppressed(running.ledger(), SuppressReason::kDuplicate) == 2; }));
  CHECK(running.ledger().take_replays().size() == 1);
}

}  // namespace
}  // namespace trapd::journal
