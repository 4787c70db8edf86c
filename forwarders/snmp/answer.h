// SPDX-License-Identifier: Apache-2.0
// What comes back from a receiver of informs: Responses and Reports, decoded and, for SNMPv3,
// authenticated and decrypted as the non-authoritative side: the peer's engine is authoritative
// (RFC 3414 1.5.1), so the keys are those localised to it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "trapd/base/bytes.h"
#include "trapd/snmp/message.h"
#include "trapd/usm/cipher.h"
#include "trapd/usm/key_cache.h"

namespace trapd::forwarders {

enum class AnswerKind : std::uint8_t {
  kResponse,
  kUnknownEngineId,
  kNotInTimeWindow,
  kWrongDigest,
  kUnknownUserName,
  kUnsupportedSecLevel,
  kDecryptionError,
  kOtherReport,
};

/// Views point into the datagram or into the reader's room, until the next read.
struct Answer {
  AnswerKind kind = AnswerKind::kOtherReport;
  std::int32_t msg_id = 0;  // v3
  std::int32_t request_id = 0;
  std::int32_t error_status = 0;
  // v3 only
  snmp::SecurityLevel level = snmp::SecurityLevel::kNoAuthNoPriv;
  bool authentic = false;  // the digest is right: made by who holds the user's key for the engine
  ByteView engine_id;
  std::uint32_t engine_boots = 0;
  std::uint32_t engine_time = 0;
  std::uint32_t max_size = 0;  // the largest message the peer takes
};

/// The keys an answer is to be checked with; all empty until the peer's engine is known.
struct AnswerKeys {
  ByteView engine_id;
  ByteView user_name;
  const usm::HmacKey* auth = nullptr;
  usm::PrivProtocol priv_protocol = usm::PrivProtocol::kNone;
  const usm::Key* priv = nullptr;
};

/// One destination's; not shared.
class AnswerReader {
 public:
  AnswerReader();

  /// SNMPv2c. False: not a Response of this community.
  bool read_v2c(ByteView datagram, ByteView community, Answer* answer);
  /// SNMPv3. False: not a Response or Report, malformed, or it claims an authentication that
  /// does not hold. A message without authentication is read, and says so.
  bool read_v3(ByteView datagram, const AnswerKeys& keys, Answer* answer);

 private:
  bool open_scoped_pdu(const snmp::V3Message& message, const AnswerKeys& keys, ByteView* plain);

  usm::Cipher cipher_;
  std::unique_ptr<std::uint8_t[]> room_;  // for a decrypted ScopedPDU
};

}  // namespace trapd::forwarders
