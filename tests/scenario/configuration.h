// SPDX-License-Identifier: Apache-2.0
// The trapd.yaml of a scenario: what its `config` says, and for the rest what fits a test.
#pragma once

#include <string>

namespace trapd::scenario {

std::string completed_configuration(const std::string& yaml);

}  // namespace trapd::scenario
