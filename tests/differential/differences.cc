// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/differences.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "tests/differential/elements_in.h"
#include "trapd/ber/reader.h"
#include "trapd/snmp/sub_identifier.h"

namespace trapd::differential {

namespace {

using ber::Error;

bool one_of(std::uint8_t tag, std::initializer_list<int> tags) {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

bool at(const Disagreement& found, Error error, std::initializer_list<std::string_view> fields) {
  const snmp::DecodeFault& fault = found.ours->fault;
  return fault.error == error && fault.field != nullptr &&
         std::find(fields.begin(), fields.end(), fault.field) != fields.end();
}

bool refused_by_usm(const Disagreement& found, snmp::DropReason reason) {
  return found.ours->stage == Stage::kUsm && found.ours->inbound.reason == reason;
}

WireElement faulty(const Disagreement& found) { return first_element(found.ours->at_fault); }

bool v3(const Disagreement& found) { return found.ours->version == snmp::Version::kV3; }

/// Of a message that trapd has accepted.
bool any_element(const Disagreement& found, bool (*holds)(const WireElement& element)) {
  for (const ByteView part : {ByteView(found.packet->octets), ByteView(found.ours->scoped_pdu)}) {
    const std::vector<WireElement> all = elements_in(part);
    if (std::any_of(all.begin(), all.end(), holds)) return true;
  }
  return false;
}

// --- trapd refuses, Net-SNMP accepts ---

bool bad_oid(const Disagreement& found) {
  return at(found, Error::kBadOid, {"enterprise", "name", "value"}) && faulty(found).tag == 0x06;
}

/// A sub-identifier that begins with 80.
bool padded_oid(const Disagreement& found) {
  if (!bad_oid(found)) return false;
  bool first = true;
  for (const std::uint8_t octet : faulty(found).content) {
    if (first && octet == 0x80) return true;
    first = octet < 0x80;
  }
  return false;
}

bool large_arc(const Disagreement& found) {
  if (!bad_oid(found)) return false;
  std::uint64_t arc = 0;
  for (const std::uint8_t octet : faulty(found).content) {
    arc = arc << 7 | (octet & 0x7f);
    if (arc > 0xffffffff) return true;
    if (octet < 0x80) arc = 0;
  }
  return false;
}

bool number_beyond_32_bits(const Disagreement& found) {
  if (found.ours->fault.error != Error::kOutOfRange) return false;
  const WireElement number = faulty(found);
  std::int32_t int32 = 0;
  std::uint32_t uint32 = 0;
  if (number.tag == ber::kInteger) return !ber::decode_int32(number.content, &int32);
  return one_of(number.tag, {0x41, 0x42, 0x43}) && !ber::decode_uint32(number.content, &uint32);
}

bool null_with_content(const Disagreement& found) {
  return at(found, Error::kBadLength, {"value"}) &&
         one_of(faulty(found).tag, {0x05, 0x80, 0x81, 0x82});
}

bool outside_of_layers(const Disagreement& found) {
  const bool where = at(found, Error::kTruncated,
                        {"data", "msgSecurityParameters", "msgData", "contextEngineID",
                         "contextName", "UsmSecurityParameters"}) ||
                     at(found, Error::kUnexpectedTag, {"msgSecurityParameters", "msgData"});
  return v3(found) && where;
}

bool octets_of_another_type(const Disagreement& found) {
  return at(found, Error::kUnexpectedTag,
            {"community", "contextEngineID", "contextName", "agent-addr"}) &&
         one_of(faulty(found).tag, {0x04, 0x40, 0x44, 0x45});
}

bool empty_user(const Disagreement& found) {
  return (refused_by_usm(found, snmp::DropReason::kUnknownUser) ||
          refused_by_usm(found, snmp::DropReason::kUnknownEngine)) &&
         (found.ours->user.empty() || found.ours->user[0] == 0);
}

bool user_cut_at_nul(const Disagreement& found) {
  const Bytes& name = found.ours->user;
  const auto nul = std::find(name.begin(), name.end(), 0);
  return refused_by_usm(found, snmp::DropReason::kUnknownUser) && nul != name.end() &&
         nul != name.begin();
}

// --- Net-SNMP refuses, trapd accepts ---

bool long_length(const Disagreement& found) {
  return any_element(found, [](const WireElement& element) { return element.length_octets > 9; });
}

bool long_number(const Disagreement& found) {
  return any_element(found, [](const WireElement& element) {
    const std::size_t size = element.content.size();
    return (one_of(element.tag, {ber::kInteger, 0x47}) && size > 8) ||
           (one_of(element.tag, {0x41, 0x42, 0x43, 0x46}) && size > 9);
  });
}

bool digest_over_trailing_octets(const Disagreement& found) {
  return found.ours->inbound.authenticated &&
         found.ours->deviations.has(snmp::Deviation::kTrailingOctets);
}

bool long_unused_parameters(const Disagreement& found) {
  constexpr std::size_t kAuthRoom = 48;
  constexpr std::size_t kPrivacyRoom = 16;
  return v3(found) && ((found.ours->level == snmp::SecurityLevel::kNoAuthNoPriv &&
                        found.ours->auth_parameters.size() > kAuthRoom) ||
                       (found.ours->level != snmp::SecurityLevel::kAuthPriv &&
                        found.ours->privacy_parameters.size() > kPrivacyRoom));
}

bool octets_beyond(const Disagreement& found, Field field, std::size_t max) {
  const Item* const item = found.ours->find(field);
  return item != nullptr && item->octets.size() > max;
}

// --- values ---

/// 9f 76 … 9f 7b: what Net-SNMP takes for a number inside an Opaque.
bool number_in_opaque(std::uint8_t tag, ByteView content) {
  return tag == ber::kOpaque && content.size() > 2 && content[0] == 0x9f && content[1] >= 0x76 &&
         content[1] <= 0x7b;
}

bool varbind_with_number_in_opaque(const Disagreement& found) {
  const Item* const item = found.our_item;
  if (item == nullptr ||
      (item->field != Field::kVarbindType && item->field != Field::kVarbindValue))
    return false;
  const Bytes& value = found.ours->values[item->varbind];
  return number_in_opaque(value[0], ByteView(value).subspan(1));
}

constexpr Difference kDifferences[] = {
    {"level-below-user", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) {
       return refused_by_usm(found, snmp::DropReason::kLevelBelowUser);
     }},
    {"boots-maximum", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) {
       return refused_by_usm(found, snmp::DropReason::kBootsMaximum);
     }},
    {"empty-user", Kind::kOnlyNetSnmp, empty_user},
    {"user-cut-at-nul", Kind::kOnlyNetSnmp, user_cut_at_nul},
    {"trailing-octets", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) { return at(found, Error::kTrailingOctets, {"Message"}); }},
    {"rest-of-sequence", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) {
       return at(
           found, Error::kTrailingOctets,
           {"SNMPv3Message", "msgGlobalData", "msgSecurityParameters", "UsmSecurityParameters",
            "msgData", "ScopedPDU", "data", "PDU", "Trap-PDU", "VarBind"});
     }},
    {"outside-of-layers", Kind::kOnlyNetSnmp, outside_of_layers},
    {"octets-of-another-type", Kind::kOnlyNetSnmp, octets_of_another_type},
    {"unsigned-of-another-type", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) {
       return at(found, Error::kUnexpectedTag, {"time-stamp"}) &&
              one_of(faulty(found).tag, {0x41, 0x42, 0x47});
     }},
    {"trap-v1-elsewhere", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) {
       return at(found, Error::kUnexpectedTag, {"PDU"}) && found.ours->pdu_tag == ber::kTrapV1 &&
              found.ours->version != snmp::Version::kV1;
     }},
    {"short-agent-addr", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) {
       return at(found, Error::kBadLength, {"agent-addr"}) && faulty(found).content.size() < 4;
     }},
    {"generic-trap-range", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) {
       return at(found, Error::kOutOfRange, {"generic-trap"}) && !number_beyond_32_bits(found);
     }},
    {"untranslatable", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) { return found.ours->stage == Stage::kTranslation; }},
    {"null-with-content", Kind::kOnlyNetSnmp, null_with_content},
    {"empty-oid", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) { return bad_oid(found) && faulty(found).content.empty(); }},
    {"padded-oid", Kind::kOnlyNetSnmp, padded_oid},
    {"arc-beyond-32-bits", Kind::kOnlyNetSnmp, large_arc},
    {"number-beyond-32-bits", Kind::kOnlyNetSnmp, number_beyond_32_bits},
    {"empty-counter64", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) {
       return at(found, Error::kNumberForm, {"value"}) && faulty(found).tag == ber::kCounter64 &&
              faulty(found).content.empty();
     }},
    {"v2-types-in-v1", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) {
       return at(found, Error::kUnexpectedTag, {"value"}) && found.ours->pdu_tag == ber::kTrapV1 &&
              one_of(faulty(found).tag, {0x46, 0x80, 0x81, 0x82});
     }},
    {"old-types", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) {
       return at(found, Error::kUnexpectedTag, {"value"}) &&
              one_of(faulty(found).tag, {0x03, 0x45, 0x47});
     }},
    {"bare-tags-of-opaque", Kind::kOnlyNetSnmp,
     [](const Disagreement& found) {
       return at(found, Error::kUnexpectedTag, {"value"}) && faulty(found).tag >= 0x76 &&
              faulty(found).tag <= 0x7a;
     }},
    {"long-length", Kind::kOnlyTrapd, long_length},
    {"long-number", Kind::kOnlyTrapd, long_number},
    {"digest-over-trailing-octets", Kind::kOnlyTrapd, digest_over_trailing_octets},
    {"long-unused-parameters", Kind::kOnlyTrapd, long_unused_parameters},
    {"long-community", Kind::kOnlyTrapd,
     [](const Disagreement& found) { return octets_beyond(found, Field::kCommunity, 256); }},
    {"long-context", Kind::kOnlyTrapd,
     [](const Disagreement& found) {
       return octets_beyond(found, Field::kContextEngineId, 32) ||
              octets_beyond(found, Field::kContextName, 32);
     }},
    {"broken-number-in-opaque", Kind::kOnlyTrapd,
     [](const Disagreement& found) {
       return any_element(found, [](const WireElement& element) {
         return number_in_opaque(element.tag, element.content);
       });
     }},
    {"empty-number", Kind::kOnlyTrapd,
     [](const Disagreement& found) {
       return any_element(found, [](const WireElement& element) {
         return one_of(element.tag, {0x02, 0x41, 0x42, 0x43, 0x47}) && element.content.empty();
       });
     }},
    {"empty-bit-string", Kind::kOnlyTrapd,
     [](const Disagreement& found) {
       return any_element(found, [](const WireElement& element) {
         return element.tag == 0x03 && element.content.empty();
       });
     }},
    {"unknown-application-type", Kind::kOnlyTrapd,
     [](const Disagreement& found) {
       return any_element(found, [](const WireElement& element) {
         return element.tag >= 0x48 && element.tag <= 0x5f;
       });
     }},
    {"kept-as-octets", Kind::kValue,
     [](const Disagreement& found) {
       return found.our_item != nullptr && found.our_item->field == Field::kVarbindValue &&
              found.ours->values[found.our_item->varbind][0] == 0x47;
     }},
    {"empty-oid-value", Kind::kValue,
     [](const Disagreement& found) {
       const Bytes empty{ber::kObjectIdentifier};
       const Item* const item = found.our_item;
       if (item != nullptr) {
         return item->field == Field::kVarbindValue && found.ours->values[item->varbind] == empty;
       }
       return found.their_item->field == Field::kTrapOid && found.ours->values[1] == empty;
     }},
    {"number-in-opaque", Kind::kValue, varbind_with_number_in_opaque},
    {"end-of-long-community", Kind::kValue,
     [](const Disagreement& found) {
       constexpr std::size_t kNetSnmpRoom = 256;
       const Item* const ours = found.our_item;
       const Item* const theirs = found.their_item;
       return ours != nullptr && theirs != nullptr && ours->field == Field::kCommunity &&
              ours->octets.size() == kNetSnmpRoom && theirs->octets.size() == kNetSnmpRoom &&
              theirs->octets.back() == 0 &&
              std::equal(ours->octets.begin(), ours->octets.end() - 1, theirs->octets.begin());
     }},
    {"net-snmp-dies", Kind::kDeath, [](const Disagreement&) { return true; }},
};

}  // namespace

std::span<const Difference> differences() { return kDifferences; }

const Difference* explain(const Disagreement& disagreement) {
  for (const Difference& difference : kDifferences) {
    if (difference.kind == disagreement.kind && difference.holds(disagreement)) return &difference;
  }
  return nullptr;
}

}  // namespace trapd::differential
