// SPDX-License-Identifier: Apache-2.0
// `trapctl send --to DESTINATION`: a test event to one destination, and what came of it.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "trapd/base/error.h"

namespace trapd::ctl {

/// One command of the control socket.
using Call =
    std::function<Result<nlohmann::json>(const std::string& command, nlohmann::json arguments)>;

/// Begins it and asks for its end, with `pause` between; trapd ends each within half a minute or
/// so. The answer is that of `send-result`. An error also when another test event to this
/// destination has taken its place.
Result<nlohmann::json> send_to(const std::string& destination, const std::string& text,
                               const Call& call, const std::function<void()>& pause);

/// One line for people.
std::string send_text(const nlohmann::json& result);

}  // namespace trapd::ctl
