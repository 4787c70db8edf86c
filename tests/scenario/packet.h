// SPDX-License-Identifier: Apache-2.0
// A notification or request as its sender means it, and the datagram that it becomes by trapd's
// own encoders and USM (bending and raw octets are the sender's matter, sender.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trapd/ber/tag.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/oid.h"
#include "trapd/usm/user.h"

namespace trapd::scenario {

using Bytes = std::vector<std::uint8_t>;

struct Packet {
  snmp::Version version = snmp::Version::kV3;
  std::uint8_t pdu = ber::kTrapV2;
  std::int32_t request_id = 0;
  // v1, v2c
  std::string community;
  // v3
  usm::User as;
  snmp::SecurityLevel level = snmp::SecurityLevel::kAuthPriv;
  bool reportable = false;
  std::int32_t msg_id = 0;
  std::int32_t max_size = 65507;
  Bytes engine;
  std::uint32_t boots = 0;
  std::uint32_t time = 0;
  Bytes context_engine;
  std::string context;
  // of a notification; a trap OID that is empty: the list has neither of the first two varbinds
  std::uint32_t uptime = 0;
  snmp::Oid trap;
  Bytes agent_address;          // v1; four octets
  std::vector<Bytes> varbinds;  // each encoded
};

/// Throws Mistake for what the version cannot carry.
Bytes encode(const Packet& packet);
/// The PDU alone, with header.
Bytes encode_pdu(const Packet& packet);

}  // namespace trapd::scenario
