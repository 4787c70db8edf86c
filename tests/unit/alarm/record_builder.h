// SPDX-License-Identifier: Apache-2.0
// Records for tests of the correlator, and what a ledger does with them.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "trapd/alarm/correlator.h"

namespace trapd::alarm {

struct AlarmRecord {
  Action action = Action::kRaise;
  Severity severity = Severity::kMajor;
  std::string device = "d1";
  std::string name = "linkDown";
  std::string resource = "1";
  std::string text = "down";
  EventType type = EventType::kCommunications;
  Kind kind = Kind::kNotification;
  std::uint64_t alarm_id = 0;
  std::string who = "";
  std::string why = "";
  std::string site = "";
  std::string labels = "";
  std::uint32_t timeout_s = 0;
  std::uint8_t flags = 0;
  std::int64_t wall_ns = 0;  // 0 = 1,000 times the sequence
};

/// An encoded record that owns its octets.
class StoredRecord {
 public:
  StoredRecord(const AlarmRecord& record, std::uint64_t sequence) {
    RecordFields fields;
    fields.header.kind = record.kind;
    fields.header.action = record.action;
    fields.header.severity = record.severity;
    fields.header.type = record.type;
    fields.header.alarm_id = record.alarm_id;
    fields.header.sequence = sequence;
    fields.header.flags = record.flags;
    fields.header.received_wall_ns =
        record.wall_ns != 0 ? record.wall_ns : static_cast<std::int64_t>(sequence) * 1000;
    fields.extension.timeout_s = record.timeout_s;
    fields.set(Field::kDevice, record.device);
    fields.set(Field::kAlarmName, record.name);
    fields.set(Field::kResource, record.resource);
    fields.set(Field::kText, record.text);
    fields.set(Field::kOperator, record.who);
    fields.set(Field::kReason, record.why);
    fields.set(Field::kSite, record.site);
    fields.set(Field::kLabels, record.labels);
    const std::string device_name = "name of " + record.device;
    fields.set(Field::kDeviceName, device_name);
    store(fields);
  }
  explicit StoredRecord(const RecordFields& fields) { store(fields); }

  RecordView view() const {
    return RecordView(
        ByteView(reinterpret_cast<const std::uint8_t*>(words_.data()), words_.size() * 8));
  }
  /// As the ledger does before it writes the record.
  void settle(const Correlator::Applied& applied) {
    auto& header = *reinterpret_cast<RecordHeader*>(words_.data());
    header.outcome = applied.outcome;
    header.alarm_id = applied.alarm_id;
    header.previous_severity = applied.previous;
    header.repeat_count = applied.count;
    extension_of(header).first_raised_wall_ns = applied.first_wall_ns;
    extension_of(header).flap_changes = applied.flap_changes;
  }

 private:
  void store(const RecordFields& fields) {
    words_.resize(encoded_size(fields) / 8);
    const MutableBytes room(reinterpret_cast<std::uint8_t*>(words_.data()), words_.size() * 8);
    REQUIRE(encode(fields, room) == room.size());
  }
  std::vector<std::uint64_t> words_;
};

inline bool same(const AlarmState& a, const AlarmState& b) {
  return encode_alarm(a) == encode_alarm(b);
}

}  // namespace trapd::alarm
