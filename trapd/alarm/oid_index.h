// SPDX-License-Identifier: Apache-2.0
// From an OID to the rules that name it: one flat hash table, built once, read by any thread.
// A lookup touches the entry, its key and its rules, however many rules there are.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "trapd/snmp/oid.h"

namespace trapd::alarm {

class OidIndex {
 public:
  OidIndex() = default;
  /// Rules of the same OID keep the order in which they are given.
  explicit OidIndex(std::vector<std::pair<snmp::Oid, std::uint32_t>> rules);

  /// Rules of exactly this OID; empty when none.
  std::span<const std::uint32_t> find(snmp::OidView oid) const { return find(oid.content()); }
  /// Calls visit(rules) for the OID and each OID above it that has rules, longest first, until it
  /// returns true. One probe per length that any key has.
  template <typename Visit>
  bool visit_prefixes(snmp::OidView oid, Visit&& visit) const {
    for (const std::size_t octets : lengths_) {
      if (octets > oid.content().size()) continue;
      const std::span<const std::uint32_t> rules = find(oid.content().first(octets));
      if (!rules.empty() && visit(rules)) return true;
    }
    return false;
  }

 private:
  struct Entry {
    std::uint64_t hash = 0;
    std::uint32_t key_at = 0;
    std::uint32_t key_octets = 0;
    std::uint32_t rules_at = 0;
    std::uint32_t rules = 0;  // 0 = free
  };

  std::span<const std::uint32_t> find(ByteView key) const;
  void add(const snmp::Oid& key, std::uint32_t rules_at, std::uint32_t rules);

  std::vector<Entry> entries_;  // a power of two, at most half full; empty when there is no key
  std::vector<std::uint8_t> keys_;
  std::vector<std::uint32_t> rules_;
  std::vector<std::size_t> lengths_;  // of keys, in octets, descending
};

}  // namespace trapd::alarm
