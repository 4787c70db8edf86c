// SPDX-License-Identifier: Apache-2.0
// Resynchronisation: the whole active list once more to one destination, in its format, between a
// start and an end mark, over a forwarder of its own beside the destination's; cursor, window and
// order of that are left alone.
//
//   ledger: rows, kBatchRows at a time --filter--> forwarder --delivered--> still active?
//                                                                 no: a clear as well
//                                                                 other than sent: once more
//
// The list is walked, not copied: the ledger is asked for one batch when the last one is
// delivered, and for at most kPerSecond rows in a second. An alarm that is active all the while is
// sent once; what comes and goes meanwhile comes and goes in the destination's own stream, and as
// that runs beside this one, an alarm that was cleared before its copy had arrived is cleared here
// once more, and one that has changed (severity, acknowledgement, text) is sent as it is now.
//
// One thread for each that runs, kRunningMax at most.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "forwarders/resync_record.h"
#include "trapd/journal/ledger.h"

namespace trapd::forwarders {

class Resyncs {
 public:
  static constexpr std::size_t kRunningMax = 4;
  static constexpr std::size_t kBatchRows = 32;
  static constexpr std::int64_t kPerSecond = 1000;
  /// Without any progress for so long it has failed.
  static constexpr std::int64_t kGiveUpNs = 300 * kNsPerSecond;

  struct Sources {
    /// Called on the thread of a resynchronisation.
    std::function<std::vector<journal::Ledger::AlarmRow>(std::uint32_t from, std::size_t rows_max)>
        alarm_rows;
    std::function<std::uint64_t()> alarms_active;
    /// Number of the last record that the destination's own stream has delivered.
    std::function<std::uint64_t(const std::string& destination)> last_number;
    std::function<std::unique_ptr<Forwarder>(const Destination& destination)> make;
    std::string own_device;
    std::string own_device_name;
  };
  Resyncs(Sources sources, const Clock& clock);
  /// Ends them where they are.
  ~Resyncs();
  Resyncs(const Resyncs&) = delete;
  Resyncs& operator=(const Resyncs&) = delete;

  struct Ports {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
  };
  /// Who may be resynchronised from now on: the configured destinations and nobody else. Those of
  /// type snmp are sent from these ports. What runs to one that is gone or changed is stopped.
  void set_destinations(std::vector<Destination> destinations, std::optional<Ports> ports);
  /// Ends all, at once; nothing begins any more.
  void stop();

  // --- any thread ---
  enum class Begin : std::uint8_t { kStarted, kUnknownTarget, kRunning, kTooMany, kFailed };
  /// By the destination's name; or, of type snmp, by its address and port as they are configured.
  Begin begin(std::string_view target);
  std::optional<std::string> destination_of(std::string_view target) const;
  bool is_snmp(std::string_view target) const;
  bool is_running(std::string_view target) const;
  /// It ends with `stopped`. False: none is running.
  bool cancel(std::string_view target);

  struct Status {
    std::string target;  // as it was given to the last begin(); empty = none yet
    std::string destination;
    bool running = false;
    ResyncResult result = ResyncResult::kNone;  // of the last one that ended
    std::uint64_t sent = 0;  // alarms, refused ones not counted, by the last one that was begun
  };
  /// Of the one that was begun last; `running` of any.
  Status status() const;
  /// Of this destination's last one.
  Status status_of(const std::string& destination) const;

 private:
  struct Run;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trapd::forwarders
