// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/history.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "trapd/admin/time_text.h"
#include "trapd/base/clock.h"
#include "trapd/journal/batch.h"

// After trapd's headers: its CHECK is the tests' CHECK from here on.
#include <doctest/doctest.h>

namespace trapd::admin {
namespace {

using Json = nlohmann::json;
constexpr std::int64_t kBegin = kNsPerSecond * 1'700'000'000;  // 2023-11-14T22:13:20Z

/// A store with one record a second, ten to a commit.
class HistoryFixture {
 public:
  HistoryFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "trapd-admin-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory = name;
    open();
  }
  ~HistoryFixture() {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  void open() {
    store.reset();
    auto opened = journal::Store::open({directory, 64 << 20});
    REQUIRE(opened.has_value());
    store = std::move(*opened);
  }

  static std::vector<std::uint8_t> record(std::uint64_t sequence, std::int64_t wall_ns) {
    const bool major = sequence % 2 == 0;
    alarm::RecordFields fields;
    fields.header.kind = alarm::Kind::kNotification;
    fields.header.severity = major ? alarm::Severity::kMajor : alarm::Severity::kMinor;
    fields.header.alarm_id = sequence % 7 + 1;
    fields.header.received_wall_ns = wall_ns;
    const std::string id = "id-" + std::to_string(sequence % 5);
    const std::string name = "sbc-" + std::to_string(sequence % 5);
    fields.set(alarm::Field::kDevice, id);
    fields.set(alarm::Field::kDeviceName, name);
    fields.set(alarm::Field::kAlarmName, sequence % 3 == 0 ? "linkDown" : "fan");
    std::vector<std::uint8_t> octets(alarm::encoded_size(fields));
    REQUIRE(alarm::encode(fields, octets) == octets.size());
    return octets;
  }
  static std::int64_t second(std::uint64_t sequence) {
    return kBegin + static_cast<std::int64_t>(sequence) * kNsPerSecond;
  }
  void fill(std::uint64_t count) {
    journal::Batch batch(1 << 20);
    for (std::uint64_t sequence = store->usage().newest_sequence + 1; sequence <= count;) {
      batch.clear();
      for (int i = 0; i < 10 && sequence <= count; ++i, ++sequence) {
        // Neighbours come in any order, a few seconds apart.
        const std::int64_t jitter = sequence % 4 == 0 ? 3 * kNsPerSecond : 0;
        batch.add(record(sequence, second(sequence) - jitter), sequence);
      }
      REQUIRE(store->commit(batch.entries(), {}));
    }
  }
  Json page(const HistoryQuery& query) {
    auto answer = history_page(*store, query, *mib::MibIndex::empty());
    REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().text));
    return *answer;
  }
  /// All pages.
  std::set<std::uint64_t> all(HistoryQuery query, int* pages = nullptr) {
    std::set<std::uint64_t> found;
    std::uint64_t newest = std::numeric_limits<std::uint64_t>::max();
    for (;;) {
      const Json answer = page(query);
      if (pages != nullptr) ++*pages;
      for (const Json& one : answer["records"]) {
        const auto sequence = one["sequence"].get<std::uint64_t>();
        CHECK(sequence < newest);
        newest = sequence;
        found.insert(sequence);
      }
      if (answer["next"].is_null()) return found;
      query.before_sequence = answer["next"].get<std::uint64_t>();
    }
  }

  std::string directory;
  std::unique_ptr<journal::Store> store;
};

TEST_CASE_FIXTURE(HistoryFixture, "pages go back to the oldest record, each of them once") {
  CHECK(page({})["records"].empty());
  fill(2500);
  HistoryQuery query;
  query.limit = 70;
  int pages = 0;
  CHECK(all(query, &pages).size() == 2500);
  CHECK(pages == 36);
  query.before_sequence = 11;
  CHECK(all(query).size() == 10);
}

TEST_CASE_FIXTURE(HistoryFixture, "a filter takes what fits in all of its parts") {
  fill(420);
  const auto count = [&](const RecordFilter& filter) {
    HistoryQuery query;
    query.filter = filter;
    return all(query).size();
  };
  using alarm::Severity;
  CHECK(count({.severities = {Severity::kMajor}, .device = "", .name = ""}) == 210);
  CHECK(count({.severities = {Severity::kMajor, Severity::kMinor}, .device = "", .name = ""}) ==
        420);
  CHECK(count({.severities = {Severity::kCritical}, .device = "", .name = ""}) == 0);
  CHECK(count({.severities = {}, .device = "id-3", .name = ""}) == 84);
  CHECK(count({.severities = {}, .device = "sbc-3", .name = ""}) == 84);
  CHECK(count({.severities = {}, .device = "sbc-3", .name = "linkDown"}) == 28);
  CHECK(count({.severities = {}, .device = "", .name = "", .alarm_id = 4}) == 60);
}

TEST_CASE_FIXTURE(HistoryFixture, "a span of time has exactly its records, and costs little") {
  fill(30'000);
  HistoryQuery query;
  query.limit = kHistoryRecordsMax;
  query.since_wall_ns = second(12'000);
  query.until_wall_ns = second(12'500);
  std::set<std::uint64_t> expected;
  for (std::uint64_t sequence = 11'900; sequence < 12'600; ++sequence) {
    const std::int64_t at = second(sequence) - (sequence % 4 == 0 ? 3 * kNsPerSecond : 0);
    if (at >= query.since_wall_ns && at <= query.until_wall_ns) expected.insert(sequence);
  }
  int pages = 0;
  CHECK(all(query, &pages) == expected);
  CHECK(pages == 1);  // of 30,000 records one page would not have seen more than 16,000
  query.since_wall_ns = second(40'000);
  query.until_wall_ns = second(50'000);
  CHECK(all(query).empty());
  query.since_wall_ns = second(0) - kNsPerSecond * 86'400;
  query.until_wall_ns = second(5);
  CHECK(all(query) == std::set<std::uint64_t>{1, 2, 3, 4, 5, 8});
}

TEST_CASE_FIXTURE(HistoryFixture, "what is damaged or gone is told, and the rest is shown") {
  fill(100);
  store.reset();
  {
    // The version of record 45 and of all copies of it.
    std::fstream file(directory + "/data.mdb", std::ios::binary | std::ios::in | std::ios::out);
    const std::string octets{std::istreambuf_iterator<char>(file), {}};
    const std::vector<std::uint8_t> whole = record(45, second(45));
    const std::string head(as_text(ByteView(whole).first(5)));
    for (auto at = octets.find(head); at != std::string::npos; at = octets.find(head, at + 1)) {
      if (at + 24 > octets.size() || octets[at + 16] != 45 || octets[at + 17] != 0) continue;
      file.seekp(static_cast<std::streamoff>(at + 4));
      file.put('\x7f');
    }
  }
  open();
  const Json whole = page({});
  CHECK(whole["records"].size() == 94);
  CHECK(whole["gaps"] == Json::array({{{"from", 45}, {"through", 50}}}));
  CHECK(whole["oldest_sequence"] == 1);
  CHECK(whole["complete"] == true);
  HistoryQuery half;
  half.before_sequence = 48;
  CHECK(page(half)["gaps"] == Json::array({{{"from", 45}, {"through", 47}}}));
  half.before_sequence = 45;
  CHECK(page(half)["gaps"].empty());

  store->trim_with_next_commit(61, 61);
  REQUIRE(store->commit({}, {}));
  CHECK(page({})["oldest_sequence"] == 61);
  CHECK(page({})["complete"] == false);
  HistoryQuery late;
  late.since_wall_ns = second(100) + 2 * kHistorySlackNs;
  CHECK(page(late)["complete"] == true);
  CHECK(page({})["records"].size() == 40);
}

TEST_CASE("a moment is RFC 3339 with an offset, or how long ago") {
  constexpr std::int64_t kNow = kBegin;
  const auto seconds = [](std::string_view text) -> std::int64_t {
    const auto moment = parse_moment(text, kNow);
    return moment ? *moment / kNsPerSecond : -1;
  };
  CHECK(seconds("2023-11-14T22:13:20Z") == 1'700'000'000);
  CHECK(seconds("2023-11-14 23:13:20+01:00") == 1'700'000'000);
  CHECK(seconds("2023-11-14t16:43:20-05:30") == 1'700'000'000);
  CHECK(*parse_moment("2023-11-14T22:13:20.25Z", 0) == kBegin + kNsPerSecond / 4);
  CHECK(seconds("2024-02-29T00:00:00Z") == 1'709'164'800);
  CHECK(seconds("90s") == 1'700'000'000 - 90);
  CHECK(seconds("30m") == 1'700'000'000 - 1800);
  CHECK(seconds("2h ago") == 1'700'000'000 - 7200);
  CHECK(seconds("7 d") == 1'700'000'000 - 7 * 86'400);
  for (const char* wrong : {"", "yesterday", "2h later", "-2h", "2023-11-14", "2023-11-14T22:13:20",
                            "2023-13-14T22:13:20Z", "2023-11-14T24:13:20Z", "2023-02-30T00:00:00Z",
                            "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20Zx",
                            "2023-11-14T22:13:20+1:00", "99999999999d", "2x", "h"}) {
    CHECK_MESSAGE(!parse_moment(wrong, kNow).has_value(), wrong);
  }
}

}  // namespace
}  // namespace trapd::admin
