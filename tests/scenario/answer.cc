// SPDX-License-Identifier: Apache-2.0
#include "tests/scenario/answer.h"

#include "tests/scenario/failure.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/pdu.h"
#include "trapd/usm/cipher.h"
#include "trapd/usm/outbound.h"

namespace trapd::scenario {
namespace {

using Bytes = std::vector<std::uint8_t>;

void must(bool holds, const char* wanted, ByteView bytes) {
  if (!holds) throw Disappointment(std::string("an answer ") + wanted, to_hex(bytes));
}

/// The ScopedPDU in plain octets.
Bytes opened(const snmp::V3Message& message, const usm::UserTable& users) {
  if (message.level() == snmp::SecurityLevel::kNoAuthNoPriv) {
    return {message.plaintext_scoped_pdu.begin(), message.plaintext_scoped_pdu.end()};
  }
  const usm::User* user = users.find(message.authoritative_engine_id, message.user_name);
  must(user != nullptr, "to a user that exists", message.whole);
  const usm::CachedKeys keys = usm::localise_user(*user, message.authoritative_engine_id);
  must(keys.auth.verify(message.whole, message.authentication_parameters), "with the right digest",
       message.whole);
  if (message.level() == snmp::SecurityLevel::kAuthNoPriv) {
    return {message.plaintext_scoped_pdu.begin(), message.plaintext_scoped_pdu.end()};
  }
  Bytes plain(message.encrypted_pdu.size());
  usm::Cipher cipher;
  must(cipher.decrypt(user->priv, keys.priv,
                      static_cast<std::uint32_t>(message.authoritative_engine_boots),
                      static_cast<std::uint32_t>(message.authoritative_engine_time),
                      message.privacy_parameters, message.encrypted_pdu, plain),
       "that can be decrypted", message.whole);
  return plain;
}

/// "usmStatsWrongDigests" of "SNMP-USER-BASED-SM-MIB::usmStatsWrongDigests.0".
std::string counter_name(const std::string& whole) {
  const std::size_t colons = whole.find("::");
  const std::string name = colons == std::string::npos ? whole : whole.substr(colons + 2);
  return name.ends_with(".0") ? name.substr(0, name.size() - 2) : name;
}

Facts facts_of(const snmp::Pdu& pdu, const mib::MibIndex& names) {
  snmp::VarbindReader varbinds(pdu.varbinds);
  snmp::Varbind first;
  const bool any = varbinds.next(&first);
  if (pdu.type == ber::kReport && any) {
    Facts facts("report", counter_name(names.name_of(first.name)));
    std::uint32_t value = 0;
    if (ber::decode_uint32(first.value.content, &value)) facts.add("value", std::to_string(value));
    return facts;
  }
  Facts facts("response", "");
  facts.add("error", std::to_string(pdu.error_status));
  return facts.add("varbinds", std::to_string(pdu.varbind_count));
}

}  // namespace

Answer read_answer(ByteView bytes, const usm::UserTable& users, const mib::MibIndex& names) {
  snmp::Message message;
  must(snmp::decode_message(bytes, &message, nullptr) == snmp::DecodeStatus::kOk,
       "that can be decoded", bytes);
  const bool v3 = message.version == snmp::Version::kV3;
  const Bytes plain = v3 ? opened(message.v3, users) : Bytes();
  snmp::ScopedPdu scoped;
  if (v3) {
    const bool padded = message.v3.level() == snmp::SecurityLevel::kAuthPriv;
    must(snmp::decode_scoped_pdu(plain, padded, &scoped, nullptr), "with a ScopedPDU", bytes);
  }
  snmp::Pdu pdu;
  must(snmp::decode_pdu(v3 ? scoped.pdu : message.community.pdu, &pdu, nullptr), "with a PDU",
       bytes);
  Answer answer{facts_of(pdu, names), {bytes.begin(), bytes.end()}, {}, 0, 0};
  answer.facts.add("request", std::to_string(pdu.request_id));
  answer.facts.add("version", v3 ? "v3" : "v2c");
  if (!v3) return answer;
  answer.facts.add("level", to_text(message.v3.level()));
  answer.facts.add("user", std::string(as_text(message.v3.user_name)));
  answer.facts.add("msgid", std::to_string(message.v3.msg_id));
  const ByteView engine = message.v3.authoritative_engine_id;
  answer.engine.assign(engine.begin(), engine.end());
  answer.boots = static_cast<std::uint32_t>(message.v3.authoritative_engine_boots);
  answer.time = static_cast<std::uint32_t>(message.v3.authoritative_engine_time);
  return answer;
}

}  // namespace trapd::scenario
