// SPDX-License-Identifier: Apache-2.0
// Building SNMPv3 messages (RFC 3412 7.1, RFC 3414 3.1): Reports, Responses, and what the
// forwarders, the agent and the load generator send.
#pragma once

#include <cstdint>

#include "trapd/base/bytes.h"
#include "trapd/snmp/message.h"
#include "trapd/usm/cipher.h"
#include "trapd/usm/key_cache.h"

namespace trapd::usm {

struct OutboundParameters {
  std::int32_t msg_id = 0;
  std::int32_t max_size = static_cast<std::int32_t>(snmp::kMessageOctetsMax);
  snmp::SecurityLevel level = snmp::SecurityLevel::kNoAuthNoPriv;
  bool reportable = false;
  ByteView authoritative_engine_id;
  std::uint32_t authoritative_engine_boots = 0;
  std::uint32_t authoritative_engine_time = 0;
  ByteView user_name;
  /// Keys localised to the authoritative engine; needed for the level above.
  const HmacKey* auth = nullptr;
  PrivProtocol priv_protocol = PrivProtocol::kNone;
  const Key* priv = nullptr;
};

/// One thread's builder.
class MessageBuilder {
 public:
  MessageBuilder() = default;

  /// Builds into `buffer` (from its end) and returns the message inside it; empty when it does
  /// not fit. scoped_pdu: SEQUENCE with header; must not overlap the buffer. Reserved flag bits
  /// are never set (MP-06).
  ByteView build(const OutboundParameters& parameters, ByteView scoped_pdu, MutableBytes buffer);
  /// See Cipher.
  void forget_keys() { cipher_.forget_keys(); }

 private:
  Cipher cipher_;
  SaltSource salts_;
};

/// Keys of one user localised to one engine: what a sender keeps per peer.
CachedKeys localise_user(const User& user, ByteView engine_id);

}  // namespace trapd::usm
