// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/table_walk.h"

#include <map>
#include <random>

#include "tests/unit/journal/store_file_fixture.h"

namespace trapd::journal {
namespace {

using Rows = std::map<std::string, std::string>;

struct Opened {
  explicit Opened(const std::string& directory) {
    Result<PageFile> opened = PageFile::open(data_file(directory));
    REQUIRE(opened.has_value());
    file.emplace(std::move(*opened));
    const Result<PageSnapshot> newest = file->newest();
    REQUIRE(newest.has_value());
    snapshot = *newest;
    const auto found = find_tables(*file, snapshot);
    REQUIRE(found.has_value());
    tables = *found;
  }
  std::optional<PageFile> file;
  PageSnapshot snapshot;
  std::map<std::string, TableRoot> tables;
};

Rows walked(const Opened& opened, const std::string& table) {
  TableWalk walk(*opened.file, opened.snapshot, opened.tables.at(table));
  Rows rows;
  for (auto step = walk.next(); step != TableWalk::Step::kEnd; step = walk.next()) {
    CHECK_MESSAGE(step == TableWalk::Step::kRow, walk.fault());
    rows.emplace(as_text(walk.key()), as_text(walk.value()));
  }
  return rows;
}

/// What random puts and deletes left, by our own reading and by a model.
void compare(std::uint32_t seed, std::size_t rows_max, std::size_t value_max) {
  std::mt19937 random(seed);
  const auto below = [&](std::size_t n) { return random() % n; };
  const TemporaryDirectory directory;
  Rows model;
  {
    Result<std::unique_ptr<Store>> store = Store::open({directory.path(), 64 << 20});
    REQUIRE(store.has_value());
    for (int commit = 0; commit < 12; ++commit) {
      std::vector<RowChange> changes;
      for (std::size_t i = 0; i < rows_max; ++i) {
        RowChange change;
        change.table = Table::kAlarms;
        change.key = std::to_string(below(rows_max * 4));
        change.erase = below(4) == 0;
        change.value = std::string(below(value_max), static_cast<char>('a' + below(26)));
        changes.push_back(change);
        model.erase(change.key);
        if (!change.erase) model.emplace(change.key, change.value);
      }
      REQUIRE((*store)->commit({}, changes));
    }
  }
  const Opened opened(directory.path());
  CHECK(walked(opened, "alarms") == model);
  TableWalk walk(*opened.file, opened.snapshot, opened.tables.at("alarms"));
  for (int i = 0; i < 200; ++i) {
    const std::string from = std::to_string(below(rows_max * 5));
    const auto expected = model.lower_bound(from);
    walk.seek(as_bytes(from));
    const auto step = walk.next();
    REQUIRE((step == TableWalk::Step::kRow) == (expected != model.end()));
    if (expected != model.end()) CHECK(as_text(walk.key()) == expected->first);
  }
  if (model.empty()) return;
  walk.seek_last();
  REQUIRE(walk.next() == TableWalk::Step::kRow);
  CHECK(as_text(walk.key()) == model.rbegin()->first);
  CHECK(walk.next() == TableWalk::Step::kEnd);
}

TEST_CASE("a table is read page by page as LMDB reads it, whatever its size") {
  compare(1, 3, 20);
  compare(2, 400, 60);
  compare(3, 2000, 300);
  compare(4, 60, 9000);
}

TEST_CASE("an empty table has no row, and a key that is not there no value") {
  const TemporaryDirectory directory;
  { REQUIRE(Store::open({directory.path(), 64 << 20})); }
  const Opened opened(directory.path());
  CHECK(walked(opened, "entries").empty());
  TableWalk walk(*opened.file, opened.snapshot, opened.tables.at("entries"));
  walk.seek_last();
  CHECK(walk.next() == TableWalk::Step::kEnd);
  const TableRoot& facts = opened.tables.at("facts");
  CHECK(*find_row(*opened.file, opened.snapshot, facts, as_bytes("format")) == "1");
  CHECK(find_row(*opened.file, opened.snapshot, facts, as_bytes("formax"))->empty());
}

TEST_CASE("a value that claims more than the file has gets no memory") {
  const TemporaryDirectory directory;
  run_once(directory.path(), 100);
  Opened opened(directory.path());
  opened.snapshot.pages = std::uint64_t{1} << 40;
  std::vector<std::uint8_t> value;
  const Status read =
      opened.file->read(opened.snapshot, 2, std::uint64_t{1} << 15, PageKind::kOverflow, &value);
  REQUIRE_FALSE(read);
  CHECK(has(read.error().text, "ends too early"));
  CHECK(value.capacity() == 0);
}

TEST_CASE("a walk passes a damaged page, says which one, and goes on behind it") {
  const TemporaryDirectory directory;
  run_once(directory.path(), 3000);
  Rows whole;
  std::uint64_t leaf = 0;
  {
    const Opened opened(directory.path());
    whole = walked(opened, "alarms");
    leaf = opened.tables.at("alarms").root;
    REQUIRE(opened.tables.at("alarms").depth > 1);
    std::vector<std::uint8_t> branch;
    REQUIRE(opened.file->read(opened.snapshot, leaf, 1, PageKind::kBranch, &branch));
    const std::size_t node = load_le<std::uint16_t>(branch.data() + 18);  // of the second child
    leaf = load_le<std::uint32_t>(branch.data() + node);
  }
  {
    std::fstream file(data_file(directory.path()), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(leaf * 4096 + 14));  // where its free space ends
    file.write("\xff\xff", 2);
  }
  const Opened opened(directory.path());
  TableWalk walk(*opened.file, opened.snapshot, opened.tables.at("alarms"));
  std::size_t damaged = 0;
  std::size_t rows = 0;
  for (auto step = walk.next(); step != TableWalk::Step::kEnd; step = walk.next()) {
    if (step == TableWalk::Step::kRow) ++rows;
    if (step == TableWalk::Step::kDamaged) {
      ++damaged;
      CHECK(walk.fault() == "page " + std::to_string(leaf) + " is damaged inside");
    }
  }
  CHECK(damaged == 1);
  CHECK(rows > 0);
  CHECK(rows < whole.size());
  // A start does not let LMDB follow it.
  auto store = Store::open({directory.path(), 64 << 20});
  REQUIRE_FALSE(store.has_value());
  CHECK(has(store.error().text, "the table alarms: page " + std::to_string(leaf)));
  CHECK(has(store.error().text, "trapctl store restore BACKUP"));
}

}  // namespace
}  // namespace trapd::journal
