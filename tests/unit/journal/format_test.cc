// SPDX-License-Identifier: Apache-2.0
// A store that an earlier trapd wrote must open in this one: tests/data/store-format-1 was written
// by the version that first had format 1. It is not to be made again: when the format changes, a
// directory of the new one comes beside it, and this test reads both.
//
// It was made, from the story below, by
//   TRAPD_MAKE_STORE=tests/data/store-format-1 unit_journal -ns -tc="make the store of this format"
#include <cstdlib>

#include "tests/unit/journal/store_file_fixture.h"
#include "trapd/journal/dead_letters.h"
#include "trapd/journal/engine_state_file.h"
#include "trapd/journal/store_backup.h"

namespace trapd::journal {
namespace {

constexpr std::int64_t kBegin = kNsPerSecond * 1'700'000'000;

/// What the devices send, in this order.
std::vector<RecordSpec> story() {
  std::vector<RecordSpec> sent;
  for (std::uint32_t i = 0; i < 60; ++i) {
    RecordSpec spec;
    const std::string device = std::to_string(i % 4);
    spec.engine_id = std::string("\x80\x00\x1f\x88\x05", 5) + device;
    spec.device = "80001f8805" + device;
    spec.name = i % 3 == 0 ? "linkDown" : "fanFailed";
    spec.resource = std::to_string(i % 6);
    spec.action = i % 9 == 8 ? alarm::Action::kClear : alarm::Action::kRaise;
    if (i % 10 == 7) spec.action = alarm::Action::kEvent;
    spec.severity = i % 2 == 0 ? alarm::Severity::kCritical : alarm::Severity::kWarning;
    spec.boots = 3 + i % 4;
    spec.time = 1000 + i;
    spec.duplicate_hash = 0x1111111111111111 + i;
    spec.varbind_octets = 0;
    spec.wall_ns = kBegin + i * kNsPerSecond;
    sent.push_back(spec);
  }
  return sent;
}

void make_store(const std::string& directory) {
  {
    auto store = Store::open({directory, 64 << 20});
    REQUIRE(store.has_value());
    for (int start = 0; start < 5; ++start) {
      REQUIRE(raise_own_boots(**store, {}, &fixed_engine_id));
    }
  }
  RunningLedger running(directory);
  running.run();
  std::uint64_t sequence = 0;
  for (const RecordSpec& spec : story()) {
    running.put(spec);
    if (++sequence % 20 == 0) REQUIRE(running.wait_committed(sequence));
  }
  REQUIRE(running.wait_committed(60));
  REQUIRE(running.ledger().acknowledge(1, "alice (uid 1000)", "on it"));
  REQUIRE(running.ledger().clear_alarm(2, "bob (uid 0)", "repaired"));
  REQUIRE(running.ledger().forget_engine({0x80, 0, 0x1f, 0x88, 5, '3'}, "alice (uid 1000)"));
  running.ledger().report_cursor("noc-syslog", 41);
  running.ledger().report_cursor("duty-mail", 63);
  running.stop();
  overwrite_row(directory, "facts", "dead/duty-mail/00000000000000000012",
                std::string(16, '\0') + "550 no such user");
}

std::string source(const std::string& name) {
  const char* const root = std::getenv("TRAPD_SOURCE_DIR");
  return std::string(root != nullptr ? root : ".") + "/tests/data/" + name;
}

TEST_CASE("make the store of this format" * doctest::skip()) {
  const char* const to = std::getenv("TRAPD_MAKE_STORE");
  REQUIRE(to != nullptr);
  const TemporaryDirectory temporary;
  make_store(temporary.path() + "/store");
  auto view = StoreView::open(temporary.path() + "/store");
  REQUIRE(view.has_value());
  REQUIRE(back_up(view->get(), to));  // a small file: without the pages that are free
}

class FormatFixture {
 public:
  FormatFixture() { std::filesystem::copy(source("store-format-1"), directory); }
  const TemporaryDirectory temporary;
  const std::string directory = temporary.path() + "/store";
};

TEST_CASE_FIXTURE(FormatFixture, "a store of format 1 has nothing wrong in it") {
  const Verdict verdict = verdict_of(directory);
  CHECK(findings(verdict) == "");
  CHECK(verdict.whole_journal);
  CHECK(verdict.records == 63);
}

TEST_CASE_FIXTURE(FormatFixture, "the records of a store of format 1 are those that were sent") {
  const auto store = Store::open({directory, 64 << 20});
  REQUIRE(store.has_value());
  const std::vector<RecordSpec> sent = story();
  std::vector<alarm::Kind> actions;
  REQUIRE(scan(**store, 1, [&](const alarm::RecordView& record) {
    const alarm::RecordHeader& header = record.header();
    if (header.sequence > sent.size()) {
      actions.push_back(header.kind);
      return true;
    }
    const RecordSpec& spec = sent[header.sequence - 1];
    CHECK(header.kind == spec.kind);
    CHECK(header.severity == spec.severity);
    CHECK(header.action == spec.action);
    CHECK(header.engine_boots == spec.boots);
    CHECK(header.engine_time == spec.time);
    CHECK(header.duplicate_hash == spec.duplicate_hash);
    CHECK(header.received_wall_ns == spec.wall_ns);
    CHECK(record.text(alarm::Field::kAuthoritativeEngineId) == spec.engine_id);
    CHECK(record.text(alarm::Field::kDevice) == spec.device);
    CHECK(record.text(alarm::Field::kAlarmName) == spec.name);
    CHECK(record.text(alarm::Field::kResource) == spec.resource);
    return true;
  }));
  CHECK(actions == std::vector{alarm::Kind::kAcknowledge, alarm::Kind::kManualClear,
                               alarm::Kind::kForgetEngine});
}

TEST_CASE_FIXTURE(FormatFixture, "alarms, engines, destinations and boots of format 1 are there") {
  RunningLedger running(directory);
  running.open();
  const Ledger& ledger = running.ledger();
  CHECK(alarm_rows(ledger) == FullReplay(running.store()).alarms);
  const std::vector<alarm::AlarmState> alarms = ledger.alarms();
  CHECK(alarms.size() == 10);
  const auto first = std::find_if(alarms.begin(), alarms.end(),
                                  [](const alarm::AlarmState& state) { return state.id == 1; });
  REQUIRE(first != alarms.end());
  CHECK(first->acknowledged_by == "alice (uid 1000)");
  CHECK(first->name == "linkDown");
  CHECK(first->resource == "0");
  CHECK(first->severity == alarm::Severity::kCritical);
  const std::string engine("\x80\x00\x1f\x88\x05", 5);
  CHECK(engine_map(ledger) ==
        EngineMap{{engine + "0", {3, 1056}}, {engine + "1", {4, 1057}}, {engine + "2", {5, 1058}}});
  CHECK(ledger.cursor("noc-syslog") == 41);
  CHECK(ledger.cursor("duty-mail") == 63);
  REQUIRE(ledger.dead_letters("duty-mail").size() == 1);
  CHECK(ledger.dead_letters("duty-mail")[0].sequence == 12);
  CHECK(ledger.dead_letters("duty-mail")[0].reason == "550 no such user");
  const Result<EngineStateFile> own = read_engine_state(directory);
  REQUIRE(own.has_value());
  REQUIRE(own->state.has_value());
  CHECK(own->state->boots == 5);
  CHECK(own->state->engine_id == own_engine());
}

TEST_CASE_FIXTURE(FormatFixture, "a store of format 1 is written on") {
  RunningLedger running(directory);
  running.run();
  RecordSpec spec;
  spec.varbind_octets = 0;
  running.put(spec);
  REQUIRE(running.wait_committed(64));
  running.stop();
  CHECK(findings(directory) == "");
}

}  // namespace
}  // namespace trapd::journal
