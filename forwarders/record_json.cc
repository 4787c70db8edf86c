// SPDX-License-Identifier: Apache-2.0
#include "forwarders/record_json.h"

#include <array>

#include "forwarders/record_text.h"
#include "forwarders/resync_record.h"
#include "mib/render.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/value_text.h"

namespace trapd::forwarders {

namespace {

void put_text(RecordJson* json, const char* key, std::string_view text) {
  if (!text.empty()) (*json)[key] = clean(text);
}

/// The value without knowledge of its MIB.
RecordJson plain_value(const ber::Value& value) {
  std::int32_t integer = 0;
  std::uint32_t number = 0;
  std::uint64_t large = 0;
  switch (value.tag) {
    case ber::kInteger:
      if (ber::decode_int32(value.content, &integer)) return integer;
      break;
    case ber::kCounter32:
    case ber::kGauge32:
    case ber::kTimeTicks:
      if (ber::decode_uint32(value.content, &number)) return number;
      break;
    case ber::kCounter64:
      if (ber::decode_uint64(value.content, &large)) return large;
      break;
    case ber::kOctetString:
      if (is_clean(value.content)) return std::string(as_text(value.content));
      return "0x" + to_hex(value.content);
    case ber::kNull:
    case ber::kNoSuchObject:
    case ber::kNoSuchInstance:
    case ber::kEndOfMibView:
      return nullptr;
    default:
      break;
  }
  std::array<char, 1024> room;
  return clean(std::string_view(room.data(), snmp::value_to_text(value, room)));
}

RecordJson varbind_json(const snmp::Varbind& varbind, const mib::MibIndex& index) {
  const mib::RenderedVarbind rendered = mib::render_varbind(index, varbind);
  return {{"oid", varbind.name.text()},
          {"name", clean(rendered.name)},
          {"type", snmp::type_text(varbind.value.tag)},
          {"value", plain_value(varbind.value)},
          {"text", clean(rendered.value)}};
}

void put_labels(RecordJson* json, const alarm::RecordView& record) {
  for_each_label(record, [json](std::string_view name, std::string_view value) {
    (*json)["labels"][clean(name)] = clean(value);
  });
}

void put_classification(RecordJson* json, const alarm::RecordView& record) {
  const alarm::RecordHeader& header = record.header();
  (*json)["severity"] = alarm::to_text(severity_of(record));
  (*json)["type"] = alarm::to_text(header.type);
  (*json)["cause"] = alarm::cause_label(header.probable_cause);
  put_text(json, "alarm", record.text(alarm::Field::kAlarmName));
  put_text(json, "resource", record.text(alarm::Field::kResource));
  put_text(json, "text", record.text(alarm::Field::kText));
  put_labels(json, record);
}

void put_device(RecordJson* json, const alarm::RecordView& record) {
  put_text(json, "device", record.text(alarm::Field::kDevice));
  put_text(json, "device_name", record.text(alarm::Field::kDeviceName));
  put_text(json, "site", record.text(alarm::Field::kSite));
  put_text(json, "tenant", record.text(alarm::Field::kTenant));
  put_text(json, "source", device_address_text(record));
}

void put_message(RecordJson* json, const alarm::RecordView& record, const mib::MibIndex& index) {
  const alarm::RecordHeader& header = record.header();
  if (const ByteView engine = device_engine(record); !engine.empty()) {
    (*json)["engine_id"] = to_hex(engine);
  }
  if (header.kind == alarm::Kind::kNotification) {
    if (header.snmp_version == static_cast<std::uint8_t>(snmp::Version::kV3)) {
      (*json)["boots"] = header.engine_boots;
      (*json)["engine_time"] = header.engine_time;
      put_text(json, "context_name", record.text(alarm::Field::kContextName));
    }
    (*json)["version"] = version_text(record);
    (*json)["level"] = snmp::to_text(static_cast<snmp::SecurityLevel>(header.security_level));
    put_text(json, "user", record.text(alarm::Field::kSecurityName));
    (*json)["inform"] = record.has(alarm::RecordFlag::kInform);
  }
  if (!record.trap_oid().empty()) {
    (*json)["trap"] = {{"oid", record.trap_oid().text()}, {"name", trap_text(record, index)}};
    (*json)["uptime"] = header.sys_up_time;
  }
}

}  // namespace

RecordJson record_json(const alarm::RecordView& record, const mib::MibIndex& index) {
  const alarm::RecordHeader& header = record.header();
  RecordJson json;
  json["sequence"] = header.sequence;
  json["time"] = time_text(header.received_wall_ns);
  json["kind"] = kind_text(header.kind);
  json["outcome"] = alarm::to_text(header.outcome);
  if (const char* part = resync_text(record)) json["resync"] = part;
  put_classification(&json, record);
  put_device(&json, record);
  put_message(&json, record, index);
  put_text(&json, "rule", record.text(alarm::Field::kRule));
  if (header.alarm_id != 0) json["alarm_id"] = header.alarm_id;
  if (header.repeat_count != 0) json["count"] = header.repeat_count;
  put_text(&json, "operator", record.text(alarm::Field::kOperator));
  put_text(&json, "why", record.text(alarm::Field::kReason));
  RecordJson varbinds = RecordJson::array();
  for_each_varbind(record, [&](const snmp::Varbind& varbind) {
    varbinds.push_back(varbind_json(varbind, index));
  });
  json["varbinds"] = std::move(varbinds);
  return json;
}

}  // namespace trapd::forwarders
