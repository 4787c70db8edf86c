// SPDX-License-Identifier: Apache-2.0
#include "trapd/journal/device_rows.h"

#include <algorithm>

namespace trapd::journal {

namespace {

constexpr std::size_t kHeadOctets = 40;
constexpr std::uint8_t kAuthenticated = 1;
/// LMDB takes keys of at most 511 octets; one that is longer lives in memory only.
constexpr std::size_t kNameOctetsMax = 480;

}  // namespace

std::string encode_device(const alarm::DeviceState& state) {
  std::string value(kHeadOctets, '\0');
  auto* at = reinterpret_cast<std::uint8_t*>(value.data());
  store_le(at, state.last_heard_wall_ns);
  store_le(at + 8, state.bound_since_wall_ns);
  std::copy(state.binding.address.begin(), state.binding.address.end(), at + 16);
  store_le(at + 32, state.binding.port);
  at[34] = state.authenticated ? kAuthenticated : 0;
  return value.append(state.seldom.get().told);
}

std::optional<alarm::DeviceState> decode_device(ByteView value) {
  if (value.size() < kHeadOctets) return std::nullopt;
  alarm::DeviceState state;
  state.last_heard_wall_ns = load_le<std::int64_t>(value.data());
  if (state.last_heard_wall_ns < 0) return std::nullopt;
  state.bound_since_wall_ns = load_le<std::int64_t>(value.data() + 8);
  std::copy_n(value.begin() + 16, state.binding.address.size(), state.binding.address.begin());
  state.binding.port = load_le<std::uint16_t>(value.data() + 32);
  state.authenticated = (value[34] & kAuthenticated) != 0;
  const std::string_view told = as_text(value.subspan(kHeadOctets));
  if (!told.empty()) {
    state.seldom.own().told = told.substr(0, alarm::DeviceTable::kToldOctetsMax);
  }
  return state;
}

void take_device_rows(std::size_t n, alarm::DeviceTable* devices, std::vector<RowChange>* rows) {
  devices->take_changed(n, [&](std::string_view device, const alarm::DeviceState* state) {
    if (device.size() > kNameOctetsMax) return;
    rows->push_back({.table = Table::kFacts,
                     .key = std::string(kDevicePrefix).append(device),
                     .value = state != nullptr ? encode_device(*state) : std::string(),
                     .erase = state == nullptr});
  });
}

Status restore_devices(const Store& store, std::int64_t wall_ns, alarm::DeviceTable* devices) {
  return store.for_each(Table::kFacts, [&](ByteView key, ByteView value) {
    const std::string_view name = as_text(key);
    if (!name.starts_with(kDevicePrefix)) return;
    const std::string device(name.substr(kDevicePrefix.size()));
    auto state = decode_device(value);
    // By a clock that has been set back since.
    if (state) state->last_heard_wall_ns = std::min(state->last_heard_wall_ns, wall_ns);
    const bool keeps = state && wall_ns - state->last_heard_wall_ns <= kDeviceKeptNs;
    if (!keeps || !devices->restore(device, *state)) devices->forget(device);
  });
}

}  // namespace trapd::journal
