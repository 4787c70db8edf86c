// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/rule_names.h"

#include <algorithm>

namespace trapd::alarm {

std::optional<snmp::Oid> RuleNames::resolve(std::string_view name) const {
  if (auto dotted = snmp::Oid::parse(name)) return dotted;
  if (auto own = resolve_own(name)) return own;
  auto oid = mibs_.resolve(name);
  if (oid && oid->empty()) return std::nullopt;
  return oid;
}

std::optional<snmp::Oid> RuleNames::resolve_own(std::string_view name) const {
  if (own_ == nullptr) return std::nullopt;
  const std::size_t end = std::min(name.find('.'), name.size());
  const auto found = own_->find(name.substr(0, end));
  if (found == own_->end()) return std::nullopt;
  return snmp::Oid::parse(found->second + std::string(name.substr(end)));
}

std::string unknown_name(std::string_view what, std::string_view name) {
  return "unknown " + std::string(what) + " '" + std::string(name) +
         "': expected a dotted OID, a name of a loaded MIB, or one of this file's `objects`";
}

}  // namespace trapd::alarm
