// SPDX-License-Identifier: Apache-2.0
// The list of active alarms, as pure logic over records in their order: same records in, same list
// out, so that a start can rebuild it from the journal. One thread (the ledger); others read
// copies through list().
//
//                 raise                    raise, same severity: repeat
//   (not active) -------> ACTIVE(severity) <----------------------------+
//        ^                   |   |  raise, other severity: change ------+
//        |   clear           |   +--------------------------------------+
//        +-------------------+      clear when not active: clear without raise
//
// Security alarms (X.736) have no "cleared" of their own; rules may still clear them, and an
// operator always can.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/origin_texts.h"
#include "trapd/alarm/record.h"

namespace trapd::alarm {

struct AlarmState {
  std::uint64_t id = 0;             // sequence of the record that raised it
  std::uint64_t last_sequence = 0;  // of the latest record that touched it
  std::string device;
  std::string device_name;
  std::string name;
  std::string resource;
  std::string text;
  std::string trap_oid;  // BER content
  OriginTexts origin;    // site, tenant and rule of the latest raise
  Endpoint source;       // of the latest raise; all zeros for trapd's own
  Severity severity = Severity::kIndeterminate;
  EventType type = EventType::kOther;
  ProbableCause cause = kCauseOther;
  std::uint32_t count = 0;
  std::int64_t first_wall_ns = 0;
  std::int64_t last_wall_ns = 0;
  std::string acknowledged_by;  // empty = not acknowledged
  std::int64_t acknowledged_wall_ns = 0;
};

/// Checkpoint row of one alarm (value of LMDB's `alarms` table; FORMAT.md).
std::string encode_alarm(const AlarmState& state);
std::optional<AlarmState> decode_alarm(ByteView row);

/// What a record about an active alarm says that comes from no device (acknowledgement, manual or
/// automatic clear): all that a destination needs. Borrows from the state. The caller adds time,
/// operator, source and reason (kText).
RecordFields record_about(const AlarmState& state, Kind kind);

class AlarmTable;

class Correlator {
 public:
  struct Options {
    std::size_t alarms_max = 1'000'000;
  };
  /// trapd's own alarms may be that many more: "the list is full" must find room in it. What raises
  /// them is bounded well below (OwnReports, ingest::SecurityWatch, destinations).
  static constexpr std::size_t kOwnAlarmsRoom = 16'384;

  explicit Correlator(const Options& options);
  ~Correlator();

  struct Applied {
    Outcome outcome = Outcome::kEvent;
    std::uint64_t alarm_id = 0;
    Severity previous = Severity::kCleared;
    std::uint32_t count = 0;
    std::int64_t first_wall_ns = 0;  // when this alarm was raised
    bool table_full = false;         // a raise that found no room: stored as an event, counted
  };
  /// One new record; header().sequence is its final one, above all before. Changes the list.
  /// kAcknowledge, kManualClear and kAutomaticClear act on the alarm of header().alarm_id; when it
  /// is not active, alarm_id of the result is 0. An acknowledgement has the outcome kEvent.
  ///
  /// A record with kClearsDevice clears nothing by itself: the ledger asks alarms_of() its device
  /// and makes a kAutomaticClear record of each (record_about), so that each gets a sequence of
  /// its own and reaches the destinations. An alarm that the record itself raised is left out.
  Applied apply(const RecordView& record);
  /// A record read back from the journal at start, after all restore() calls: takes the outcome
  /// written in it. What a checkpoint row knows already is skipped, so that replay may begin at
  /// any sequence up to the one that oldest_dirty() gave with the last commit.
  void replay(const RecordView& record);
  /// A checkpoint row at start. All rows are taken, more than alarms_max too.
  void restore(AlarmState state);

  /// The sequence from which a start would have to replay: the oldest unwritten change; nullopt
  /// when every row is written.
  std::optional<std::uint64_t> oldest_dirty() const;
  /// Up to n dirty rows for the checkpoint, oldest first, marked clean as they are handed out.
  /// state == nullptr: the alarm is gone, delete its row.
  void take_dirty(std::size_t n,
                  const std::function<void(std::uint64_t id, const AlarmState* state)>& row);

  std::size_t size() const;
  /// When a record last touched an alarm of the list, as far as records and rows know; 0 = never.
  std::int64_t changed_wall_ns() const { return changed_wall_ns_; }
  /// Active alarms by severity x type, for metrics: counts[severity][type].
  std::uint32_t count(Severity severity, EventType type) const;
  /// Null when it is not active; else valid until the next change of the list.
  const AlarmState* find(std::uint64_t alarm_id) const;
  /// The first active row numbered `from` or above: its number and the alarm, null when there is
  /// none. A row keeps its number while its alarm is active, and whoever asks again and again from
  /// the next number on meets each alarm once that is active all the while. Costs a look at 1,024
  /// rows at most and at one count for each 1,024 of the list.
  struct Row {
    std::uint32_t number = 0;
    const AlarmState* state = nullptr;
  };
  Row row_from(std::uint32_t from) const;
  /// In no particular order.
  void for_each(const std::function<void(const AlarmState&)>& visit) const;
  /// Ids of a device's active alarms, newest first; costs what they are, not what the list is.
  std::vector<std::uint64_t> alarms_of(std::string_view device) const;

 private:
  Applied apply_to_list(const RecordView& record);
  void note_change(std::int64_t wall_ns);

  const Options options_;
  std::unique_ptr<AlarmTable> table_;
  std::int64_t changed_wall_ns_ = 0;
};

}  // namespace trapd::alarm
