// SPDX-License-Identifier: Apache-2.0
// PDUs (RFC 3416 section 3, RFC 1157 section 4.1.6) and their varbinds.
#pragma once

#include <cstdint>

#include "trapd/base/bytes.h"
#include "trapd/ber/reader.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/oid.h"

namespace trapd::snmp {

struct Varbind {
  OidView name;
  ber::Value value;
};

/// Walks a validated VarBindList content; cannot fail.
class VarbindReader {
 public:
  explicit VarbindReader(ByteView list) : reader_(list) {}
  bool next(Varbind* varbind) {
    if (const ber::ShortPair pair = reader_.short_pair(ber::kObjectIdentifier)) {
      reader_.take(pair);
      varbind->name = OidView(pair.first);
      varbind->value = pair.second;
      return true;
    }
    return next_slow(varbind);
  }
  /// Bytes of the list not yet taken.
  ByteView rest() const { return reader_.rest(); }

 private:
  bool next_slow(Varbind* varbind) {
    if (reader_.at_end()) return false;
    ber::Reader fields = reader_.enter(ber::kSequence);
    varbind->name = OidView(fields.expect(ber::kObjectIdentifier));
    varbind->value = fields.any();
    return fields.ok();
  }
  ber::Reader reader_;
};

/// Every PDU but the v1 trap.
struct Pdu {
  std::uint8_t type = 0;  // ber::Tag
  std::int32_t request_id = 0;
  std::int32_t error_status = 0;
  std::int32_t error_index = 0;
  ByteView varbinds;  // content of the VarBindList; each name and value has been validated
  std::uint32_t varbind_count = 0;
  Deviations deviations;  // all of them tolerated

  /// RFC 3411 2.8: expects a Response or Report.
  bool confirmed() const;
};
/// What is not tolerated is malformed.
bool decode_pdu(ByteView bytes, Pdu* pdu, DecodeFault* fault,
                Deviations tolerated = kUsualTolerance);

/// Is the PDU that starts here (unauthenticated, perhaps) of the confirmed class? (RFC 3412 7 a)
bool confirmed_class(std::uint8_t tag);

struct TrapV1Pdu {
  OidView enterprise;
  ByteView agent_address;  // four octets
  std::int32_t generic_trap = 0;
  std::int32_t specific_trap = 0;
  std::uint32_t time_stamp = 0;
  ByteView varbinds;
  std::uint32_t varbind_count = 0;
  Deviations deviations;  // all of them tolerated
};
bool decode_trap_v1(ByteView bytes, TrapV1Pdu* pdu, DecodeFault* fault,
                    Deviations tolerated = kUsualTolerance);

}  // namespace trapd::snmp
