// SPDX-License-Identifier: Apache-2.0
// `trapctl explain FILE.pcap | HEX | - | --refused | --follow`: gathers the packets, the
// configuration and what a running trapd knows, and prints what admin::Explainer says.
#pragma once

#include <string>

#include "trapd/base/error.h"

namespace trapd::ctl {

struct ExplainRequest {
  std::string what;  // a capture, hexadecimal, or "-"; empty: of the running trapd's
  bool refused = false;
  bool follow = false;
  std::string reason;  // label of a drop reason; empty = every one
};

/// Returns the exit status. Of packets that were given: 0 when every one would be accepted, 1
/// otherwise. Of those that the running trapd has refused: 0.
Result<int> explain_command(const std::string& config_file, const std::string& socket,
                            const ExplainRequest& request, bool json);

}  // namespace trapd::ctl
