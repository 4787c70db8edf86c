// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/date_and_time.h"

#include <algorithm>
#include <chrono>

#include "trapd/base/clock.h"

namespace trapd::snmp {

DateAndTime date_and_time(std::int64_t wall_ns) {
  using namespace std::chrono;
  const sys_time<nanoseconds> moment{nanoseconds(std::max(wall_ns, std::int64_t{0}))};
  const sys_days day = floor<days>(moment);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<milliseconds>(moment - day));
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  DateAndTime text;
  text.octets = {static_cast<std::uint8_t>(year >> 8),
                 static_cast<std::uint8_t>(year & 0xff),
                 static_cast<std::uint8_t>(static_cast<unsigned>(date.month())),
                 static_cast<std::uint8_t>(static_cast<unsigned>(date.day())),
                 static_cast<std::uint8_t>(clock.hours().count()),
                 static_cast<std::uint8_t>(clock.minutes().count()),
                 static_cast<std::uint8_t>(clock.seconds().count()),
                 static_cast<std::uint8_t>(clock.subseconds().count() / 100),
                 '+',
                 0,
                 0};
  return text;
}

DateAndTime unknown_date_and_time() {
  DateAndTime text;
  text.octets.fill(0);
  text.size = 8;
  return text;
}

}  // namespace trapd::snmp
