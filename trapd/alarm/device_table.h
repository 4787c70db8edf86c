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
#include <vector>

#include "trapd/alarm/rare_text.h"
#include "trapd/alarm/record.h"
#include "trapd/alarm/slot_index.h"
#include "trapd/base/clock.h"
#include "trapd/base/hash.h"

namespace trapd::alarm {

/// What few devices have: 8 octets while it stands as T() has it. A value.
template <typename T>
class Rare {
 public:
  Rare() = default;
  ~Rare() = default;
  Rare(const Rare& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Rare(Rare&&) noexcept = default;
  Rare& operator=(const Rare& other) {
    value_ = other.value_ ? std::make_unique<T>(*other.value_) : nullptr;
    return *this;
  }
  Rare& operator=(Rare&&) noexcept = default;

  T get() const { return value_ ? *value_ : T(); }
  T& own() {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }

 private:
  std::unique_ptr<T> value_;
};

/// 88 octets: there may be a hundred thousand.
struct DeviceState {
  std::int64_t last_heard_wall_ns = 0;
  std::int64_t row_wall_ns = 0;     // last_heard_wall_ns as its row has it
  std::uint64_t notifications = 0;  // of this process
  Endpoint binding;                 // source of the latest one
  std::int64_t bound_since_wall_ns = 0;
  /// Labels of rules that begin with "device.": "mac=00:90:8f:12:34:56" lines, without the prefix.
  RareText told;

  // Of the clone's watch.
  std::int64_t clock_ahead_s = 0;  // of wall time against engine time, at the latest notification
  struct Turns {
    std::int64_t wall_ns = 0;  // the latest one
    std::uint32_t count = 0;
    Endpoint other;  // whose turn it was before
  };
  Rare<Turns> turns;
  bool cloned = false;

  bool authenticated = false;  // by at least one notification
  bool changed = false;        // since its row was taken
};
static_assert(sizeof(DeviceState) == 88);

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

  /// The pointer lasts until the next note() or restore().
  const DeviceState* find(std::string_view device) const;
  /// Fetches the entry of what is probably this device; its index, or SlotIndex::kNone. Then, for
  /// that, its name.
  std::uint32_t prefetch(std::string_view device) const;
  void prefetch_name(std::uint32_t entry) const;
  std::size_t size() const { return index_.size(); }
  std::uint64_t left_out() const { return left_out_; }
  /// visit(std::string_view device, const DeviceState&).
  template <typename F>
  void for_each(F&& visit) const {
    for (const Entry& entry : entries_) {
      if (entry.used()) visit(entry.device(), entry.state);
    }
  }
  /// One that an earlier process knew, before any note(). False: there is no room.
  bool restore(std::string_view device, DeviceState state);
  /// Its row goes. Not for one that is in the table.
  void forget(const std::string& device) { gone_.push_back(device); }
  /// Up to n devices whose row is out of date: another binding, another word of its own, last heard
  /// kRowAgeNs later. Of those that have authenticated. Null: it is gone. Oldest changes first.
  void take_changed(
      std::size_t n,
      const std::function<void(std::string_view device, const DeviceState* state)>& row);

  /// Devices that two share now.
  std::vector<std::string> cloned(std::int64_t wall_ns);

 private:
  /// Its name beside it: nearly all are engine IDs in hexadecimal, too long to stand in a string
  /// itself.
  struct Entry {
    std::unique_ptr<char[]> name;
    std::uint32_t name_octets = 0;
    DeviceState state;

    bool used() const { return name != nullptr; }
    std::string_view device() const { return {name.get(), name_octets}; }
  };

  void bind(const RecordView& record, DeviceState* state);
  bool make_room();
  static bool learn(std::string_view labels, RareText* told);
  std::uint32_t slot_of(std::string_view device, std::uint64_t hash) const;
  std::uint32_t add(std::string_view device, std::uint64_t hash);
  static std::uint64_t hash_of(std::string_view device) { return hash_bytes(as_bytes(device)); }

  const std::size_t devices_max_;
  std::uint64_t left_out_ = 0;
  std::deque<Entry> entries_;  // by slot; those given up are used again
  std::vector<std::uint32_t> free_;
  SlotIndex index_;                      // by name
  std::deque<std::uint32_t> changed_;    // slots of those that have authenticated: they stay
  std::vector<std::string> gone_;        // rows that a start found too old
  std::vector<std::uint32_t> suspects_;  // cloned ones, which stay; at most all
  std::size_t next_looked_at_ = 0;       // where make_room() goes on looking
};

}  // namespace trapd::alarm
