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

#include "trapd/alarm/record.h"
#include "trapd/alarm/slot_index.h"
#include "trapd/base/chunks.h"
#include "trapd/base/clock.h"
#include "trapd/base/hash.h"
#include "trapd/base/short_name.h"

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

  const T& get() const& {
    static const T kNone;
    return value_ ? *value_ : kNone;
  }
  T& own() {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }

 private:
  std::unique_ptr<T> value_;
};

/// 67 octets and the padding behind them: there may be a hundred thousand.
struct DeviceState {
  std::int64_t last_heard_wall_ns = 0;
  std::uint64_t notifications = 0;  // of this process
  Endpoint binding;                 // source of the latest one
  std::int64_t bound_since_wall_ns = 0;

  struct Turns {               // of the clone's watch
    std::int64_t wall_ns = 0;  // the latest one
    std::uint32_t count = 0;
    Endpoint other;  // whose turn it was before
  };
  struct Seldom {
    /// Labels of rules that begin with "device.": "mac=00:90:8f:12:34:56" lines, without the
    /// prefix.
    std::string told;
    Turns turns;
  };
  Rare<Seldom> seldom;
  /// Seconds of wall time against engine time at the latest notification, modulo 2^32: only two of
  /// them are compared. 0 = not known.
  std::uint32_t clock_ahead_s = 0;
  std::uint32_t row_wall_s = 0;  // last_heard_wall_ns as its row has it
  bool cloned = false;

  bool authenticated = false;  // by at least one notification
  bool changed = false;        // since its row was taken
};
static_assert(sizeof(DeviceState) == 72, "the last four are the name's, in the table");

class DeviceTable {
 public:
  static constexpr std::int64_t kTurnsWithinNs = 600 * kNsPerSecond;
  static constexpr std::int64_t kAheadS = 10;
  static constexpr std::uint32_t kTurns = 4;
  static constexpr std::size_t kToldOctetsMax = 512;
  static constexpr std::int64_t kRowAgeS = 3600;

  /// At most so many devices. Then one that nobody has authenticated gives way to a newer one, the
  /// longest unheard of a handful; when there is none, further ones are not watched, and counted.
  explicit DeviceTable(std::size_t devices_max) : devices_max_(devices_max) {}

  /// A notification of a device (kNotification); others are passed over.
  void note(const RecordView& record);

  /// The pointer lasts until the next note() or restore().
  const DeviceState* find(std::string_view device) const;
  /// Fetches the entry of what is probably this device; its index, or SlotIndex::kNone. Then, for
  /// that, its name.
  std::uint32_t prefetch(std::uint64_t device_hash) const;
  void prefetch_name(std::uint32_t entry) const;
  std::size_t size() const { return index_.size(); }
  std::uint64_t left_out() const { return left_out_; }
  /// visit(std::string_view device, const DeviceState&).
  template <typename F>
  void for_each(F&& visit) const {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const Entry& entry = entries_[i];
      if (entry.used()) visit(entry.device(), entry.state());
    }
  }
  /// One that an earlier process knew, before any note(). False: there is no room.
  bool restore(std::string_view device, DeviceState state);
  /// Its row goes. Not for one that is in the table.
  void forget(const std::string& device) { gone_.push_back(device); }
  /// Up to n devices whose row is out of date: another binding, another word of its own, last heard
  /// kRowAgeS later. Of those that have authenticated. Null: it is gone. Oldest changes first.
  void take_changed(
      std::size_t n,
      const std::function<void(std::string_view device, const DeviceState* state)>& row);

  /// Devices that two share now.
  std::vector<std::string> cloned(std::int64_t wall_ns);

 private:
  /// Nearly all names are engine IDs in hexadecimal: those of up to 13 octets stand in place.
  /// Derived, so that the name begins in the state's last octets.
  struct Entry : DeviceState {
    ShortName<26> name;

    bool used() const { return !name.empty(); }
    std::string_view device() const { return name.view(); }
    DeviceState& state() { return *this; }
    const DeviceState& state() const { return *this; }
  };
  static_assert(sizeof(Entry) == 96);

  void bind(const RecordView& record, DeviceState* state);
  bool make_room();
  static bool learn(std::string_view labels, DeviceState* state);
  std::uint32_t slot_of(std::string_view device, std::uint64_t hash) const;
  std::uint32_t add(std::string_view device, std::uint64_t hash);
  static std::uint64_t hash_of(std::string_view device) { return hash_bytes(as_bytes(device)); }

  const std::size_t devices_max_;
  std::uint64_t left_out_ = 0;
  Chunks<Entry, 4096> entries_;  // by slot; those given up are used again
  std::vector<std::uint32_t> free_;
  SlotIndex index_;                      // by name
  std::deque<std::uint32_t> changed_;    // slots of those that have authenticated: they stay
  std::vector<std::string> gone_;        // rows that a start found too old
  std::vector<std::uint32_t> suspects_;  // cloned ones, which stay; at most all
  std::size_t next_looked_at_ = 0;       // where make_room() goes on looking
};

}  // namespace trapd::alarm
