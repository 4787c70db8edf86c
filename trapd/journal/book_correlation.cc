// SPDX-License-Identifier: Apache-2.0
// The own alarms of flapping and of suppression: told as they come, and found again at start.
#include <fmt/format.h>

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
  FlappingDevice& flapping = flapping_devices_[device];
  ++flapping.alarms;
  if (!flapping.told) {
    if (flapping_told_ >= kFlappingDevicesMax) return;
    flapping.told = true;
    ++flapping_told_;
  }
  following_reports_.push_back(
      {alarm::OwnCondition::kFlapping, true, device,
       fmt::format("{}{}{} on {} flaps: {} changes; its changes are held back", name,
                   resource.empty() ? "" : " of ", resource, device_name, changes),
       clock_.wall_ns()});
}

void Book::tell_flapping_ended(const std::string& device, std::string_view device_name) {
  const auto found = flapping_devices_.find(device);
  if (found == flapping_devices_.end()) return;
  if (found->second.alarms > 0) --found->second.alarms;
  if (found->second.alarms == 0) forget_flapping(found, device_name);
}

void Book::forget_flapping(FlappingDevices::iterator flapping, std::string_view device_name) {
  if (flapping->second.told) {
    --flapping_told_;
    following_reports_.push_back({alarm::OwnCondition::kFlapping, false, flapping->first,
                                  fmt::format("no alarm of {} flaps any more", device_name),
                                  clock_.wall_ns()});
  }
  flapping_devices_.erase(flapping);
}

void Book::tell_device_full(const std::string& device, std::string_view device_name) {
  if (full_devices_.contains(device) || full_devices_.size() >= kFullDevicesMax) return;
  full_devices_.insert(device);
  following_reports_.push_back(
      {alarm::OwnCondition::kAlarmTableFull, true, device,
       fmt::format("{} has {} active alarms, a tenth of limits.alarms: further ones are kept as "
                   "events; does its rule's resource name something that never comes again?",
                   device_name, correlator_.device_alarms_max()),
       clock_.wall_ns()});
}

void Book::tell_device_has_room(const std::string& device) {
  const std::size_t most = correlator_.device_alarms_max();
  if (!full_devices_.contains(device) || correlator_.count_of(device) >= most - most / 10) return;
  full_devices_.erase(device);
  following_reports_.push_back({alarm::OwnCondition::kAlarmTableFull, false, device,
                                "the device's alarms have room again", clock_.wall_ns()});
}

/// What flaps and what is told of it were perhaps not in one commit.
void Book::resume_own_alarms() {
  const std::string_view flapping = alarm::row(alarm::OwnCondition::kFlapping).name;
  const std::string_view suppression = alarm::row(alarm::OwnCondition::kSuppression).name;
  const std::string_view full = alarm::row(alarm::OwnCondition::kAlarmTableFull).name;
  for (const std::uint64_t id : correlator_.alarms_of(identity_.device)) {
    const alarm::AlarmState& state = *correlator_.find(id);
    if (state.name == suppression) suppression_.resume(state, clock_.monotonic_ns());
    if (state.name == full && !state.resource.empty()) full_devices_.insert(state.resource);
    if (state.name != flapping) continue;
    flapping_devices_[state.resource].told = true;
    ++flapping_told_;
  }
  correlator_.for_each([&](const alarm::AlarmState& state) {
    if (!state.flaps()) return;
    const auto found = flapping_devices_.find(state.device);
    if (found != flapping_devices_.end() && found->second.told) {
      ++found->second.alarms;
      return;
    }
    tell_flapping_began(state.device, state.device_name, state.name, state.resource,
                        state.flap.changes);
  });
  const std::vector<std::string> full_devices(full_devices_.begin(), full_devices_.end());
  for (const std::string& device : full_devices) tell_device_has_room(device);
  for (auto at = flapping_devices_.begin(); at != flapping_devices_.end();) {
    const auto flapping_device = at++;
    if (flapping_device->second.alarms == 0)
      forget_flapping(flapping_device, flapping_device->first);
  }
}

}  // namespace trapd::journal
