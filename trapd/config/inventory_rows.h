// SPDX-License-Identifier: Apache-2.0
// devices, relays, rate, mibs: what is known of senders, and names.
#pragma once

#include <string>
#include <vector>

#include "trapd/config/config.h"
#include "trapd/config/reading.h"

namespace trapd::config {

struct DeviceDraft {
  Device device;
  Position at;
};
struct RelayDraft {
  Relay relay;
  Position user_at;
};

std::span<const Row<DeviceDraft>> device_rows();
std::span<const Row<RelayDraft>> relay_rows();
std::span<const Row<LiveConfig>> rate_rows();
std::span<const Row<LiveConfig>> mib_rows();

void read_devices(Reading& reading, const Setting& setting, const Node& node, LiveConfig& live);
void read_relays(Reading& reading, const Setting& setting, const Node& node,
                 std::vector<RelayDraft>& relays);

}  // namespace trapd::config
