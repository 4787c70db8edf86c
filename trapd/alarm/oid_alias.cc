// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/oid_alias.h"

#include <cstring>

namespace trapd::alarm {

snmp::OidView RenamedOids::rename(snmp::OidView oid, std::span<const OidAlias> aliases) {
  const OidAlias* longest = nullptr;
  for (const OidAlias& alias : aliases) {
    if (!oid.starts_with(alias.prefix)) continue;
    const bool longer = longest == nullptr || alias.prefix.view().content().size() >
                                                  longest->prefix.view().content().size();
    if (longer) longest = &alias;
  }
  if (longest == nullptr) return oid;
  const ByteView head = longest->stands_for.view().content();
  const ByteView tail = oid.after(longest->prefix);
  if (head.size() + tail.size() > room_.size() - used_) return oid;
  std::uint8_t* to = room_.data() + used_;
  std::memcpy(to, head.data(), head.size());
  if (!tail.empty()) std::memcpy(to + head.size(), tail.data(), tail.size());
  used_ += head.size() + tail.size();
  return snmp::OidView(ByteView(to, head.size() + tail.size()));
}

}  // namespace trapd::alarm
