// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/digest_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

namespace trapd::forwarders::mail {

namespace {

using alarm::Severity;

constexpr std::array<Severity, 6> kWorstFirst = {Severity::kCritical,      Severity::kMajor,
                                                 Severity::kMinor,         Severity::kWarning,
                                                 Severity::kIndeterminate, Severity::kCleared};

}  // namespace

std::size_t rank(Severity severity) {
  return static_cast<std::size_t>(std::find(kWorstFirst.begin(), kWorstFirst.end(), severity) -
                                  kWorstFirst.begin());
}

std::vector<DeviceGroup> grouped(std::span<const Entry> entries) {
  std::vector<DeviceGroup> groups;
  std::unordered_map<std::string_view, std::size_t> place;
  for (const Entry& entry : entries) {
    const auto [found, added] = place.emplace(entry.identity, groups.size());
    if (added) groups.emplace_back();
    groups[found->second].entries.push_back(&entry);
  }
  for (DeviceGroup& group : groups) {
    std::stable_sort(
        group.entries.begin(), group.entries.end(),
        [](const Entry* a, const Entry* b) { return rank(a->severity) < rank(b->severity); });
  }
  std::stable_sort(groups.begin(), groups.end(), [](const DeviceGroup& a, const DeviceGroup& b) {
    return rank(a.entries.front()->severity) < rank(b.entries.front()->severity);
  });
  return groups;
}

std::string severity_counts(std::span<const Entry* const> entries) {
  std::array<std::size_t, kWorstFirst.size()> counts{};
  for (const Entry* entry : entries) ++counts[rank(entry->severity)];
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", counts[i], alarm::to_text(kWorstFirst[i]));
  }
  return text;
}

}  // namespace trapd::forwarders::mail
