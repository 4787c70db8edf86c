// SPDX-License-Identifier: Apache-2.0
// A store that comes to its limit with values of one size and goes on with another, and a map that
// has no room left.
#include "tests/unit/journal/disk_faults.h"
#include "tests/unit/journal/fixtures.h"
#include "trapd/journal/batch.h"
#include "trapd/journal/cursors.h"

namespace trapd::journal {
namespace {

constexpr std::uint64_t kMaxSize = 4 << 20;
constexpr std::size_t kBatchMax = kMaxSize / 16;

std::unique_ptr<Store> open_store(const std::string& directory, std::uint64_t map) {
  Result<std::unique_ptr<Store>> store = Store::open({directory, kMaxSize, map});
  REQUIRE_MESSAGE(store, (store ? "" : store.error().text));
  return std::move(*store);
}

Status append(Store* store, std::size_t records, const RecordSpec& spec = {}) {
  Batch batch(1 << 20);
  const std::vector<std::uint8_t> record = make_record(spec);
  std::uint64_t sequence = store->usage().newest_sequence;
  for (std::size_t i = 0; i < records; ++i) batch.add(record, ++sequence);
  return store->commit(batch.entries(), {});
}

/// What a quiet site leaves: each record in a value of its own. (Many to a commit, because LMDB
/// waits for the disk with each.)
void append_lone(Store* store, std::size_t records) {
  std::vector<Batch> batches(records, Batch(0));
  std::vector<PackedEntry> entries;
  std::uint64_t sequence = store->usage().newest_sequence;
  for (Batch& batch : batches) {
    batch.add(make_record({}), ++sequence);
    entries.push_back(batch.entries().front());
  }
  REQUIRE(store->commit(entries, {}));
}

std::uint64_t fill_quietly(const std::string& directory, std::uint64_t map) {
  const auto store = open_store(directory, map);
  while (store->usage().bytes_used < kMaxSize / 100 * 94) append_lone(store.get(), 100);
  return store->usage().newest_sequence;
}

void check_storm(std::uint64_t map, bool with_reader) {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  const std::uint64_t quiet = fill_quietly(directory.path(), map);
  RunningLedger running(directory.path(), kMaxSize, map);
  running.options.commit_delay = std::chrono::milliseconds(200);  // whole batches
  running.open();
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> most_used{0};
  running.ledger().on_loss([&](const std::string&, std::uint64_t records) { lost += records; });
  running.ledger().on_commit([&](std::uint64_t) {
    most_used = std::max(most_used.load(), running.store().usage().bytes_used);
  });
  running.ledger().report_cursor("slow", 0);
  running.start();
  std::atomic<bool> done{false};
  std::thread busy([&] {
    std::vector<std::uint8_t> chunk;
    while (with_reader && !done) CHECK(running.store().read(1, 1 << 20, &chunk));
  });
  const std::uint64_t storm = 4 * kMaxSize / make_record({}).size();
  const Counter& failures = running.ledger().counters().commit_failures;
  for (std::uint64_t i = 0; i < storm && failures.get() == 0; ++i) running.put({});
  CHECK(wait_until(
      [&] { return running.ledger().committed() == quiet + storm || failures.get() > 0; }));
  done = true;
  busy.join();
  CHECK(failures.get() == 0);
  CHECK(running.ledger().committed() == quiet + storm);
  CHECK(running.ledger().counters().commits.get() < storm / 100);
  CHECK(most_used <= kMaxSize);
  const StoreUsage usage = running.store().usage();
  CHECK(usage.oldest_sequence > quiet);
  CHECK(wait_until([&] { return lost == usage.oldest_sequence - 1; }));
  CHECK(headers(running.store()).size() == usage.newest_sequence - usage.oldest_sequence + 1);
}

TEST_CASE("a storm that meets a store full of lone records stays within max_size") {
  check_storm(0, false);
}

TEST_CASE("a storm into a store whose map is hardly larger than max_size goes on by itself") {
  check_storm(kMaxSize + kMaxSize / 64, true);
}

TEST_CASE("the octets of a trim are those of the values that it takes") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  const auto store = open_store(directory.path(), 0);
  append_lone(store.get(), 500);
  REQUIRE(append(store.get(), 10, {.varbind_octets = 60'000}));
  const std::uint64_t lone = stored_octets(make_record({}).size());
  CHECK(*store->trim_point(600, {.octets = 100 * lone, .values_max = 1000}) == 101);
  CHECK(*store->trim_point(600, {.octets = 100 * lone, .values_max = 7}) == 8);
  CHECK(*store->trim_point(600, {.octets = 100 * lone + 1, .values_max = 1000}) == 102);
  CHECK(*store->trim_point(600, {.octets = 500 * lone + 1, .values_max = 1000}) == 502);
  CHECK(*store->trim_point(600, {.octets = 0, .values_max = 1000}) == 1);
  // What a value takes up, to the page.
  const std::uint64_t before = store->usage().bytes_used;
  store->trim_with_next_commit(506, 0);
  REQUIRE(store->commit({}, {}));
  const std::uint64_t large = stored_octets(make_record({.varbind_octets = 60'000}).size());
  const std::uint64_t freed = before - store->usage().bytes_used;
  CHECK(freed + 16'384 > 500 * lone + 5 * large);
  CHECK(freed < 500 * lone + 5 * large + 16'384);
}

/// A store with nothing but a few free pages in its map.
std::unique_ptr<Store> full_store(const std::string& directory) {
  auto store = open_store(directory, kMaxSize);
  while (store->usage().bytes_used < kMaxSize - 3 * kBatchMax / 2) {
    REQUIRE(append(store.get(), 100, {.varbind_octets = 500}));
  }
  CHECK(store->usage().bytes_mapped == kMaxSize);
  return store;
}

TEST_CASE("a full map is made room in by the trim alone, when that needs nothing of the commit") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  const auto store = full_store(directory.path());
  const std::uint64_t newest = store->usage().newest_sequence;
  const std::uint64_t point = newest / 2;
  store->trim_with_next_commit(point, point);
  REQUIRE(append(store.get(), 1'000, {.varbind_octets = 700}));  // about twice what is free
  CHECK(store->usage().bytes_mapped == kMaxSize);
  CHECK(store->usage().oldest_sequence > newest / 3);
  CHECK(store->usage().oldest_sequence <= point);
  CHECK(headers(*store).size() == newest + 1'000 - store->usage().oldest_sequence + 1);
}

TEST_CASE("a trim that goes alone takes the cursors of those who lose by it along") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  auto store = full_store(directory.path());
  const std::uint64_t point = store->usage().newest_sequence / 2;
  Cursors cursors;
  cursors.report("behind", {.through = 10});
  cursors.report("before", {.through = point});
  std::vector<RowChange> rows;
  cursors.rows_of_trim(1, point, &rows);
  store->trim_with_next_commit(point, point, std::move(rows));
  // The trim is on disk, the commit that it was for never gets there: its rows are too large.
  Batch batch(1 << 20);
  std::uint64_t sequence = store->usage().newest_sequence;
  for (int i = 0; i < 1'000; ++i) batch.add(make_record({.varbind_octets = 700}), ++sequence);
  const RowChange wrong{.table = Table::kFacts, .key = std::string(600, 'k'), .value = "v"};
  REQUIRE(!store->commit(batch.entries(), {wrong}));
  REQUIRE(store->usage().oldest_sequence > 10);
  store.reset();

  store = open_store(directory.path(), kMaxSize);
  Cursors after;
  REQUIRE(after.load(*store));
  CHECK(after.get("behind") == point - 1);
  CHECK(!after.has("before"));  // it stands in the commit that failed
  const std::vector<Loss> losses = after.take_untold_losses();
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].destination == "behind");
  CHECK(losses[0].records == point - 11);
  after.loss_told(losses[0]);
  CHECK(after.take_untold_losses().empty());
  std::vector<RowChange> changed;
  after.take_changed(&changed);
  REQUIRE(store->commit({}, changed));
  Cursors later;
  REQUIRE(later.load(*store));
  CHECK(later.take_untold_losses().empty());
}

TEST_CASE("what a part of the journal takes up is known from samples, whatever lies before it") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  const auto store = open_store(directory.path(), 0);
  CHECK(*store->octets_above(0) == 0);
  REQUIRE(append(store.get(), 250, {.varbind_octets = 30'000}));
  REQUIRE(append(store.get(), 750));
  const std::uint64_t small = 750 * make_record({}).size();
  const std::uint64_t large = 250 * stored_octets(make_record({.varbind_octets = 30'000}).size());
  CHECK(*store->octets_above(250) > small * 9 / 10);
  CHECK(*store->octets_above(250) < small * 12 / 10);
  CHECK(*store->octets_above(0) > large * 8 / 10);
  CHECK(*store->octets_above(0) < store->usage().bytes_used * 13 / 10);
  CHECK(*store->octets_above(1'000) == 0);
  CHECK(*store->octets_above(999) > 0);
}

TEST_CASE("a full map is enlarged rather than trimmed beyond the checkpoint, under readers") {
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  auto store = full_store(directory.path());
  const std::uint64_t newest = store->usage().newest_sequence;
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!done) CHECK(headers(*store).size() >= newest);
    });
  }
  CHECK(append(store.get(), 1'000, {.varbind_octets = 700}));
  CHECK(store->usage().bytes_mapped > kMaxSize);
  for (int i = 0; i < 5; ++i) CHECK(append(store.get(), 1'000, {.varbind_octets = 700}));
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(store->usage().oldest_sequence == 1);
  store.reset();
  store = open_store(directory.path(), kMaxSize);
  CHECK(headers(*store).size() == newest + 6'000);
  REQUIRE(append(store.get(), 1));
}

TEST_CASE("while the clears of a restarted device hold a full store it grows by those alone") {
  constexpr std::uint64_t kAlarms = 5'000;
  const TemporaryDirectory directory;
  const DiskFaultsReset reset;
  disk_faults().skip_sync = true;
  RunningLedger running(directory.path(), kMaxSize);
  running.open();
  std::atomic<std::uint64_t> most_used{0};
  running.ledger().on_commit([&](std::uint64_t) {
    most_used = std::max(most_used.load(), running.store().usage().bytes_used);
  });
  running.start();
  const std::uint64_t size = make_record({}).size();
  for (std::uint64_t i = 0; i < kAlarms; ++i) {
    running.put({.action = alarm::Action::kRaise, .resource = std::to_string(i)});
  }
  const std::uint64_t before = kMaxSize / size;
  for (std::uint64_t i = 0; i < before; ++i) running.put({});
  running.put({.flags = static_cast<std::uint8_t>(alarm::RecordFlag::kClearsDevice)});
  for (std::uint64_t i = 0; i < before; ++i) running.put({});
  REQUIRE(running.wait_committed(2 * (kAlarms + before) + 1));
  CHECK(running.ledger().alarms().empty());
  CHECK(running.ledger().counters().commit_failures.get() == 0);
  CHECK(most_used <= kMaxSize + kAlarms * size * 2);
  CHECK(running.store().usage().bytes_used <= kMaxSize);
}

}  // namespace
}  // namespace trapd::journal
