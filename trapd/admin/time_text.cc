// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/time_text.h"

#include <charconv>
#include <ctime>
#include <string>

#include "trapd/base/clock.h"

namespace trapd::admin {
namespace {

/// Takes exactly so many digits off the front; -1 when they are not there.
int take_digits(std::size_t digits, std::string_view* text) {
  if (text->size() < digits) return -1;
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + digits, value);
  if (error != std::errc() || end != text->data() + digits || value < 0) return -1;
  text->remove_prefix(digits);
  return value;
}

bool take_one_of(std::string_view allowed, std::string_view* text) {
  if (text->empty() || allowed.find(text->front()) == std::string_view::npos) return false;
  text->remove_prefix(1);
  return true;
}

/// "time-secfrac"; 0 when there is none, -1 when it is no number.
std::int64_t take_fraction_ns(std::string_view* text) {
  if (!take_one_of(".", text)) return 0;
  std::int64_t ns = 0;
  std::int64_t unit = kNsPerSecond / 10;
  bool any = false;
  for (; !text->empty() && text->front() >= '0' && text->front() <= '9'; text->remove_prefix(1)) {
    ns += (text->front() - '0') * unit;
    unit /= 10;
    any = true;
  }
  return any ? ns : -1;
}

/// "time-offset" in seconds east of UTC.
std::optional<std::int64_t> take_offset_s(std::string_view* text) {
  if (take_one_of("Zz", text)) return 0;
  const bool west = text->starts_with("-");
  if (!take_one_of("+-", text)) return std::nullopt;
  const int hours = take_digits(2, text);
  if (!take_one_of(":", text)) return std::nullopt;
  const int minutes = take_digits(2, text);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return (west ? -1 : 1) * (hours * 3600 + minutes * 60);
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  std::tm utc{};
  const int year = take_digits(4, &text);
  if (year < 1970 || !take_one_of("-", &text)) return std::nullopt;
  const int month = take_digits(2, &text);
  if (month < 1 || month > 12 || !take_one_of("-", &text)) return std::nullopt;
  utc.tm_mday = take_digits(2, &text);
  if (utc.tm_mday < 1 || utc.tm_mday > 31 || !take_one_of("Tt ", &text)) return std::nullopt;
  utc.tm_hour = take_digits(2, &text);
  if (utc.tm_hour < 0 || utc.tm_hour > 23 || !take_one_of(":", &text)) return std::nullopt;
  utc.tm_min = take_digits(2, &text);
  if (utc.tm_min < 0 || utc.tm_min > 59 || !take_one_of(":", &text)) return std::nullopt;
  utc.tm_sec = take_digits(2, &text);
  if (utc.tm_sec < 0 || utc.tm_sec > 60) return std::nullopt;
  utc.tm_year = year - 1900;
  utc.tm_mon = month - 1;
  const std::int64_t fraction_ns = take_fraction_ns(&text);
  const std::optional<std::int64_t> offset_s = take_offset_s(&text);
  if (fraction_ns < 0 || !offset_s || !text.empty()) return std::nullopt;
  const int day = utc.tm_mday;
  const std::time_t seconds = ::timegm(&utc);
  // A day that the month does not have has become one of the next.
  if (utc.tm_mday != day && utc.tm_sec < 60 && utc.tm_mon != month - 1) return std::nullopt;
  return (seconds - *offset_s) * kNsPerSecond + fraction_ns;
}

std::optional<std::int64_t> parse_ago(std::string_view text, std::int64_t now_wall_ns) {
  constexpr std::int64_t kLongestS = std::int64_t{100} * 366 * 86'400;
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0 || count > kLongestS) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  while (take_one_of(" ", &text)) {
  }
  std::int64_t unit_s = 0;
  if (text.starts_with("s")) unit_s = 1;
  if (text.starts_with("m")) unit_s = 60;
  if (text.starts_with("h")) unit_s = 3600;
  if (text.starts_with("d")) unit_s = 86'400;
  if (unit_s == 0 || count > kLongestS / unit_s) return std::nullopt;
  text.remove_prefix(1);
  if (!text.empty() && text != " ago") return std::nullopt;
  return now_wall_ns - count * unit_s * kNsPerSecond;
}

}  // namespace

std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t now_wall_ns) {
  const std::optional<std::int64_t> moment = parse_rfc3339(text);
  return moment ? moment : parse_ago(text, now_wall_ns);
}

}  // namespace trapd::admin
