// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/correlator.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/alarm/record_builder.h"

namespace trapd::alarm {
namespace {

class Ledger {
 public:
  explicit Ledger(std::size_t alarms_max = 100) : correlator(Correlator::Options{alarms_max}) {}

  Correlator::Applied apply(const AlarmRecord& record) {
    return correlator.apply(StoredRecord(record, ++sequence).view());
  }
  std::vector<std::uint64_t> take_dirty(std::size_t n = 1000) {
    std::vector<std::uint64_t> ids;
    correlator.take_dirty(n, [&](std::uint64_t id, const AlarmState* state) {
      ids.push_back(id);
      if (state != nullptr) CHECK(state->id == id);
    });
    return ids;
  }

  std::uint64_t sequence = 0;
  Correlator correlator;
};

AlarmRecord raise(Severity severity = Severity::kMajor) {
  return {.action = Action::kRaise, .severity = severity};
}
AlarmRecord clear() { return {.action = Action::kClear, .severity = Severity::kCleared}; }
AlarmRecord event() { return {.action = Action::kEvent}; }
AlarmRecord acting(Kind kind, std::uint64_t id) {
  return {.action = Action::kClear, .kind = kind, .alarm_id = id, .who = "ann"};
}

}  // namespace

// The table of correlator.h: what each record makes of each state.
TEST_CASE("the outcome follows from the state of the alarm and the record") {
  struct Row {
    bool active;  // as major
    AlarmRecord record;
    Outcome outcome;
    Severity previous;
    bool active_after;
  };
  const Row table[] = {
      {false, event(), Outcome::kEvent, Severity::kCleared, false},
      {true, event(), Outcome::kEvent, Severity::kCleared, true},
      {false, raise(), Outcome::kRaise, Severity::kCleared, true},
      {true, raise(), Outcome::kRepeat, Severity::kMajor, true},
      {true, raise(Severity::kCritical), Outcome::kChange, Severity::kMajor, true},
      {true, raise(Severity::kWarning), Outcome::kChange, Severity::kMajor, true},
      {false, clear(), Outcome::kClearWithoutRaise, Severity::kCleared, false},
      {true, clear(), Outcome::kClear, Severity::kMajor, false},
      {true, raise(Severity::kCleared), Outcome::kClear, Severity::kMajor, false},
      {true, acting(Kind::kManualClear, 1), Outcome::kClear, Severity::kMajor, false},
      {true, acting(Kind::kAutomaticClear, 1), Outcome::kClear, Severity::kMajor, false},
      {true, acting(Kind::kAcknowledge, 1), Outcome::kEvent, Severity::kMajor, true},
      {false, acting(Kind::kManualClear, 1), Outcome::kClearWithoutRaise, Severity::kCleared,
       false},
      {false, acting(Kind::kAcknowledge, 1), Outcome::kEvent, Severity::kCleared, false},
  };
  for (const Row& row : table) {
    Ledger ledger;
    if (row.active) ledger.apply(raise());
    const auto applied = ledger.apply(row.record);
    CHECK(applied.outcome == row.outcome);
    CHECK(applied.previous == row.previous);
    CHECK(ledger.correlator.size() == (row.active_after ? 1 : 0));
    const bool touched = row.outcome == Outcome::kRaise || (row.active && applied.alarm_id != 0);
    CHECK(applied.alarm_id == (touched ? 1 : 0));
    CHECK_FALSE(applied.table_full);
  }
}

TEST_CASE("an alarm is device, name and resource together") {
  Ledger ledger;
  ledger.apply(raise());
  const AlarmRecord others[] = {
      {.device = "d2"}, {.name = "fan"}, {.resource = "2"}, {.device = "d", .name = "1linkDown"}};
  for (const AlarmRecord& other : others) CHECK(ledger.apply(other).outcome == Outcome::kRaise);
  CHECK(ledger.correlator.size() == 5);
  CHECK(ledger.apply(raise()).outcome == Outcome::kRepeat);
}

TEST_CASE("an alarm keeps its first time and takes the rest from the latest record") {
  Ledger ledger;
  ledger.apply({.text = "first"});
  ledger.apply({.severity = Severity::kMinor, .text = "second", .type = EventType::kEquipment});
  const AlarmState* state = ledger.correlator.find(1);
  REQUIRE(state != nullptr);
  CHECK(state->first_wall_ns == 1000);
  CHECK(state->last_wall_ns == 2000);
  CHECK(state->last_sequence == 2);
  CHECK(state->count == 2);
  CHECK(state->severity == Severity::kMinor);
  CHECK(state->text == "second");
  CHECK(state->device_name == "name of d1");
  CHECK(ledger.correlator.count(Severity::kMajor, EventType::kCommunications) == 0);
  CHECK(ledger.correlator.count(Severity::kMinor, EventType::kEquipment) == 1);
}

TEST_CASE("an acknowledgement says who, and a change of severity asks for a new one") {
  Ledger ledger;
  ledger.apply(raise());
  ledger.apply(acting(Kind::kAcknowledge, 1));
  CHECK(ledger.correlator.find(1)->acknowledged_by == "ann");
  CHECK(ledger.correlator.find(1)->acknowledged_wall_ns == 2000);
  ledger.apply(raise());
  CHECK(ledger.correlator.find(1)->acknowledged_by == "ann");
  ledger.apply(raise(Severity::kCritical));
  CHECK(ledger.correlator.find(1)->acknowledged_by.empty());
  CHECK(ledger.correlator.find(1)->acknowledged_wall_ns == 0);
}

TEST_CASE("a raise beyond the bound is an event and is counted; repeats and clears go on") {
  Ledger ledger(2);
  ledger.apply({.resource = "1"});
  ledger.apply({.resource = "2"});
  const auto third = ledger.apply({.resource = "3"});
  CHECK(third.table_full);
  CHECK(third.outcome == Outcome::kEvent);
  CHECK(third.alarm_id == 0);
  CHECK(ledger.apply({.resource = "1"}).outcome == Outcome::kRepeat);
  AlarmRecord ended = clear();
  ended.resource = "3";
  CHECK(ledger.apply(ended).outcome == Outcome::kClearWithoutRaise);
  ended.resource = "1";
  CHECK(ledger.apply(ended).outcome == Outcome::kClear);
  CHECK(ledger.apply({.resource = "3"}).outcome == Outcome::kRaise);
}

TEST_CASE("an alarm of our own finds room in a full list") {
  Ledger ledger(1);
  ledger.apply({.resource = "1"});
  CHECK(ledger.apply({.resource = "2"}).table_full);
  CHECK(ledger.apply({.name = "trapdAlarmTableFull", .kind = Kind::kOwn}).outcome ==
        Outcome::kRaise);
  CHECK(ledger.apply({.resource = "3"}).table_full);
}

TEST_CASE("alarms of our own take no room from devices, and are bounded") {
  Ledger ledger(1);
  const auto own = [](std::size_t number) {
    return AlarmRecord{.device = "us",
                       .name = "trapdAlarmTableFull",
                       .resource = std::to_string(number),
                       .kind = Kind::kOwn};
  };
  const std::size_t most = 1 + Correlator::kOwnAlarmsRoom;  // what devices leave free, too
  for (std::size_t i = 0; i < most; ++i) {
    REQUIRE(ledger.apply(own(i)).outcome == Outcome::kRaise);
  }
  CHECK(ledger.apply(own(most)).table_full);
  CHECK(ledger.apply(own(7)).outcome == Outcome::kRepeat);
  CHECK(ledger.correlator.own_size() == most);
  CHECK(ledger.apply({.resource = "1"}).outcome == Outcome::kRaise);
  CHECK(ledger.apply({.resource = "2"}).table_full);

  AlarmRecord ended = own(7);
  ended.action = Action::kClear;
  CHECK(ledger.apply(ended).outcome == Outcome::kClear);
  CHECK(ledger.apply({.resource = "2"}).table_full);  // that room is not theirs
  CHECK(ledger.correlator.own_size() == most - 1);
  CHECK(ledger.apply(own(7)).table_full);  // with the device's, the list is at its end

  Correlator restored({.alarms_max = 1});  // counts its own as well
  for (const std::uint64_t id : {1U, 2U, 3U}) {
    const std::string row = encode_alarm(*ledger.correlator.find(id));
    restored.restore(*decode_alarm(as_bytes(row)));
  }
  CHECK(restored.own_size() == 3);
}

TEST_CASE("the alarms of a device are found without the others") {
  Ledger ledger;
  for (const char* resource : {"1", "2", "3"}) ledger.apply({.resource = resource});
  ledger.apply({.device = "d2"});
  CHECK(ledger.correlator.alarms_of("d1") == std::vector<std::uint64_t>{3, 2, 1});
  CHECK(ledger.correlator.alarms_of("d2") == std::vector<std::uint64_t>{4});
  CHECK(ledger.correlator.alarms_of("d3").empty());
  for (const std::uint64_t id : {3U, 1U, 2U}) {  // newest, oldest, last one
    ledger.apply(acting(Kind::kAutomaticClear, id));
    const auto left = ledger.correlator.alarms_of("d1");
    CHECK(std::find(left.begin(), left.end(), id) == left.end());
  }
  CHECK(ledger.correlator.alarms_of("d1").empty());
}

TEST_CASE("a record about an alarm has all that a destination needs") {
  Ledger ledger;
  ledger.apply(raise());
  const AlarmState* state = ledger.correlator.find(1);
  RecordFields fields = record_about(*state, Kind::kAutomaticClear);
  fields.header.sequence = 2;
  const StoredRecord record(fields);
  const RecordView view = record.view();
  REQUIRE(view.valid());
  CHECK(view.header().kind == Kind::kAutomaticClear);
  CHECK(view.header().action == Action::kClear);
  CHECK(view.header().severity == Severity::kCleared);
  CHECK(view.header().type == EventType::kCommunications);
  CHECK(view.text(Field::kDevice) == "d1");
  CHECK(view.text(Field::kDeviceName) == "name of d1");
  CHECK(view.text(Field::kAlarmName) == "linkDown");
  CHECK(view.text(Field::kResource) == "1");
  CHECK(ledger.correlator.apply(view).outcome == Outcome::kClear);
  CHECK(ledger.correlator.size() == 0);
}

TEST_CASE("an acknowledgement's record keeps the severity and raises nothing") {
  Ledger ledger;
  ledger.apply(raise());
  const RecordFields fields = record_about(*ledger.correlator.find(1), Kind::kAcknowledge);
  CHECK(fields.header.severity == Severity::kMajor);
  CHECK(fields.header.action == Action::kEvent);
}

// --- checkpoints ---

TEST_CASE("dirty rows come oldest change first, and once") {
  Ledger ledger;
  ledger.apply({.resource = "1"});
  ledger.apply({.resource = "2"});
  ledger.apply({.resource = "1"});
  CHECK(ledger.correlator.oldest_dirty() == 1);
  CHECK(ledger.take_dirty(1) == std::vector<std::uint64_t>{1});
  CHECK(ledger.correlator.oldest_dirty() == 2);
  ledger.apply({.resource = "1"});
  CHECK(ledger.take_dirty() == std::vector<std::uint64_t>{2, 1});
  CHECK_FALSE(ledger.correlator.oldest_dirty());
  CHECK(ledger.take_dirty().empty());
}

TEST_CASE("a cleared alarm's row is deleted when there is one") {
  Ledger ledger;
  ledger.apply(raise());
  ledger.apply(clear());
  CHECK_FALSE(ledger.correlator.oldest_dirty());  // never written: nothing to delete

  ledger.apply(raise());
  ledger.take_dirty();
  ledger.apply(clear());
  CHECK(ledger.correlator.oldest_dirty() == 4);
  std::size_t deleted = 0;
  ledger.correlator.take_dirty(9, [&](std::uint64_t id, const AlarmState* state) {
    CHECK(id == 3);
    CHECK(state == nullptr);
    ++deleted;
  });
  CHECK(deleted == 1);
  CHECK_FALSE(ledger.correlator.oldest_dirty());
}

TEST_CASE("a row goes to disk and back as it is") {
  AlarmState state;
  state.id = 5;
  state.last_sequence = 9;
  state.device = "d";
  state.device_name = "n";
  state.name = "a";
  state.resource = std::string(kFieldOctetsMax, 'r');
  state.trap_oid = std::string("\x2b\x06\x00", 3);
  state.severity = Severity::kWarning;
  state.type = EventType::kTimeDomainViolation;
  state.cause = 609;
  state.count = 77;
  state.first_wall_ns = -1;
  state.last_wall_ns = 8;
  state.acknowledged_by.assign("ann");
  state.acknowledged_why.assign("seen");
  state.acknowledged_wall_ns = 10;
  state.origin.assign("tlv", "acme", "link");
  state.source = *Endpoint::parse("192.0.2.7:4711");
  state.labels.assign("a=b");
  state.timeout_s = 90;
  state.unsure = true;
  state.flap = {7, true, Severity::kMinor, 11};
  const std::string row = encode_alarm(state);
  const auto back = decode_alarm(as_bytes(row));
  REQUIRE(back);
  CHECK(back->id == 5);
  CHECK(back->last_sequence == 9);
  CHECK(back->device == "d");
  CHECK(back->device_name == "n");
  CHECK(back->name == "a");
  CHECK(back->resource == state.resource);
  CHECK(back->text.empty());
  CHECK(back->trap_oid == state.trap_oid);
  CHECK(back->severity == Severity::kWarning);
  CHECK(back->type == EventType::kTimeDomainViolation);
  CHECK(back->cause == 609);
  CHECK(back->count == 77);
  CHECK(back->first_wall_ns == -1);
  CHECK(back->last_wall_ns == 8);
  CHECK(back->acknowledged_by == "ann");
  CHECK(back->acknowledged_wall_ns == 10);
  CHECK(back->origin.site() == "tlv");
  CHECK(back->origin.tenant() == "acme");
  CHECK(back->origin.rule() == "link");
  CHECK(back->source == state.source);
  CHECK(back->acknowledged_why == "seen");
  CHECK(back->labels == "a=b");
  CHECK(back->timeout_s == 90);
  CHECK(back->unsure);
  CHECK(back->flap.changes == 7);
  CHECK(back->flap.cleared);
  CHECK(back->flap.told == Severity::kMinor);
  CHECK(back->flap.last_wall_ns == 11);
}

TEST_CASE("rows of versions 1 and 2 are read, without what came later") {
  AlarmState state;
  state.id = 5;
  state.device = "d";
  state.name = "a";
  state.acknowledged_by.assign("ann");
  state.count = 3;
  // Version 3: header (72), source (24), nine lengths. Version 2: 56, 24, seven. Version 1: 56,
  // seven.
  const auto older = [&](char version) {
    const std::string row = encode_alarm(state);
    std::string old = row.substr(0, 56) + (version == 2 ? row.substr(72, 24) : std::string()) +
                      row.substr(96, 14) + row.substr(96 + 18);
    old[0] = version;
    return old;
  };
  const std::string first = older(1);
  REQUIRE(decode_alarm(as_bytes(first)));
  CHECK(same(*decode_alarm(as_bytes(first)), state));
  state.origin.assign("tlv", "acme", "link");
  state.source = *Endpoint::parse("192.0.2.7:4711");
  const std::string second = older(2);
  REQUIRE(decode_alarm(as_bytes(second)));
  CHECK(same(*decode_alarm(as_bytes(second)), state));
  for (const std::string& old : {first, second}) {
    for (std::size_t octets = 0; octets < old.size(); ++octets) {
      // What ends right before the origin is a row without one.
      if (octets == old.size() - state.origin.packed().size() && old == second) continue;
      CHECK_FALSE(decode_alarm(as_bytes(old).first(octets)));
    }
  }
}

TEST_CASE("a walk by rows meets each alarm once that is active all the while") {
  Correlator correlator(Correlator::Options{});
  std::vector<std::uint64_t> staying;
  std::uint64_t sequence = 0;
  AlarmRecord record;
  for (int i = 0; i < 5000; ++i) {
    record.resource = std::to_string(i);
    correlator.apply(StoredRecord(record, ++sequence).view());
    if (i % 7 == 0) staying.push_back(sequence);
  }
  std::vector<std::uint64_t> met;
  std::uint32_t from = 0;
  for (int step = 0;; ++step) {
    const Correlator::Row row = correlator.row_from(from);
    if (row.state == nullptr) break;
    CHECK(row.number >= from);
    if ((row.state->id - 1) % 7 == 0 && row.state->id <= 5000) met.push_back(row.state->id);
    from = row.number + 1;
    // One of the others goes, wherever it is, and a new one comes.
    AlarmRecord clear;
    clear.kind = Kind::kManualClear;
    clear.alarm_id = static_cast<std::uint64_t>(step * 13 % 5000) / 7 * 7 + 2;
    correlator.apply(StoredRecord(clear, ++sequence).view());
    if (step > 3000) continue;
    record.resource = "new " + std::to_string(step);
    correlator.apply(StoredRecord(record, ++sequence).view());
    REQUIRE(step < 20'000);
  }
  std::sort(met.begin(), met.end());
  CHECK(met == staying);
}

TEST_CASE("a walk by rows passes over what has become empty") {
  Correlator correlator(Correlator::Options{});
  AlarmRecord record;
  for (std::uint64_t id = 1; id <= 10'000; ++id) {
    record.resource = std::to_string(id);
    correlator.apply(StoredRecord(record, id).view());
  }
  AlarmRecord clear;
  clear.kind = Kind::kManualClear;
  for (std::uint64_t id = 1; id < 10'000; ++id) {
    clear.alarm_id = id;
    correlator.apply(StoredRecord(clear, 10'000 + id).view());
  }
  const Correlator::Row row = correlator.row_from(0);
  REQUIRE(row.state != nullptr);
  CHECK(row.state->id == 10'000);
  CHECK(correlator.row_from(row.number + 1).state == nullptr);
  CHECK(correlator.row_from(UINT32_MAX).state == nullptr);
}

TEST_CASE(
    "an alarm keeps where its latest raise came from, and which rule, for those who ask later") {
  Correlator correlator(Correlator::Options{});
  RecordFields fields;
  fields.header.action = Action::kRaise;
  fields.header.severity = Severity::kMajor;
  fields.header.sequence = 1;
  fields.header.source = *Endpoint::parse("192.0.2.7:4711");
  fields.set(Field::kDevice, "d");
  fields.set(Field::kAlarmName, "a");
  fields.set(Field::kSite, "tlv");
  fields.set(Field::kTenant, "acme");
  fields.set(Field::kRule, "link");
  correlator.apply(StoredRecord(fields).view());
  const AlarmState* state = correlator.find(1);
  REQUIRE(state != nullptr);
  CHECK(state->source.text() == "192.0.2.7:4711");
  CHECK(state->origin.site() == "tlv");
  CHECK(state->origin.tenant() == "acme");
  CHECK(state->origin.rule() == "link");
  const RecordFields about = record_about(*state, Kind::kManualClear);
  CHECK(as_text(about[Field::kSite]) == "tlv");  // or filters on it would lose the clear
  CHECK(as_text(about[Field::kTenant]) == "acme");
}

TEST_CASE("a damaged row is refused: cut anywhere, too long, unknown version or value") {
  AlarmState state;
  state.id = 1;
  state.device = "device";
  const std::string row = encode_alarm(state);
  REQUIRE(decode_alarm(as_bytes(row)));
  for (std::size_t octets = 0; octets < row.size(); ++octets) {
    CHECK_FALSE(decode_alarm(as_bytes(row).first(octets)));
  }
  CHECK_FALSE(decode_alarm(as_bytes(row + "x")));
  const std::pair<std::size_t, char> damages[] = {{0, 9},  {1, 0}, {1, 1}, {1, 7}, {2, 0},
                                                  {2, 12}, {3, 2}, {3, 4}, {50, 3}};
  for (const auto& [offset, value] : damages) {
    std::string damaged = row;
    damaged[offset] = value;
    CHECK_FALSE(decode_alarm(as_bytes(damaged)));
  }
}

TEST_CASE("one device has a tenth of the list, and leaves room for others") {
  Ledger ledger(20'000);
  const std::size_t most = ledger.correlator.device_alarms_max();
  CHECK(most == 2'000);
  for (std::size_t i = 0; i < most; ++i) {
    CHECK_FALSE(ledger.apply({.resource = std::to_string(i)}).table_full);
  }
  const auto refused = ledger.apply({.resource = "one more"});
  CHECK(refused.table_full);
  CHECK(refused.device_full);
  CHECK_FALSE(ledger.apply({.device = "d2"}).table_full);
  ledger.apply({.action = Action::kClear, .severity = Severity::kCleared, .resource = "7"});
  CHECK(ledger.correlator.count_of("d1") == most - 1);
  CHECK_FALSE(ledger.apply({.resource = "one more"}).table_full);
}

}  // namespace trapd::alarm
