// SPDX-License-Identifier: Apache-2.0
// Seam between those who name objects (rules when they load, renderers) and the MIB index.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "trapd/base/bytes.h"
#include "trapd/snmp/oid.h"

namespace trapd::snmp {

/// Any thread; immutable.
class OidNames {
 public:
  virtual ~OidNames() = default;
  /// "IF-MIB::linkDown", "linkDown" (when only one module has it), "linkDown.3", or dotted.
  virtual std::optional<Oid> resolve(std::string_view name) const = 0;
  /// "IF-MIB::ifIndex.3", or dotted when no module knows the OID.
  virtual std::string name_of(OidView oid) const = 0;
};

}  // namespace trapd::snmp
