// SPDX-License-Identifier: Apache-2.0
#include "trapd/base/time_span.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "trapd/base/clock.h"

namespace trapd {

namespace {

constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::uint16_t kDayMinutes = 24 * 60;

std::optional<unsigned> day_of(std::string_view text) {
  const auto found = std::find(kDays.begin(), kDays.end(), text);
  if (found == kDays.end()) return std::nullopt;
  return static_cast<unsigned>(found - kDays.begin());
}

std::optional<std::uint8_t> days_of(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = day_of(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : day_of(text.substr(dash + 1));
  if (!first || !last) return std::nullopt;
  unsigned days = 1U << *first;
  for (unsigned day = *first; day != *last;) {
    day = (day + 1) % 7;
    days |= 1U << day;
  }
  return static_cast<std::uint8_t>(days);
}

std::optional<std::uint16_t> minute_of(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  if (!digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
  const int hours = (text[0] - '0') * 10 + (text[1] - '0');
  const int minutes = (text[3] - '0') * 10 + (text[4] - '0');
  if (minutes > 59 || hours * 60 + minutes > kDayMinutes) return std::nullopt;
  return static_cast<std::uint16_t>(hours * 60 + minutes);
}

/// "22:00-06:00" into `span`.
bool read_hours(std::string_view text, TimeSpan* span) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  const auto from = minute_of(text.substr(0, dash));
  const auto to = minute_of(text.substr(dash + 1));
  if (!from || !to || *from == *to || *from == kDayMinutes) return false;
  // To midnight, not through the whole next day.
  span->from_minute = *from;
  span->to_minute = *to == 0 ? kDayMinutes : *to;
  return *from != span->to_minute;
}

}  // namespace

WallMinute wall_minute(std::int64_t wall_ns) {
  struct Kept {
    std::int64_t minute = -1;
    WallMinute wall;
  };
  thread_local Kept kept;
  const std::int64_t minute = std::max<std::int64_t>(wall_ns, 0) / kNsPerSecond / 60;
  if (minute == kept.minute) return kept.wall;
  const std::time_t seconds = minute * 60;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  kept.wall = {static_cast<std::uint8_t>(parts.tm_wday),
               static_cast<std::uint16_t>(parts.tm_hour * 60 + parts.tm_min)};
  kept.minute = minute;
  return kept.wall;
}

std::optional<TimeSpan> TimeSpan::parse(std::string_view text) {
  TimeSpan span;
  const std::size_t blank = text.find(' ');
  const std::string_view first = text.substr(0, blank);
  if (blank == std::string_view::npos && read_hours(first, &span)) return span;
  const auto days = days_of(first);
  if (!days) return std::nullopt;
  span.days = *days;
  if (blank == std::string_view::npos) return span;
  if (!read_hours(text.substr(blank + 1), &span)) return std::nullopt;
  return span;
}

bool TimeSpan::contains(const WallMinute& now) const {
  const auto begins_on = [this](unsigned weekday) { return (days >> weekday & 1U) != 0; };
  if (from_minute < to_minute) {
    return begins_on(now.weekday) && now.minute >= from_minute && now.minute < to_minute;
  }
  return (begins_on(now.weekday) && now.minute >= from_minute) ||
         (begins_on((now.weekday + 6U) % 7U) && now.minute < to_minute);
}

}  // namespace trapd
