// SPDX-License-Identifier: Apache-2.0
// Objects and their values as people write them: ifIndex.7=7, ifOperStatus.7=down,
// 1.3.6.1.4.1.99.1.0=text:hello.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mib/index.h"

namespace trapd::scenario {

class ObjectWords {
 public:
  /// What the modules of the configuration in force name.
  void set_modules(std::shared_ptr<const mib::MibIndex> index) { index_ = std::move(index); }
  /// A name for an OID; type: of its values ("text", "integer", …), empty = as the modules say.
  void add(const std::string& name, const std::string& oid, const std::string& type);

  /// A name of `add`, a name of the modules (both with ".1.2" behind it, perhaps), or dotted.
  snmp::Oid oid(const std::string& name) const;
  /// One VarBind: OBJECT=VALUE, OBJECT=TYPE:VALUE, or OBJECT alone, whose value is null.
  std::vector<std::uint8_t> varbind(const std::string& word) const;

 private:
  struct Name {
    snmp::Oid oid;
    std::string type;
  };
  const Name* find_added(const std::string& name) const;
  std::string type_of(const std::string& object, const snmp::Oid& oid) const;
  std::int64_t integer(const snmp::Oid& oid, const std::string& text) const;

  std::shared_ptr<const mib::MibIndex> index_ = mib::MibIndex::empty();
  std::map<std::string, Name> added_;
};

}  // namespace trapd::scenario
