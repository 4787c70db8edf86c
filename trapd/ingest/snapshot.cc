// SPDX-License-Identifier: Apache-2.0
#include "trapd/ingest/snapshot.h"

#include <algorithm>

namespace trapd::ingest {

namespace {
bool any_contains(const std::vector<Network>& networks, const Endpoint& source) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(source); });
}
}  // namespace

bool SourceList::admits(const Endpoint& source) const {
  if (any_contains(deny, source)) return false;
  return allow.empty() || any_contains(allow, source);
}

DeviceDirectory::DeviceDirectory(std::vector<DeviceEntry> devices) : devices_(std::move(devices)) {
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    const DeviceEntry& device = devices_[i];
    if (!device.engine_id.empty()) engines_.emplace(as_text(device.engine_id), i);
    if (device.address) add_address(i);
  }
}

void DeviceDirectory::add_address(std::size_t index) {
  const DeviceEntry& device = devices_[index];
  const auto [at, added] =
      addresses_.try_emplace(std::string(as_text(ByteView(device.address->address))));
  const bool names_engine = !device.engine_id.empty();
  if (added || (!names_engine && !devices_[at->second.index].engine_id.empty())) {
    at->second = {index, false};
  } else if (names_engine == !devices_[at->second.index].engine_id.empty()) {
    at->second.ambiguous = true;
  }
}

const DeviceEntry* DeviceDirectory::by_engine(ByteView engine_id) const {
  const auto found = engines_.find(as_text(engine_id));
  return found == engines_.end() ? nullptr : &devices_[found->second];
}

const DeviceEntry* DeviceDirectory::by_address(const Endpoint& endpoint) const {
  const auto found = addresses_.find(as_text(ByteView(endpoint.address)));
  if (found == addresses_.end() || found->second.ambiguous) return nullptr;
  return &devices_[found->second.index];
}

}  // namespace trapd::ingest
