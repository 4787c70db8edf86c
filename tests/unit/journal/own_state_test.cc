// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/own_state.h"

#include <filesystem>
#include <fstream>

#include "tests/unit/journal/disk_faults.h"
#include "tests/unit/journal/fixtures.h"
#include "trapd/journal/batch.h"
#include "trapd/journal/engine_state_file.h"

namespace trapd::journal {
namespace {

using Id = std::vector<std::uint8_t>;

const Id kOurId = {0x80, 0, 0x1f, 0x88, 5, 1};
const Id kOtherId = {0x80, 0, 0x1f, 0x88, 5, 2};
const Id kMadeId = {0x80, 0, 0x1f, 0x88, 5, 3};
Id make_id() { return kMadeId; }

enum class Known { kNone, kOurs, kOther };
enum class File { kNone, kOurs, kOther, kDamaged };

constexpr std::uint32_t kStoreBoots = 10;
constexpr std::uint32_t kFileBoots = 20;

struct Expectation {
  Id engine_id;
  std::uint32_t boots = 0;
};

/// The table of own_state.h in words of its own: which rows apply; exactly one must.
Expectation expected(bool configured, Known store, File file, bool store_is_new) {
  Expectation result;
  result.engine_id = kMadeId;
  if (store == Known::kOurs) result.engine_id = kOurId;
  if (store == Known::kOther) result.engine_id = kOtherId;
  if (file == File::kOurs) result.engine_id = kOurId;
  if (file == File::kOther) result.engine_id = kOtherId;
  if (configured) result.engine_id = kOurId;

  const bool in_store = (store == Known::kOurs && result.engine_id == kOurId) ||
                        (store == Known::kOther && result.engine_id == kOtherId);
  const bool in_file = (file == File::kOurs && result.engine_id == kOurId) ||
                       (file == File::kOther && result.engine_id == kOtherId);
  const bool nothing_known = store == Known::kNone && file == File::kNone;
  int rows = 0;
  const auto row = [&](bool applies, std::uint32_t boots) {
    if (!applies) return;
    ++rows;
    result.boots = boots;
  };
  row(in_store && in_file, std::max(kStoreBoots, kFileBoots) + 1);
  row(in_store && !in_file, kStoreBoots + 1);
  row(!in_store && in_file, kFileBoots + 1);
  row(!in_store && file == File::kDamaged, kBootsMaximum);
  row(nothing_known && configured && !store_is_new, kBootsMaximum);
  row(nothing_known && (!configured || store_is_new), 1);
  row(!in_store && !in_file && !nothing_known && file != File::kDamaged, 1);  // a new ID
  CHECK(rows == 1);
  return result;
}

TEST_CASE("every combination of store, file and configuration finds exactly one row") {
  int combinations = 0;
  for (const bool configured : {false, true}) {
    for (const Known store : {Known::kNone, Known::kOurs, Known::kOther}) {
      for (const File file : {File::kNone, File::kOurs, File::kOther, File::kDamaged}) {
        for (const bool store_is_new : {false, true}) {
          CAPTURE(configured);
          CAPTURE(static_cast<int>(store));
          CAPTURE(static_cast<int>(file));
          CAPTURE(store_is_new);
          OwnStateFound found;
          if (configured) found.configured_id = kOurId;
          if (store != Known::kNone) {
            found.in_store =
                OwnState{store == Known::kOurs ? kOurId : kOtherId, kStoreBoots, false};
          }
          if (file == File::kOurs || file == File::kOther) {
            found.in_file = OwnState{file == File::kOurs ? kOurId : kOtherId, kFileBoots, false};
          }
          found.file_damaged = file == File::kDamaged;
          found.store_is_new = store_is_new;
          const Expectation wanted = expected(configured, store, file, store_is_new);
          const OwnState decided = decide_own_state(found, make_id);
          CHECK(decided.engine_id == wanted.engine_id);
          CHECK(decided.boots == wanted.boots);
          CHECK(decided.boots_lost == (wanted.boots == kBootsMaximum));
          Id last;
          if (file == File::kOurs) last = kOurId;
          if (file == File::kOther) last = kOtherId;
          if (store == Known::kOurs) last = kOurId;
          if (store == Known::kOther) last = kOtherId;
          CHECK(decided.former_id == (last == wanted.engine_id ? Id() : last));
          ++combinations;
        }
      }
    }
  }
  CHECK(combinations == 48);
}

TEST_CASE("boots count up to the maximum and stay there") {
  OwnStateFound found;
  found.in_store = OwnState{kOurId, kBootsMaximum - 2, false};
  CHECK(decide_own_state(found, make_id).boots == kBootsMaximum - 1);
  CHECK(!decide_own_state(found, make_id).boots_lost);
  for (const std::uint32_t boots : {kBootsMaximum - 1, kBootsMaximum}) {
    found.in_store->boots = boots;
    CHECK(decide_own_state(found, make_id).boots == kBootsMaximum);
    CHECK(decide_own_state(found, make_id).boots_lost);
  }
}

TEST_CASE("the state file is refused when any octet is altered, cut or added") {
  const std::string text = encode_engine_state({kOurId, 17, false});
  const std::optional<OwnState> state = decode_engine_state(text);
  REQUIRE(state);
  CHECK(state->engine_id == kOurId);
  CHECK(state->boots == 17);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string altered = text;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    CHECK(!decode_engine_state(altered));
    CHECK(!decode_engine_state(text.substr(0, i)));
  }
  CHECK(!decode_engine_state(text + "\n"));
  CHECK(!decode_engine_state(encode_engine_state({kOurId, 0, false})));
  CHECK(!decode_engine_state(encode_engine_state({kOurId, kBootsMaximum + 1, false})));
  CHECK(!decode_engine_state(encode_engine_state({{}, 1, false})));
}

TEST_CASE("what lies on disk is as FORMAT.md shows it") {
  CHECK(encode_engine_state({*from_hex("80001f880501020304"), 17, false}) ==
        "trapd engine state 1\n"
        "id 80001f880501020304\n"
        "boots 17\n"
        "checksum 3e5e7efee14d169e\n");
  const std::string row = encode_engine({3, 86'400, 1'700'000'000'123'456'789});
  CHECK(to_hex(as_bytes(row)) == "030000008051010015cd853dfe9c9717");
  CHECK(decode_engine(as_bytes(row))->latest_time == 86'400);
  CHECK(!decode_engine(as_bytes(row.substr(1))));
  CHECK(kStoreFormat == "1");
}

class OwnStateOnDisk {
 public:
  Result<OwnState> raise(const Id& configured = {}) {
    Result<std::unique_ptr<Store>> store = Store::open({directory.path(), 16 << 20});
    REQUIRE(store);
    return raise_own_boots(**store, configured, make_id);
  }
  void lose_store() const {
    std::filesystem::remove(directory.path() + "/data.mdb");
    std::filesystem::remove(directory.path() + "/lock.mdb");
  }
  std::string file() const { return directory.path() + "/engine.state"; }
  void write_record() const {
    Result<std::unique_ptr<Store>> store = Store::open({directory.path(), 16 << 20});
    REQUIRE(store);
    Batch batch(1024);
    batch.add(make_record({}), 1);
    REQUIRE((*store)->commit(batch.entries(), {}));
  }
  TemporaryDirectory directory;
};

TEST_CASE("boots rise by one with every start, and the engine ID stays") {
  OwnStateOnDisk own;
  for (std::uint32_t boots = 1; boots <= 5; ++boots) {
    const Result<OwnState> state = own.raise();
    REQUIRE(state);
    CHECK(state->boots == boots);
    CHECK(state->engine_id == kMadeId);
  }
}

TEST_CASE("boots survive the loss of the store, of the file, and the restore of an old store") {
  OwnStateOnDisk own;
  REQUIRE(own.raise());
  const std::string old_store = own.directory.path() + "/old";
  std::filesystem::copy_file(own.directory.path() + "/data.mdb", old_store);
  REQUIRE(own.raise()->boots == 2);
  own.lose_store();
  REQUIRE(own.raise()->boots == 3);
  std::filesystem::remove(own.file());
  REQUIRE(own.raise()->boots == 4);
  own.lose_store();
  std::filesystem::copy_file(old_store, own.directory.path() + "/data.mdb");
  REQUIRE(own.raise()->boots == 5);
  std::ofstream(own.file(), std::ios::app) << "x";
  REQUIRE(own.raise()->boots == 6);
  own.lose_store();
  std::ofstream(own.file(), std::ios::app) << "x";
  const Result<OwnState> lost = own.raise();
  REQUIRE(lost);
  CHECK(lost->boots == kBootsMaximum);
  CHECK(lost->boots_lost);
  CHECK(own.raise()->boots_lost);
  CHECK(own.raise(kOtherId)->boots == 1);  // the way out
}

TEST_CASE("whatever becomes of the state file, boots beside a good store never go back") {
  OwnStateOnDisk own;
  std::uint32_t boots = own.raise()->boots;
  std::ifstream written(own.file());
  const std::string good{std::istreambuf_iterator<char>(written), {}};
  std::vector<std::string> contents = {"", "\n", std::string(4096, '\0'), std::string(600, 'x'),
                                       good + good};
  for (std::size_t cut = 1; cut < good.size(); cut += 7) contents.push_back(good.substr(0, cut));
  for (const std::string& content : contents) {
    CAPTURE(content);
    std::ofstream(own.file(), std::ios::binary) << content;
    std::ofstream(own.file() + ".new") << "what a power cut left";
    CHECK(own.raise()->boots == ++boots);
  }
  std::ofstream(own.file(), std::ios::binary) << good;  // an old one, of the first start
  CHECK(own.raise()->boots == ++boots);
  CHECK(own.raise()->engine_id == kMadeId);
}

TEST_CASE("a state file that is damaged beside a missing store means lost, never 1") {
  for (const char* content : {"", "garbage", "trapd engine state 1\nid 80001f880501\nboots 1\n"}) {
    CAPTURE(content);
    OwnStateOnDisk own;
    REQUIRE(own.raise());
    own.lose_store();
    std::ofstream(own.file(), std::ios::binary) << content;
    CHECK(own.raise()->boots == kBootsMaximum);
    CHECK(own.raise()->boots_lost);
  }
}

TEST_CASE(
    "a configured engine ID whose boots are nowhere, beside a used store, is not a first start") {
  OwnStateOnDisk own;
  CHECK(own.raise(kOurId)->boots == 1);
  OwnStateOnDisk used;
  used.write_record();
  CHECK(used.raise(kOurId)->boots == kBootsMaximum);
}

TEST_CASE("a start that cannot write its boots down fails, with the path") {
  const DiskFaultsReset reset;
  OwnStateOnDisk own;
  REQUIRE(own.raise());
  Result<std::unique_ptr<Store>> store = Store::open({own.directory.path(), 16 << 20});
  REQUIRE(store);
  disk_faults().sync_errno = EIO;
  const Result<OwnState> failed = raise_own_boots(**store, {}, make_id);
  REQUIRE(!failed);
  CHECK(failed.error().text.find(own.directory.path()) != std::string::npos);
  disk_faults().sync_errno = 0;
  // The file went ahead: its boots are not used a second time.
  CHECK(raise_own_boots(**store, {}, make_id)->boots == 3);
}

}  // namespace
}  // namespace trapd::journal
