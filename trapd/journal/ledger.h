// SPDX-License-Identifier: Apache-2.0
// The ledger: one thread, the only writer. Takes records from the workers' rings in their order,
// recognises retransmissions and duplicates, correlates, appends to the journal, commits
// (fdatasync) and only then gives the answers of informs back.
//
//   rings -> duplicate? -> correlate -> batch -> commit -> answers, destinations woken
//
// A batch is what the rings hold when the last commit has ended (at most batch_records_max): it
// grows with load, and a lone record waits for nothing.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trapd/alarm/correlator.h"
#include "trapd/alarm/device_table.h"
#include "trapd/alarm/own_condition.h"
#include "trapd/base/clock.h"
#include "trapd/base/counter.h"
#include "trapd/base/spsc_ring.h"
#include "trapd/base/wakeup.h"
#include "trapd/journal/cursors.h"
#include "trapd/journal/latency_buckets.h"
#include "trapd/journal/replay_notice.h"
#include "trapd/journal/store.h"
#include "trapd/snmp/drop_reason.h"

namespace trapd::journal {

struct OperatorAction;

/// One engine's clock as the journal knows it.
struct EngineRow {
  std::uint32_t boots = 0;
  std::uint32_t latest_time = 0;
  std::int64_t received_wall_ns = 0;
};

struct LedgerCounters {
  Counter stored;  // notifications from devices that are on disk
  Counters<snmp::SuppressReason> suppressed;
  Counter originated;  // own conditions and operator actions that are on disk
  Counter commits;
  Counter commit_failures;
  Counter records_committed;
  Counter own_left_out;  // own conditions beyond the queue's bound
  Counter alarm_table_full;
  Counter duplicates_left_early;  // remembered hashes that left before their window was over
  // Gauges: the time for which repeated informs and repeated datagrams of traps are known; less
  // than their windows (305 s, 155 s) once hashes leave early.
  Counter informs_known_ns;
  Counter traps_known_ns;
  LatencyBuckets datagram_to_commit;
};

class Ledger final : public alarm::OwnConditionSink {
 public:
  /// A worker's pair of rings; both outlive the ledger.
  struct Source {
    SpscRing* records = nullptr;     // worker -> ledger
    SpscRing* answers = nullptr;     // ledger -> worker; at least as long
    const Wakeup* worker = nullptr;  // notified when answers were put
  };
  struct Options {
    std::chrono::milliseconds commit_delay{0};
    std::chrono::milliseconds commit_retry{1000};         // after a commit that failed
    std::chrono::milliseconds checkpoint_interval{1000};  // rows and cursors when nothing comes
    std::size_t alarms_max = 1'000'000;
    std::size_t devices_max = 100'000;       // whose whereabouts are watched
    std::size_t duplicates_max = 1'000'000;  // each: retransmissions, and duplicates
    std::size_t batch_records_max = 4096;
    std::size_t batch_octets_max = 4 << 20;
    alarm::Correlation correlation = {};
    std::vector<std::uint8_t> own_engine_id;  // for own conditions
    std::string own_device_name;
    std::vector<std::uint8_t> own_trap_prefix;  // BER content; number of the condition follows
  };
  /// Reads the checkpoints and replays the journal behind them; after that alarms() and engines()
  /// are as they were at the last commit. Nothing runs yet.
  static Result<std::unique_ptr<Ledger>> open(const Options& options, Store& store,
                                              const Clock& clock);
  ~Ledger() override;

  /// Engine clocks found at open; for usm's engine table, before any worker starts.
  void for_each_engine(const std::function<void(ByteView engine_id, const EngineRow&)>& row) const;

  /// Starts the thread. The sources are fixed from here on.
  void start(const std::vector<Source>& sources);
  /// A worker, after it put records into its ring: any thread.
  const Wakeup& wakeup() const;
  /// Commits what is in the rings and in the queue of own conditions, then ends the thread. The
  /// workers have stopped before; answers lie in their rings then. When the disk does not take the
  /// last batch it is given up, logged and not counted as stored. Twice does nothing.
  void stop();

  // --- any thread ---
  /// For what comes from now on. What flaps already ends when it was to end.
  void set_correlation(const alarm::Correlation& correlation);
  /// Sequence of the newest committed record; readers may read up to here.
  std::uint64_t committed() const;
  /// Called on the ledger's thread after each commit (wakes destinations). Set before start().
  void on_commit(std::function<void(std::uint64_t newest_sequence)> callback);
  const LedgerCounters& counters() const;
  /// Empty while commits succeed; otherwise why the last one failed.
  std::string commit_error() const;
  /// The active alarms; may be ahead of the last commit by one batch. The ledger waits while they
  /// are copied.
  std::vector<alarm::AlarmState> alarms() const;
  /// Those of one device only: costs what they are.
  std::vector<alarm::AlarmState> alarms_of(const std::string& device) const;
  /// The devices heard since the start, while the ledger waits: must be short.
  void look_at_devices(const std::function<void(alarm::DeviceTable&)>& look);
  /// Authenticated datagrams that were sent once more, since the last call (replay_notice.h).
  std::vector<ReplayNotice> take_replays();
  /// At most `rows_max` active alarms from row `from` on, in the order of their rows (see
  /// Correlator::row_from). The ledger waits while these are found and copied: about a microsecond
  /// each, and some tens more where a long list has become short. For walks, which take the lock
  /// once for each step and so hold up nobody.
  struct AlarmRow {
    std::uint32_t number = 0;
    alarm::AlarmState state;
  };
  std::vector<AlarmRow> alarm_rows(std::uint32_t from, std::size_t rows_max) const;
  std::uint64_t alarms_active() const;
  /// When the list last changed; 0 = never.
  std::int64_t alarms_changed_wall_ns() const;
  std::uint32_t alarm_count(alarm::Severity severity, alarm::EventType type) const;

  bool raise_as(alarm::OwnCondition condition, alarm::Severity severity, std::string resource,
                std::string text) override;
  bool clear(alarm::OwnCondition condition, std::string resource, std::string text) override;

  /// Boots and time of an engine that no record tells: on disk with the next checkpoint, that is
  /// within a second or so. Older than what is known changes nothing. Waiting notes are bounded by
  /// the number of engines.
  void note_engine(ByteView engine_id, const EngineRow& row);

  /// Operator's actions; wait for their commit. Errors say what was wrong (no such alarm …). When
  /// the disk refuses the commit, the error says so, and the action is made once it does not.
  Status acknowledge(std::uint64_t alarm_id, const std::string& who, const std::string& why);
  Status clear_alarm(std::uint64_t alarm_id, const std::string& who, const std::string& why);
  Status forget_engine(const std::vector<std::uint8_t>& engine_id, const std::string& who);

  /// Destinations. A cursor is the sequence up to which (inclusive) everything is delivered. It is
  /// written with the next commit, or within a second when nothing else is.
  std::uint64_t cursor(const std::string& destination) const;  // 0 = none yet
  bool has_cursor(const std::string& destination) const;
  void report_cursor(const std::string& destination, std::uint64_t delivered_through);
  /// The same with what belongs to it: all of it is in one commit.
  void report_delivery(const std::string& destination, Delivery delivery);
  /// Delivered, but to be sent again after a start; 0 = nothing is.
  std::uint64_t resend_from(const std::string& destination) const;
  /// `to` takes over where `from` has come to and its dead letters, unless it has a cursor itself.
  void rename_cursor(const std::string& from, const std::string& to);
  /// Its dead letters go with it.
  void drop_cursor(const std::string& destination);

  /// Records that a destination refuses for good. What is changed here is on disk within a second.
  std::vector<DeadLetter> dead_letters(const std::string& destination) const;
  DeadLetters::Counts dead_letter_counts(const std::string& destination) const;
  /// All of them, or an error that names one that there is not, and nothing is done. Empty = all
  /// there are. Returns how many.
  Result<std::size_t> retry_dead_letters(const std::string& destination,
                                         const std::vector<std::uint64_t>& sequences);
  Result<std::size_t> drop_dead_letters(const std::string& destination,
                                        const std::vector<std::uint64_t>& sequences);
  /// What came of a retry: refused once more (unless the operator has dropped it meanwhile), or
  /// delivered.
  void dead_letter_refused(const std::string& destination, DeadLetter letter);
  void dead_letter_delivered(const std::string& destination, std::uint64_t sequence);
  std::vector<std::pair<std::string, std::uint64_t>> cursors() const;
  /// The furthest-behind destination loses entries when the store is full: called on the ledger's
  /// thread after the commit that trimmed, with the destination's name and how many records of the
  /// journal it had not reported as delivered. Set before start().
  void on_loss(std::function<void(const std::string& destination, std::uint64_t records)> callback);
  /// Calls it, on the caller's thread, for what a process lost that died before it could tell.
  void tell_former_losses();

 private:
  struct State;
  Status act(OperatorAction action);
  explicit Ledger(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace trapd::journal
