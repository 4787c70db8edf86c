// SPDX-License-Identifier: Apache-2.0
// What came of decoding one message: the status, and the field that was at fault.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "tests/data/ber_bytes.h"
#include "trapd/snmp/message.h"

namespace trapd::test {

/// A complete SNMPv2-Trap-PDU with no varbinds.
inline const Bytes kTrapPdu = hex("a70b 020101 020100 020100 3000");

struct Outcome {
  snmp::DecodeStatus status;
  std::string field;
  ber::Error error;
};

inline Outcome outcome(const Bytes& bytes) {
  snmp::Message message;
  snmp::DecodeFault fault;
  const snmp::DecodeStatus status = snmp::decode_message(bytes, &message, &fault);
  return {status, fault.field == nullptr ? "" : fault.field, fault.error};
}

inline snmp::DecodeStatus status(const Bytes& bytes) { return outcome(bytes).status; }

inline void check_malformed(const Bytes& bytes, const char* field) {
  const Outcome result = outcome(bytes);
  CHECK(result.status == snmp::DecodeStatus::kMalformed);
  CHECK(result.field == field);
  CHECK(result.error != ber::Error::kNone);
}

}  // namespace trapd::test
