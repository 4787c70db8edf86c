// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/answer.h"

#include <array>

#include "trapd/snmp/oids.h"
#include "trapd/snmp/pdu.h"

namespace trapd::forwarders {
namespace {

struct ReportRow {
  snmp::OidView object;
  AnswerKind kind;
};

AnswerKind report_kind(const snmp::Pdu& pdu) {
  static const std::array<ReportRow, 6> kRows = {{
      {snmp::kUsmStatsUnknownEngineIds0, AnswerKind::kUnknownEngineId},
      {snmp::kUsmStatsNotInTimeWindows0, AnswerKind::kNotInTimeWindow},
      {snmp::kUsmStatsWrongDigests0, AnswerKind::kWrongDigest},
      {snmp::kUsmStatsUnknownUserNames0, AnswerKind::kUnknownUserName},
      {snmp::kUsmStatsUnsupportedSecLevels0, AnswerKind::kUnsupportedSecLevel},
      {snmp::kUsmStatsDecryptionErrors0, AnswerKind::kDecryptionError},
  }};
  snmp::VarbindReader reader(pdu.varbinds);
  snmp::Varbind first;
  if (!reader.next(&first)) return AnswerKind::kOtherReport;
  for (const ReportRow& row : kRows) {
    if (first.name == row.object) return row.kind;
  }
  return AnswerKind::kOtherReport;
}

bool take_pdu(ByteView bytes, bool reports, Answer* answer) {
  snmp::Pdu pdu;
  if (!snmp::decode_pdu(bytes, &pdu, nullptr)) return false;
  if (pdu.type != ber::kResponse && !(reports && pdu.type == ber::kReport)) return false;
  answer->kind = pdu.type == ber::kResponse ? AnswerKind::kResponse : report_kind(pdu);
  answer->request_id = pdu.request_id;
  answer->error_status = pdu.error_status;
  return true;
}

bool has_auth(snmp::SecurityLevel level) { return level != snmp::SecurityLevel::kNoAuthNoPriv; }

/// RFC 3414 3.2 (6), with the key for exactly this engine and user.
bool authentic(const snmp::V3Message& message, const AnswerKeys& keys) {
  return keys.auth != nullptr && !keys.engine_id.empty() &&
         equal(message.authoritative_engine_id, keys.engine_id) &&
         equal(message.user_name, keys.user_name) &&
         keys.auth->verify(message.whole, message.authentication_parameters);
}

}  // namespace

AnswerReader::AnswerReader()
    : room_(std::make_unique_for_overwrite<std::uint8_t[]>(snmp::kMessageOctetsMax)) {}

bool AnswerReader::read_v2c(ByteView datagram, ByteView community, Answer* answer) {
  snmp::Message message;
  if (snmp::decode_message(datagram, &message, nullptr, snmp::kToleranceOfPeers) !=
          snmp::DecodeStatus::kOk ||
      message.version != snmp::Version::kV2c || !equal(message.community.community, community)) {
    return false;
  }
  *answer = Answer{};
  return take_pdu(message.community.pdu, false, answer);
}

bool AnswerReader::open_scoped_pdu(const snmp::V3Message& message, const AnswerKeys& keys,
                                   ByteView* plain) {
  if (message.level() != snmp::SecurityLevel::kAuthPriv) {
    *plain = message.plaintext_scoped_pdu;
    return true;
  }
  if (keys.priv == nullptr || keys.priv->empty() ||
      message.encrypted_pdu.size() > snmp::kMessageOctetsMax) {
    return false;
  }
  const MutableBytes out(room_.get(), message.encrypted_pdu.size());
  *plain = out;
  return cipher_.decrypt(keys.priv_protocol, *keys.priv,
                         static_cast<std::uint32_t>(message.authoritative_engine_boots),
                         static_cast<std::uint32_t>(message.authoritative_engine_time),
                         message.privacy_parameters, message.encrypted_pdu, out);
}

bool AnswerReader::read_v3(ByteView datagram, const AnswerKeys& keys, Answer* answer) {
  snmp::Message message;
  if (snmp::decode_message(datagram, &message, nullptr, snmp::kToleranceOfPeers) !=
          snmp::DecodeStatus::kOk ||
      message.version != snmp::Version::kV3) {
    return false;
  }
  const snmp::V3Message& v3 = message.v3;
  *answer = Answer{};
  answer->level = v3.level();
  answer->authentic = has_auth(answer->level);
  if (answer->authentic && !authentic(v3, keys)) return false;
  ByteView plain;
  snmp::ScopedPdu scoped;
  const bool padded = answer->level == snmp::SecurityLevel::kAuthPriv;
  if (!open_scoped_pdu(v3, keys, &plain) ||
      !snmp::decode_scoped_pdu(plain, padded, &scoped, nullptr)) {
    return false;
  }
  answer->msg_id = v3.msg_id;
  answer->engine_id = v3.authoritative_engine_id;
  answer->engine_boots = static_cast<std::uint32_t>(v3.authoritative_engine_boots);
  answer->engine_time = static_cast<std::uint32_t>(v3.authoritative_engine_time);
  answer->max_size = static_cast<std::uint32_t>(v3.max_size);
  return take_pdu(scoped.pdu, true, answer);
}

}  // namespace trapd::forwarders
