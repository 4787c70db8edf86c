// SPDX-License-Identifier: Apache-2.0
#include "trapd/admin/record_filter.h"

#include <algorithm>

namespace trapd::admin {

bool RecordFilter::takes(alarm::Severity severity, std::string_view its_device,
                         std::string_view device_name, std::string_view its_name,
                         std::uint64_t its_alarm) const {
  if (alarm_id != 0 && alarm_id != its_alarm) return false;
  if (!severities.empty() &&
      std::find(severities.begin(), severities.end(), severity) == severities.end()) {
    return false;
  }
  if (!device.empty() && device != its_device && device != device_name) return false;
  return name.empty() || name == its_name;
}

bool RecordFilter::takes(const alarm::RecordView& record) const {
  return takes(record.header().severity, record.text(alarm::Field::kDevice),
               record.text(alarm::Field::kDeviceName), record.text(alarm::Field::kAlarmName),
               record.header().alarm_id);
}

bool RecordFilter::takes(const alarm::AlarmState& state) const {
  return takes(state.severity, state.device, state.device_name, state.name, state.id);
}

}  // namespace trapd::admin
