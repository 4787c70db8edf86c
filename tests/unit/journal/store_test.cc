// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/store.h"

#include <sys/stat.h>

#include <fstream>

#include "tests/unit/journal/fixtures.h"
#include "trapd/journal/batch.h"

namespace trapd::journal {
namespace {

std::unique_ptr<Store> open_store(const std::string& directory, std::uint64_t size = 64 << 20) {
  Result<std::unique_ptr<Store>> store = Store::open({directory, size});
  REQUIRE_MESSAGE(store, (store ? "" : store.error().text));
  return std::move(*store);
}

std::string refusal(const std::string& directory) {
  const Result<std::unique_ptr<Store>> store = Store::open({directory, 64 << 20});
  return store ? "" : store.error().text;
}

/// Appends n records with this many octets of varbinds in one commit.
void append(Store* store, std::size_t n, std::size_t varbind_octets = 40) {
  Batch batch(1 << 20);
  std::uint64_t sequence = store->usage().newest_sequence;
  for (std::size_t i = 0; i < n; ++i) {
    batch.add(make_record({.varbind_octets = varbind_octets}), ++sequence);
  }
  REQUIRE(store->commit(batch.entries(), {}).has_value());
}

std::vector<std::uint64_t> read_sequences(const Store& store, std::uint64_t from,
                                          std::size_t octets_max) {
  std::vector<std::uint8_t> chunk;
  REQUIRE(store.read(from, octets_max, &chunk).has_value());
  alarm::RecordSequence records(chunk);
  alarm::RecordView record;
  std::vector<std::uint64_t> sequences;
  while (records.next(&record)) sequences.push_back(record.header().sequence);
  CHECK(!records.damaged());
  return sequences;
}

TEST_CASE("what was committed is read back after the store is opened again") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/deep/store";
  {
    const auto store = open_store(path);
    append(store.get(), 1000);
    REQUIRE(store->commit({}, {{Table::kFacts, "cursor/a", "x"},
                               {Table::kEngines, "e", "row"},
                               {Table::kFacts, "gone", "y"}}));
    REQUIRE(store->commit(
        {}, {{Table::kFacts, "gone", "", true}, {Table::kFacts, "never was", "", true}}));
  }
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  const auto store = open_store(path);
  CHECK(store->usage().oldest_sequence == 1);
  CHECK(store->usage().newest_sequence == 1000);
  CHECK(headers(*store).size() == 1000);
  CHECK(*store->fact("cursor/a") == "x");
  CHECK(store->fact("gone")->empty());
  std::size_t rows = 0;
  REQUIRE(store->for_each(Table::kEngines, [&](ByteView key, ByteView value) {
    CHECK(as_text(key) == "e");
    CHECK(as_text(value) == "row");
    ++rows;
  }));
  CHECK(rows == 1);
}

TEST_CASE("a read begins with the value that holds the sequence, and stops near the bound") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory.path());
  CHECK(read_sequences(*store, 1, 1 << 20).empty());
  append(store.get(), 500);
  append(store.get(), 500);
  const std::vector<std::uint64_t> middle = read_sequences(*store, 700, 1);
  REQUIRE(!middle.empty());
  CHECK(middle.front() <= 700);
  CHECK(middle.back() >= 700);
  CHECK(middle.size() * make_record({}).size() <= kPackedOctetsMax);
  CHECK(read_sequences(*store, 1, 1 << 20).size() == 1000);
  CHECK(read_sequences(*store, 1000, 1 << 20).back() == 1000);
  CHECK(read_sequences(*store, 1001, 1 << 20).empty());
}

TEST_CASE("a record beyond the packing bound has a value of its own") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory.path());
  append(store.get(), 3, 60'000);
  CHECK(store->usage().entries == 3);
  CHECK(read_sequences(*store, 2, 1) == std::vector<std::uint64_t>{2});
  CHECK(headers(*store, 2).size() == 2);
}

TEST_CASE("trimming leaves exactly what trim_point says, and never nothing") {
  const TemporaryDirectory directory;
  auto store = open_store(directory.path());
  append(store.get(), 1000);
  const std::uint64_t values = store->usage().entries;
  REQUIRE(values > 4);
  constexpr std::uint64_t kAll = 1 << 30;
  const std::uint64_t point = *store->trim_point(1001, {.octets = kAll, .values_max = 2});
  CHECK(point > 1);
  store->trim_with_next_commit(point, 0);
  REQUIRE(store->commit({}, {}));
  CHECK(store->usage().oldest_sequence == point);
  CHECK(store->usage().entries == values - 2);
  CHECK(read_sequences(*store, 1, 1).front() == point);
  REQUIRE(store->commit({}, {}));  // a trim counts once
  CHECK(store->usage().entries == values - 2);

  // A value that holds the limit itself stays.
  CHECK(*store->trim_point(point + 1, {.octets = kAll, .values_max = 100}) == point);
  store->trim_with_next_commit(point + 1, 0);
  REQUIRE(store->commit({}, {}));
  CHECK(store->usage().oldest_sequence == point);

  const std::uint64_t last = *store->trim_point(5000, {.octets = kAll, .values_max = 1000});
  store->trim_with_next_commit(5000, 0);
  REQUIRE(store->commit({}, {}));
  CHECK(store->usage().entries == 1);
  CHECK(store->usage().oldest_sequence == last);
  store.reset();
  store = open_store(directory.path());
  CHECK(store->usage().newest_sequence == 1000);
}

TEST_CASE("a second trapd on one store is refused with the first one's process id") {
  const TemporaryDirectory directory;
  auto store = open_store(directory.path());
  const std::string why = refusal(directory.path());
  CHECK(why.find(directory.path()) != std::string::npos);
  CHECK(why.find("pid " + std::to_string(::getpid())) != std::string::npos);
  store.reset();
  CHECK(refusal(directory.path()).empty());
}

TEST_CASE("a store of another format is refused, and left as it is") {
  const TemporaryDirectory directory;
  REQUIRE(open_store(directory.path())->commit({}, {{Table::kFacts, "format", "2"}}));
  for (int i = 0; i < 2; ++i) {
    const std::string why = refusal(directory.path());
    CHECK(why.find(directory.path()) != std::string::npos);
    CHECK(why.find("\"2\"") != std::string::npos);
    CHECK(why.find("\"1\"") != std::string::npos);
  }
}

TEST_CASE("a damaged or foreign file is refused, never made anew") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/data.mdb";
  const std::string noise(20'000, 'x');
  std::ofstream(file) << noise;
  CHECK(refusal(directory.path()).find(file) != std::string::npos);
  std::ifstream in(file);
  const std::string kept{std::istreambuf_iterator<char>(in), {}};
  CHECK(kept == noise);
}

TEST_CASE("what a first start left half made before a power cut does not hinder the next one") {
  const TemporaryDirectory directory;
  for (const char* name : {"/data.mdb.new", "/data.mdb.new-lock", "/data.mdb"}) {
    std::ofstream(directory.path() + name) << (std::strlen(name) > 9 ? "half" : "");
  }
  const Result<std::unique_ptr<Store>> store = Store::open({directory.path(), 16 << 20});
  REQUIRE(store);
  CHECK((*store)->usage().newest_sequence == 0);
  CHECK(!std::filesystem::exists(directory.path() + "/data.mdb.new"));
  CHECK(!std::filesystem::exists(directory.path() + "/data.mdb.new-lock"));
}

TEST_CASE("an unusable directory is refused with its path and the reason") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/file";
  std::ofstream(file) << "x";
  CHECK(refusal(file).find(file) != std::string::npos);
  CHECK(refusal(file + "/below").find("Not a directory") != std::string::npos);
}

TEST_CASE("readers see whole commits while the writer goes on") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory.path());
  std::atomic<bool> done{false};
  std::thread reader([&] {
    std::uint64_t seen = 0;
    while (!done) {
      const std::uint64_t newest = store->usage().newest_sequence;
      CHECK(newest % 100 == 0);
      CHECK(newest >= seen);
      seen = newest;
      if (newest > 0) CHECK(headers(*store).size() >= newest);
    }
  });
  for (int i = 0; i < 30; ++i) append(store.get(), 100);
  done = true;
  reader.join();
}

}  // namespace
}  // namespace trapd::journal
