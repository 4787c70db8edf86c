// SPDX-License-Identifier: Apache-2.0
// What a start must know of the devices again, as facts of the store (FORMAT.md): where each sends
// from and since when, when it was last heard, and what it told of itself. Advice for people: a
// crash may lose the last second of it. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/device_table.h"
#include "trapd/journal/store.h"

namespace trapd::journal {

inline constexpr std::string_view kDevicePrefix = "device/";
/// One that was not heard for so long is forgotten at a start.
inline constexpr std::int64_t kDeviceKeptNs = 30 * 86'400 * kNsPerSecond;

std::string encode_device(const alarm::DeviceState& state);
std::optional<alarm::DeviceState> decode_device(ByteView value);

/// Up to n of the rows that changed.
void take_device_rows(std::size_t n, alarm::DeviceTable* devices, std::vector<RowChange>* rows);
/// At start. A row that is not readable is passed over: nothing depends on it.
Status restore_devices(const Store& store, std::int64_t wall_ns, alarm::DeviceTable* devices);

}  // namespace trapd::journal
