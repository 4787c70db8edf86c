// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/message_ids.h"

#include <sys/random.h>

#include "trapd/base/check.h"

namespace trapd::forwarders {

namespace {
constexpr std::uint32_t kIdMask = 0x7fffffff;
}

MessageIds::MessageIds() : next_(0) { CHECK(::getrandom(&next_, sizeof next_, 0) == sizeof next_); }

std::int32_t MessageIds::next() {
  std::uint32_t id = next_++ & kIdMask;
  if (id == 0) id = next_++ & kIdMask;
  return static_cast<std::int32_t>(id);
}

}  // namespace trapd::forwarders
