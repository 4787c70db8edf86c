// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/store_verify.h"

#include <random>

#include "tests/unit/journal/store_file_fixture.h"
#include "trapd/journal/batch.h"

namespace trapd::journal {
namespace {

/// A good store, of which each test spoils a copy.
class VerifyFixture {
 public:
  VerifyFixture() {
    run_once(directory(), 2000);
    run_once(directory(), 500, 5000);
    good = verdict_of(directory());
  }
  std::string directory() const { return temporary_.path() + "/store"; }
  std::string copy() {
    const std::string to = temporary_.path() + "/copy-" + std::to_string(++copies_);
    std::filesystem::copy(directory(), to);
    return to;
  }
  Verdict good;

 private:
  TemporaryDirectory temporary_;
  int copies_ = 0;
};

TEST_CASE_FIXTURE(VerifyFixture, "a store as trapd leaves it has nothing wrong") {
  CHECK(findings(good) == "");
  CHECK(good.notes.empty());
  CHECK(good.whole_journal);
  CHECK(good.oldest == 1);
  CHECK(good.newest == 2502);  // two acknowledgements
  CHECK(good.records == good.newest);
  CHECK(good.engines == 7);
  CHECK(good.alarms > 10);
  CHECK(good.destinations == 1);
}

TEST_CASE_FIXTURE(VerifyFixture, "a damaged record is told with its sequences") {
  const std::string store = copy();
  std::size_t octets = 0;
  std::uint64_t behind = 0;  // the value's last
  {
    auto opened = Store::open({store, 64 << 20});
    REQUIRE(opened.has_value());
    Passage passage;
    REQUIRE((*opened)->read(700, 1, &passage));
    behind = passage.through;
    alarm::RecordSequence records(passage.records);
    alarm::RecordView record;
    while (records.next(&record) && record.header().sequence <= 700) octets = record.header().size;
  }
  REQUIRE(damage_record(store, octets, 700) > 0);
  const Verdict verdict = verdict_of(store);
  REQUIRE_MESSAGE(verdict.findings.size() == 1, findings(verdict));
  CHECK(verdict.findings[0].where == "entries");
  CHECK(verdict.findings[0].sequence == 700);
  const std::string range =
      behind == 700 ? "sequence 700 " : "sequence 700 to " + std::to_string(behind) + " ";
  CHECK(verdict.findings[0].text.starts_with(range + "cannot be read: "));
  CHECK(verdict.records == good.records - (behind - 699));
  CHECK_FALSE(verdict.whole_journal);
}

TEST_CASE_FIXTURE(VerifyFixture, "a value that lies nowhere is told, whatever is behind it") {
  const std::string store = copy();
  std::uint64_t first = 0;
  {
    auto opened = Store::open({store, 64 << 20});
    REQUIRE(opened.has_value());
    Passage passage;
    REQUIRE((*opened)->read(978, 1, &passage));
    first = load_le<std::uint64_t>(passage.records.data() + 16);
    REQUIRE(passage.records.size() > 2048);
  }
  REQUIRE(misplace_value(store, first) > 0);
  const Verdict verdict = verdict_of(store);
  REQUIRE_MESSAGE(verdict.findings.size() == 1, findings(verdict));
  CHECK(verdict.findings[0].sequence == first);
  CHECK_MESSAGE(has(findings(verdict), "is not a page of the file"), findings(verdict));
  CHECK(verdict.newest == good.newest);
}

TEST_CASE_FIXTURE(VerifyFixture, "missing sequences are told") {
  const std::string store = copy();
  RecordSpec spec;
  spec.varbind_octets = 0;
  Batch batch(1 << 16);
  batch.add(make_record(spec), good.newest + 6);
  overwrite_row(store, "entries", sequence_key(good.newest + 6), as_text(batch.packed()));
  CHECK(has(findings(store), "entries: sequence " + std::to_string(good.newest + 1) + " to " +
                                 std::to_string(good.newest + 5) + " is missing"));
}

TEST_CASE_FIXTURE(VerifyFixture, "an alarm's row that is not what the journal says is told") {
  const std::string store = copy();
  std::uint64_t id = 0;
  alarm::AlarmState state;
  {
    auto opened = Store::open({store, 64 << 20});
    REQUIRE((*opened)->for_each(Table::kAlarms, [&](ByteView key, ByteView value) {
      id = load_be64(key.data());
      state = *alarm::decode_alarm(value);
    }));
  }
  ++state.count;
  overwrite_row(store, "alarms", sequence_key(id), encode_alarm(state));
  CHECK(has(findings(store), "alarm " + std::to_string(id) + " ("));
  CHECK(has(findings(store), "is not what the journal says"));

  overwrite_row(store, "alarms", sequence_key(id), "nonsense");
  CHECK(
      has(findings(store), "alarms: the row of alarm " + std::to_string(id) + " is not readable"));

  // One that the journal cleared.
  const std::string other = copy();
  state.id = 3;
  state.last_sequence = 3;
  state.resource = "of nobody";
  overwrite_row(other, "alarms", sequence_key(3), encode_alarm(state));
  CHECK(has(findings(other), "is in the table, and not active by the journal"));
}

TEST_CASE_FIXTURE(VerifyFixture, "an engine's clock behind the journal is told") {
  const std::string store = copy();
  overwrite_row(store, "engines", "engine-3", encode_engine({1, 101, 5}));
  CHECK(has(findings(store), "old traps could be replayed"));
  // Ahead is right: messages that were not stored move a clock too.
  overwrite_row(store, "engines", "engine-3", encode_engine({7, 101, 5}));
  CHECK(findings(store) == "");
  overwrite_row(store, "engines", "engine-3", "short");
  CHECK(has(findings(store),
            "the row of engine " + to_hex(as_bytes("engine-3")) + " is not readable"));
}

TEST_CASE_FIXTURE(VerifyFixture, "facts that lead astray are told") {
  const std::string store = copy();
  std::string beyond(8, '\0');
  store_le(reinterpret_cast<std::uint8_t*>(beyond.data()), good.newest + 100);
  overwrite_row(store, "facts", "cursor/noc", beyond);
  overwrite_row(store, "facts", "cursor/short", "1");
  overwrite_row(store, "facts", "replay_from", beyond);
  overwrite_row(store, "facts", "format", "9");
  const std::string text = findings(store);
  CHECK(has(text, "facts: cursor/noc is beyond the newest record"));
  CHECK(has(text, "facts: cursor/short is not a sequence"));
  CHECK(has(text, "facts: replay_from is outside what the journal holds"));
  CHECK(has(text, "facts: format \"9\", not \"1\""));
}

TEST_CASE_FIXTURE(VerifyFixture,
                  "a damaged header, a cut file and a damaged engine.state are told") {
  const std::string header = copy();
  {
    std::fstream file(data_file(header), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(16);
    file.write("\0\0\0\0", 4);
  }
  CHECK(has(findings(header), "data.mdb: header 1 of "));
  CHECK_FALSE(Store::open({header, 64 << 20}));

  const std::string cut = copy();
  std::filesystem::resize_file(data_file(cut), std::filesystem::file_size(data_file(cut)) / 2);
  CHECK(has(findings(cut), "ends too early"));

  const std::string state = copy();
  std::ofstream(state + "/engine.state") << "boots 3\n";
  CHECK(findings(state) == "engine.state: it is damaged: our own boots stand in the store alone\n");
}

TEST_CASE_FIXTURE(VerifyFixture,
                  "whatever octets are flipped, the look ends, and a good store stays good") {
  std::mt19937 random(7);
  std::size_t told = 0;
  constexpr int kRounds = 150;
  const std::string whole = [&] {
    std::ifstream in(data_file(directory()), std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  }();
  const std::string store = copy();
  for (int round = 0; round < kRounds; ++round) {
    std::string spoilt = whole;
    // The first octets of pages: there is where a page says what it is and what is in it.
    for (int flips = 0; flips < 6; ++flips) {
      const std::size_t page = random() % (whole.size() / 4096);
      spoilt[page * 4096 + random() % 128] = static_cast<char>(random());
    }
    std::ofstream(data_file(store), std::ios::binary) << spoilt;
    auto view = StoreView::open(store);
    REQUIRE(view.has_value());
    const Result<Verdict> verdict = verify(view->get());
    if (!verdict || !verdict->good()) ++told;
  }
  CHECK(told > kRounds / 2);
  std::ofstream(data_file(store), std::ios::binary) << whole;
  CHECK(findings(store) == "");
}

TEST_CASE("a store that was trimmed is compared as far as its journal goes back") {
  const TemporaryDirectory directory;
  {
    RunningLedger running(directory.path(), 4 << 20);
    running.run();
    for (int i = 0; i < 12'000; ++i) {
      RecordSpec spec;
      spec.varbind_octets = 0;
      spec.action = i % 3 == 2 ? alarm::Action::kClear : alarm::Action::kRaise;
      spec.resource = std::to_string(i / 3 % 400);
      spec.name = std::string(700, 'n');
      spec.time = static_cast<std::uint32_t>(i);
      running.put(spec);
    }
    REQUIRE(running.wait_committed(12'000));
    REQUIRE(running.store().usage().oldest_sequence > 1);
  }
  const Verdict verdict = verdict_of(directory.path());
  CHECK(findings(verdict) ==
        "engine.state: it is missing: our own boots stand in the store alone\n");
  CHECK(verdict.oldest > 1);
  CHECK_FALSE(verdict.whole_journal);
  CHECK(verdict.notes.empty());
}

TEST_CASE("a store that was never written to has nothing wrong") {
  const TemporaryDirectory directory;
  run_once(directory.path(), 0);
  CHECK(findings(directory.path()) == "");
}

TEST_CASE("LMDB cannot tell readers with one process id apart: refused") {
  const TemporaryDirectory directory;
  auto store = Store::open({directory.path(), 64 << 20});
  REQUIRE(store.has_value());
  auto view = StoreView::open(directory.path());
  REQUIRE_FALSE(view.has_value());
  CHECK(has(view.error().text, "runs in another PID namespace"));
}

}  // namespace
}  // namespace trapd::journal
