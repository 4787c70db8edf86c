// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/store_replace.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/unit/journal/store_file_fixture.h"
#include "trapd/journal/batch.h"
#include "trapd/journal/engine_state_file.h"
#include "trapd/journal/replaced_mark.h"
#include "trapd/journal/store_backup.h"

namespace trapd::journal {
namespace {

/// `trapctl store verify`, say, that was begun while a trapd ran and has not come to its end: from
/// begin(), while the store is open here, until this ends.
class ReaderBeside {
 public:
  void begin(const std::string& directory) {
    std::array<int, 2> ready{};
    REQUIRE(::pipe(ready.data()) == 0);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) read_until_killed(directory, ready[1]);
    ::close(ready[1]);
    char octet = 0;
    CHECK(::read(ready[0], &octet, 1) == 1);
    ::close(ready[0]);
  }
  ReaderBeside() = default;
  ReaderBeside(const ReaderBeside&) = delete;
  ReaderBeside& operator=(const ReaderBeside&) = delete;
  ~ReaderBeside() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

 private:
  [[noreturn]] static void read_until_killed(const std::string& directory, int ready) {
    // The lock of the store that is open here goes with its last descriptor.
    for (int fd = 3; fd < 256; ++fd) {
      if (fd != ready) ::close(fd);
    }
    auto view = StoreView::open(directory);
    if (!view || (*view)->beside() != ::getppid()) ::_exit(1);
    const Status looked = (*view)->look([&](const PageSnapshot&) -> Status {
      if (::write(ready, "r", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    });
    ::_exit(looked ? 0 : 1);
  }

  pid_t child_ = 0;
};

class ReplaceFixture {
 public:
  ReplaceFixture() { run_once(store, 1000); }
  void back_up_now() {
    auto view = StoreView::open(store);
    REQUIRE(view.has_value());
    const Result<Backup> done = back_up(view->get(), backup);
    REQUIRE_MESSAGE(done, (done ? "" : done.error().text));
  }
  Result<Replacement> restore_it(bool with_newer = true) {
    return restore(backup, store, {.with_newer = with_newer});
  }
  Replacement restored(bool with_newer = true) {
    Result<Replacement> done = restore_it(with_newer);
    REQUIRE_MESSAGE(done, (done ? "" : done.error().text));
    CHECK(findings(store) == "");
    return *done;
  }
  std::uint32_t boots() const {
    const Result<EngineStateFile> file = read_engine_state(store);
    REQUIRE(file.has_value());
    return file->state ? file->state->boots : 0;
  }
  std::uint64_t cursor() const {
    return load_le<std::uint64_t>(as_bytes(row_of(store, "facts", "cursor/noc")).data());
  }
  /// Beside a trapd that stops then, with its newest commit in this one of LMDB's two headers.
  void begin_beside(std::uint64_t header, ReaderBeside* reader) const {
    const auto running = Store::open({store, 64 << 20});
    REQUIRE(running.has_value());
    const auto file = PageFile::open(store + "/data.mdb");
    REQUIRE(file.has_value());
    do {
      REQUIRE((*running)->commit({}, {{Table::kFacts, "some", "value", false}}));
    } while (file->newest()->transaction % 2 != header);
    reader->begin(store);
  }
  /// Records of engine-3 with this clock and the next ones, as a kill leaves them: in the journal
  /// alone.
  void put_without_rows(std::uint32_t time, std::uint32_t rounds,
                        std::int64_t wall_ns = RecordSpec().wall_ns) const {
    const auto opened = Store::open({store, 64 << 20});
    REQUIRE(opened.has_value());
    Batch batch(1 << 20);
    for (std::uint32_t i = 0; i < rounds; ++i) {
      RecordSpec spec = large(time + i);
      spec.wall_ns = wall_ns;
      batch.add(make_record(spec), (*opened)->usage().newest_sequence + i + 1);
    }
    REQUIRE(batch.values() >= 2);
    REQUIRE((*opened)->commit(batch.entries(), {}));
  }
  static RecordSpec large(std::uint32_t time) {
    return {.engine_id = "engine-3",
            .device = std::string(900, 'd'),
            .time = time,
            .varbind_octets = 0};
  }
  static std::uint32_t clock_in(const std::string& directory) {
    const auto row = decode_engine(as_bytes(row_of(directory, "engines", "engine-3")));
    return row ? row->latest_time : 0;
  }
  static std::string note(const Replacement& done) {
    std::string text;
    for (const std::string& one : done.notes) text += one + "\n";
    return text;
  }

  const TemporaryDirectory temporary;
  const std::string store = temporary.path() + "/store";
  const std::string backup = temporary.path() + "/backup";
};

TEST_CASE_FIXTURE(ReplaceFixture, "a restore keeps what the old store has beyond the backup") {
  back_up_now();
  run_once(store, 500, 5000);
  REQUIRE(boots() == 2);
  const std::uint64_t newest = verdict_of(store).newest;
  const Replacement done = restored();
  CHECK(done.backup_newest == 1001);
  CHECK(done.newer_records == newest - 1001);
  CHECK(done.verdict.newest == newest);
  CHECK(done.verdict.whole_journal);
  CHECK(done.notes.empty());
  CHECK(boots() == 2);
  CHECK(cursor() == newest / 2);
  // The old one is whole, a store of its own, and can be put back.
  CHECK(findings(done.set_aside) == "");
  CHECK(verdict_of(done.set_aside).newest == newest);
  run_once(store, 10, 9000);
  CHECK(boots() == 3);
  CHECK(verdict_of(store).newest == newest + 11);
}

TEST_CASE_FIXTURE(ReplaceFixture, "a restore of the backup alone sets back no clock and no boots") {
  back_up_now();
  run_once(store, 500, 5000);
  const std::uint64_t newest = verdict_of(store).newest;
  const std::string clock = row_of(store, "engines", "engine-3");
  const Replacement done = restored(false);
  CHECK(done.newer_records == 0);
  CHECK(done.verdict.newest == 1001);
  CHECK(has(note(done), "were left there"));
  CHECK(boots() == 2);
  CHECK(row_of(store, "engines", "engine-3") == clock);
  CHECK(cursor() == std::min<std::uint64_t>(newest / 2, 1001));
}

TEST_CASE_FIXTURE(ReplaceFixture, "who still reads the old store does not set back the new one") {
  back_up_now();
  run_once(store, 500, 5000);
  const std::uint64_t newest = verdict_of(store).newest;
  for (const std::uint64_t header : {0U, 1U}) {
    CAPTURE(header);
    ReaderBeside reader;
    begin_beside(header, &reader);
    restored();
    const auto running = Store::open({store, 64 << 20});
    REQUIRE(running.has_value());
    CHECK((*running)->usage().newest_sequence == newest);
    const Result<std::string> at = (*running)->fact("cursor/noc");
    REQUIRE(at.has_value());
    CHECK(load_le<std::uint64_t>(as_bytes(*at).data()) == newest / 2);
  }
}

TEST_CASE_FIXTURE(ReplaceFixture, "who still reads a store that is set aside does not disturb") {
  for (const std::uint64_t header : {0U, 1U}) {
    CAPTURE(header);
    ReaderBeside reader;
    begin_beside(header, &reader);
    REQUIRE(set_aside(store));
    run_once(store, 10);
    CHECK(verdict_of(store).newest == 11);
  }
}

TEST_CASE_FIXTURE(ReplaceFixture, "dead letters go with the cursors that have passed them") {
  const std::string letter = std::string(16, '\0') + "too long";
  const auto key = [](std::uint64_t sequence) {
    const std::string digits = std::to_string(sequence);
    return "dead/noc/" + std::string(20 - digits.size(), '0') + digits;
  };
  overwrite_row(store, "facts", key(3), letter);
  back_up_now();
  run_once(store, 500, 5000);
  {
    StoreCopy old;
    REQUIRE(old.open(store, 64 << 20));
    REQUIRE(old.erase("facts", as_bytes(key(3))));  // it was delivered since
    REQUIRE(old.close());
  }
  overwrite_row(store, "facts", key(5), letter);
  overwrite_row(store, "facts", key(1200), letter);
  restored(false);
  CHECK(row_of(store, "facts", key(3)).empty());
  CHECK(row_of(store, "facts", key(5)) == letter);
  CHECK(row_of(store, "facts", key(1200)).empty());  // of a record that is not there any more
}

TEST_CASE_FIXTURE(ReplaceFixture, "a restore takes what can be read of a damaged store") {
  back_up_now();
  run_once(store, 500, 5000);
  std::uint64_t lost = 0;
  {
    auto opened = Store::open({store, 64 << 20});
    Passage passage;
    REQUIRE((*opened)->read(1001 + 78, 1, &passage));
    lost = load_le<std::uint64_t>(passage.records.data() + 16);
    REQUIRE(lost > 1002);
  }
  REQUIRE(misplace_value(store, lost) > 0);
  const Replacement done = restored();
  CHECK(done.verdict.newest == lost - 1);
  CHECK(has(note(done), "not readable behind sequence " + std::to_string(lost - 1)));
}

TEST_CASE_FIXTURE(ReplaceFixture, "a clock that stands in the old journal alone is not set back") {
  back_up_now();
  put_without_rows(7000, 20);
  restored(false);
  CHECK(clock_in(store) == 7019);
}

TEST_CASE_FIXTURE(ReplaceFixture, "a clock behind a damaged value of the old journal counts too") {
  back_up_now();
  put_without_rows(7000, 20);
  REQUIRE(damage_record(store, make_record(large(0)).size(), 1010) > 0);
  const Replacement done = restored();
  CHECK(done.verdict.newest == 1001);
  CHECK(has(note(done), "could be replayed"));
  CHECK(clock_in(store) == 7019);
}

TEST_CASE_FIXTURE(ReplaceFixture, "clocks in the journal of another store count") {
  back_up_now();
  std::filesystem::remove(data_file(store));
  run_once(store, 100);
  put_without_rows(7000, 20);
  const Replacement done = restored();
  CHECK(has(note(done), "does not go on where the backup ends"));
  CHECK(clock_in(store) == 7019);
}

TEST_CASE_FIXTURE(ReplaceFixture, "a store that LMDB does not open is replaced all the same") {
  back_up_now();
  run_once(store, 500, 5000);
  std::ofstream(data_file(store), std::ios::binary) << std::string(100'000, 'x');
  const Replacement done = restored();
  CHECK(done.verdict.newest == 1001);
  CHECK(has(note(done), "the old store is not readable"));
  CHECK(boots() == 2);
  CHECK(std::filesystem::file_size(data_file(done.set_aside)) == 100'000);
}

TEST_CASE_FIXTURE(ReplaceFixture, "the records of another journal are not mixed in") {
  back_up_now();
  std::filesystem::remove(data_file(store));
  run_once(store, 1500, 9000);
  const Replacement done = restored();
  CHECK(done.verdict.newest == 1001);
  CHECK(done.newer_records == 0);
  CHECK(has(note(done), "does not go on where the backup ends"));
  // But its clocks count: they are of the same devices.
  CHECK(decode_engine(as_bytes(row_of(store, "engines", "engine-3")))->latest_time > 9000);
}

TEST_CASE_FIXTURE(ReplaceFixture,
                  "into an empty directory, own boots are raised beyond what can be") {
  back_up_now();
  std::filesystem::remove_all(store);
  std::filesystem::create_directory(store);
  const Replacement done = restored();
  CHECK(done.set_aside.empty());
  CHECK(has(note(done), "known from the backup alone"));
  CHECK(boots() > 80'000'000);  // seconds since the records' time, in 2023
  std::filesystem::remove_all(store);
  const Result<Replacement> refused = restore_it();
  REQUIRE_FALSE(refused.has_value());
}

TEST_CASE_FIXTURE(ReplaceFixture, "own boots are not guessed by a clock that is behind") {
  put_without_rows(7000, 20, SystemClock().wall_ns() + 3600 * kNsPerSecond);
  back_up_now();
  std::filesystem::remove_all(store);
  std::filesystem::create_directory(store);
  const Result<Replacement> refused = restore_it();
  REQUIRE_FALSE(refused.has_value());
  CHECK(has(refused.error().text, "set the clock first"));
  CHECK_FALSE(std::filesystem::exists(store + "/engine.state"));
  CHECK_FALSE(std::filesystem::exists(data_file(store)));
}

TEST_CASE_FIXTURE(ReplaceFixture, "own boots of a backup without a record are lost") {
  std::filesystem::remove_all(store);
  {
    const auto running = Store::open({store, 64 << 20});
    REQUIRE(running.has_value());
    REQUIRE(raise_own_boots(**running, own_engine(), &fixed_engine_id));
  }
  back_up_now();
  std::filesystem::remove_all(store);
  std::filesystem::create_directory(store);
  const Result<Replacement> done = restore_it();
  REQUIRE(done.has_value());
  CHECK(has(note(*done), "they are lost"));
  const auto running = Store::open({store, 64 << 20});
  REQUIRE(running.has_value());
  CHECK(raise_own_boots(**running, own_engine(), &fixed_engine_id)->boots_lost);
}

TEST_CASE_FIXTURE(ReplaceFixture, "a restore refuses and changes nothing") {
  back_up_now();
  {
    const auto running = Store::open({store, 64 << 20});
    REQUIRE(running.has_value());
    Result<Replacement> refused = restore_it();
    REQUIRE_FALSE(refused.has_value());
    CHECK(has(refused.error().text, "stop trapd first: "));
    refused = set_aside(store);
    REQUIRE_FALSE(refused.has_value());
    CHECK(has(refused.error().text, "stop trapd first: "));
  }
  Result<Replacement> refused = restore(store, store, {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(has(refused.error().text, "is the store itself"));
  std::filesystem::resize_file(data_file(backup), 8192);
  refused = restore_it();
  REQUIRE_FALSE(refused.has_value());
  CHECK(has(refused.error().text, "is damaged, nothing was changed"));
  CHECK(verdict_of(store).newest == 1001);
  for (const auto& entry : std::filesystem::directory_iterator(store)) {
    CHECK(!entry.is_directory());
  }
}

TEST_CASE_FIXTURE(ReplaceFixture, "a store that is set aside leaves its boots behind") {
  std::filesystem::remove(store + "/engine.state");
  const Result<Replacement> done = set_aside(store);
  REQUIRE(done.has_value());
  CHECK(boots() == 1);
  CHECK(has(note(*done), "could be replayed"));
  CHECK(verdict_of(done->set_aside).newest == 1001);
  CHECK_FALSE(std::filesystem::exists(data_file(store)));
  run_once(store, 1);
  CHECK(boots() == 2);
  CHECK(verdict_of(store).newest == 2);
}

TEST_CASE_FIXTURE(ReplaceFixture,
                  "a store in another's place is marked as that, until it is told") {
  back_up_now();
  CHECK_FALSE(is_marked_replaced(store));
  CHECK(unmark_replaced(store));
  REQUIRE(set_aside(store));
  CHECK(is_marked_replaced(store));
  CHECK(unmark_replaced(store));
  CHECK_FALSE(is_marked_replaced(store));
  run_once(store, 1);
  restored(false);
  CHECK(is_marked_replaced(store));
}

TEST_CASE_FIXTURE(ReplaceFixture, "boots that nothing tells any more are lost, not 1") {
  std::filesystem::remove(store + "/engine.state");
  std::ofstream(data_file(store), std::ios::binary) << std::string(100'000, 'x');
  auto opened = Store::open({store, 64 << 20});
  REQUIRE_FALSE(opened.has_value());
  CHECK(has(opened.error().text, "`trapctl store set-aside --directory " + store + "`"));
  const Result<Replacement> done = set_aside(store);
  REQUIRE(done.has_value());
  CHECK(has(note(*done), "the next start says that they are lost"));
  opened = Store::open({store, 64 << 20});
  REQUIRE(opened.has_value());
  const Result<OwnState> own = raise_own_boots(**opened, own_engine(), &fixed_engine_id);
  REQUIRE(own.has_value());
  CHECK(own->boots_lost);
}

}  // namespace
}  // namespace trapd::journal
