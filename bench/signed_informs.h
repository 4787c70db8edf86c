// SPDX-License-Identifier: Apache-2.0
// authPriv informs to one receiver, whose engine is the authoritative one (RFC 3414 1.5.1): its
// discovery, informs that are encrypted and signed anew, and the check of the Responses. One
// thread's; throws nothing but out of memory.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "bench/link_down.h"
#include "trapd/base/bytes.h"
#include "trapd/snmp/message.h"
#include "trapd/usm/cipher.h"
#include "trapd/usm/outbound.h"

namespace trapd::bench {

class SignedInforms {
 public:
  explicit SignedInforms(const TrapSource& source);

  /// The next question of the discovery (RFC 3414 section 4): an empty one for the engine ID, then
  /// a signed one for boots and time. Into `out` (at least 1,024 octets); returns its length.
  std::size_t question(MutableBytes out);
  /// Takes the Report that answers it. now_ns: monotonic. False: it is no such Report.
  bool learn(ByteView report, std::int64_t now_ns);
  /// Engine ID, boots and time are known.
  bool ready() const { return synchronised_; }

  /// Inform `number` (less than 2^30), into `out` (at least 1,024 octets); returns its length.
  std::size_t make(std::uint32_t number, std::int64_t now_ns, MutableBytes out);
  /// The number of the inform that this is the Response to: authentic, private, without an error.
  std::optional<std::uint32_t> answered(ByteView datagram);

 private:
  std::size_t put(const usm::OutboundParameters& parameters, ByteView pdu, MutableBytes out);
  usm::OutboundParameters parameters(std::int32_t msg_id) const;
  bool authentic(const snmp::V3Message& message) const;

  TrapSource source_;
  usm::User user_;
  std::vector<std::uint8_t> engine_id_;
  std::uint32_t boots_ = 0;
  std::uint32_t time_ = 0;  // the receiver's at learnt_ns_
  std::int64_t learnt_ns_ = 0;
  bool synchronised_ = false;
  usm::CachedKeys keys_;
  usm::MessageBuilder builder_;
  usm::Cipher cipher_;
  std::array<std::uint8_t, 2048> plain_;
};

}  // namespace trapd::bench
