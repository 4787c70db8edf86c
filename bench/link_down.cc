// SPDX-License-Identifier: Apache-2.0
#include "bench/link_down.h"

#include <array>

#include "trapd/base/check.h"
#include "trapd/ber/tag.h"
#include "trapd/snmp/encode.h"
#include "trapd/usm/keys.h"

namespace trapd::bench {

namespace {

constexpr std::array<std::uint8_t, 9> kLinkDown = {0x2b, 6, 1, 6, 3, 1, 1, 5, 3};

std::array<std::uint8_t, 10> interface_object(std::uint8_t column) {
  return {0x2b, 6, 1, 2, 1, 2, 2, 1, column, 3};
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

ByteView write_link_down(std::uint8_t type, std::int32_t request_id, std::uint32_t uptime_s,
                         MutableBytes buffer) {
  ber::Writer writer(buffer);
  for (const auto& [column, value] : {std::pair{8, 2}, {7, 1}, {1, 3}}) {
    const auto name = interface_object(static_cast<std::uint8_t>(column));
    snmp::write_varbind_integer(writer, snmp::OidView(name), value);
  }
  const auto ticks = static_cast<std::uint32_t>(fixed_width(uptime_s * 100));
  snmp::write_notification_head(writer, ticks, snmp::OidView(kLinkDown));
  snmp::wrap_pdu(writer, 0, type, request_id, 0, 0);
  CHECK(!writer.done().empty());
  return writer.done();
}

}  // namespace trapd::bench
