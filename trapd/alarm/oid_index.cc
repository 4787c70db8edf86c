// SPDX-License-Identifier: Apache-2.0
#include "trapd/alarm/oid_index.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <set>

#include "trapd/base/hash.h"

namespace trapd::alarm {

OidIndex::OidIndex(std::vector<std::pair<snmp::Oid, std::uint32_t>> rules) {
  if (rules.empty()) return;
  std::stable_sort(rules.begin(), rules.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  entries_.resize(std::bit_ceil(rules.size() * 2));
  std::set<std::size_t, std::greater<>> lengths;
  for (std::size_t i = 0; i < rules.size();) {
    const snmp::Oid& key = rules[i].first;
    const auto first = static_cast<std::uint32_t>(rules_.size());
    while (i < rules.size() && rules[i].first == key) rules_.push_back(rules[i++].second);
    add(key, first, static_cast<std::uint32_t>(rules_.size()) - first);
    lengths.insert(key.view().content().size());
  }
  lengths_.assign(lengths.begin(), lengths.end());
}

std::span<const std::uint32_t> OidIndex::find(ByteView key) const {
  if (entries_.empty()) return {};
  const std::uint64_t hash = hash_bytes(key);
  const std::size_t mask = entries_.size() - 1;
  for (std::size_t at = hash & mask; entries_[at].rules != 0; at = (at + 1) & mask) {
    const Entry& entry = entries_[at];
    if (entry.hash != hash || entry.key_octets != key.size()) continue;
    if (!equal(key, ByteView(keys_).subspan(entry.key_at, entry.key_octets))) continue;
    return std::span(rules_).subspan(entry.rules_at, entry.rules);
  }
  return {};
}

void OidIndex::add(const snmp::Oid& key, std::uint32_t rules_at, std::uint32_t rules) {
  const ByteView content = key.view().content();
  const Entry entry{hash_bytes(content), static_cast<std::uint32_t>(keys_.size()),
                    static_cast<std::uint32_t>(content.size()), rules_at, rules};
  keys_.insert(keys_.end(), content.begin(), content.end());
  const std::size_t mask = entries_.size() - 1;
  std::size_t at = entry.hash & mask;
  while (entries_[at].rules != 0) at = (at + 1) & mask;
  entries_[at] = entry;
}

}  // namespace trapd::alarm
