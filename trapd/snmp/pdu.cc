// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/pdu.h"

#include <limits>

#include "trapd/snmp/field_names.h"

namespace trapd::snmp {

namespace {

using ber::Reader;

constexpr std::int32_t kInt32Min = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kOctetStringMax = 65535;  // RFC 3416 3
constexpr std::int32_t kGenericTrapMax = 6;     // RFC 1157 4.1.6

constexpr const char* kPduField[] = {"PDU"};
constexpr const char* kPduFields[] = {"request-id", "error-status", "error-index",
                                      "variable-bindings"};
constexpr const char* kTrapV1Fields[] = {"enterprise",    "agent-addr", "generic-trap",
                                         "specific-trap", "time-stamp", "variable-bindings"};
constexpr const char* kListField[] = {"VarBind"};
constexpr const char* kVarbindFields[] = {"name", "value"};

ber::Error judge(bool fits) { return fits ? ber::Error::kNone : ber::Error::kOutOfRange; }

ber::Error judge_number(bool fits, std::uint8_t form) {
  return form == 0 || !fits ? judge(fits) : ber::Error::kNumberForm;
}

// RFC 3416 3 (ObjectSyntax and the exceptions of VarBind); whatever else stands there is refused.
ber::Error check_value(const ber::Value& value) {
  std::int32_t int32 = 0;
  std::uint32_t uint32 = 0;
  std::uint64_t uint64 = 0;
  const std::size_t size = value.content.size();
  switch (value.tag) {
    case ber::kInteger:
      return judge_number(ber::decode_int32(value.content, &int32),
                          ber::integer_form(value.content));
    case ber::kOctetString:
      return judge(size <= kOctetStringMax);
    case ber::kObjectIdentifier:
      return ber::valid_oid(value.content) ? ber::Error::kNone : ber::Error::kBadOid;
    case ber::kCounter32:
    case ber::kGauge32:
    case ber::kTimeTicks:
      return judge_number(ber::decode_uint32(value.content, &uint32),
                          ber::unsigned_form(value.content));
    case ber::kCounter64:
      return judge_number(ber::decode_uint64(value.content, &uint64),
                          ber::unsigned_form(value.content));
    case ber::kIpAddress:
      return size == 4 ? ber::Error::kNone : ber::Error::kBadLength;
    case ber::kNull:
    case ber::kNoSuchObject:
    case ber::kNoSuchInstance:
    case ber::kEndOfMibView:
      return size == 0 ? ber::Error::kNone : ber::Error::kBadLength;
    case ber::kOpaque:
      return ber::Error::kNone;
    default:
      return ber::Error::kUnexpectedTag;
  }
}

// RFC 3416 3 does not know them: BIT STRING of RFC 1442, NsapAddress, UInteger32 and what else is
// of the application class.
bool old_type(std::uint8_t tag) {
  constexpr std::uint8_t kBitString = 0x03;
  constexpr std::uint8_t kApplication = 0x40;
  return tag == kBitString || (tag & 0xe0) == kApplication;
}

// What may be let pass of a value that is refused for `error`; none: nothing may.
Deviations deviations_of(const ber::Value& value, ber::Error error) {
  if (error == ber::Error::kNumberForm) {
    return Deviations::of_numbers(value.tag == ber::kInteger ? ber::integer_form(value.content)
                                                             : ber::unsigned_form(value.content));
  }
  if (value.tag == ber::kObjectIdentifier && value.content.empty()) {
    return Deviations(Deviation::kEmptyOids);
  }
  if (error == ber::Error::kUnexpectedTag && old_type(value.tag)) {
    return Deviations(Deviation::kOldTypes);
  }
  return {};
}

struct VarbindRules {
  bool v1 = false;
  Deviations tolerated;
};

// RFC 3584 4.2.2.1: SNMPv1 knows no Counter64; nor the exceptions of RFC 3416.
bool foreign_to_v1(std::uint8_t tag) { return tag == ber::kCounter64 || tag >= ber::kNoSuchObject; }

ber::Error check_closely(const ber::Value& value, const VarbindRules& rules, Deviations* seen) {
  if (rules.v1 && foreign_to_v1(value.tag)) return ber::Error::kUnexpectedTag;
  const ber::Error error = check_value(value);
  const Deviations these = deviations_of(value, error);
  if (these.none() || !these.within(rules.tolerated)) return error;
  seen->add(these);
  return ber::Error::kNone;
}

// Takes one varbind of any form.
bool check_varbind(Reader* list, const VarbindRules& rules, Deviations* seen, DecodeFault* fault) {
  Reader varbind = list->enter(ber::kSequence);
  if (!sound(*list, kListField, "VarBind", fault)) return false;
  varbind.oid();
  const Reader before_value = varbind;
  const ber::Value value = varbind.any();
  const ber::Error error = check_closely(value, rules, seen);
  if (varbind.ok() && error != ber::Error::kNone) {
    varbind = before_value;
    varbind.fail(error);
  }
  varbind.expect_end();
  return sound(varbind, kVarbindFields, "VarBind", fault);
}

// One pass over the list, so that VarbindReader need not check anything.
bool check_varbinds(Reader list, const VarbindRules& rules, std::uint32_t* count, Deviations* seen,
                    DecodeFault* fault) {
  for (; !list.at_end(); ++*count) {
    // Nearly all look like this; what does not is looked at closely.
    const ber::ShortPair pair = list.short_pair(ber::kObjectIdentifier);
    if (pair && ber::valid_oid(pair.first) && pair.second.tag < ber::kCounter64 &&
        check_value(pair.second) == ber::Error::kNone) [[likely]] {
      list.take(pair);
    } else if (!check_varbind(&list, rules, seen, fault)) {
      return false;
    }
  }
  return sound(list, kListField, "VarBind", fault);
}

// Which PDU a message may hold besides the SNMPv1 trap (MP-14).
bool known_pdu(std::uint8_t tag) {
  switch (tag) {
    case ber::kGetRequest:
    case ber::kGetNextRequest:
    case ber::kResponse:
    case ber::kSetRequest:
    case ber::kGetBulkRequest:
    case ber::kInformRequest:
    case ber::kTrapV2:
    case ber::kReport:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool confirmed_class(std::uint8_t tag) {
  switch (tag) {
    case ber::kGetRequest:
    case ber::kGetNextRequest:
    case ber::kSetRequest:
    case ber::kGetBulkRequest:
    case ber::kInformRequest:
      return true;
    default:
      return false;
  }
}

bool Pdu::confirmed() const { return confirmed_class(type); }

bool decode_pdu(ByteView bytes, Pdu* pdu, DecodeFault* fault, Deviations tolerated) {
  *pdu = Pdu{};
  Reader outer(bytes);
  outer.refuse_numbers(tolerated.refused_number_forms());
  pdu->type = outer.peek();
  if (!known_pdu(pdu->type)) outer.fail(ber::Error::kUnexpectedTag);
  Reader fields = outer.enter(pdu->type);
  outer.expect_end();
  if (!sound(outer, kPduField, "data", fault)) return false;
  pdu->request_id = fields.integer(kInt32Min, kInt32Max);
  pdu->error_status = fields.integer(kInt32Min, kInt32Max);
  pdu->error_index = fields.integer(kInt32Min, kInt32Max);
  Reader list = fields.enter(ber::kSequence);
  fields.expect_end();
  if (!sound(fields, kPduFields, "PDU", fault)) return false;
  pdu->varbinds = list.rest();
  pdu->deviations.add(Deviations::of_numbers(fields.noticed_forms()));
  return check_varbinds(list, {false, tolerated}, &pdu->varbind_count, &pdu->deviations, fault);
}

bool decode_trap_v1(ByteView bytes, TrapV1Pdu* pdu, DecodeFault* fault, Deviations tolerated) {
  *pdu = TrapV1Pdu{};
  Reader outer(bytes);
  outer.refuse_numbers(tolerated.refused_number_forms());
  Reader fields = outer.enter(ber::kTrapV1);
  outer.expect_end();
  if (!sound(outer, kPduField, "data", fault)) return false;
  pdu->enterprise = OidView(fields.oid());
  pdu->agent_address = fields.octets(ber::kIpAddress, 4, 4);
  pdu->generic_trap = fields.integer(0, kGenericTrapMax);
  pdu->specific_trap = fields.integer(kInt32Min, kInt32Max);
  pdu->time_stamp = fields.unsigned32(ber::kTimeTicks);
  Reader list = fields.enter(ber::kSequence);
  fields.expect_end();
  if (!sound(fields, kTrapV1Fields, "Trap-PDU", fault)) return false;
  pdu->varbinds = list.rest();
  pdu->deviations.add(Deviations::of_numbers(fields.noticed_forms()));
  return check_varbinds(list, {true, tolerated}, &pdu->varbind_count, &pdu->deviations, fault);
}

}  // namespace trapd::snmp
