// SPDX-License-Identifier: Apache-2.0
// What is known of each device from its notifications: where it sends from, when it was last
// heard, what it tells of itself, and whether two share its identity.
//
// A device behind NAT is reached through the address and port its last datagram came from (its
// binding). A binding that changes is no news; two that take turns are, when their engine clocks
// run apart: one device has one clock, whatever way its packets go.
//
//   one binding --- another one, clock kAheadS apart, kTurns times within kTurnsWithinNs --->
//   CLONED
//        ^                                                                                      |
//        +------------------------- no such turn for kTurnsWithinNs ----------------------------+
//
// Pure logic on the times in the records. One thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "trapd/alarm/record.h"
#include "trapd/base/clock.h"
#include "trapd/base/hash.h"

namespace trapd::alarm {

struct DeviceState {
  std::int64_t last_heard_wall_ns = 0;
  bool authenticated = false;       // by at least one notification
  bool changed = false;             // since its row was taken
  std::int64_t row_wall_ns = 0;     // last_heard_wall_ns as its row has it
  std::uint64_t notifications = 0;  // of this process
  Endpoint binding;                 // source of the latest one
  std::int64_t bound_since_wall_ns = 0;
  /// Labels of rules that begin with "device.": "mac=00:90:8f:12:34:56" lines, without the prefix.
  std::string told;

  // Of the clone's watch.
  std::int64_t clock_ahead_s = 0;  // of wall time against engine time, at the latest notification
  std::int64_t turn_wall_ns = 0;   // the latest one
  std::uint32_t turns = 0;
  bool cloned = false;
  Endpoint other;  // whose turn it was before
};

class DeviceTable {
 public:
  static constexpr std::int64_t kTurnsWithinNs = 600 * kNsPerSecond;
  static constexpr std::int64_t kAheadS = 10;
  static constexpr std::uint32_t kTurns = 4;
  static constexpr std::size_t kToldOctetsMax = 512;
  static constexpr std::int64_t kRowAgeNs = 3600 * kNsPerSecond;

  /// At most so many devices. Then one that nobody has authenticated gives way to a newer one, the
  /// longest unheard of a handful; when there is none, further ones are not watched, and counted.
  explicit DeviceTable(std::size_t devices_max) : devices_max_(devices_max) {}

  /// A notification of a device (kNotification); others are passed over.
  void note(const RecordView& record);

  const DeviceState* find(std::string_view device) const;
  std::size_t size() const { return devices_.size(); }
  std::uint64_t left_out() const { return left_out_; }
  template <typename F>
  void for_each(F&& visit) const {
    for (const auto& [device, state] : devices_) visit(device, *state);
  }
  /// One that an earlier process knew, before any note(). False: there is no room.
  bool restore(const std::string& device, DeviceState state);
  /// Its row goes. Not for one that is in the table.
  void forget(const std::string& device) { changed_.push_back(device); }
  /// Up to n devices whose row is out of date: another binding, another word of its own, last heard
  /// kRowAgeNs later. Of those that have authenticated. Null: it is gone. Oldest changes first.
  void take_changed(
      std::size_t n,
      const std::function<void(const std::string& device, const DeviceState* state)>& row);

  /// Devices that two share now.
  std::vector<std::string> cloned(std::int64_t wall_ns);

 private:
  void bind(const RecordView& record, DeviceState* state);
  bool make_room();
  static bool learn(std::string_view labels, std::string* told);

  const std::size_t devices_max_;
  std::uint64_t left_out_ = 0;
  std::unordered_map<std::string, std::unique_ptr<DeviceState>, BytesHash, std::equal_to<>>
      devices_;
  std::deque<std::string> changed_;    // at most all, and rows that a start found too old
  std::vector<std::string> suspects_;  // cloned ones; at most all
  std::size_t next_bucket_ = 0;        // where make_room() goes on looking
};

}  // namespace trapd::alarm
