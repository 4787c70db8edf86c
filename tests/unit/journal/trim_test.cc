// SPDX-License-Identifier: Apache-2.0
// A store that is always full, with a reader that lags behind.
#include <filesystem>
#include <random>

#include "tests/unit/journal/disk_faults.h"
#include "tests/unit/journal/fixtures.h"

namespace trapd::journal {
namespace {

constexpr std::uint64_t kMaxSize = 4 << 20;
constexpr std::uint64_t kRecords = 200'000;

/// A destination that reads when it is told to, and counts what it never got to see.
class LaggingReader {
 public:
  explicit LaggingReader(RunningLedger* running) : running_(running) {}

  void read(std::size_t records_max) {
    REQUIRE(scan(running_->store(), position_ + 1, [&](const alarm::RecordView& record) {
      const std::uint64_t sequence = record.header().sequence;
      missed_ += sequence - position_ - 1;
      position_ = sequence;
      return ++seen_ % records_max != 0;
    }));
    running_->ledger().report_cursor("slow", position_);
  }
  std::uint64_t seen() const { return seen_; }
  std::uint64_t missed() const { return missed_; }

 private:
  RunningLedger* running_;
  std::uint64_t position_ = 0;
  std::uint64_t seen_ = 0;
  std::uint64_t missed_ = 0;
};

RecordSpec random_record(std::mt19937* random) {
  RecordSpec spec;
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>((*random)()) % n; };
  spec.varbind_octets = below(400) == 0 ? below(65'000) : 50 + below(1'500);
  spec.action = below(3) == 0 ? alarm::Action::kRaise : alarm::Action::kEvent;
  if (below(9) == 0) spec.action = alarm::Action::kClear;
  spec.resource = std::to_string(below(300));
  spec.engine_id = "engine-" + std::to_string(below(200));
  spec.time = below(1'000'000);
  return spec;
}

TEST_CASE("a full store trims its oldest, stays in its map, and counts a lagging reader's loss") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  RunningLedger running(directory.path(), kMaxSize);
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> most_used{0};
  const auto run = [&] {
    running.open();
    running.ledger().on_loss([&](const std::string& name, std::uint64_t records) {
      CHECK(name == "slow");
      lost += records;
    });
    running.ledger().on_commit([&](std::uint64_t) {
      most_used = std::max(most_used.load(), running.store().usage().bytes_used);
    });
    running.start();
  };
  run();
  running.ledger().report_cursor("slow", 0);
  running.ledger().report_cursor("quick", 1'000'000'000);

  LaggingReader reader(&running);
  std::mt19937 random(7);
  for (std::uint64_t i = 1; i <= kRecords; ++i) {
    running.put(random_record(&random));
    if (i % 5'000 == 0) {
      REQUIRE(running.wait_committed(i));  // so that the reader's count and the ledger's agree
      reader.read(1 + random() % 3'000);
    }
    if (i % 50'000 == 0) {
      CHECK(running.ledger().counters().commit_failures.get() == 0);
      running.stop();
      run();
      CHECK(alarm_rows(running.ledger()).size() > 100);
    }
  }
  reader.read(kRecords);
  CHECK(reader.seen() + reader.missed() == kRecords);
  CHECK(reader.missed() > kRecords / 2);
  CHECK(lost == reader.missed());
  CHECK(most_used <= kMaxSize);
  CHECK(most_used > kMaxSize / 2);
  // Freed pages were used again: the free list did not fragment.
  CHECK(std::filesystem::file_size(directory.path() + "/data.mdb") <= 2 * kMaxSize);
}

TEST_CASE("a reader that pins pages most of the time does not stop a full store") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  RunningLedger running(directory.path(), kMaxSize);
  running.run();
  std::atomic<bool> done{false};
  std::thread busy([&] {
    std::vector<std::uint8_t> chunk;
    while (!done) CHECK(running.store().read(1, 1 << 20, &chunk));
  });
  std::mt19937 random(8);
  for (std::uint64_t i = 1; i <= kRecords / 8; ++i) running.put(random_record(&random));
  CHECK(running.wait_committed(kRecords / 8));
  done = true;
  busy.join();
  CHECK(running.ledger().counters().commit_failures.get() == 0);
  CHECK(running.store().usage().bytes_used <= kMaxSize);
  CHECK(running.store().usage().oldest_sequence > 1);
}

TEST_CASE("alarms and clocks whose records were trimmed are still there after a restart") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  RunningLedger running(directory.path(), kMaxSize);
  running.options.checkpoint_interval = std::chrono::hours(1);
  running.run();
  for (int i = 0; i < 2'000; ++i) {
    running.put({.action = alarm::Action::kRaise,
                 .engine_id = "engine-" + std::to_string(i),
                 .resource = std::to_string(i)});
  }
  for (int i = 0; i < 20'000; ++i) {
    running.put({.engine_id = "engine-x", .time = 7, .varbind_octets = 1'000});
  }
  REQUIRE(running.wait_committed(22'000));
  CHECK(running.store().usage().oldest_sequence > 2'000);
  const AlarmRows before = alarm_rows(running.ledger());
  CHECK(before.size() == 2'000);
  running.restart();
  CHECK(alarm_rows(running.ledger()) == before);
  CHECK(engine_map(running.ledger()).size() == 2'001);
}

}  // namespace
}  // namespace trapd::journal
