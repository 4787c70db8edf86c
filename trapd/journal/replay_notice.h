// SPDX-License-Identifier: Apache-2.0
// An authenticated datagram that came once more, so long after its first time that the network
// cannot have made two of it: somebody has recorded it (X.736 "duplicate information"). It is
// suppressed and counted in any case; this is what a security alarm is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "trapd/base/clock.h"
#include "trapd/base/ip_address.h"

namespace trapd::journal {

/// Copies that a network makes (a loop, a mirrored port, two paths) come within seconds.
inline constexpr std::int64_t kReplayAfterNs = 5 * kNsPerSecond;
/// So many wait to be taken; further ones are only counted (suppressed{duplicate}).
inline constexpr std::size_t kReplayNoticesMax = 256;

struct ReplayNotice {
  Endpoint source;  // as the repeated datagram says
  std::string device_name;
  std::string user;
  std::int64_t age_ns = 0;  // since its first time
};

}  // namespace trapd::journal
