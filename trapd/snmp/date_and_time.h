// SPDX-License-Identifier: Apache-2.0
// DateAndTime (RFC 2579), always in UTC: 11 octets.
#pragma once

#include <array>
#include <cstdint>

#include "trapd/base/bytes.h"

namespace trapd::snmp {

struct DateAndTime {
  std::array<std::uint8_t, 11> octets{};
  std::uint8_t size = 11;
  ByteView view() const& { return ByteView(octets).first(size); }
};

/// Any moment from 1970 on; earlier ones give 1970-01-01.
DateAndTime date_and_time(std::int64_t wall_ns);
/// The eight-octet form, all zero, which agents use for a moment they do not know.
DateAndTime unknown_date_and_time();

}  // namespace trapd::snmp
