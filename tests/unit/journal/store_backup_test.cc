// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/store_backup.h"

#include <sys/stat.h>

#include "tests/unit/journal/store_file_fixture.h"

namespace trapd::journal {
namespace {

Result<Backup> back_up_to(const std::string& directory, const std::string& to) {
  auto view = StoreView::open(directory);
  REQUIRE(view.has_value());
  return back_up(view->get(), to);
}

/// All of a table, as LMDB reads it.
std::map<std::string, std::string> rows(const Store& store, Table table) {
  std::map<std::string, std::string> all;
  REQUIRE(store.for_each(
      table, [&](ByteView key, ByteView value) { all.emplace(as_text(key), as_text(value)); }));
  return all;
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

std::size_t entries_in(const std::string& directory) {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) ++n;
  return n;
}

TEST_CASE("a backup opens as a store and has all that the store has") {
  const TemporaryDirectory temporary;
  const std::string store = temporary.path() + "/store";
  const std::string to = temporary.path() + "/backup";
  run_once(store, 3000);
  const Result<Backup> backup = back_up_to(store, to + "/");
  REQUIRE_MESSAGE(backup, findings(store));
  CHECK(backup->directory == to);
  CHECK(backup->octets == std::filesystem::file_size(data_file(to)));
  CHECK(backup->verdict.newest == 3001);
  CHECK(mode_of(to) == 0700);
  CHECK(mode_of(data_file(to)) == 0600);
  CHECK(mode_of(to + "/engine.state") == 0600);
  CHECK(entries_in(to) == 2);
  CHECK(entries_in(temporary.path()) == 2);
  CHECK(findings(to) == "");

  const auto one = Store::open({store, 64 << 20});
  const auto two = Store::open({to, 64 << 20});
  REQUIRE(one.has_value());
  REQUIRE(two.has_value());
  for (const Table table : {Table::kAlarms, Table::kEngines, Table::kFacts}) {
    CHECK(rows(**one, table) == rows(**two, table));
  }
  std::vector<std::uint8_t> a;
  std::vector<std::uint8_t> b;
  REQUIRE((*one)->read(1, 64 << 20, &a));
  REQUIRE((*two)->read(1, 64 << 20, &b));
  CHECK(a.size() > 3000 * 100);
  CHECK(a == b);
}

TEST_CASE("a store without a record can be backed up too") {
  const TemporaryDirectory temporary;
  run_once(temporary.path() + "/store", 0);
  REQUIRE(back_up_to(temporary.path() + "/store", temporary.path() + "/backup"));
  CHECK(Store::open({temporary.path() + "/backup", 64 << 20}));
}

TEST_CASE("a backup overwrites nothing") {
  const TemporaryDirectory temporary;
  run_once(temporary.path() + "/store", 10);
  std::ofstream(temporary.path() + "/there") << "mine";
  Result<Backup> backup = back_up_to(temporary.path() + "/store", temporary.path() + "/there");
  REQUIRE_FALSE(backup.has_value());
  CHECK(has(backup.error().text, "exists already"));
  CHECK(std::filesystem::file_size(temporary.path() + "/there") == 4);
  backup = back_up_to(temporary.path() + "/store", temporary.path() + "/no/such/place");
  REQUIRE_FALSE(backup.has_value());
  CHECK(has(backup.error().text, "No such file or directory"));
}

TEST_CASE("of a damaged store no backup is made, and nothing is left behind") {
  const TemporaryDirectory temporary;
  const std::string store = temporary.path() + "/store";
  run_once(store, 500);
  overwrite_row(store, "engines", "engine-3", encode_engine({1, 1, 5}));
  Result<Backup> backup = back_up_to(store, temporary.path() + "/backup");
  REQUIRE_FALSE(backup.has_value());
  CHECK(has(backup.error().text, "the store is damaged"));
  CHECK(has(backup.error().text, "old traps could be replayed"));
  CHECK(entries_in(temporary.path()) == 1);
}

}  // namespace
}  // namespace trapd::journal
