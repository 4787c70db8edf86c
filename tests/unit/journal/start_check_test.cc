// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/start_check.h"

#include "tests/unit/journal/store_file_fixture.h"
#include "trapd/journal/batch.h"

namespace trapd::journal {
namespace {

constexpr std::uint64_t kRecords = 6000;
constexpr std::size_t kPage = 4096;

/// A store of values that lie in the leaves, three in each, after a clean stop: nothing is to be
/// replayed.
struct CleanlyStopped {
  explicit CleanlyStopped(std::int64_t received_wall_ns) {
    const auto store = Store::open({directory.path(), 64 << 20});
    REQUIRE(store.has_value());
    Batch batch(8 << 20);
    RecordSpec spec;
    spec.device = std::string(900, 'd');
    spec.wall_ns = received_wall_ns;
    for (std::uint64_t i = 1; i <= kRecords; ++i) batch.add(make_record(spec), i);
    std::vector<PackedEntry> entries;
    const std::size_t size = make_record(spec).size();
    for (std::uint64_t i = 0; i < kRecords; ++i) {
      entries.push_back({i + 1, batch.packed().subspan(i * size, size)});
    }
    std::string replay_from(8, '\0');
    store_le(reinterpret_cast<std::uint8_t*>(replay_from.data()), kRecords + 1);
    REQUIRE((*store)->commit(entries, {{Table::kFacts, "replay_from", replay_from, false}}));
    // So that there are free pages.
    REQUIRE((*store)->commit({}, {{Table::kFacts, "some", "value", false}}));
    REQUIRE((*store)->commit({}, {{Table::kFacts, "some", "other", false}}));
  }
  std::string file() const { return data_file(directory.path()); }

  /// Where free space ends in this page is behind its end now.
  void damage_page(std::size_t page) const {
    std::fstream out(file(), std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(page * kPage + 14));
    out.write("\xff\xff", 2);
  }
  void damage_leaf_of(std::uint64_t sequence) const {
    std::ifstream in(file(), std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(in), {}};
    const std::string key = std::string("\x08\0", 2) + sequence_key(sequence);
    std::size_t found = 0;
    for (std::size_t page = 2; (page + 1) * kPage <= all.size(); ++page) {
      const std::string_view octets = std::string_view(all).substr(page * kPage, kPage);
      if (octets[10] != 2 || octets.find(key) == std::string_view::npos) continue;
      damage_page(page);
      ++found;
    }
    REQUIRE(found == 1);
  }
  std::string refusal() const {
    const auto store = Store::open({directory.path(), 64 << 20});
    return store ? "" : store.error().text;
  }

  const TemporaryDirectory directory;
};

std::int64_t now() { return SystemClock().wall_ns(); }

TEST_CASE("a start looks at the pages of what it remembers of the last minutes") {
  const CleanlyStopped recent(now());
  CHECK(recent.refusal().empty());
  recent.damage_leaf_of(kRecords - 3000);
  CHECK(has(recent.refusal(), "the table entries: page "));
  CHECK(has(recent.refusal(), "is damaged inside"));
}

TEST_CASE("a start leaves alone what is older than that") {
  const CleanlyStopped old(now() - 3600 * kNsPerSecond);
  old.damage_leaf_of(kRecords - 3000);
  CHECK(old.refusal().empty());
}

TEST_CASE("a start looks at the page of the oldest value, and at that before replay_from") {
  const CleanlyStopped oldest(now() - 3600 * kNsPerSecond);
  oldest.damage_leaf_of(1);
  CHECK(has(oldest.refusal(), "the table entries: page "));
  const CleanlyStopped newest(now() - 3600 * kNsPerSecond);
  newest.damage_leaf_of(kRecords);
  CHECK(has(newest.refusal(), "the table entries: page "));
}

TEST_CASE("a start looks at the list of free pages") {
  const CleanlyStopped damaged(now() - 3600 * kNsPerSecond);
  const auto file = PageFile::open(damaged.file());
  REQUIRE(file.has_value());
  const std::uint64_t root = file->newest()->free_list.root;
  REQUIRE(root != kNoPage);
  damaged.damage_page(root);
  CHECK(has(damaged.refusal(), "the list of free pages: page "));
  // A page that the file does not have.
  const CleanlyStopped wrong(now() - 3600 * kNsPerSecond);
  std::fstream out(wrong.file(), std::ios::binary | std::ios::in | std::ios::out);
  const auto root_of = PageFile::open(wrong.file())->newest()->free_list.root;
  out.seekp(static_cast<std::streamoff>(root_of * kPage + kPage - 8));
  out.write("\xff\xff\xff\xff\xff\0\0\0", 8);
  out.close();
  CHECK(has(wrong.refusal(), "the list of free pages is damaged"));
}

}  // namespace
}  // namespace trapd::journal
