// SPDX-License-Identifier: Apache-2.0
// The own alarms of flapping and of suppression: told as they come, and found again at start.
#include <fmt/format.h>

#include <algorithm>

#include "trapd/journal/book.h"

namespace trapd::journal {

void Book::set_correlation(const alarm::Correlation& correlation) {
  correlator_.set_flapping(correlation.flapping);
  suppression_.set_limits(correlation.suppression);
}

void Book::tell_flapping(const alarm::RecordView& record,
                         const alarm::Correlator::Applied& applied) {
  using alarm::Field;
  const std::string device(record.text(Field::kDevice));
  if (applied.began_to_flap) {
    tell_flapping_began(device, record.text(Field::kDeviceName), record.text(Field::kAlarmName),
                        record.text(Field::kResource), applied.flap_changes);
  } else {
    tell_flapping_ended(device, record.text(Field::kDeviceName));
  }
}

/// One alarm a device; each of its alarms that begins to flap is a repeat of it.
void Book::tell_flapping_began(const std::string& device, std::string_view device_name,
                               std::string_view name, std::string_view resource,
                               std::uint32_t changes) {
  if (!flapping_devices_.contains(device)) {
    if (flapping_devices_.size() >= kFlappingDevicesMax) return;
    flapping_devices_.insert(device);
  }
  following_reports_.push_back(
      {alarm::OwnCondition::kFlapping, true, device,
       fmt::format("{}{}{} on {} flaps: {} changes; its changes are held back", name,
                   resource.empty() ? "" : " of ", resource, device_name, changes),
       clock_.wall_ns()});
}

void Book::tell_flapping_ended(const std::string& device, std::string_view device_name) {
  if (!flapping_devices_.contains(device) || any_flaps(device)) return;
  flapping_devices_.erase(device);
  following_reports_.push_back({alarm::OwnCondition::kFlapping, false, device,
                                fmt::format("no alarm of {} flaps any more", device_name),
                                clock_.wall_ns()});
}

bool Book::any_flaps(std::string_view device) const {
  const std::vector<std::uint64_t> ids = correlator_.alarms_of(device);
  return std::any_of(ids.begin(), ids.end(),
                     [&](std::uint64_t id) { return correlator_.find(id)->flaps(); });
}

/// What flaps and what is told of it were perhaps not in one commit.
void Book::resume_own_alarms() {
  const std::string_view flapping = alarm::row(alarm::OwnCondition::kFlapping).name;
  const std::string_view suppression = alarm::row(alarm::OwnCondition::kSuppression).name;
  for (const std::uint64_t id : correlator_.alarms_of(identity_.device)) {
    const alarm::AlarmState& state = *correlator_.find(id);
    if (state.name == flapping) flapping_devices_.insert(state.resource);
    if (state.name == suppression) suppression_.resume(state, clock_.monotonic_ns());
  }
  std::vector<std::string> told(flapping_devices_.begin(), flapping_devices_.end());
  for (const std::string& device : told) tell_flapping_ended(device, device);
  correlator_.for_each([&](const alarm::AlarmState& state) {
    if (!state.flaps() || flapping_devices_.contains(state.device)) return;
    tell_flapping_began(state.device, state.device_name, state.name, state.resource,
                        state.flap.changes);
  });
}

}  // namespace trapd::journal
