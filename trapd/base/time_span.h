// SPDX-License-Identifier: Apache-2.0
// Hours of the week, "mon-fri 22:00-06:00", as an operator's calendar has them: local time of the
// process (TZ, /etc/localtime), minutes as the smallest unit. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trapd {

/// What a clock on the wall shows.
struct WallMinute {
  std::uint8_t weekday = 0;  // 0 = Sunday
  std::uint16_t minute = 0;  // of the day, 0..1439
  friend bool operator==(const WallMinute&, const WallMinute&) = default;
};

/// By the rules of the zone at that moment: an hour that a change of the clocks repeats comes
/// twice, one that it skips never. Each thread keeps the last minute it asked for, so that records
/// of one minute cost one conversion; nothing is allocated.
WallMinute wall_minute(std::int64_t wall_ns);

struct TimeSpan {
  std::uint8_t days = 0x7f;        // bit 0 = Sunday; the days on which it begins
  std::uint16_t from_minute = 0;   // of the day
  std::uint16_t to_minute = 1440;  // not in it; at or before from: it ends on the next day

  /// "[DAYS] [HH:MM-HH:MM]", at least one of them. DAYS: mon, tue, wed, thu, fri, sat or sun, or
  /// two of them with "-" between, also over the end of the week (sat-mon). "24:00" is the end of a
  /// day. Without DAYS every day, without hours the whole day. From and to must differ.
  static std::optional<TimeSpan> parse(std::string_view text);
  bool contains(const WallMinute& now) const;
  friend bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

}  // namespace trapd
