// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/device_table.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "trapd/snmp/message.h"

namespace trapd::alarm {

namespace {

constexpr std::string_view kToldPrefix = "device.";
constexpr std::size_t kLookedAtForRoom = 32;

std::int64_t clock_ahead_s(const RecordHeader& header) {
  return header.received_wall_ns / kNsPerSecond - header.engine_time;
}

/// A notification whose engine time is the device's own: v3, and not an inform (its time is ours).
bool tells_its_clock(const RecordView& record) {
  return record.header().snmp_version == 3 && !record.has(RecordFlag::kInform);
}

/// Replaces or appends the line that begins with `key` (up to and with its '='). False: it stood
/// there already, or has no room.
bool put_line(std::string_view key, std::string_view line, std::string* lines) {
  std::size_t at = 0;
  while (at < lines->size()) {
    const std::size_t end = std::min(lines->find('\n', at), lines->size());
    const std::string_view known = std::string_view(*lines).substr(at, end - at);
    if (known.starts_with(key)) {
      if (known == line) return false;
      if (lines->size() - (end - at) + line.size() > DeviceTable::kToldOctetsMax) return false;
      lines->replace(at, end - at, line);
      return true;
    }
    at = end + 1;
  }
  if (lines->size() + line.size() + 1 > DeviceTable::kToldOctetsMax) return false;
  if (!lines->empty()) *lines += '\n';
  *lines += line;
  return true;
}

}  // namespace

bool DeviceTable::learn(std::string_view labels, std::string* told) {
  bool news = false;
  while (!labels.empty()) {
    const std::size_t end = std::min(labels.find('\n'), labels.size());
    std::string_view line = labels.substr(0, end);
    labels.remove_prefix(std::min(end + 1, labels.size()));
    const std::size_t equals = line.find('=');
    if (!line.starts_with(kToldPrefix) || equals == std::string_view::npos) continue;
    if (equals + 1 == line.size()) continue;  // says nothing
    line.remove_prefix(kToldPrefix.size());
    news = put_line(line.substr(0, equals - kToldPrefix.size() + 1), line, told) || news;
  }
  return news;
}

/// The binding of a device that sends from another place than before.
void DeviceTable::bind(const RecordView& record, DeviceState* state) {
  const RecordHeader& header = record.header();
  const bool same_address = state->binding.address == header.source.address;
  const std::int64_t apart_s = std::abs(clock_ahead_s(header) - state->clock_ahead_s);
  const bool turn =
      !same_address && tells_its_clock(record) && state->clock_ahead_s != 0 && apart_s > kAheadS;
  if (turn) {
    if (header.received_wall_ns - state->turn_wall_ns > kTurnsWithinNs) state->turns = 0;
    state->turn_wall_ns = header.received_wall_ns;
    state->other = state->binding;
    ++state->turns;
  }
  state->binding = header.source;
  state->bound_since_wall_ns = header.received_wall_ns;
}

/// A few entries of the table in turn, so that a full one costs no more than one with room.
bool DeviceTable::make_room() {
  const std::string* oldest = nullptr;
  std::int64_t heard_ns = 0;
  for (std::size_t n = 0; n < kLookedAtForRoom; ++n) {
    next_bucket_ = (next_bucket_ + 1) % devices_.bucket_count();
    for (auto at = devices_.begin(next_bucket_); at != devices_.end(next_bucket_); ++at) {
      const DeviceState& state = *at->second;
      if (state.authenticated || state.cloned) continue;
      if (oldest != nullptr && state.last_heard_wall_ns >= heard_ns) continue;
      oldest = &at->first;
      heard_ns = state.last_heard_wall_ns;
    }
  }
  if (oldest == nullptr) return false;
  devices_.erase(devices_.find(*oldest));
  return true;
}

void DeviceTable::note(const RecordView& record) {
  const RecordHeader& header = record.header();
  if (header.kind != Kind::kNotification) return;
  const std::string_view device = record.text(Field::kDevice);
  auto found = devices_.find(device);
  if (found == devices_.end()) {
    if (devices_.size() >= devices_max_ && !make_room()) {
      ++left_out_;
      return;
    }
    found = devices_.emplace(std::string(device), std::make_unique<DeviceState>()).first;
  }
  DeviceState& state = *found->second;
  const auto level = static_cast<snmp::SecurityLevel>(header.security_level);
  const bool authenticated = state.authenticated || level != snmp::SecurityLevel::kNoAuthNoPriv;
  const bool moved = state.bound_since_wall_ns == 0 || !(state.binding == header.source);
  bool news = moved || authenticated != state.authenticated ||
              header.received_wall_ns - state.row_wall_ns >= kRowAgeNs;
  state.authenticated = authenticated;
  if (moved) bind(record, &state);
  if (tells_its_clock(record)) state.clock_ahead_s = clock_ahead_s(header);
  state.last_heard_wall_ns = header.received_wall_ns;
  ++state.notifications;
  if (const ByteView labels = record.field(Field::kLabels); !labels.empty()) {
    news = learn(as_text(labels), &state.told) || news;
  }
  // Who has not authenticated leaves no row behind.
  if (news && state.authenticated && !std::exchange(state.changed, true)) {
    changed_.emplace_back(device);
  }
  if (state.turns >= kTurns && !state.cloned) {
    state.cloned = true;
    suspects_.emplace_back(device);
  }
}

bool DeviceTable::restore(const std::string& device, DeviceState state) {
  if (devices_.size() >= devices_max_) return false;
  state.changed = false;
  state.row_wall_ns = state.last_heard_wall_ns;
  devices_.insert_or_assign(device, std::make_unique<DeviceState>(std::move(state)));
  return true;
}

void DeviceTable::take_changed(
    std::size_t n,
    const std::function<void(const std::string& device, const DeviceState* state)>& row) {
  for (; n > 0 && !changed_.empty(); --n) {
    const std::string device = std::move(changed_.front());
    changed_.pop_front();
    const auto found = devices_.find(device);
    DeviceState* const state = found == devices_.end() ? nullptr : found->second.get();
    if (state != nullptr) {
      state->changed = false;
      state->row_wall_ns = state->last_heard_wall_ns;
    }
    row(device, state);
  }
}

const DeviceState* DeviceTable::find(std::string_view device) const {
  const auto found = devices_.find(device);
  return found == devices_.end() ? nullptr : found->second.get();
}

std::vector<std::string> DeviceTable::cloned(std::int64_t wall_ns) {
  std::erase_if(suspects_, [&](const std::string& device) {
    DeviceState& state = *devices_.find(device)->second;
    if (wall_ns - state.turn_wall_ns <= kTurnsWithinNs) return false;
    state.cloned = false;
    state.turns = 0;
    return true;
  });
  return suspects_;
}

}  // namespace trapd::alarm
