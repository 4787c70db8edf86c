// SPDX-License-Identifier: Apache-2.0
#include "bench/link_down.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "trapd/base/check.h"
#include "trapd/ber/tag.h"
#include "trapd/snmp/encode.h"
#include "trapd/usm/keys.h"

namespace trapd::bench {

namespace {

constexpr std::array<std::uint8_t, 9> kLinkDown = {0x2b, 6, 1, 6, 3, 1, 1, 5, 3};

/// 1.3.6.1.4.1.8072.9999.9999 (NET-SNMP-MIB: netSnmpPlaypen), for varbinds beyond linkDown's own.
constexpr std::array<std::uint8_t, 10> kPlaypen = {0x2b, 6, 1, 4, 1, 0xbf, 8, 0xce, 0x0f, 0xce};
/// From here on an ifIndex has four octets in an OID and three as an INTEGER, up to 2^23.
constexpr std::uint32_t kFirstOfMany = 1U << 21;

std::uint32_t if_index(const LinkDown& trap) {
  return trap.alarms == 1 ? 3 : kFirstOfMany + trap.alarm;
}

/// ifEntry.column.index; returns its length.
std::size_t put_interface_object(std::uint8_t column, std::uint32_t index, MutableBytes out) {
  constexpr std::array<std::uint8_t, 8> kIfEntry = {0x2b, 6, 1, 2, 1, 2, 2, 1};
  std::copy(kIfEntry.begin(), kIfEntry.end(), out.begin());
  std::size_t at = kIfEntry.size();
  out[at++] = column;
  if (index >= kFirstOfMany) {
    for (int shift = 21; shift > 0; shift -= 7) {
      out[at++] = static_cast<std::uint8_t>(0x80U | (index >> shift & 0x7fU));
    }
  }
  out[at++] = static_cast<std::uint8_t>(index & 0x7fU);
  return at;
}

/// Further varbinds, the last one first: an integer, a string, an integer …
void write_others(ber::Writer& writer, std::uint32_t count) {
  static constexpr std::string_view kText = "slot 3/7";
  for (std::uint32_t i = count; i > 0; --i) {
    std::array<std::uint8_t, kPlaypen.size() + 3> name{};
    std::copy(kPlaypen.begin(), kPlaypen.end(), name.begin());
    name[kPlaypen.size()] = 0x0f;
    name[kPlaypen.size() + 1] = static_cast<std::uint8_t>(i);
    if (i % 2 == 1) {
      snmp::write_varbind_integer(writer, snmp::OidView(name), static_cast<std::int32_t>(i));
    } else {
      snmp::write_varbind_octets(writer, snmp::OidView(name), as_bytes(kText));
    }
  }
}

}  // namespace

usm::User usm_user(const TrapSource& source) {
  usm::User user;
  user.name = source.user;
  user.auth = source.auth;
  user.priv = source.priv;
  user.auth_ku = usm::password_to_key(source.auth, as_bytes(source.auth_passphrase));
  user.priv_ku = usm::password_to_key(source.auth, as_bytes(source.priv_passphrase));
  return user;
}

ByteView write_link_down(std::uint8_t type, std::int32_t request_id, const LinkDown& trap,
                         MutableBytes buffer) {
  CHECK(trap.varbinds >= kVarbindsMin && trap.varbinds <= kVarbindsMax);
  CHECK(trap.alarms <= kAlarmsMax && trap.alarm < trap.alarms);
  ber::Writer writer(buffer);
  write_others(writer, trap.varbinds - kVarbindsMin);
  const std::uint32_t index = if_index(trap);
  for (const auto& [column, value] : {std::pair{8, 2U}, {7, 1U}, {1, index}}) {
    std::array<std::uint8_t, 16> name{};
    const std::size_t octets = put_interface_object(static_cast<std::uint8_t>(column), index, name);
    snmp::write_varbind_integer(writer, snmp::OidView(ByteView(name).first(octets)),
                                static_cast<std::int32_t>(value));
  }
  const auto ticks = static_cast<std::uint32_t>(fixed_width(trap.uptime_s * 100));
  snmp::write_notification_head(writer, ticks, snmp::OidView(kLinkDown));
  snmp::wrap_pdu(writer, 0, type, request_id, 0, 0);
  CHECK(!writer.done().empty());
  return writer.done();
}

}  // namespace trapd::bench
