// SPDX-License-Identifier: Apache-2.0
// What the configuration says about USM, as the packet path wants it.
#pragma once

#include <memory>

#include "trapd/config/config.h"
#include "trapd/usm/inbound.h"

namespace trapd::config {

/// Users, policy and time windows; derives no key. Any thread.
std::shared_ptr<const usm::SecurityConfig> security_of(const LiveConfig& live);

}  // namespace trapd::config
