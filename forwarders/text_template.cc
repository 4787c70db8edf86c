// SPDX-License-Identifier: Apache-2.0
#include "forwarders/text_template.h"

#include <array>

#include "forwarders/record_text.h"
#include "trapd/snmp/message.h"

namespace trapd::forwarders {

namespace {

using alarm::Field;
using alarm::RecordView;
constexpr std::size_t kVarbindsOctetsMax = 4096;

struct FieldRow {
  std::string_view name;
  std::string_view meaning;
  std::string (*value)(const RecordView& record, const mib::MibIndex& index);
};

template <Field field>
std::string text_of(const RecordView& record, const mib::MibIndex& /*index*/) {
  return clean(record.text(field));
}

constexpr std::array kFields = {
    FieldRow{"device", "name of the device, else its address",
             [](const RecordView& r, const mib::MibIndex&) { return device_text(r); }},
    FieldRow{"identity", "stable identity of the device", text_of<Field::kDevice>},
    FieldRow{"source", "address of the device",
             [](const RecordView& r, const mib::MibIndex&) { return device_address_text(r); }},
    FieldRow{"engine", "engine ID of the device, hexadecimal",
             [](const RecordView& r, const mib::MibIndex&) { return to_hex(device_engine(r)); }},
    FieldRow{"site", "site of the device", text_of<Field::kSite>},
    FieldRow{"tenant", "tenant of the device", text_of<Field::kTenant>},
    FieldRow{"severity", "critical, major, minor, warning, indeterminate or cleared",
             [](const RecordView& r, const mib::MibIndex&) {
               return std::string(alarm::to_text(severity_of(r)));
             }},
    FieldRow{"type", "event type of X.733 or X.736",
             [](const RecordView& r, const mib::MibIndex&) {
               return std::string(alarm::to_text(r.header().type));
             }},
    FieldRow{"cause", "probable cause",
             [](const RecordView& r, const mib::MibIndex&) {
               return std::string(alarm::cause_label(r.header().probable_cause));
             }},
    FieldRow{"name", "name of the alarm, else of the trap", alarm_text},
    FieldRow{"resource", "what of the device is concerned", text_of<Field::kResource>},
    FieldRow{"text", "the text that the rule made", text_of<Field::kText>},
    FieldRow{"labels", "labels of the rules, name=value",
             [](const RecordView& r, const mib::MibIndex&) { return labels_text(r); }},
    FieldRow{"outcome", "event, raise, repeat, change, clear",
             [](const RecordView& r, const mib::MibIndex&) {
               return std::string(alarm::to_text(r.header().outcome));
             }},
    FieldRow{"kind", "notification, own, manualClear or automaticClear",
             [](const RecordView& r, const mib::MibIndex&) {
               return std::string(kind_text(r.header().kind));
             }},
    FieldRow{"time", "when it was received, RFC 3339",
             [](const RecordView& r, const mib::MibIndex&) {
               return time_text(r.header().received_wall_ns);
             }},
    FieldRow{"sequence", "its number in the journal",
             [](const RecordView& r, const mib::MibIndex&) {
               return std::to_string(r.header().sequence);
             }},
    FieldRow{"alarm", "number of the alarm, 0 for none",
             [](const RecordView& r, const mib::MibIndex&) {
               return std::to_string(r.header().alarm_id);
             }},
    FieldRow{"count", "how often this alarm came",
             [](const RecordView& r, const mib::MibIndex&) {
               return std::to_string(r.header().repeat_count);
             }},
    FieldRow{"trap", "name of the trap", trap_text},
    FieldRow{"oid", "OID of the trap",
             [](const RecordView& r, const mib::MibIndex&) {
               return r.trap_oid().empty() ? std::string() : r.trap_oid().text();
             }},
    FieldRow{"rule", "name of the rule that classified it", text_of<Field::kRule>},
    FieldRow{"user", "SNMP user", text_of<Field::kSecurityName>},
    FieldRow{
        "version", "v1, v2c or v3",
        [](const RecordView& r, const mib::MibIndex&) { return std::string(version_text(r)); }},
    FieldRow{"level", "noAuthNoPriv, authNoPriv or authPriv",
             [](const RecordView& r, const mib::MibIndex&) {
               return std::string(
                   snmp::to_text(static_cast<snmp::SecurityLevel>(r.header().security_level)));
             }},
    FieldRow{"varbinds", "all varbinds, name=value",
             [](const RecordView& r, const mib::MibIndex& index) {
               return varbinds_text(r, index, kVarbindsOctetsMax);
             }},
};

int find_field(std::string_view name) {
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if (kFields[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

std::string known_fields() {
  std::string text;
  for (const FieldRow& row : kFields) {
    if (!text.empty()) text += ", ";
    text += row.name;
  }
  return text;
}

}  // namespace

Result<TextTemplate> TextTemplate::parse(std::string_view text) {
  TextTemplate parsed;
  std::string literal;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool doubled = i + 1 < text.size() && text[i + 1] == c;
    if ((c == '{' || c == '}') && doubled) {
      literal += c;
      ++i;
    } else if (c == '}') {
      return failure("\"}\" at character " + std::to_string(i + 1) + " closes nothing");
    } else if (c != '{') {
      literal += c;
    } else {
      const std::size_t end = text.find_first_of("{}", i + 1);
      if (end == std::string_view::npos || text[end] != '}') {
        return failure("\"{\" at character " + std::to_string(i + 1) + " is not closed");
      }
      const std::string name(text.substr(i + 1, end - i - 1));
      const int field = find_field(name);
      if (field < 0) {
        return failure("unknown field {" + name + "}; known are " + known_fields());
      }
      parsed.parts_.push_back({std::move(literal), field});
      literal.clear();
      i = end;
    }
  }
  if (!literal.empty()) parsed.parts_.push_back({std::move(literal), -1});
  return parsed;
}

void TextTemplate::render(const alarm::RecordView& record, const mib::MibIndex& index,
                          std::string* out) const {
  for (const Part& part : parts_) {
    out->append(part.literal);
    if (part.field >= 0) {
      out->append(kFields[static_cast<std::size_t>(part.field)].value(record, index));
    }
  }
}

std::vector<TextTemplate::FieldDoc> TextTemplate::fields() {
  std::vector<FieldDoc> rows;
  rows.reserve(std::size(kFields));
  for (const FieldRow& row : kFields) rows.push_back({row.name, row.meaning});
  return rows;
}

}  // namespace trapd::forwarders
