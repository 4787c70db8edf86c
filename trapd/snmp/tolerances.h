// SPDX-License-Identifier: Apache-2.0
// Which deviations are let pass from which source.
#pragma once

#include <vector>

#include "trapd/base/ip_address.h"
#include "trapd/snmp/deviation.h"

namespace trapd::snmp {

struct ToleranceRule {
  std::vector<Network> from;
  Deviations tolerated;
};

/// Immutable once published; of() allocates nothing.
struct Tolerances {
  Deviations usual = kUsualTolerance;
  std::vector<ToleranceRule> rules;  // the first that contains the source decides alone

  Deviations of(const Endpoint& source) const {
    for (const ToleranceRule& rule : rules) {
      for (const Network& network : rule.from) {
        if (network.contains(source)) return rule.tolerated;
      }
    }
    return usual;
  }
};

}  // namespace trapd::snmp
