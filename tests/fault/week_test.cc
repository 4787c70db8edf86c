// SPDX-License-Identifier: Apache-2.0
// A week of a store that is always full, in seconds: hours that are quiet, storms, large records,
// a destination that lags behind, and once a day a backup, which keeps pages from being used again
// for as long as it reads. The map is the one of a large store: twice max_size.
#include <filesystem>

#include "tests/fault/long_reader.h"
#include "tests/fault/run_length.h"
#include "tests/unit/journal/fixtures.h"

namespace trapd::fault {
namespace {

using journal::RecordSpec;
using journal::RunningLedger;
using journal::TemporaryDirectory;

constexpr std::uint64_t kMaxSize = 16 << 20;
constexpr std::uint64_t kMap = 2 * kMaxSize;
constexpr std::uint64_t kCommitOctets = 10 * 4096;

class Week {
 public:
  explicit Week(unsigned int seed)
      : random_(seed), backup_(directory_.path()), running_(directory_.path(), kMaxSize, kMap) {
    running_.open();
    running_.ledger().on_loss([this](const std::string&, std::uint64_t n) { lost_ += n; });
    running_.ledger().on_commit([this](std::uint64_t) {
      most_used_ = std::max(most_used_.load(), running_.store().usage().bytes_used);
    });
    running_.ledger().report_cursor("lagging", 0);
    running_.start();
  }

  /// A day: a few times max_size of what comes. With a backup for part of it, or for longer than
  /// the map has room for.
  void day(bool long_backup) {
    const std::uint64_t pinned_octets =
        long_backup ? 3 * kMaxSize : below(static_cast<std::uint32_t>(kMaxSize / 2));
    const std::uint64_t begin = octets_;
    const std::uint64_t written = pages_written();
    backup_.begin();
    bool reading = true;
    while (octets_ < begin + 4 * kMaxSize) {
      hour();
      if (reading && pages_written() > written + pinned_octets) {
        backup_.end();
        reading = false;
      }
      lag();
    }
    check();
  }
  std::uint64_t mapped() { return running_.store().usage().bytes_mapped; }
  std::uint64_t octets() const { return octets_; }
  std::uint64_t lost() const { return lost_; }

  void finish() {
    check();
    CHECK(running_.store().usage().oldest_sequence > 1);
    const auto kept = journal::headers(running_.store());
    CHECK(kept.size() == sent_ - running_.store().usage().oldest_sequence + 1);
    CHECK(std::filesystem::file_size(directory_.path() + "/data.mdb") <= mapped());
  }

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_()) % n; }

  /// About what cannot be used again while the backup reads: what comes, and the inner pages that
  /// each commit writes anew.
  std::uint64_t pages_written() {
    return octets_ + running_.ledger().counters().commits.get() * kCommitOctets;
  }

  void hour() {
    switch (below(4)) {
      case 0:  // quiet: each record a commit of its own
        for (int i = 0; i < 40; ++i) {
          put(100 + below(900));
          REQUIRE(running_.wait_committed(sent_));
        }
        break;
      case 1:  // a storm of small ones
        for (std::uint32_t n = below(8'000); n > 0; --n) put(20 + below(300));
        break;
      case 2:  // of all sizes
        for (std::uint32_t n = below(2'000); n > 0; --n) {
          put(below(100) == 0 ? below(90'000) : below(3'000));
        }
        break;
      default:  // large ones
        for (std::uint32_t n = below(30); n > 0; --n) put(30'000 + below(60'000));
        break;
    }
  }
  void put(std::size_t varbind_octets) {
    RecordSpec spec;
    spec.varbind_octets = std::min<std::size_t>(varbind_octets, 90'000);
    spec.action = static_cast<alarm::Action>(below(3));
    spec.resource = std::to_string(below(300));
    spec.engine_id = "engine-" + std::to_string(below(200));
    spec.time = below(1'000'000);
    running_.put(spec);
    ++sent_;
    octets_ += spec.varbind_octets + 250;
  }
  /// The destination comes a little nearer, or catches up, or does nothing.
  void lag() {
    const std::uint64_t newest = running_.ledger().committed();
    const std::uint64_t at = running_.ledger().cursor("lagging");
    if (below(50) == 0) running_.ledger().report_cursor("lagging", newest);
    if (below(3) == 0) running_.ledger().report_cursor("lagging", at + (newest - at) / 8);
    std::vector<std::uint8_t> chunk;
    REQUIRE(running_.store().read(at + 1, 1 << 20, &chunk));
  }
  void check() {
    REQUIRE(running_.wait_committed(sent_));
    REQUIRE(running_.ledger().counters().commit_failures.get() == 0);
    REQUIRE(most_used_ <= kMaxSize);
  }

  std::mt19937 random_;
  const TemporaryDirectory directory_;
  LongReader backup_;  // before any thread
  RunningLedger running_;
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<std::uint64_t> most_used_{0};
  std::uint64_t sent_ = 0;
  std::uint64_t octets_ = 0;
};

TEST_CASE("week: a full store under a lagging reader and backups stays in its map and its limit") {
  const auto seconds = run_seconds(20);
  const auto begin = std::chrono::steady_clock::now();
  Week week(run_seed("week"));
  int days = 0;
  while (days < 7 || std::chrono::steady_clock::now() - begin < seconds) {
    week.day(false);
    ++days;
    REQUIRE(week.mapped() == kMap);
  }
  CHECK(week.lost() > 0);
  // A backup that reads for longer than the map has room for: the map grows, and reception goes on.
  week.day(true);
  CHECK(week.mapped() > kMap);
  week.finish();
  MESSAGE(days << " days, " << week.octets() / kMaxSize << " times max_size");
}

}  // namespace
}  // namespace trapd::fault
