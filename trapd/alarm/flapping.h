// SPDX-License-Identifier: Apache-2.0
// Which alarms are raised and cleared, or change their severity, so often that they flap. Counts
// changes of keys that were cleared or changed lately; what becomes of an alarm that flaps is the
// correlator's. One thread.
//
// A window begins with the raise of an alarm that is cleared or changed within `within` of it, else
// with the clear or change, and lasts that long. It is told by the records' own times, so that the
// journal's tail gives the same windows again.
//
// Bounds: kKeysMax windows, about 100 octets each; when there are more, the oldest leaves, and its
// alarm is counted from then on anew.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

namespace trapd::alarm {

class FlapWindows {
 public:
  static constexpr std::size_t kKeysMax = 131'072;

  /// Changes of the key in its window, this one included. A raise; then a clear, or another
  /// severity, of what was raised at `raised_wall_ns`.
  std::uint32_t raised(std::uint64_t key, std::int64_t wall_ns, std::int64_t within_ns);
  std::uint32_t changed(std::uint64_t key, std::int64_t wall_ns, std::int64_t raised_wall_ns,
                        std::int64_t within_ns);
  void forget(std::uint64_t key) { windows_.erase(key); }
  std::size_t size() const { return windows_.size(); }

 private:
  struct Window {
    std::int64_t since_wall_ns = 0;
    std::uint32_t changes = 0;
  };
  struct Begun {
    std::int64_t since_wall_ns = 0;
    std::uint64_t key = 0;
  };
  Window* open_window(std::uint64_t key, std::int64_t wall_ns, std::int64_t within_ns);
  void make_room(std::int64_t wall_ns, std::int64_t within_ns);
  void drop_oldest();

  std::unordered_map<std::uint64_t, Window> windows_;
  std::deque<Begun> begun_;  // oldest first; those that were replaced since are passed over
};

}  // namespace trapd::alarm
