// SPDX-License-Identifier: Apache-2.0
// The outer layers of an SNMP message: RFC 1157/1901 (v1, v2c) and RFC 3412 section 6 (v3) with
// the USM parameters of RFC 3414 section 2.4. Decoding borrows; every view dies with the datagram.
#pragma once

#include <cstdint>

#include "trapd/base/bytes.h"
#include "trapd/ber/reader.h"
#include "trapd/snmp/deviation.h"

namespace trapd::snmp {

enum class Version : std::uint8_t { kV1 = 0, kV2c = 1, kV3 = 3 };
enum class SecurityLevel : std::uint8_t { kNoAuthNoPriv = 0, kAuthNoPriv = 1, kAuthPriv = 3 };
const char* to_text(Version version);
const char* to_text(SecurityLevel level);

inline constexpr std::uint8_t kAuthFlag = 1;
inline constexpr std::uint8_t kPrivFlag = 2;
inline constexpr std::uint8_t kReportableFlag = 4;
inline constexpr std::int32_t kUsmSecurityModel = 3;
inline constexpr std::size_t kMessageOctetsMax = 65507;  // a UDP datagram
inline constexpr std::size_t kUserNameOctetsMax = 32;

enum class DecodeStatus : std::uint8_t {
  kOk,
  kMalformed,             // snmpInASNParseErrs
  kBadVersion,            // snmpInBadVersions
  kUnknownSecurityModel,  // snmpUnknownSecurityModels
  kInvalidFlags,          // snmpInvalidMsgs
};

/// Where and why a decoder stopped; filled by kMalformed and by `false`, untouched otherwise.
struct DecodeFault {
  ber::Error error = ber::Error::kNone;
  std::size_t offset = 0;       // in the bytes that the decoder was given
  const char* field = nullptr;  // "msgID", "msgAuthoritativeEngineBoots", …
};

/// SNMPv1 and SNMPv2c.
struct CommunityMessage {
  Version version = Version::kV1;
  ByteView community;
  ByteView pdu;  // tag, length, content
};

struct V3Message {
  ByteView whole;  // what the digest covers: the outer SEQUENCE, nothing behind it
  std::int32_t msg_id = 0;
  std::int32_t max_size = 0;
  std::uint8_t flags = 0;
  std::int32_t security_model = 0;
  // UsmSecurityParameters
  ByteView authoritative_engine_id;
  std::int32_t authoritative_engine_boots = 0;
  std::int32_t authoritative_engine_time = 0;
  ByteView user_name;
  ByteView authentication_parameters;  // inside `whole`
  ByteView privacy_parameters;
  // ScopedPduData: one of the two, by the tag that stands there
  ByteView plaintext_scoped_pdu;  // SEQUENCE with header
  ByteView encrypted_pdu;         // content of the OCTET STRING

  bool reportable() const { return (flags & kReportableFlag) != 0; }
  SecurityLevel level() const {
    return (flags & kPrivFlag) != 0   ? SecurityLevel::kAuthPriv
           : (flags & kAuthFlag) != 0 ? SecurityLevel::kAuthNoPriv
                                      : SecurityLevel::kNoAuthNoPriv;
  }
};

struct Message {
  Version version = Version::kV1;
  CommunityMessage community;  // v1, v2c
  V3Message v3;
  Deviations deviations;  // of what was decoded; all of them tolerated
};

/// Decodes the header layers. On anything but kOk only `version` (kBadVersion and later) and what
/// stands before the fault is filled. `fault` may be null. What is not tolerated is malformed.
DecodeStatus decode_message(ByteView datagram, Message* message, DecodeFault* fault,
                            Deviations tolerated = kUsualTolerance);

struct ScopedPdu {
  ByteView context_engine_id;
  ByteView context_name;
  ByteView pdu;          // tag, length, content
  bool padding = false;  // octets were behind it
};
/// bytes: SEQUENCE with header; octets behind it are padding when `padded` (BER-06).
bool decode_scoped_pdu(ByteView bytes, bool padded, ScopedPdu* scoped, DecodeFault* fault);

}  // namespace trapd::snmp
