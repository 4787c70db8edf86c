// SPDX-License-Identifier: Apache-2.0
// `trapctl rules test FILE…`: runs the examples of rule files through their rules, as trapd would.
// Needs no running trapd and changes nothing.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "trapd/base/error.h"
#include "trapd/snmp/oid_names.h"

namespace trapd::ctl {

struct RuleTestRequest {
  std::vector<std::string> files;  // in the order in which trapd would read them
  std::string config_file;         // whose `mibs` give names; empty: trapd's own modules alone
  bool every_rule = false;         // a rule that no example hits is a failure
};

struct RuleTestReport {
  bool passed = false;
  std::string text;     // a line per failure, and one that sums up; fit for a terminal
  nlohmann::json json;  // {examples, failures, rules, rules_without_example}
};

/// Fails when the examples cannot be run: errors in the files, line by line, or no MIB index.
Result<RuleTestReport> test_rules(const RuleTestRequest& request);

/// The same with names from elsewhere (config_file is not read).
Result<RuleTestReport> test_rules(const RuleTestRequest& request, const snmp::OidNames& names);

}  // namespace trapd::ctl
