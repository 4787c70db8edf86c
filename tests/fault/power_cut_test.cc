// SPDX-License-Identifier: Apache-2.0
// The power is cut at any write below LMDB: whatever part of what was not synced yet the disk has
// by then, the store opens and holds the last commit that returned, or the next one whole.
#include <fstream>
#include <set>

#include "tests/fault/disk_model.h"
#include "tests/fault/long_reader.h"
#include "tests/fault/recorded_disk.h"
#include "tests/fault/run_length.h"
#include "tests/fault/store_content.h"

namespace trapd::fault {
namespace {

using journal::Batch;
using journal::RowChange;
using journal::Store;
using journal::Table;
using journal::TemporaryDirectory;

constexpr std::uint64_t kMaxSize = 1 << 20;
constexpr std::uint64_t kSmallMap = kMaxSize + kMaxSize / 8;

/// What the marks among the events stand for: from here on this may be found, or this must.
struct Milestone {
  StoreContent content;
  bool certain = false;
};

/// Random commits with trims, readers, failing writes and restarts; each told by a mark.
class Workload {
 public:
  Workload(unsigned int seed, std::string directory)
      : random_(seed),
        directory_(std::move(directory)),
        reader_(directory_),
        small_map_(seed % 3 == 0) {
    recorded_disk().begin(directory_);
    open();
    mark(content_, true);
  }
  std::vector<DiskEvent> run(int commits) {
    for (int i = 0; i < commits; ++i) {
      if (below(12) == 0) open();
      commit();
    }
    recorded_disk().faults.reset();
    store_.reset();
    return recorded_disk().end();
  }
  const std::vector<Milestone>& milestones() const { return milestones_; }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }

  void mark(StoreContent content, bool certain) {
    recorded_disk().mark(milestones_.size());
    milestones_.push_back({std::move(content), certain});
  }

  void open() {
    store_.reset();
    recorded_disk().faults.reset();
    auto opened = Store::open({directory_, kMaxSize, small_map_ ? kSmallMap : 0});
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().text));
    store_ = std::move(*opened);
    // A commit that was given up may be there all the same, or not.
    REQUIRE(read_content(*store_, &content_));
  }

  std::vector<RowChange> random_rows() {
    std::vector<RowChange> rows(below(8));
    for (RowChange& row : rows) {
      row.table = static_cast<Table>(below(3));
      row.key = (row.table == Table::kFacts ? "cursor/" : "row-") + std::to_string(below(300));
      row.erase = below(4) == 0;
      if (!row.erase) row.value = std::string(1 + below(300), static_cast<char>('a' + below(26)));
    }
    return rows;
  }
  Batch random_batch() {
    Batch batch(1 << 16);
    const std::size_t count = below(10) == 0 ? 0 : 1 + below(below(3) == 0 ? 60 : 6);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t octets = below(60) == 0 ? below(60'000) : below(1'500);
      batch.add(journal::make_record({.request_id = static_cast<std::int32_t>(below(1 << 30)),
                                      .varbind_octets = octets}),
                content_.newest() + 1 + i);
    }
    return batch;
  }
  /// Sets the next commit's trim, and gives what it leaves.
  std::uint64_t random_trim(const Batch& batch) {
    if (store_->usage().bytes_used < kMaxSize / 2 || content_.records.empty()) return 0;
    const auto point = store_->trim_point(
        content_.newest(), {.octets = 3 * batch.octets() + 20'000, .values_max = 1000});
    REQUIRE(point);
    const std::uint64_t alone = below(2) == 0 ? *point : 0;
    store_->trim_with_next_commit(*point, alone);
    StoreContent trimmed = content_;
    trimmed.trim(*point);
    if (alone != 0) mark(trimmed, false);
    return *point;
  }
  void random_faults() {
    Faults& faults = recorded_disk().faults;
    const int times = 1 + static_cast<int>(below(3));
    switch (below(12)) {
      case 0:
        faults.data_writes = times;
        break;
      case 1:
        faults.syncs = times;
        break;
      case 2:
        faults.meta_writes = times;
        break;
      case 3:
        faults.meta_writes = times;
        faults.meta_put_backs = 1;
        break;
      default:
        break;
    }
  }

  void commit() {
    const Batch batch = random_batch();
    const std::vector<RowChange> rows = random_rows();
    const std::uint64_t trimmed = random_trim(batch);
    StoreContent next = content_;
    next.trim(trimmed);
    next.append(batch.packed());
    next.change(rows);
    mark(next, false);
    random_faults();
    for (int attempt = 0;; ++attempt) {
      const bool pinned = below(3) == 0;
      if (pinned) reader_.begin();
      const bool done = store_->commit(batch.entries(), rows).has_value();
      if (pinned) reader_.end();
      if (done) break;
      if (attempt == 4) return open();
    }
    content_ = std::move(next);
    mark(content_, true);
  }

  std::mt19937 random_;
  const std::string directory_;
  LongReader reader_;
  const bool small_map_;
  std::unique_ptr<Store> store_;
  StoreContent content_;
  std::vector<Milestone> milestones_;
};

void apply(const DiskEvent& event, DiskModel* disk) {
  switch (event.kind) {
    case DiskEvent::Kind::kWrite:
      disk->write(event.offset, event.bytes);
      break;
    case DiskEvent::Kind::kDurableWrite:
      disk->write(event.offset, event.bytes);
      disk->sync_succeeded(event.offset, event.bytes.size());
      break;
    case DiskEvent::Kind::kFailedWrite:
      disk->write(event.offset, event.bytes);
      disk->sync_failed(event.offset, event.bytes.size());
      break;
    case DiskEvent::Kind::kSync:
      disk->sync_succeeded();
      break;
    case DiskEvent::Kind::kFailedSync:
      disk->sync_failed();
      break;
    case DiskEvent::Kind::kRename:
    case DiskEvent::Kind::kMark:
      break;
  }
}

/// Plays the events again and looks at what a start would find after a power cut behind each.
class PowerCuts {
 public:
  PowerCuts(const std::vector<Milestone>& milestones, unsigned int seed)
      : milestones_(milestones), random_(seed) {}

  std::size_t run(const std::vector<DiskEvent>& events) {
    bool there = false;
    for (const DiskEvent& event : events) {
      apply(event, &disk_);
      there = there || event.kind == DiskEvent::Kind::kRename;
      if (event.kind == DiskEvent::Kind::kMark) take(event.offset);
      if (!there || event.kind == DiskEvent::Kind::kMark) continue;
      const auto some = static_cast<unsigned int>(1 + random_() % 999);
      for (const unsigned int share : {0U, 1000U, some}) cut(share);
    }
    return cuts_;
  }

 private:
  void take(std::size_t milestone) {
    if (milestones_[milestone].certain) allowed_.clear();
    allowed_.push_back(milestone);
  }
  void cut(unsigned int share) {
    ++cuts_;
    const std::vector<std::uint8_t> file = disk_.after_power_cut(&random_, share);
    const std::string path = directory_.path() + "/data.mdb";
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(file.data()),
               static_cast<std::streamsize>(file.size()));
    CAPTURE(cuts_);
    auto store = Store::open({directory_.path(), kMaxSize, 0});
    REQUIRE_MESSAGE(store, (store ? "" : store.error().text));
    StoreContent found;
    REQUIRE(read_content(**store, &found));
    REQUIRE(is_allowed(found));
    // And it can be written on.
    Batch batch(1024);
    batch.add(journal::make_record({}), found.newest() + 1);
    REQUIRE((*store)->commit(batch.entries(), {}));
    found.append(batch.packed());
    StoreContent after;
    REQUIRE(read_content(**store, &after));
    REQUIRE(after == found);
  }
  /// Before the first milestone there is an empty store.
  bool is_allowed(const StoreContent& found) const {
    for (const std::size_t milestone : allowed_) {
      if (milestones_[milestone].content == found) return true;
    }
    return allowed_.empty() && found.records.empty() && found.rows.size() == 1;
  }

  const std::vector<Milestone>& milestones_;
  std::mt19937 random_;
  DiskModel disk_;
  std::vector<std::size_t> allowed_;
  const TemporaryDirectory directory_;
  std::size_t cuts_ = 0;
};

TEST_CASE("power cut: a store opens to the last commit, or to the next one whole") {
  const auto seconds = run_seconds(20);
  const auto begin = std::chrono::steady_clock::now();
  unsigned int seed = run_seed("power cut");
  std::size_t cuts = 0;
  std::size_t rounds = 0;
  do {
    CAPTURE(seed);
    const TemporaryDirectory directory;
    Workload workload(seed, directory.path());
    const std::vector<DiskEvent> events = workload.run(40);
    cuts += PowerCuts(workload.milestones(), seed).run(events);
    ++seed;
    ++rounds;
  } while (rounds < 2 || std::chrono::steady_clock::now() - begin < seconds);
  MESSAGE(rounds << " stores, " << cuts << " power cuts");
}

}  // namespace
}  // namespace trapd::fault
