// SPDX-License-Identifier: Apache-2.0
// What the ledger keeps in memory: the active alarms, the engines' clocks, the hashes of what came
// lately; and the batch that is being written. The journal is the truth: all of it comes back from
// checkpoint rows and a replay. Pure logic but for open(); one thread.
//
//   record -> engine clock -> seen before? -> too many? -> sequence -> correlate -> batch
//                                                                         |
//         own alarms, clears that follow  <-------------------------------+
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "trapd/alarm/correlator.h"
#include "trapd/alarm/device_table.h"
#include "trapd/alarm/suppression.h"
#include "trapd/base/clock.h"
#include "trapd/journal/batch.h"
#include "trapd/journal/engine_rows.h"
#include "trapd/journal/own_record.h"
#include "trapd/journal/own_reports.h"
#include "trapd/journal/recent_hashes.h"
#include "trapd/journal/replay_notice.h"
#include "trapd/journal/store.h"

namespace trapd::journal {

/// How long an inform is known: beyond a sender's retries, and as long as a recording of it stays
/// authentic. Its time may lie 150 s ahead of our clock (RFC 3414 3.2 (7)(a) takes either side), so
/// that is twice the time window, and the seconds of rounding below.
inline constexpr std::int64_t kRetransmissionWindowNs = (2 * 150 + 5) * kNsPerSecond;
/// RFC 3414 2.2.3: an authentic trap may come again within the time window. Clocks of engines count
/// whole seconds, so that the window stays open for just under 151 s, and for just under 152 s
/// after a restart, which rounds once more: some seconds on top.
inline constexpr std::int64_t kDuplicateWindowNs = (150 + 5) * kNsPerSecond;

/// A start looks back for what is that recent in steps that double, from the newest record on: so
/// many at first.
inline constexpr std::uint64_t kTailFirstStep = 1024;

/// What an operator asks for.
struct OperatorAction {
  alarm::Kind kind = alarm::Kind::kAcknowledge;  // or kManualClear, kForgetEngine
  std::uint64_t alarm_id = 0;
  std::vector<std::uint8_t> engine_id;
  std::string who;
  std::string why;
};

/// What the batch will add to the counters once it is on disk.
struct Tally {
  std::uint64_t stored = 0;
  std::uint64_t originated = 0;
  std::uint64_t retransmissions = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t correlated = 0;  // not stored: Suppression
  std::uint64_t alarm_table_full = 0;
  std::uint64_t device_full = 0;  // of these
};

class Book {
 public:
  /// Devices of which an own alarm says that their alarms flap; beyond it they flap without one.
  static constexpr std::size_t kFlappingDevicesMax = 1'000;

  /// Devices of which an own alarm says that they have too many alarms.
  static constexpr std::size_t kFullDevicesMax = 100;
  static constexpr std::size_t kHeardMax = 65'536;

  struct Options {
    std::size_t alarms_max = 1'000'000;
    std::size_t devices_max = 100'000;
    std::size_t duplicates_max = 1'000'000;
    std::size_t batch_octets_max = 4 << 20;
    alarm::Correlation correlation = {};
    OwnIdentity identity;
  };
  Book(const Options& options, const Clock& clock);

  /// Rows and replay (header comment). Once, before anything else.
  Status open(const Store& store);

  // --- new records; each goes into the batch ---
  /// monotonic_ns: some records may share a look at the clock.
  void take(const alarm::RecordView& record, std::int64_t monotonic_ns);
  /// Fetches what take() will look at, some records ahead of it.
  void prefetch(std::span<const alarm::RecordView> records) const;
  /// Of a notification that is not to be stored: its device was heard. A recording of one is not.
  void hear(const alarm::RecordView& record);
  /// A clear of what is not active is not recorded.
  void report(const OwnReport& report);
  /// Error: no such alarm is active. An engine may be forgotten of which no row is kept: its clock
  /// may have moved by messages only that were never stored. The order is recorded all the same.
  Status act(const OperatorAction& action);
  /// What follows from a record: clears from one with kClearsDevice, own alarms of flapping and of
  /// suppression. It comes before any further record: while this says true, call make_following()
  /// or commit.
  bool has_following() const { return !following_reports_.empty() || has_following_clears(); }
  void make_following();
  /// So long nothing could be taken in (a disk that stalled): repeats were waiting meanwhile, so
  /// that it does not count for what is due.
  void was_held_up(std::int64_t ns);
  /// What time alone brings: timeouts, the end of flapping and of suppression. True when a record
  /// was made.
  bool make_due();
  /// Cheap; may be true though nothing is.
  bool may_be_due() const {
    return correlator_.may_be_due(taking_ns()) || suppression_.may_be_due(taking_ns());
  }
  void set_correlation(const alarm::Correlation& correlation);

  Batch& batch() { return batch_; }
  const Batch& batch() const { return batch_; }
  Tally& tally() { return tally_; }
  const Tally& tally() const { return tally_; }
  /// Sequence of the newest record, committed or in the batch.
  std::uint64_t newest() const { return newest_; }

  alarm::Correlator& alarms() { return correlator_; }
  const alarm::Correlator& alarms() const { return correlator_; }
  /// Of what was taken, by processes before this one too (device_rows.h); not of the replay.
  alarm::DeviceTable& devices() { return devices_; }
  EngineRows& engines() { return engines_; }
  const EngineRows& engines() const { return engines_; }
  std::uint64_t hashes_left_early() const {
    return retransmissions_.left_early() + duplicates_.left_early();
  }
  /// How far back a repeated inform, or a repeated datagram of a trap, is known as such.
  std::int64_t informs_known_ns() const {
    return retransmissions_.covered_ns(clock_.monotonic_ns());
  }
  /// Those since the last call, at most kReplayNoticesMax.
  std::vector<ReplayNotice> take_replays() { return std::exchange(replays_, {}); }
  std::int64_t traps_known_ns() const { return duplicates_.covered_ns(clock_.monotonic_ns()); }

  /// A start needs the records from here on for the clears that still follow; all others can go
  /// once their rows are written.
  std::uint64_t needed_from() const {
    return has_following_clears() ? following_since_ : newest_ + 1;
  }
  /// Where a start would have to replay from, were the rows on disk as they are handed out.
  std::uint64_t replay_from() const;

 private:
  /// Monotonic, without the time in which nothing was taken in.
  std::int64_t taking_ns() const { return taking_ns(clock_.monotonic_ns()); }
  std::int64_t taking_ns(std::int64_t monotonic_ns) const { return monotonic_ns - held_up_ns_; }

  struct FlappingDevice {
    std::size_t alarms = 0;  // that flap; 0 only while a start puts things together
    bool told = false;       // an own alarm says so
  };
  using FlappingDevices = std::map<std::string, FlappingDevice, std::less<>>;

  Status restore_rows(const Store& store);
  Status replay(const Store& store);
  Status remember_tail(const Store& store);
  void append(ByteView record);
  void append(const alarm::RecordView& record, std::int64_t monotonic_ns);
  bool has_following_clears() const { return !following_clears_.empty(); }
  void make_following_clear();
  void take_suppression_reports();
  void tell_flapping(const alarm::RecordView& record, const alarm::Correlator::Applied& applied);
  void tell_flapping_began(const std::string& device, std::string_view device_name,
                           std::string_view name, std::string_view resource, std::uint32_t changes);
  void tell_flapping_ended(const std::string& device, std::string_view device_name);
  void forget_flapping(FlappingDevices::iterator flapping, std::string_view device_name);
  void resume_own_alarms();
  void tell_device_full(const std::string& device, std::string_view device_name);
  void tell_device_has_room(const std::string& device);
  void follow_device_restart(const std::string& device, std::uint64_t sequence);
  bool seen_before(const alarm::RecordHeader& header, std::int64_t monotonic_ns, Tally* tally);
  void note_replay(const alarm::RecordView& record, std::int64_t monotonic_ns);
  bool own_alarm_is_active(const OwnReport& report) const;

  const Clock& clock_;
  const OwnIdentity identity_;
  const std::int64_t started_ns_;
  const std::size_t hashes_max_;
  alarm::Correlator correlator_;
  alarm::Suppression suppression_;
  alarm::DeviceTable devices_;
  EngineRows engines_;
  RecentHashes retransmissions_;
  RecentHashes duplicates_;
  RecentHashes heard_;  // apart: what a rule drops cannot push out what is stored
  std::vector<ReplayNotice> replays_;
  Batch batch_;
  Tally tally_;
  std::uint64_t newest_ = 0;
  std::int64_t held_up_ns_ = 0;
  // The last time that it was, monotonic.
  std::int64_t held_up_from_ns_ = 0;
  std::int64_t held_up_to_ns_ = 0;
  std::deque<std::uint64_t> following_clears_;  // alarm ids; at most what is active
  std::uint64_t following_since_ = 0;           // sequence of the record they follow from
  std::deque<OwnReport> following_reports_;
  FlappingDevices flapping_devices_;
  std::size_t flapping_told_ = 0;
  std::set<std::string, std::less<>> full_devices_;
  std::vector<std::uint8_t> scratch_;
};

}  // namespace trapd::journal
