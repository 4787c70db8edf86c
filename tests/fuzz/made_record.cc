// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/made_record.h"

#include <cstring>
#include <string_view>

#include "trapd/base/check.h"
#include "trapd/ber/writer.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/pdu.h"

namespace trapd::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint8_t kVarbindsMax = 40;
constexpr std::uint8_t kVersions[] = {0, 1, 3};  // snmp::Version
constexpr std::uint8_t kLevels[] = {0, 1, 3};    // snmp::SecurityLevel

/// The value as decode_pdu lets it pass: what it refuses never comes into a record.
void append_varbind(ByteView name, const ber::Value& value, Bytes* list) {
  if (!ber::valid_oid(name)) return;
  Bytes room(name.size() + value.content.size() + 64);
  ber::Writer writer(room);
  snmp::write_varbind(writer, snmp::OidView(name), value);
  const Bytes varbind(writer.done().begin(), writer.done().end());
  snmp::wrap_pdu(writer, 0, ber::kTrapV2, 1, 0, 0);
  snmp::Pdu pdu;
  if (!snmp::decode_pdu(writer.done(), &pdu, nullptr)) return;
  list->insert(list->end(), varbind.begin(), varbind.end());
}

Bytes read_varbinds(Input& input) {
  Bytes list;
  for (std::size_t count = input.below(kVarbindsMax); count > 0 && !input.empty(); --count) {
    const ByteView name = input.bytes();
    const std::uint8_t tag = input.u8();
    append_varbind(name, {tag, input.bytes()}, &list);
  }
  return list.size() > alarm::kRecordOctetsMax / 2 ? Bytes{} : list;
}

bool is_oid(alarm::Field field) {
  return field == alarm::Field::kTrapOid || field == alarm::Field::kEnterprise;
}

void read_header(Input& input, alarm::RecordHeader* header) {
  header->kind = static_cast<alarm::Kind>(1 + input.below(6));
  header->snmp_version = kVersions[input.below(3)];
  header->security_level = kLevels[input.below(3)];
  header->severity = static_cast<alarm::Severity>(1 + input.below(6));
  header->previous_severity = static_cast<alarm::Severity>(1 + input.below(6));
  header->type = static_cast<alarm::EventType>(1 + input.below(11));
  header->action = static_cast<alarm::Action>(input.below(3));
  header->outcome = static_cast<alarm::Outcome>(input.below(6));
  header->probable_cause = static_cast<std::uint16_t>(input.u16());
  header->flags = input.u8();
  header->sequence = input.u64();
  header->alarm_id = input.u64();
  header->received_wall_ns = static_cast<std::int64_t>(input.u64());
  header->sys_up_time = input.u32();
  header->engine_boots = input.u32();
  header->engine_time = input.u32();
  header->request_id = static_cast<std::int32_t>(input.u32());
  header->repeat_count = input.u32();
  for (std::uint8_t& octet : header->source.address) octet = input.u8();
  header->source.port = static_cast<std::uint16_t>(input.u16());
}

Bytes write_sample(std::string_view text) {
  Output out;
  out.u8(0).u8(2).u8(2).u8(3).u8(0).u8(1).u8(1).u8(1).u16(8).u8(0);
  out.u64(7).u64(7).u64(1'795'414'515'123'456'789).u32(12345).u32(3).u32(99).u32(1).u32(1);
  out.raw(*from_hex("00000000000000000000ffffc0000207")).u16(50000);
  for (std::size_t i = 0; i + 1 < alarm::kFieldCount; ++i) {
    const auto field = static_cast<alarm::Field>(i);
    if (is_oid(field)) {
      out.bytes(*from_hex("2b06010603010105 03"));
    } else if (field == alarm::Field::kAgentAddress) {
      out.bytes(*from_hex("c0000207"));
    } else {
      out.text(text);
    }
  }
  const auto varbind = [&](const char* name, unsigned tag, ByteView content) {
    out.bytes(*from_hex(name)).u8(tag).bytes(content);
  };
  out.u8(6);
  varbind("2b0601020102020108 03", 0x02, *from_hex("02"));
  varbind("2b0601020102020102 03", 0x04, as_bytes(text));
  varbind("2b060104018f65", 0x43, *from_hex("3039"));
  varbind("2b060104018f6502", 0x46, *from_hex("00ffffffffffffffff"));
  varbind("2b060104018f6503", 0x06, *from_hex("2b06010401"));
  varbind("2b060104018f6504", 0x40, *from_hex("c0000207"));
  return out.done();
}

}  // namespace

MadeRecord::MadeRecord(Input& input) {
  alarm::RecordFields fields;
  read_header(input, &fields.header);
  for (std::size_t i = 0; i + 1 < alarm::kFieldCount; ++i) {
    const auto field = static_cast<alarm::Field>(i);
    const ByteView octets = input.bytes();
    if (is_oid(field) && !ber::valid_oid(octets)) continue;
    if (field == alarm::Field::kAgentAddress && octets.size() != 4) continue;
    fields[field] = octets;
  }
  const Bytes varbinds = read_varbinds(input);
  fields[alarm::Field::kVarbinds] = varbinds;
  words_.resize(alarm::encoded_size(fields) / 8);
  const MutableBytes room(reinterpret_cast<std::uint8_t*>(words_.data()), words_.size() * 8);
  CHECK(alarm::encode(fields, room) == room.size());
  CHECK(view().valid());
}

alarm::RecordView MadeRecord::view() const {
  return alarm::RecordView(
      ByteView(reinterpret_cast<const std::uint8_t*>(words_.data()), words_.size() * 8));
}

std::vector<std::uint8_t> sample_record_input() { return write_sample("sbc-1"); }
std::vector<std::uint8_t> hostile_record_input() {
  return write_sample(
      "a\"]\\ \r\n\x1b[31m\xff\xed\xa0\x80\xc2\x85 <13>1 [evil x=\"1\"] \xe4\xb8\xad");
}

}  // namespace trapd::fuzz
