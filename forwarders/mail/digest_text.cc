// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/digest_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "forwarders/record_text.h"
#include "trapd/base/hash.h"

namespace trapd::forwarders::mail {

namespace {

using alarm::Severity;

constexpr std::array<Severity, 6> kWorstFirst = {Severity::kCritical,      Severity::kMajor,
                                                 Severity::kMinor,         Severity::kWarning,
                                                 Severity::kIndeterminate, Severity::kCleared};

std::size_t rank(Severity severity) {
  return static_cast<std::size_t>(std::find(kWorstFirst.begin(), kWorstFirst.end(), severity) -
                                  kWorstFirst.begin());
}

const Entry& worst_entry(std::span<const Entry> entries) {
  return *std::min_element(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return rank(a.severity) < rank(b.severity);
  });
}

}  // namespace

Severity worst(std::span<const Entry> entries) { return worst_entry(entries).severity; }

std::string severity_counts(std::span<const Entry> entries) {
  std::string text;
  for (const Severity severity : kWorstFirst) {
    const auto count = std::count_if(entries.begin(), entries.end(),
                                     [&](const Entry& e) { return e.severity == severity; });
    if (count == 0) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", count, alarm::to_text(severity));
  }
  return text;
}

std::string digest_subject(std::span<const Entry> entries, bool from_template) {
  const Entry& entry = worst_entry(entries);
  if (entries.size() == 1) return entry.subject;
  if (from_template) return fmt::format("{} (and {} more)", entry.subject, entries.size() - 1);
  return fmt::format("{}[{}] {} notifications: {}", entry.resync ? kResyncMark : "",
                     alarm::to_text(entry.severity), entries.size(), severity_counts(entries));
}

std::string digest_body(std::span<const Entry> entries, const std::string& signature) {
  std::string body;
  if (entries.size() > 1) {
    body = fmt::format("{} notifications: {}\n{} to {}\n\n", entries.size(),
                       severity_counts(entries), time_text(entries.front().received_wall_ns, 0),
                       time_text(entries.back().received_wall_ns, 0));
  }
  for (const Entry& entry : entries) body.append(entry.text).append("\n");
  return body.append("-- \n").append(signature).append("\n");
}

std::string message_id(std::span<const Entry> entries, const std::string& owner,
                       const std::string& domain) {
  constexpr std::uint64_t kSeed = 0;  // the same in every process
  return fmt::format("{}-{}.{:x}.{:016x}@{}", entries.front().sequence, entries.back().sequence,
                     static_cast<std::uint64_t>(entries.front().received_wall_ns),
                     hash_bytes(as_bytes(owner), kSeed), domain);
}

}  // namespace trapd::forwarders::mail
