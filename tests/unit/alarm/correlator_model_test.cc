// SPDX-License-Identifier: Apache-2.0
// Random records against a naive model, with crashes: what is in the journal and in the checkpoint
// rows must always give the list that was there.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/unit/alarm/record_builder.h"
#include "trapd/alarm/correlator.h"

namespace trapd::alarm {
namespace {

using Key = std::tuple<std::string, std::string, std::string>;

/// What the list ought to be, written without any index.
class Model {
 public:
  Outcome apply(const AlarmRecord& record, std::uint64_t sequence) {
    const Outcome outcome = correlate(record, sequence);
    if (record.flags == 0) return outcome;
    for (auto& [key, state] : alarms) {
      if (state.device != record.device || state.unsure || state.last_sequence == sequence)
        continue;
      state.unsure = true;
      state.last_sequence = sequence;
    }
    return outcome;
  }

  std::map<Key, AlarmState> alarms;

 private:
  Outcome correlate(const AlarmRecord& record, std::uint64_t sequence) {
    if (record.kind != Kind::kNotification) return act(record, sequence);
    const Key key{record.device, record.name, record.resource};
    const auto found = alarms.find(key);
    if (record.action == Action::kEvent) return Outcome::kEvent;
    if (record.action == Action::kClear) {
      if (found == alarms.end()) return Outcome::kClearWithoutRaise;
      alarms.erase(found);
      return Outcome::kClear;
    }
    const auto wall_ns = static_cast<std::int64_t>(sequence) * 1000;
    const bool is_new = found == alarms.end();
    AlarmState& state = alarms[key];
    const bool changed = !is_new && state.severity != record.severity;
    if (is_new) {
      state.id = sequence;
      state.device = record.device;
      state.name = record.name;
      state.resource = record.resource;
      state.first_wall_ns = wall_ns;
    }
    if (changed) {
      state.acknowledged_by.clear();
      state.acknowledged_why.clear();
      state.acknowledged_wall_ns = 0;
    }
    state.device_name = "name of " + record.device;
    state.text = record.text;
    state.severity = record.severity;
    state.type = record.type;
    state.origin.assign(record.site, "", "");
    state.labels.assign(record.labels);
    state.timeout_s = record.timeout_s;
    state.unsure = false;
    state.last_sequence = sequence;
    state.last_wall_ns = wall_ns;
    ++state.count;
    return is_new ? Outcome::kRaise : changed ? Outcome::kChange : Outcome::kRepeat;
  }

  Outcome act(const AlarmRecord& record, std::uint64_t sequence) {
    const bool clears = record.kind != Kind::kAcknowledge;
    for (auto& [key, state] : alarms) {
      if (state.id != record.alarm_id) continue;
      if (clears) {
        alarms.erase(key);
        return Outcome::kClear;
      }
      state.acknowledged_by.assign(record.who);
      state.acknowledged_why.assign(record.why);
      state.acknowledged_wall_ns = static_cast<std::int64_t>(sequence) * 1000;
      state.last_sequence = sequence;
      return Outcome::kEvent;
    }
    return clears ? Outcome::kClearWithoutRaise : Outcome::kEvent;
  }
};

/// The list and a disk that a crash leaves as it was at the last commit.
class Machine {
 public:
  explicit Machine(std::uint64_t seed) : random_(seed) {}

  std::size_t pick(std::size_t below) { return random_() % below; }

  AlarmRecord random_record() {
    AlarmRecord record;
    record.device = "d" + std::to_string(pick(4));
    record.name = "n" + std::to_string(pick(3));
    record.resource = std::to_string(pick(3));
    record.text = std::string(pick(40), 't');
    record.severity = static_cast<Severity>(3 + pick(4));
    record.type = static_cast<EventType>(1 + pick(11));
    const std::size_t what = pick(10);
    if (what == 0) record.action = Action::kEvent;
    if (what >= 7) record.action = Action::kClear;
    if (record.action == Action::kClear) record.severity = Severity::kCleared;
    if (pick(8) == 0) act_on_something(&record);
    record.site = std::string(pick(3), 's');
    record.labels = std::string(pick(3), 'l');
    record.timeout_s = static_cast<std::uint32_t>(pick(3));
    if (pick(15) == 0) record.flags = static_cast<std::uint8_t>(RecordFlag::kMarksDevice);
    return record;
  }

  void step() {
    const AlarmRecord record = random_record();
    StoredRecord stored(record, ++sequence_);
    const auto applied = correlator_->apply(stored.view());
    CHECK(applied.outcome == model_.apply(record, sequence_));
    stored.settle(applied);
    journal_.push_back(std::move(stored));
  }

  /// What the ledger does in one transaction.
  void commit(std::size_t rows) {
    correlator_->take_dirty(rows, [&](std::uint64_t id, const AlarmState* state) {
      if (state == nullptr) {
        CHECK(rows_.erase(id) == 1);
      } else {
        rows_[id] = encode_alarm(*state);
      }
    });
    replay_from_ = correlator_->oldest_dirty().value_or(sequence_ + 1);
  }

  void crash_and_start() {
    correlator_ = std::make_unique<Correlator>(Correlator::Options{});
    for (const auto& [id, row] : rows_) {
      auto state = decode_alarm(as_bytes(row));
      REQUIRE(state);
      correlator_->restore(std::move(*state));
    }
    // A start may also begin earlier than it has to, for other reasons.
    const std::uint64_t from = replay_from_ - std::min<std::uint64_t>(replay_from_ - 1, pick(20));
    for (std::uint64_t sequence = from; sequence <= sequence_; ++sequence) {
      correlator_->replay(journal_[sequence - 1].view());
    }
  }

  void check() const {
    CHECK(correlator_->size() == model_.alarms.size());
    std::map<std::tuple<Severity, EventType>, std::uint32_t> counts;
    std::map<std::string, std::size_t> devices;
    for (const auto& [key, state] : model_.alarms) {
      const AlarmState* found = correlator_->find(state.id);
      REQUIRE(found != nullptr);
      CHECK(same(*found, state));
      ++counts[{state.severity, state.type}];
      ++devices[state.device];
    }
    for (int severity = 1; severity <= 6; ++severity) {
      for (int type = 1; type <= 11; ++type) {
        const auto s = static_cast<Severity>(severity);
        const auto t = static_cast<EventType>(type);
        CHECK(correlator_->count(s, t) == counts[{s, t}]);
      }
    }
    for (int i = 0; i < 4; ++i) {
      const std::string device = "d" + std::to_string(i);
      CHECK(correlator_->alarms_of(device).size() == devices[device]);
    }
    std::size_t visited = 0;
    correlator_->for_each([&](const AlarmState&) { ++visited; });
    CHECK(visited == model_.alarms.size());
  }

 private:
  void act_on_something(AlarmRecord* record) {
    static constexpr Kind kKinds[] = {Kind::kAcknowledge, Kind::kManualClear,
                                      Kind::kAutomaticClear};
    record->kind = kKinds[pick(3)];
    record->action = record->kind == Kind::kAcknowledge ? Action::kEvent : Action::kClear;
    record->who = "op" + std::to_string(pick(3));
    record->why = std::string(pick(3), 'w');
    record->alarm_id = sequence_ == 0 ? 0 : 1 + pick(sequence_);  // mostly gone already
    if (model_.alarms.empty() || pick(2) == 0) return;
    auto chosen = model_.alarms.begin();
    std::advance(chosen, static_cast<long>(pick(model_.alarms.size())));
    record->alarm_id = chosen->second.id;
  }

  std::mt19937_64 random_;
  std::unique_ptr<Correlator> correlator_ = std::make_unique<Correlator>(Correlator::Options{});
  Model model_;
  std::vector<StoredRecord> journal_;
  std::map<std::uint64_t, std::string> rows_;
  std::uint64_t sequence_ = 0;
  std::uint64_t replay_from_ = 1;
};

}  // namespace

TEST_CASE("random records give the model's list, whatever is checkpointed and lost in between") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Machine machine(seed);
    for (int round = 0; round < 150; ++round) {
      const std::size_t steps = machine.pick(12);
      for (std::size_t i = 0; i < steps; ++i) machine.step();
      if (machine.pick(2) == 0) machine.commit(machine.pick(6));
      if (machine.pick(10) == 0) machine.crash_and_start();
      machine.check();
    }
  }
}

}  // namespace trapd::alarm
