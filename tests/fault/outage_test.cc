// SPDX-License-Identifier: Apache-2.0
// An outage of 10,000 devices on a virtual clock: storms of linkDown, ports that flap, restarts of
// devices, changing severities, informs sent again, alarms that end by their timeout, events that
// never stop. The list must be the model's (outage_model.h) all along, and a restart of trapd in
// the middle must change nothing of what is active in the end.
#include <random>

#include "tests/fault/outage_model.h"
#include "tests/fault/run_length.h"
#include "tests/unit/journal/fixtures.h"
#include "trapd/journal/book.h"
#include "trapd/journal/checkpoint.h"
#include "trapd/journal/store_verify.h"

namespace trapd::fault {
namespace {

constexpr int kDevices = 10'000;
constexpr int kFlappers = 300;
constexpr std::int64_t kEnd = 420;  // of the trouble; then it is quiet
constexpr std::int64_t kQuiet = 1'800;

/// The ledger's work without its thread: every second a commit.
class Machine {
 public:
  Machine() { start(); }

  void take(const Sent& sent, std::uint64_t number) {
    journal::RecordSpec spec;
    spec.device = device_name(sent.device);
    spec.engine_id = spec.device;
    spec.name = sent.name;
    spec.resource = sent.resource;
    spec.action = static_cast<alarm::Action>(sent.what);
    spec.severity = sent.what == Sent::What::kClear ? alarm::Severity::kCleared
                                                    : static_cast<alarm::Severity>(sent.severity);
    spec.timeout_s = static_cast<std::uint32_t>(sent.timeout);
    spec.retransmission_hash = sent.inform;
    spec.duplicate_hash = (std::uint64_t{1} << 40) + number;  // each is signed anew
    spec.varbind_octets = 0;
    spec.wall_ns = clock_.wall_ns();
    if (sent.restart == Sent::Restart::kClears) flag(alarm::RecordFlag::kClearsDevice, &spec);
    if (sent.restart == Sent::Restart::kMarks) flag(alarm::RecordFlag::kMarksDevice, &spec);
    const std::vector<std::uint8_t> record = journal::make_record(spec);
    words_.resize(record.size() / 8);
    std::memcpy(words_.data(), record.data(), record.size());
    book_->take(alarm::RecordView(
                    ByteView(reinterpret_cast<const std::uint8_t*>(words_.data()), record.size())),
                clock_.monotonic_ns());
    ++taken_;
    follow();
    if (book_->batch().records() >= 4096) commit();
  }
  void second(std::int64_t seconds) {
    clock_.advance_ns(seconds * kNsPerSecond);
    while (book_->make_due()) follow();
    follow();
  }
  void commit() {
    journal::CommitPlan plan = plan_commit(false, book_.get(), &cursors_, *store_);
    REQUIRE(store_->commit(book_->batch().entries(), plan.rows));
    const journal::Tally& tally = book_->tally();
    stored += tally.stored;
    resent += tally.retransmissions;
    suppressed += tally.correlated;
    book_->tally() = {};
    book_->batch().clear();
    CHECK(stored + resent + suppressed == taken_);
  }
  void restart() {
    commit();
    book_.reset();
    store_.reset();
    start();
    follow();
  }
  const alarm::Correlator& alarms() const { return std::as_const(*book_).alarms(); }
  /// What the rows and the journal give, without anything that is in memory.
  std::size_t differences_after_replay() {
    commit();
    journal::Book again(options(), clock_);
    REQUIRE(again.open(*store_));
    std::size_t differences = again.alarms().size() == alarms().size() ? 0 : 1;
    alarms().for_each([&](const alarm::AlarmState& state) {
      const alarm::AlarmState* found = again.alarms().find(state.id);
      const bool same = found != nullptr && encode_alarm(*found) == encode_alarm(state);
      differences += same ? 0 : 1;
    });
    return differences;
  }
  /// What `trapctl store verify` says: rows against the whole journal.
  void verify() {
    commit();
    book_.reset();
    store_.reset();
    auto view = journal::StoreView::open(directory_.path());
    REQUIRE(view);
    const Result<journal::Verdict> verdict = journal::verify(view->get());
    REQUIRE(verdict);
    CHECK(verdict->whole_journal);
    for (const journal::Finding& finding : verdict->findings) {
      if (finding.where == "engine.state") continue;  // nobody has written one here
      FAIL_CHECK(finding.text);
    }
  }
  static std::string device_name(int device) { return "d" + std::to_string(device); }
  static std::string own_device() { return to_hex(journal::own_engine()); }

  std::uint64_t stored = 0;
  std::uint64_t resent = 0;
  std::uint64_t suppressed = 0;

 private:
  static journal::Book::Options options() {
    const OutageLimits limits;
    journal::Book::Options options;
    options.correlation.flapping = {.changes = static_cast<std::uint32_t>(limits.flap_changes),
                                    .within_ns = limits.flap_within * kNsPerSecond,
                                    .hold_ns = limits.flap_hold * kNsPerSecond};
    options.correlation.suppression = {.threshold = static_cast<std::uint32_t>(limits.threshold),
                                       .interval_ns = limits.interval * kNsPerSecond};
    options.identity = {.engine_id = journal::own_engine(),
                        .device = own_device(),
                        .device_name = "gateway",
                        .trap_prefix = {}};
    return options;
  }
  static void flag(alarm::RecordFlag which, journal::RecordSpec* spec) {
    spec->flags = static_cast<std::uint8_t>(which);
  }
  void start() {
    auto opened = journal::Store::open({directory_.path(), std::uint64_t{1} << 30, 0});
    REQUIRE(opened);
    store_ = std::move(*opened);
    book_ = std::make_unique<journal::Book>(options(), clock_);
    REQUIRE(book_->open(*store_));
  }
  void follow() {
    while (book_->has_following()) book_->make_following();
  }

  const journal::TemporaryDirectory directory_;
  VirtualClock clock_;
  std::unique_ptr<journal::Store> store_;
  std::unique_ptr<journal::Book> book_;
  journal::Cursors cursors_;
  std::vector<std::uint64_t> words_;
  std::uint64_t taken_ = 0;
};

/// The trouble, the same for each run with the same seed.
class Outage {
 public:
  Outage(unsigned int seed, std::vector<std::int64_t> restarts)
      : random_(seed), restarts_(std::move(restarts)) {}

  void run() {
    for (now_ = 1; now_ <= kEnd; ++now_) {
      machine_.second(1);
      model_.pass(now_);
      storm();
      flap();
      restart_devices();
      daily_life();
      endless_events();
      finish_second();
      if (now_ % 60 == 0) compare();
    }
    now_ = kEnd;
    for (std::int64_t quiet = 0; quiet < kQuiet; quiet += 10) {
      now_ += 10;
      machine_.second(10);
      model_.pass(now_);
      if (quiet % 300 == 0) compare();
    }
    compare();
    CHECK(machine_.differences_after_replay() == 0);
    machine_.restart();
    compare();
    machine_.verify();
  }
  const OutageModel& model() const { return model_; }
  std::size_t flapped() const { return flapped_; }

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

  void send(const Sent& sent) {
    machine_.take(sent, ++number_);
    model_.take(sent, now_);
  }
  void port(int device, int number, bool up) {
    Sent sent{.what = up ? Sent::What::kClear : Sent::What::kRaise,
              .device = device,
              .name = "linkDown",
              .resource = std::to_string(number)};
    const bool inform = device % 3 == 0;
    if (inform) sent.inform = ++informs_;
    send(sent);
    if (inform && below(4) == 0) send(sent);  // no answer in time
  }

  /// All devices lose both ports within ten seconds; most get them back, some of them later.
  void storm() {
    const auto slice = [&](std::int64_t begin, auto&& each) {
      if (now_ < begin || now_ >= begin + 10) return;
      const int first = static_cast<int>(now_ - begin) * (kDevices / 10);
      for (int device = first; device < first + kDevices / 10; ++device) each(device);
    };
    slice(60, [&](int device) {
      port(device, 1, false);
      port(device, 2, false);
    });
    slice(220, [&](int device) {
      port(device, 1, true);
      if (device % 10 != 0) port(device, 2, true);
    });
  }
  void flap() {
    if (now_ < 100 || now_ > 200) return;
    for (int device = 0; device < kFlappers; ++device) {
      if ((now_ + device) % 3 == 0) port(device, 3, (now_ + device) % 6 == 0);
    }
  }
  void restart_devices() {
    if (now_ < 150 || now_ >= 160) return;
    for (int i = 0; i < 200; ++i) {
      const int device = 100 + static_cast<int>(now_ - 150) * 200 + i;
      const bool clears = i % 2 == 0;
      send({.device = device,
            .name = clears ? "coldStart" : "boardStarted",
            .restart = clears ? Sent::Restart::kClears : Sent::Restart::kMarks});
    }
  }
  void daily_life() {
    for (int i = 0; i < 60; ++i) {
      const int device = static_cast<int>(below(2'000));
      const int severity = 3 + static_cast<int>(below(4));
      const std::string resource = std::to_string(below(2));
      switch (below(4)) {
        case 0:
          send({.what = Sent::What::kRaise,
                .device = device,
                .name = "fan",
                .resource = resource,
                .severity = severity,
                .timeout = 60 + 60 * below(2)});
          break;
        case 1:
          send({.what = Sent::What::kClear,
                .device = device,
                .name = "temperature",
                .resource = resource});
          break;
        default:
          send({.what = Sent::What::kRaise,
                .device = device,
                .name = "temperature",
                .resource = resource,
                .severity = severity});
          break;
      }
    }
  }
  void endless_events() {
    if (now_ < 300 || now_ > 380) return;
    for (int i = 0; i < 200; ++i) {
      const int device = 5'000 + i % 20;
      send({.device = device, .name = "authenticationFailure"});
      if (i % 20 == 0) port(device, 4, false);
    }
  }
  void finish_second() {
    machine_.commit();
    if (std::find(restarts_.begin(), restarts_.end(), now_) == restarts_.end()) return;
    machine_.restart();
    model_.restart(now_);
    compare();
  }

  void compare() {
    CAPTURE(now_);
    machine_.commit();
    CHECK(machine_.stored == model_.stored);
    CHECK(machine_.resent == model_.resent);
    CHECK(machine_.suppressed == model_.suppressed);
    std::size_t own_flapping = 0;
    std::size_t own_suppression = 0;
    std::size_t found = 0;
    std::size_t wrong = 0;
    machine_.alarms().for_each([&](const alarm::AlarmState& state) {
      own_flapping += state.name == "trapdFlapping" ? 1 : 0;
      own_suppression += state.name == "trapdSuppression" ? 1 : 0;
      if (state.device == Machine::own_device()) return;
      ++found;
      wrong += is_wanted(state) ? 0 : 1;
    });
    CHECK(wrong == 0);
    REQUIRE(found == model_.alarms.size());
    CHECK(own_flapping == model_.flapping_devices().size());
    CHECK(own_suppression == model_.suppressing());
    flapped_ = std::max(flapped_, own_flapping);
  }
  bool is_wanted(const alarm::AlarmState& state) const {
    const auto wanted =
        model_.alarms.find({std::stoi(state.device.substr(1)), state.name, state.resource});
    if (wanted == model_.alarms.end()) return false;
    const OutageModel::Alarm& alarm = wanted->second;
    return static_cast<int>(state.severity) == alarm.severity && state.count == alarm.count &&
           state.unsure == alarm.unsure && state.timeout_s == alarm.timeout &&
           state.flap.changes == alarm.changes && state.flap.cleared == alarm.cleared;
  }

  std::mt19937 random_;
  const std::vector<std::int64_t> restarts_;
  Machine machine_;
  OutageModel model_;
  std::int64_t now_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t informs_ = 0;
  std::size_t flapped_ = 0;
};

/// What is active and how bad, without how often it came.
std::map<OutageModel::Key, std::tuple<int, bool, bool>> active(const OutageModel& model) {
  std::map<OutageModel::Key, std::tuple<int, bool, bool>> list;
  for (const auto& [key, alarm] : model.alarms) {
    list[key] = {alarm.severity, alarm.unsure, alarm.changes != 0};
  }
  return list;
}

TEST_CASE("outage: the list of 10,000 devices is the model's, with and without a restart") {
  const unsigned int seed = run_seed("outage");
  CAPTURE(seed);
  Outage whole(seed, {});
  whole.run();
  CHECK(whole.model().alarms.size() > 1'000);
  CHECK(whole.model().suppressed > 1'000);
  CHECK(whole.model().resent > 1'000);
  CHECK(whole.flapped() >= kFlappers);
  Outage restarted(seed, {65, 170, 310, 330});
  restarted.run();
  CHECK((active(whole.model()) == active(restarted.model())));
  MESSAGE(whole.model().stored << " stored, " << whole.model().resent << " resent, "
                               << whole.model().suppressed << " suppressed, "
                               << whole.model().alarms.size() << " active at the end");
}

}  // namespace
}  // namespace trapd::fault
