// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/message.h"

#include <limits>

#include "trapd/snmp/field_names.h"

namespace trapd::snmp {

namespace {

using ber::Reader;

constexpr std::int32_t kInt32Min = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kAnySize = std::numeric_limits<std::size_t>::max();
constexpr std::int32_t kMaxSizeMin = 484;  // RFC 3412 6: msgMaxSize

constexpr const char* kOuterField[] = {"Message"};
constexpr const char* kCommunityFields[] = {"version", "community", "data"};
constexpr const char* kV3Fields[] = {"msgVersion", "msgGlobalData", "msgSecurityParameters",
                                     "msgData"};
constexpr const char* kHeaderFields[] = {"msgID", "msgMaxSize", "msgFlags", "msgSecurityModel"};
constexpr const char* kSecurityField[] = {"UsmSecurityParameters"};
constexpr const char* kUsmFields[] = {"msgAuthoritativeEngineID",    "msgAuthoritativeEngineBoots",
                                      "msgAuthoritativeEngineTime",  "msgUserName",
                                      "msgAuthenticationParameters", "msgPrivacyParameters"};
constexpr const char* kScopedPduField[] = {"ScopedPDU"};
constexpr const char* kScopedPduFields[] = {"contextEngineID", "contextName", "data"};

// RFC 1157 4, RFC 1901 3.
DecodeStatus decode_community(Reader message, CommunityMessage* out, DecodeFault* fault) {
  out->community = message.octets(0, kAnySize);
  out->pdu = message.raw();
  message.expect_end();
  return sound(message, kCommunityFields, "Message", fault) ? DecodeStatus::kOk
                                                            : DecodeStatus::kMalformed;
}

// RFC 3412 6, HeaderData.
bool decode_header(Reader header, V3Message* out, Deviations* seen, DecodeFault* fault) {
  out->msg_id = header.integer(0, kInt32Max);
  out->max_size = header.integer(kMaxSizeMin, kInt32Max);
  const ByteView flags = header.octets(1, 1);
  out->flags = flags.empty() ? std::uint8_t{0} : flags[0];
  out->security_model = header.integer(1, kInt32Max);
  header.expect_end();
  seen->add(Deviations::of_numbers(header.noticed_forms()));
  return sound(header, kHeaderFields, "msgGlobalData", fault);
}

// RFC 3414 2.4; lengths of the engine ID and of the last two fields are judged later, in the
// order of 3.2.
bool decode_usm(Reader outer, V3Message* out, Deviations* seen, DecodeFault* fault) {
  Reader usm = outer.enter(ber::kSequence);
  outer.expect_end();
  if (!sound(outer, kSecurityField, "msgSecurityParameters", fault)) return false;
  out->authoritative_engine_id = usm.octets(0, kAnySize);
  out->authoritative_engine_boots = usm.integer(0, kInt32Max);
  out->authoritative_engine_time = usm.integer(0, kInt32Max);
  out->user_name = usm.octets(0, kUserNameOctetsMax);
  out->authentication_parameters = usm.octets(0, kAnySize);
  out->privacy_parameters = usm.octets(0, kAnySize);
  usm.expect_end();
  seen->add(Deviations::of_numbers(usm.noticed_forms()));
  return sound(usm, kUsmFields, "UsmSecurityParameters", fault);
}

// RFC 3412 6, SNMPv3Message, behind msgVersion.
DecodeStatus decode_v3(Reader message, V3Message* out, Deviations* seen, DecodeFault* fault) {
  Reader header = message.enter(ber::kSequence);
  const Reader security_parameters = message.enter(ber::kOctetString);
  if (message.peek() == ber::kOctetString) {
    out->encrypted_pdu = message.expect(ber::kOctetString);
  } else if (message.peek() == ber::kSequence) {
    out->plaintext_scoped_pdu = message.raw();
  } else {
    message.expect(ber::kSequence);
  }
  message.expect_end();
  if (!sound(message, kV3Fields, "SNMPv3Message", fault) ||
      !decode_header(header, out, seen, fault)) {
    return DecodeStatus::kMalformed;
  }
  // RFC 3412 7.2 (4), (5): the model is looked at before the flags, both before the parameters.
  if (out->security_model != kUsmSecurityModel) return DecodeStatus::kUnknownSecurityModel;
  if ((out->flags & (kAuthFlag | kPrivFlag)) == kPrivFlag) return DecodeStatus::kInvalidFlags;
  return decode_usm(security_parameters, out, seen, fault) ? DecodeStatus::kOk
                                                           : DecodeStatus::kMalformed;
}

}  // namespace

const char* to_text(Version version) {
  switch (version) {
    case Version::kV1:
      return "v1";
    case Version::kV2c:
      return "v2c";
    case Version::kV3:
      return "v3";
  }
  return "unknown version";
}

const char* to_text(SecurityLevel level) {
  switch (level) {
    case SecurityLevel::kNoAuthNoPriv:
      return "noAuthNoPriv";
    case SecurityLevel::kAuthNoPriv:
      return "authNoPriv";
    case SecurityLevel::kAuthPriv:
      return "authPriv";
  }
  return "unknown level";
}

DecodeStatus decode_message(ByteView datagram, Message* message, DecodeFault* fault,
                            Deviations tolerated) {
  *message = Message{};
  Reader outer(datagram);
  outer.refuse_numbers(tolerated.refused_number_forms());
  Reader fields = outer.enter(ber::kSequence);
  const std::size_t behind = outer.remaining();
  if (behind != 0) {
    if (!tolerated.has(Deviation::kTrailingOctets)) outer.expect_end();
    message->deviations.add(Deviations(Deviation::kTrailingOctets));
  }
  if (!sound(outer, kOuterField, "Message", fault)) return DecodeStatus::kMalformed;
  const std::int32_t version = fields.integer(kInt32Min, kInt32Max);
  if (!sound(fields, kCommunityFields, "Message", fault)) return DecodeStatus::kMalformed;
  message->deviations.add(Deviations::of_numbers(fields.noticed_forms()));
  switch (version) {
    case 0:
    case 1:
      message->version = version == 0 ? Version::kV1 : Version::kV2c;
      message->community.version = message->version;
      return decode_community(fields, &message->community, fault);
    case 3:
      message->version = Version::kV3;
      message->v3.whole = datagram.first(datagram.size() - behind);
      return decode_v3(fields, &message->v3, &message->deviations, fault);
    default:
      return DecodeStatus::kBadVersion;
  }
}

bool decode_scoped_pdu(ByteView bytes, bool padded, ScopedPdu* scoped, DecodeFault* fault) {
  *scoped = ScopedPdu{};
  Reader outer(bytes);
  Reader fields = outer.enter(ber::kSequence);
  scoped->padding = !outer.at_end();
  if (!padded) outer.expect_end();
  if (!sound(outer, kScopedPduField, "msgData", fault)) return false;
  scoped->context_engine_id = fields.octets(0, kAnySize);
  scoped->context_name = fields.octets(0, kAnySize);
  scoped->pdu = fields.raw();
  fields.expect_end();
  return sound(fields, kScopedPduFields, "ScopedPDU", fault);
}

}  // namespace trapd::snmp
