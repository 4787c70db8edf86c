// SPDX-License-Identifier: Apache-2.0
// Random operations on the store and on a model of it in memory: both must agree.
#include <deque>
#include <random>

#include "tests/unit/journal/disk_faults.h"
#include "tests/unit/journal/fixtures.h"
#include "trapd/journal/batch.h"

namespace trapd::journal {
namespace {

class StoreModel {
 public:
  explicit StoreModel(unsigned int seed) : random_(seed) { open(); }

  void step() {
    switch (below(20)) {
      case 0:
        open();
        break;
      case 1:
      case 2:
        trim();
        break;
      case 3:
      case 4:
      case 5:
      case 6:
        read();
        break;
      default:
        append();
        break;
    }
    compare_usage();
  }
  void compare_all() {
    std::size_t at = 0;
    REQUIRE(scan(*store_, 1, [&](const alarm::RecordView& record) {
      REQUIRE(at < records_.size());
      CHECK(record.header().sequence == oldest_ + at);
      CHECK(record.header().request_id == records_[at].tag);
      ++at;
      return true;
    }));
    CHECK(at == records_.size());
  }

 private:
  struct Record {
    std::int32_t tag = 0;
    std::size_t octets = 0;
    bool begins_value = false;
  };

  std::size_t below(std::size_t n) { return random_() % n; }
  std::uint64_t newest() const { return oldest_ + records_.size() - 1; }

  void open() {
    store_.reset();
    Result<std::unique_ptr<Store>> opened = Store::open({directory_.path(), 4 << 20});
    REQUIRE(opened);
    store_ = std::move(*opened);
  }
  void append() {
    Batch batch(1 << 16);
    const std::size_t count = 1 + below(60);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t octets = below(50) == 0 ? below(65'000) : below(2'000);
      const auto tag = static_cast<std::int32_t>(random_() & 0x7fffffff);
      const std::size_t values = batch.values();
      const std::size_t before = batch.octets();
      batch.add(make_record({.request_id = tag, .varbind_octets = octets}), newest() + 1);
      records_.push_back({tag, batch.octets() - before, batch.values() > values});
    }
    REQUIRE(store_->commit(batch.entries(), {}));
  }
  void trim() {
    if (records_.empty()) return;
    const std::uint64_t limit = oldest_ + below(records_.size() + 10);
    const TrimBudget budget{.octets = below(400'000), .values_max = below(30)};
    const std::uint64_t point = *store_->trim_point(limit, budget);
    store_->trim_with_next_commit(point, 0);
    REQUIRE(store_->commit({}, {}));
    // The model's own idea of it: whole values below the limit, within the budget, never the last.
    std::uint64_t freed = 0;
    for (std::size_t n = 0; n < budget.values_max && freed < budget.octets; ++n) {
      std::size_t next = 1;
      std::size_t octets = records_[0].octets;
      while (next < records_.size() && !records_[next].begins_value) {
        octets += records_[next++].octets;
      }
      if (next == records_.size() || oldest_ + next > limit) break;
      freed += stored_octets(octets);
      records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(next));
      oldest_ += next;
    }
    CHECK(point == oldest_);
  }
  void read() {
    const std::uint64_t from = below(newest() + 5);
    std::vector<std::uint8_t> chunk;
    REQUIRE(store_->read(from, below(100'000), &chunk));
    alarm::RecordSequence sequence(chunk);
    alarm::RecordView record;
    std::uint64_t expected = 0;
    bool found = false;
    while (sequence.next(&record)) {
      const std::uint64_t here = record.header().sequence;
      CHECK((expected == 0 || here == expected));
      REQUIRE(here >= oldest_);
      REQUIRE(here <= newest());
      CHECK(record.header().request_id == records_[here - oldest_].tag);
      found = found || here == std::max(from, oldest_);
      expected = here + 1;
    }
    CHECK(!sequence.damaged());
    CHECK(found == (!records_.empty() && from <= newest()));
  }
  void compare_usage() {
    const StoreUsage usage = store_->usage();
    CHECK(usage.newest_sequence == newest());
    CHECK(usage.oldest_sequence == (records_.empty() ? 0 : oldest_));
    // Keeps the model's store small enough for its map.
    if (usage.bytes_used > 3 << 20) trim();
  }

  std::mt19937 random_;
  const TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
  std::deque<Record> records_;
  std::uint64_t oldest_ = 1;
};

TEST_CASE("the store agrees with a model under random operations") {
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  for (unsigned int seed = 1; seed <= 2; ++seed) {
    CAPTURE(seed);
    StoreModel model(seed);
    for (int i = 0; i < 400; ++i) model.step();
    model.compare_all();
  }
}

}  // namespace
}  // namespace trapd::journal
