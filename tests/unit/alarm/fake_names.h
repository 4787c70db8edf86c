// SPDX-License-Identifier: Apache-2.0
// A MIB index of a few names, for tests of rules.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "trapd/snmp/oid_names.h"

namespace trapd::alarm {

class FakeNames final : public snmp::OidNames {
 public:
  /// What the rules for the standard notifications need.
  static FakeNames standard() {
    FakeNames names;
    names.add("SNMPv2-MIB", "coldStart", "1.3.6.1.6.3.1.1.5.1");
    names.add("SNMPv2-MIB", "warmStart", "1.3.6.1.6.3.1.1.5.2");
    names.add("IF-MIB", "linkDown", "1.3.6.1.6.3.1.1.5.3");
    names.add("IF-MIB", "linkUp", "1.3.6.1.6.3.1.1.5.4");
    names.add("SNMPv2-MIB", "authenticationFailure", "1.3.6.1.6.3.1.1.5.5");
    names.add("IF-MIB", "ifIndex", "1.3.6.1.2.1.2.2.1.1");
    names.add("IF-MIB", "ifDescr", "1.3.6.1.2.1.2.2.1.2");
    names.add("IF-MIB", "ifAdminStatus", "1.3.6.1.2.1.2.2.1.7");
    names.add("IF-MIB", "ifOperStatus", "1.3.6.1.2.1.2.2.1.8");
    names.add("IF-MIB", "ifName", "1.3.6.1.2.1.31.1.1.1.1");
    return names;
  }

  void add(const std::string& module, const std::string& name, const std::string& oid) {
    oids_[name] = oid;
    oids_[module + "::" + name] = oid;
  }
  std::optional<snmp::Oid> resolve(std::string_view name) const override {
    const std::size_t end = std::min(name.find('.'), name.size());
    const auto found = oids_.find(std::string(name.substr(0, end)));
    if (found == oids_.end()) return snmp::Oid::parse(name);
    return snmp::Oid::parse(found->second + std::string(name.substr(end)));
  }
  std::string name_of(snmp::OidView oid) const override { return oid.text(); }

 private:
  std::map<std::string, std::string> oids_;
};

}  // namespace trapd::alarm
