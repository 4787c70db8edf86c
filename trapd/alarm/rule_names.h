// SPDX-License-Identifier: Apache-2.0
// Resolves the names of one rule to OIDs when rules load; never on the packet path.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "trapd/alarm/rule.h"
#include "trapd/snmp/oid_names.h"

namespace trapd::alarm {

class RuleNames {
 public:
  /// Both must outlive this; `own` may be null.
  RuleNames(const ObjectNames* own, const snmp::OidNames& mibs) : own_(own), mibs_(mibs) {}

  /// Dotted decimal, a name of the rule file, or one of the MIBs, the latter two with or without
  /// arcs behind them ("ifIndex", "vendorTraps.0.4").
  std::optional<snmp::Oid> resolve(std::string_view name) const;

 private:
  std::optional<snmp::Oid> resolve_own(std::string_view name) const;

  const ObjectNames* own_;
  const snmp::OidNames& mibs_;
};

/// Why resolve() failed and what would do: "unknown trap linkDwn: neither dotted …".
std::string unknown_name(std::string_view what, std::string_view name);

}  // namespace trapd::alarm
