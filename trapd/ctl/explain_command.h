// SPDX-License-Identifier: Apache-2.0
// `trapctl explain FILE.pcap | HEX | -`: gathers the packets, the configuration and what a running
// trapd knows, and prints what admin::Explainer says.
#pragma once

#include <string>

#include "trapd/base/error.h"

namespace trapd::ctl {

/// Returns the exit status: 0 when every packet would be accepted, 1 otherwise.
Result<int> explain_command(const std::string& config_file, const std::string& socket,
                            const std::string& what, bool json);

}  // namespace trapd::ctl
