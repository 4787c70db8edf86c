// SPDX-License-Identifier: Apache-2.0
// Numbers for msgID and request-id (RFC 3412 6.2, RFC 3414 11.1): a random start, then one more
// each time, so that none repeats before 2^31 messages have gone out: three hours at 200,000/s,
// where 150 seconds are asked for (NBS-01).
#pragma once

#include <cstdint>

namespace trapd::forwarders {

/// One destination's; not shared.
class MessageIds {
 public:
  MessageIds();
  explicit MessageIds(std::uint32_t start) : next_(start) {}

  /// 1..2147483647. Zero is left out: a Report about an unreadable PDU carries request-id 0.
  std::int32_t next();

 private:
  std::uint32_t next_;
};

}  // namespace trapd::forwarders
