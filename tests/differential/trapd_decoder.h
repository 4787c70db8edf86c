// SPDX-License-Identifier: Apache-2.0
// trapd's own decoders, from the datagram to the varbinds, in the order of trapd/ingest/pipeline.
#pragma once

#include <memory>

#include "tests/differential/decoded.h"
#include "tests/differential/parties.h"
#include "trapd/base/clock.h"
#include "trapd/snmp/notification.h"
#include "trapd/usm/inbound.h"

namespace trapd::differential {

/// Which of them refused.
enum class Stage : std::uint8_t { kMessage, kUsm, kScopedPdu, kPdu, kTranslation };

struct TrapdDecoded : Decoded {
  Stage stage = Stage::kMessage;
  snmp::DecodeStatus message_status = snmp::DecodeStatus::kOk;
  usm::Inbound inbound;  // kUsm and later; its views are dead
  snmp::DecodeFault fault;
  Bytes at_fault;               // the octets from the fault to the end of what that stage was given
  snmp::Version version{};      // when the message could be decoded that far
  Bytes engine_id;              // v3
  Bytes user;                   // v3
  Bytes community;              // v1, v2c
  snmp::SecurityLevel level{};  // v3
  Bytes auth_parameters;        // v3
  Bytes privacy_parameters;     // v3
  Bytes scoped_pdu;             // v3, plain; when the security model had nothing against it
  snmp::Deviations deviations;  // of the message
  std::uint8_t pdu_tag = 0;     // of the PDU, when that much was found
  std::vector<Bytes> values;    // of each varbind as it stands: tag and content; accepted only
};

class TrapdDecoder {
 public:
  TrapdDecoder();
  TrapdDecoded decode(ByteView packet, Clock known, std::uint32_t own_time,
                      snmp::Deviations tolerated);

 private:
  void decode_community(const snmp::CommunityMessage& message, TrapdDecoded* out);
  void decode_v3(const snmp::V3Message& message, TrapdDecoded* out);
  void decode_trap_v1(ByteView bytes, TrapdDecoded* out);
  void decode_pdu(ByteView bytes, TrapdDecoded* out);

  VirtualClock clock_;
  usm::EngineTable engines_{4};
  usm::OwnEngine own_;
  Published<usm::SecurityConfig> config_;
  usm::InboundProcessor processor_;
  Bytes scratch_;
  snmp::Deviations tolerated_;
};

}  // namespace trapd::differential
