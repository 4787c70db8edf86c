// SPDX-License-Identifier: Apache-2.0
// A rule for people, as `trapctl rules show` has it: key and value as in its file, bases and pairs
// resolved. Any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "trapd/alarm/rule.h"

namespace trapd::alarm {

using RuleText = std::vector<std::pair<std::string, std::string>>;

RuleText rule_text(const Rule& rule);

}  // namespace trapd::alarm
