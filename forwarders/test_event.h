// SPDX-License-Identifier: Apache-2.0
// A test event to one destination alone: does what it is configured with work? It goes in the
// destination's own format over a forwarder of its own beside the destination's, whatever that one
// selects; cursor, numbers and counts of the stream are left alone, and nothing of it is in the
// journal or in the list of alarms.
//
// One thread for each that runs, kRunningMax at most.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "trapd/base/clock.h"

namespace trapd::forwarders {

class TestEvents {
 public:
  static constexpr std::size_t kRunningMax = 4;
  static constexpr std::int64_t kGiveUpNs = 30 * kNsPerSecond;
  /// Attempts that the forwarder itself has given up; a name may have addresses that do not answer.
  static constexpr std::uint64_t kFailuresMax = 3;

  struct Sources {
    /// An encoded record of trapd's own test condition; `resource` is the destination's name.
    std::function<std::vector<std::uint8_t>(const std::string& resource, const std::string& text)>
        record;
    /// Number of the last record that the destination's own stream has delivered.
    std::function<std::uint64_t(const std::string& destination)> last_number;
    /// Called on the thread of a test.
    std::function<std::unique_ptr<Forwarder>(const Destination& destination)> make;
  };
  TestEvents(Sources sources, const Clock& clock);
  /// Ends them where they are.
  ~TestEvents();
  TestEvents(const TestEvents&) = delete;
  TestEvents& operator=(const TestEvents&) = delete;

  /// Who may be tested from now on. Counts of those that are gone are forgotten.
  void set_destinations(std::vector<Destination> destinations);
  /// Ends all, at once; nothing begins any more.
  void stop();

  // --- any thread ---
  enum class Begin : std::uint8_t { kStarted, kUnknownDestination, kRunning, kTooMany, kStopped };
  Begin begin(const std::string& destination, const std::string& text);

  struct Status {
    std::uint64_t number = 0;  // of the last one to this destination, 1, 2, 3 …; 0 = none yet
    bool running = false;
    bool delivered = false;  // as the destination's kind means it
    bool answered = false;   // somebody has said so; over UDP nobody does
    std::string detail;      // what the peer has said, or why it was not delivered
    std::uint64_t delivered_count = 0;
    std::uint64_t failed_count = 0;
  };
  Status status_of(const std::string& destination) const;

 private:
  struct Run;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trapd::forwarders
