// SPDX-License-Identifier: Apache-2.0
#include "forwarders/ovoc_text.h"

#include <array>

#include "forwarders/record_text.h"
#include "mib/render.h"

namespace trapd::forwarders {

namespace {

using alarm::Field;
using alarm::RecordView;

constexpr std::size_t kDescriptionOctetsMax = 1024;

/// Columns of acBoardTrapGlobals that an alarm of any other device has no counterpart of.
enum class Column : std::uint8_t {
  kUniqueId = 5,
  kInfo1 = 8,
  kInfo2 = 9,
  kInfo3 = 10,
  kDescription = 15,
  kSerialNumber = 16,
};

/// With instance 0 or none, as devices send either.
bool is_column(snmp::OidView name, Column column) {
  static const snmp::Oid kGlobals = *snmp::Oid::parse("1.3.6.1.4.1.5003.9.10.1.21.1");
  if (!name.starts_with(kGlobals.view())) return false;
  const ByteView rest = name.after(kGlobals.view());
  return !rest.empty() && rest[0] == static_cast<std::uint8_t>(column) &&
         (rest.size() == 1 || (rest.size() == 2 && rest[1] == 0));
}

/// Empty when it was not sent. Devices end their texts with NULs.
std::string value_of(const RecordView& record, const mib::MibIndex& index, Column column) {
  std::string text;
  for_each_varbind(record, [&](const snmp::Varbind& varbind) {
    if (!is_column(varbind.name, column)) return;
    if (varbind.value.tag == ber::kOctetString) {
      std::string_view octets = as_text(varbind.value.content);
      while (octets.ends_with('\0')) octets.remove_suffix(1);
      text = clean(octets);
    } else {
      text = clean(mib::render_varbind(index, varbind).value);
    }
  });
  return text;
}

}  // namespace

const char* ovoc_severity(alarm::Severity severity) {
  switch (severity) {
    case alarm::Severity::kCritical:
      return "Critical";
    case alarm::Severity::kMajor:
      return "Major";
    case alarm::Severity::kMinor:
      return "Minor";
    case alarm::Severity::kWarning:
      return "Warning";
    case alarm::Severity::kIndeterminate:
      return "Indeterminate";
    case alarm::Severity::kCleared:
      return "Clear";
  }
  return "Indeterminate";
}

std::string ovoc_title(const RecordView& record, const mib::MibIndex& index, bool with_address) {
  std::string text = is_alarm(record) ? "Alarm " : "Event ";
  text += alarm_text(record, index) + ", received from " + device_text(record);
  if (const std::string address = device_address_text(record); with_address && !address.empty()) {
    text += ", " + address;
  }
  return text + " with Severity " + ovoc_severity(severity_of(record));
}

std::string ovoc_source(const RecordView& record) {
  std::string source = clean(record.text(Field::kResource));
  return source.empty() ? device_text(record) : source;
}

std::string ovoc_description(const RecordView& record, const mib::MibIndex& index,
                             std::size_t varbinds_octets_max) {
  return said_text(record, index, varbinds_octets_max);
}

std::vector<OvocField> ovoc_fields(const RecordView& record, const mib::MibIndex& index) {
  const alarm::RecordHeader& header = record.header();
  const auto of_device = [&](Column column) { return value_of(record, index, column); };
  return {
      {"Alarm Name", alarm_text(record, index)},
      {"Severity", ovoc_severity(severity_of(record))},
      {"Source", ovoc_source(record)},
      {"Description", ovoc_description(record, index, kDescriptionOctetsMax)},
      {"Alarm Type", alarm::to_text(header.type)},
      {"Probable Cause", std::string(alarm::cause_label(header.probable_cause))},
      {"Additional Info 1", of_device(Column::kInfo1)},
      {"Additional Info 2", of_device(Column::kInfo2)},
      {"Additional Info 3", of_device(Column::kInfo3)},
      {"Unique ID", of_device(Column::kUniqueId)},
      {"Trap OID", record.trap_oid().empty() ? std::string() : record.trap_oid().text()},
      {"Date and Time", time_text(header.received_wall_ns)},
      {"Device Name", device_text(record)},
      {"IP Address", device_address_text(record)},
      {"Device Description", of_device(Column::kDescription)},
      {"Serial Number", of_device(Column::kSerialNumber)},
      {"Tenant", clean(record.text(Field::kTenant))},
      {"Site", clean(record.text(Field::kSite))},
  };
}

}  // namespace trapd::forwarders
