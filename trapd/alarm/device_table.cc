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

std::uint32_t seconds_of(std::int64_t wall_ns) {
  return static_cast<std::uint32_t>(wall_ns / kNsPerSecond);
}

std::uint32_t clock_ahead_s(const RecordHeader& header) {
  return seconds_of(header.received_wall_ns) - header.engine_time;
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

bool DeviceTable::learn(std::string_view labels, DeviceState* state) {
  bool news = false;
  std::string lines;
  if (labels.find(kToldPrefix) != std::string_view::npos) lines = state->seldom.get().told;
  while (!labels.empty()) {
    const std::size_t end = std::min(labels.find('\n'), labels.size());
    std::string_view line = labels.substr(0, end);
    labels.remove_prefix(std::min(end + 1, labels.size()));
    const std::size_t equals = line.find('=');
    if (!line.starts_with(kToldPrefix) || equals == std::string_view::npos) continue;
    if (equals + 1 == line.size()) continue;  // says nothing
    line.remove_prefix(kToldPrefix.size());
    news = put_line(line.substr(0, equals - kToldPrefix.size() + 1), line, &lines) || news;
  }
  if (news) state->seldom.own().told = lines;
  return news;
}

/// The binding of a device that sends from another place than before.
void DeviceTable::bind(const RecordView& record, DeviceState* state) {
  const RecordHeader& header = record.header();
  const bool same_address = state->binding.address == header.source.address;
  const std::int64_t apart_s = std::abs(
      std::int64_t{static_cast<std::int32_t>(clock_ahead_s(header) - state->clock_ahead_s)});
  const bool turn =
      !same_address && tells_its_clock(record) && state->clock_ahead_s != 0 && apart_s > kAheadS;
  if (turn) {
    DeviceState::Turns& turns = state->seldom.own().turns;
    if (header.received_wall_ns - turns.wall_ns > kTurnsWithinNs) turns.count = 0;
    turns.wall_ns = header.received_wall_ns;
    turns.other = state->binding;
    ++turns.count;
  }
  state->binding = header.source;
  state->bound_since_wall_ns = header.received_wall_ns;
}

/// A few entries of the table in turn, so that a full one costs no more than one with room.
bool DeviceTable::make_room() {
  Entry* oldest = nullptr;
  for (std::size_t n = 0; n < std::min(kLookedAtForRoom, entries_.size()); ++n) {
    next_looked_at_ = (next_looked_at_ + 1) % entries_.size();
    Entry& entry = entries_[next_looked_at_];
    if (!entry.used() || entry.authenticated || entry.cloned) continue;
    if (oldest != nullptr && entry.last_heard_wall_ns >= oldest->last_heard_wall_ns) continue;
    oldest = &entry;
  }
  if (oldest == nullptr) return false;
  const std::uint64_t hash = hash_of(oldest->device());
  const std::uint32_t slot = slot_of(oldest->device(), hash);
  index_.erase(hash, slot);
  oldest->state() = {};
  oldest->name.clear();
  free_.push_back(slot);
  return true;
}

std::uint32_t DeviceTable::prefetch(std::uint64_t device_hash) const {
  const std::uint32_t slot = index_.find(device_hash, [](std::uint32_t) { return true; });
  if (slot != SlotIndex::kNone) prefetch_octets(&entries_[slot], sizeof(Entry));
  return slot;
}

void DeviceTable::prefetch_name(std::uint32_t entry) const {
  if (entry != SlotIndex::kNone) __builtin_prefetch(entries_[entry].device().data());
}

std::uint32_t DeviceTable::slot_of(std::string_view device, std::uint64_t hash) const {
  return index_.find(
      hash, [&](std::uint32_t slot) { return same_text(entries_[slot].device(), device); });
}

std::uint32_t DeviceTable::add(std::string_view device, std::uint64_t hash) {
  auto slot = static_cast<std::uint32_t>(entries_.size());
  if (free_.empty()) {
    entries_.add();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  entries_[slot].name.assign(device);
  index_.insert(hash, slot);
  return slot;
}

void DeviceTable::note(const RecordView& record) {
  const RecordHeader& header = record.header();
  if (header.kind != Kind::kNotification) return;
  const std::string_view device = record.text(Field::kDevice);
  const std::uint64_t hash = record.device_hash();
  std::uint32_t slot = slot_of(device, hash);
  if (slot == SlotIndex::kNone) {
    if (size() >= devices_max_ && !make_room()) {
      ++left_out_;
      return;
    }
    slot = add(device, hash);
  }
  DeviceState& state = entries_[slot];
  const auto level = static_cast<snmp::SecurityLevel>(header.security_level);
  const bool authenticated = state.authenticated || level != snmp::SecurityLevel::kNoAuthNoPriv;
  const bool moved = state.bound_since_wall_ns == 0 || !(state.binding == header.source);
  bool news = moved || authenticated != state.authenticated ||
              seconds_of(header.received_wall_ns) - std::int64_t{state.row_wall_s} >= kRowAgeS;
  state.authenticated = authenticated;
  if (moved) bind(record, &state);
  if (tells_its_clock(record)) state.clock_ahead_s = clock_ahead_s(header);
  state.last_heard_wall_ns = header.received_wall_ns;
  ++state.notifications;
  if (const ByteView labels = record.field(Field::kLabels); !labels.empty()) {
    news = learn(as_text(labels), &state) || news;
  }
  // Who has not authenticated leaves no row behind.
  if (news && state.authenticated && !std::exchange(state.changed, true)) {
    changed_.push_back(slot);
  }
  if (!state.cloned && state.seldom.get().turns.count >= kTurns) {
    state.cloned = true;
    suspects_.push_back(slot);
  }
}

bool DeviceTable::restore(std::string_view device, DeviceState state) {
  if (size() >= devices_max_) return false;
  state.changed = false;
  state.row_wall_s = seconds_of(state.last_heard_wall_ns);
  const std::uint64_t hash = hash_of(device);
  std::uint32_t slot = slot_of(device, hash);
  if (slot == SlotIndex::kNone) slot = add(device, hash);
  entries_[slot].state() = std::move(state);
  return true;
}

void DeviceTable::take_changed(
    std::size_t n,
    const std::function<void(std::string_view device, const DeviceState* state)>& row) {
  for (; n > 0 && !gone_.empty(); --n) {
    const std::string device = std::move(gone_.back());
    gone_.pop_back();
    // One that has come again, and authenticated, has a row of its own.
    const DeviceState* const again = find(device);
    if (again == nullptr || !again->authenticated) row(device, nullptr);
  }
  for (; n > 0 && !changed_.empty(); --n) {
    Entry& entry = entries_[changed_.front()];
    changed_.pop_front();
    entry.changed = false;
    entry.row_wall_s = seconds_of(entry.last_heard_wall_ns);
    row(entry.device(), &entry.state());
  }
}

const DeviceState* DeviceTable::find(std::string_view device) const {
  const std::uint32_t slot = slot_of(device, hash_of(device));
  return slot == SlotIndex::kNone ? nullptr : &entries_[slot];
}

std::vector<std::string> DeviceTable::cloned(std::int64_t wall_ns) {
  std::erase_if(suspects_, [&](std::uint32_t slot) {
    DeviceState& state = entries_[slot];
    if (wall_ns - state.seldom.get().turns.wall_ns <= kTurnsWithinNs) return false;
    state.cloned = false;
    state.seldom.own().turns = {};
    return true;
  });
  std::vector<std::string> devices;
  for (const std::uint32_t slot : suspects_) devices.emplace_back(entries_[slot].device());
  return devices;
}

}  // namespace trapd::alarm
