// SPDX-License-Identifier: Apache-2.0
// The list of active alarms, as pure logic over records in their order: same records in, same list
// out, so that a start can rebuild it from the journal. One thread (the ledger); others read
// copies through list().
//
//                 raise                    raise, same severity: repeat
//   (not active) -------> ACTIVE(severity) <----------------------------+
//     ^    ^                 |   |   |  raise, other severity: change --+
//     |    |  clear; no      |   |   +----------------------------------+
//     |    +-- repeat for ---+   |
//     |        timeout_s         | `changes` raises, clears and severities `within`
//     |                          v                 +-- raise, clear, other severity: held;
//     |  quiet for `hold`, and FLAPPING(what is true) <-+ raise, nothing new: repeat
//     +--- cleared in truth -----|
//                                +-- quiet for `hold`, and raised in truth: settled -> ACTIVE
//
// A clear of what is not active is a clear without raise. An alarm that flaps stays active whatever
// its device says, until it has been quiet; an operator's clear and the device's restart end it.
// ACTIVE may be unsure as well: the device restarted (kMarksDevice) and has not raised it since.
//
// Security alarms (X.736) have no "cleared" of their own; rules may still clear them, and an
// operator always can.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/correlation.h"
#include "trapd/alarm/flapping.h"
#include "trapd/alarm/origin_texts.h"
#include "trapd/alarm/rare_text.h"
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
  RareText acknowledged_by;  // empty = not acknowledged
  RareText acknowledged_why;
  std::int64_t acknowledged_wall_ns = 0;
  RareText labels;              // "key=value" lines
  std::uint32_t timeout_s = 0;  // without a repeat for so long it clears; 0 = never
  bool unsure = false;          // its device restarted, and has not raised it again

  struct Flap {
    std::uint32_t changes = 0;                 // raises, clears and severities; 0 = does not flap
    bool cleared = false;                      // what is true meanwhile
    Severity told = Severity::kIndeterminate;  // the severity before it flapped
    std::int64_t last_wall_ns = 0;             // of the latest change
  };
  Flap flap;
  bool flaps() const { return flap.changes != 0; }
  /// trapd's own: nobody sent it.
  bool is_own() const;
};

/// Checkpoint row of one alarm (value of LMDB's `alarms` table; FORMAT.md).
std::string encode_alarm(const AlarmState& state);
std::optional<AlarmState> decode_alarm(ByteView row);

/// What a record about an active alarm says that comes from no device (acknowledgement, manual or
/// automatic clear): all that a destination needs. Borrows from the state. The caller adds time,
/// operator and reason (kText).
RecordFields record_about(const AlarmState& state, Kind kind);

class AlarmTable;

class Correlator {
 public:
  /// One device may have a tenth of the list, or that many when it is small: one that names
  /// something else with each raise (a call, a time) leaves room for the others.
  static constexpr std::size_t kDeviceAlarmsMin = 1'000;

  struct Options {
    std::size_t alarms_max = 1'000'000;
    std::optional<FlappingLimits> flapping = std::nullopt;  // nullopt = off
  };
  /// After a start nothing is due before so much time, or all of its own when that is less: what
  /// came while trapd did not listen is not known.
  static constexpr std::int64_t kGraceNs = 15 * 60 * std::int64_t{1'000'000'000};
  /// trapd's own alarms have so much room beside that of devices, and what devices leave free: "the
  /// list is full" must find some. Of the devices' room they take none: what strangers make trapd
  /// say leaves it as it is. What raises them is bounded by itself (OwnReports,
  /// ingest::SecurityWatch, destinations, watched files).
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
    bool device_full = false;        // for its device has too many
    std::uint32_t flap_changes = 0;  // for RecordExtension
    bool began_to_flap = false;
    bool ended_to_flap = false;  // settled, or left the list
  };
  /// One new record; header().sequence is its final one, above all before. Changes the list.
  /// kAcknowledge, kManualClear, kAutomaticClear and kSettled act on the alarm of
  /// header().alarm_id; when it is not active, alarm_id of the result is 0. An acknowledgement has
  /// the outcome kEvent. monotonic_ns: now, for what is due later.
  ///
  /// A record with kClearsDevice clears nothing by itself: the ledger asks alarms_of() its device
  /// and makes a kAutomaticClear record of each (record_about), so that each gets a sequence of
  /// its own and reaches the destinations. An alarm that the record itself raised is left out.
  /// With kMarksDevice the other alarms of the device are unsure from here on; that costs what the
  /// device's alarms are.
  Applied apply(const RecordView& record, std::int64_t monotonic_ns = 0);
  /// Whether a notification would change the list, beyond count and time of an alarm.
  bool would_change(const RecordView& record) const;
  /// Fetches what apply() will look at for these.
  void prefetch(std::span<const RecordView> records) const;
  /// A repeat that is not recorded: the alarm of its key has been heard of.
  void heard(const RecordView& record, std::int64_t monotonic_ns);
  /// From now on; what flaps already ends with the time that it was given.
  void set_flapping(const std::optional<FlappingLimits>& limits) { options_.flapping = limits; }

  /// Cheap; may be true though nothing is.
  bool may_be_due(std::int64_t monotonic_ns) const;
  /// An alarm whose timeout is over, or that flapped and has been quiet: for one that flaps and is
  /// raised in truth a kSettled record has to be applied, else a kAutomaticClear. Null when there
  /// is none. Costs what is due, not what the list is.
  const AlarmState* take_due(std::int64_t monotonic_ns);
  /// A record read back from the journal at start, after all restore() calls: takes the outcome
  /// written in it. What a checkpoint row knows already is skipped, so that replay may begin at
  /// any sequence up to the one that oldest_dirty() gave with the last commit.
  void replay(const RecordView& record);
  /// A checkpoint row at start. All rows are taken, more than alarms_max too.
  void restore(AlarmState state);
  /// The last step of a start: when what is due. By the wall clock, since the monotonic one may
  /// have begun anew; never before kGraceNs, never later than it would be for one heard of now.
  void resume(std::int64_t monotonic_ns, std::int64_t wall_ns);
  /// A record of the journal's tail at start, in order: what alarms were cleared lately counts for
  /// the next ones of the same key.
  void note_tail(const RecordView& record);

  /// The sequence from which a start would have to replay: the oldest unwritten change; nullopt
  /// when every row is written.
  std::optional<std::uint64_t> oldest_dirty() const;
  /// Up to n dirty rows for the checkpoint, oldest first, marked clean as they are handed out.
  /// state == nullptr: the alarm is gone, delete its row.
  void take_dirty(std::size_t n,
                  const std::function<void(std::uint64_t id, const AlarmState* state)>& row);

  /// So many alarms a device may have.
  std::size_t device_alarms_max() const;
  std::size_t count_of(std::string_view device) const;

  std::size_t size() const;
  /// Of these, trapd's own.
  std::size_t own_size() const;
  /// When a record last touched an alarm of the list, as far as records and rows know; 0 = never.
  std::int64_t changed_wall_ns() const { return changed_wall_ns_; }
  /// Active alarms by severity x type, for metrics: counts[severity][type].
  std::uint32_t count(Severity severity, EventType type) const;
  /// Null when it is not active; else valid until the next change of the list.
  const AlarmState* find(std::uint64_t alarm_id) const;
  /// By key; the same.
  const AlarmState* find(std::string_view device, std::string_view name,
                         std::string_view resource) const;
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
  Applied apply_to_list(const RecordView& record, std::int64_t monotonic_ns);
  void note_change(std::int64_t wall_ns);
  Applied apply_action(const RecordView& record, std::int64_t monotonic_ns);
  Applied apply_clear(const RecordView& record, std::int64_t monotonic_ns);
  Applied apply_raise(const RecordView& record, std::int64_t monotonic_ns);
  Applied apply_first_raise(const RecordView& record, std::int64_t monotonic_ns);
  Applied held(const RecordView& record, std::uint32_t changes, std::int64_t monotonic_ns,
               AlarmState* state);
  void replay_alarm(const RecordView& record);
  void mark_device(const RecordView& record);
  bool counts_changes(const RecordHeader& header) const;
  std::uint32_t flap_changes(const RecordView& record, const AlarmState& state);
  std::int64_t patience_ns(const AlarmState& state) const;
  void set_due(const AlarmState& state, bool was_timed, std::int64_t monotonic_ns);

  Options options_;
  std::unique_ptr<AlarmTable> table_;
  FlapWindows windows_;
  std::int64_t changed_wall_ns_ = 0;
};

}  // namespace trapd::alarm
