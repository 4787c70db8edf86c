// SPDX-License-Identifier: Apache-2.0
// The identifier octets SNMP uses (RFC 3416 section 3, RFC 1157 section 4, RFC 2578 section 7).
#pragma once

#include <cstdint>

namespace trapd::ber {

enum Tag : std::uint8_t {
  kInteger = 0x02,
  kOctetString = 0x04,
  kNull = 0x05,
  kObjectIdentifier = 0x06,
  kSequence = 0x30,
  kIpAddress = 0x40,
  kCounter32 = 0x41,
  kGauge32 = 0x42,  // Unsigned32 too
  kTimeTicks = 0x43,
  kOpaque = 0x44,
  kCounter64 = 0x46,
  kNoSuchObject = 0x80,
  kNoSuchInstance = 0x81,
  kEndOfMibView = 0x82,
  kGetRequest = 0xa0,
  kGetNextRequest = 0xa1,
  kResponse = 0xa2,
  kSetRequest = 0xa3,
  kTrapV1 = 0xa4,
  kGetBulkRequest = 0xa5,
  kInformRequest = 0xa6,
  kTrapV2 = 0xa7,
  kReport = 0xa8,
};

}  // namespace trapd::ber
