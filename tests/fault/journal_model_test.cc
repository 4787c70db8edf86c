// SPDX-License-Identifier: Apache-2.0
// Random operations on the ledger and on a model of it (journal_model.h): after each, both agree
// on records, alarms, clocks, cursors, answers, counts and losses. The store is always full, so
// that it trims; commits fail now and then; it is closed and opened again.
#include "tests/fault/journal_model.h"

#include "tests/fault/recorded_disk.h"
#include "tests/fault/run_length.h"
#include "trapd/base/guarded.h"

namespace trapd::fault {
namespace {

using journal::RecordSpec;
using journal::RunningLedger;
using journal::wait_until;

constexpr std::uint64_t kMaxSize = 2 << 20;

class ModelRun {
 public:
  explicit ModelRun(unsigned int seed)
      : random_(seed), running_(directory_.path(), kMaxSize, 2 * kMaxSize) {
    recorded_disk().begin(directory_.path(), RecordedDisk::Keep::kNothing);
    // Rows and cursors go with commits of records only: what is written when is up to the test.
    running_.options.checkpoint_interval = std::chrono::hours(1);
    start();
  }
  ~ModelRun() { recorded_disk().end(); }

  void step() {
    if (below(3) == 0)
      running_.clock.advance_ns(static_cast<std::int64_t>(random_() % 9) * 7'000'000'001);
    switch (below(24)) {
      case 0:
        own_condition();
        break;
      case 1:
        operators();
        break;
      case 2:
        forget();
        break;
      case 3:
        note_engine();
        break;
      case 4:
      case 5:
        report_cursor();
        break;
      case 6:
        fail();
        break;
      case 7:
        if (below(3) == 0) restart();
        break;
      case 8:
        if (below(3) == 0) give_up();
        break;
      default:
        notifications(1 + below(below(4) == 0 ? 200 : 5));
        break;
    }
    compare();
  }
  void finish() {
    restart();
    compare();
    compare_records(1);
    CHECK(model_.newest() > 0);
  }
  std::uint64_t records() const { return model_.newest(); }
  std::uint64_t oldest() { return running_.store().usage().oldest_sequence; }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  std::int64_t now() const { return running_.clock.wall_ns(); }

  void start() {
    running_.open();
    model_.trimmed(oldest());  // by the last commit of the stop
    lost_.with([](Losses& lost) { lost.clear(); });
    running_.ledger().on_loss([this](const std::string& name, std::uint64_t records) {
      lost_.with([&](Losses& lost) { lost[name] += records; });
    });
    running_.start();
    model_.restart();
    own_reported_.clear();
    answers_expected_ = answers_taken_ = 0;
  }
  void restart() {
    running_.stop();
    start();
  }

  RecordSpec random_spec() {
    RecordSpec spec;
    spec.action = static_cast<alarm::Action>(below(3));
    spec.severity = static_cast<alarm::Severity>(1 + below(6));
    spec.device = "device-" + std::to_string(below(12));
    spec.name = "name-" + std::to_string(below(4));
    spec.resource = std::to_string(below(6));
    spec.engine_id = "engine-" + std::to_string(below(20));
    spec.security_level = below(8) == 0 ? 0 : 3;
    spec.boots = static_cast<std::uint32_t>(1 + below(3));
    spec.time = static_cast<std::uint32_t>(below(100'000));
    spec.request_id = static_cast<std::int32_t>(below(1 << 30));
    if (below(3) == 0) spec.retransmission_hash = 1 + below(400);
    if (below(3) == 0) spec.duplicate_hash = 1'000 + below(400);
    if (below(40) == 0) spec.flags = static_cast<std::uint8_t>(alarm::RecordFlag::kClearsDevice);
    spec.varbind_octets = below(50) == 0 ? below(60'000) : below(1'200);
    spec.wall_ns = now();
    return spec;
  }
  void put(const RecordSpec& spec) {
    const bool inform = spec.retransmission_hash != 0;
    running_.put(spec, inform ? std::to_string(answers_expected_++) : std::string());
    model_.notification(spec, now());
  }
  void notifications(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) put(random_spec());
  }
  /// One that makes a record whatever came before it.
  RecordSpec new_spec() {
    RecordSpec spec = random_spec();
    spec.retransmission_hash = spec.duplicate_hash = 0;
    spec.flags = 0;
    return spec;
  }

  void own_condition() {
    const alarm::OwnCondition condition =
        below(2) == 0 ? alarm::OwnCondition::kDestinationDown : alarm::OwnCondition::kWrongDigest;
    const std::string resource = std::to_string(below(3));
    const bool raised = below(2) == 0;
    if (raised) {
      running_.ledger().raise(condition, resource, "text");
    } else {
      running_.ledger().clear(condition, resource, "text");
    }
    // The same within a second is one.
    const auto [last, added] = own_reported_.try_emplace({condition, resource}, raised, now());
    if (!added && last->second.first == raised && now() - last->second.second < kNsPerSecond)
      return;
    last->second = {raised, now()};
    model_.own(own_device(), alarm::row(condition).name, resource, alarm::row(condition).severity,
               raised, now());
  }
  void operators() {
    std::uint64_t id = 1 + below(model_.newest() + 2);
    if (!model_.alarms.empty() && below(4) != 0) {
      id =
          std::next(model_.alarms.begin(), static_cast<std::ptrdiff_t>(below(model_.alarms.size())))
              ->first;
    }
    if (below(2) == 0) {
      const std::string who = "operator-" + std::to_string(below(5));
      const bool done = running_.ledger().acknowledge(id, who, "seen").has_value();
      CHECK(done == model_.acknowledge(id, who, now()));
    } else {
      const bool done = running_.ledger().clear_alarm(id, "operator", "gone").has_value();
      CHECK(done == model_.clear(id, alarm::Kind::kManualClear, now()));
    }
  }
  void forget() {
    const std::string engine = "engine-" + std::to_string(below(20));
    const ByteView id = as_bytes(engine);
    REQUIRE(running_.ledger().forget_engine({id.begin(), id.end()}, "operator"));
    model_.forget(engine, now());
  }
  void note_engine() {
    const std::string engine = "engine-" + std::to_string(below(20));
    const auto boots = static_cast<std::uint32_t>(1 + below(3));
    const auto time = static_cast<std::uint32_t>(below(100'000));
    running_.ledger().note_engine(as_bytes(engine), {boots, time, now()});
    model_.clock(engine, boots, time);
    put(new_spec());  // taken with what comes next
  }
  void report_cursor() {
    const std::string name = "destination-" + std::to_string(below(4));
    if (below(10) == 0) {
      running_.ledger().drop_cursor(name);
      model_.cursors.erase(name);
      return;
    }
    std::uint64_t through = below(model_.newest() + 1);
    // A new destination begins with what is there.
    if (!model_.cursors.contains(name)) through = std::max(through + 1, oldest()) - 1;
    running_.ledger().report_cursor(name, through);
    model_.report_cursor(name, through);
  }

  void set_faults() {
    Faults& faults = recorded_disk().faults;
    const int times = 1 + static_cast<int>(below(3));
    switch (below(3)) {
      case 0:
        faults.data_writes = times;
        break;
      case 1:
        faults.syncs = times;
        break;
      default:
        faults.meta_writes = times;
        break;
    }
  }
  void fail() {
    set_faults();
    put(new_spec());
    REQUIRE(running_.wait_committed(model_.newest()));
    // Told afterwards, past everything that waits.
    for (const bool raised : {true, false}) {
      model_.own(own_device(), "trapdStoreFailed", directory_.path(), alarm::Severity::kCritical,
                 raised, now());
    }
    recorded_disk().faults.reset();
  }
  /// A stop while the disk fails: what was never acknowledged is not there afterwards.
  void give_up() {
    restart();
    recorded_disk().faults.syncs = 1'000'000;
    running_.put(new_spec(), "never");
    REQUIRE(wait_until([&] { return running_.ledger().counters().commit_failures.get() > 0; }));
    running_.ledger().stop();
    CHECK(running_.worker().take_answers().empty());
    recorded_disk().faults.reset();
    restart();
  }

  void compare() {
    REQUIRE(running_.wait_committed(model_.newest()));
    const journal::LedgerCounters& counters = running_.ledger().counters();
    REQUIRE(wait_until([&] {
      return counters.stored.get() == model_.stored &&
             counters.suppressed.get(snmp::SuppressReason::kRetransmission) ==
                 model_.retransmissions &&
             counters.suppressed.get(snmp::SuppressReason::kDuplicate) == model_.duplicates;
    }));
    CHECK(counters.originated.get() == model_.originated);
    CHECK(running_.ledger().committed() == model_.newest());
    CHECK(running_.store().usage().newest_sequence == model_.newest());
    CHECK(running_.store().usage().bytes_used <= kMaxSize);
    model_.trimmed(oldest());
    compare_answers();
    REQUIRE(journal::engine_map(running_.ledger()) == model_.engines);
    compare_alarms();
    compare_cursors();
    compare_records(compared_ + 1);
    if (model_.newest() > 0 && below(10) == 0) compare_records(1 + below(model_.newest()));
  }
  void compare_answers() {
    for (const std::string& answer : running_.answers(answers_expected_ - answers_taken_)) {
      CHECK(answer == std::to_string(answers_taken_++));
    }
    CHECK(answers_taken_ == answers_expected_);
  }
  void compare_alarms() {
    std::map<std::uint64_t, ModelAlarm> found;
    for (const alarm::AlarmState& state : running_.ledger().alarms()) {
      found[state.id] = {state.device,
                         state.name,
                         state.resource,
                         state.severity,
                         state.count,
                         state.last_sequence,
                         std::string(std::string_view(state.acknowledged_by))};
    }
    REQUIRE(found == model_.alarms);
  }
  void compare_cursors() {
    std::map<std::string, std::uint64_t> found;
    for (const auto& [name, at] : running_.ledger().cursors()) found[name] = at;
    REQUIRE(found == model_.cursors);
    REQUIRE(wait_until(
        [&] { return lost_.with([&](const Losses& lost) { return lost == model_.lost; }); }));
  }
  void compare_records(std::uint64_t from) {
    std::uint64_t expected = std::max(from, oldest());
    REQUIRE(journal::scan(running_.store(), from, [&](const alarm::RecordView& record) {
      const alarm::RecordHeader& header = record.header();
      REQUIRE(header.sequence == expected);
      const ModelRecord& wanted = model_.records[expected++ - 1];
      CHECK(header.kind == wanted.kind);
      CHECK(header.outcome == wanted.outcome);
      CHECK(header.alarm_id == wanted.alarm_id);
      CHECK(header.request_id == wanted.tag);
      return true;
    }));
    CHECK(expected == model_.newest() + 1);
    compared_ = model_.newest();
  }
  static std::string own_device() { return to_hex(journal::own_engine()); }

  std::mt19937 random_;
  const journal::TemporaryDirectory directory_;
  RunningLedger running_;
  JournalModel model_;
  using Losses = std::map<std::string, std::uint64_t>;
  Guarded<Losses> lost_;
  std::map<std::pair<alarm::OwnCondition, std::string>, std::pair<bool, std::int64_t>>
      own_reported_;
  std::uint64_t answers_expected_ = 0;
  std::uint64_t answers_taken_ = 0;
  std::uint64_t compared_ = 0;
};

TEST_CASE("model: the journal agrees with a model of it under random operations and faults") {
  const auto seconds = run_seconds(10);
  const auto begin = std::chrono::steady_clock::now();
  unsigned int seed = run_seed("model");
  std::uint64_t records = 0;
  std::uint64_t steps = 0;
  do {
    CAPTURE(seed);
    ModelRun run(seed++);
    for (int i = 0; i < 600; ++i) {
      CAPTURE(i);
      run.step();
    }
    run.finish();
    steps += 600;
    records += run.records();
    CHECK(run.oldest() > 1);
  } while (std::chrono::steady_clock::now() - begin < seconds);
  MESSAGE(steps << " operations, " << records << " records");
}

}  // namespace
}  // namespace trapd::fault
