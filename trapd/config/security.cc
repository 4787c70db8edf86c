// SPDX-License-Identifier: Apache-2.0
#include "trapd/config/security.h"

namespace trapd::config {

std::shared_ptr<const usm::SecurityConfig> security_of(const LiveConfig& live) {
  std::vector<usm::TimeWindowRules::Entry> windows;
  for (const Device& device : live.devices) {
    if (device.time_window != usm::TimeWindow::kEnforce) {
      windows.push_back({device.engine_id, device.time_window});
    }
  }
  auto security = std::make_shared<usm::SecurityConfig>();
  security->users = usm::UserTable(live.users);
  security->policy = live.policy;
  security->time_windows = usm::TimeWindowRules(std::move(windows));
  return security;
}

}  // namespace trapd::config
