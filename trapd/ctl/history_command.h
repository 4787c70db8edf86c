// SPDX-License-Identifier: Apache-2.0
// `trapctl history`: pages of the journal put together.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>

#include "trapd/base/error.h"

namespace trapd::ctl {

/// Asks for page after page (`ask` gets the arguments and gives the answer of `history`) until
/// there are `limit` records or there is no further page. The answer has the shape of a page.
Result<nlohmann::json> collect_history(
    std::uint32_t limit, nlohmann::json arguments,
    const std::function<Result<nlohmann::json>(nlohmann::json arguments)>& ask);

}  // namespace trapd::ctl
