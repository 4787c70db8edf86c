// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/digest_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "forwarders/mail/digest_groups.h"
#include "forwarders/mail/html.h"
#include "forwarders/record_text.h"
#include "trapd/base/hash.h"

namespace trapd::forwarders::mail {

namespace {

const Entry& worst_entry(std::span<const Entry> entries) {
  return *std::min_element(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return rank(a.severity) < rank(b.severity);
  });
}

std::vector<const Entry*> pointers(std::span<const Entry> entries) {
  std::vector<const Entry*> all;
  all.reserve(entries.size());
  for (const Entry& entry : entries) all.push_back(&entry);
  return all;
}

std::string summary(std::span<const Entry> entries) {
  return fmt::format("{} notifications: {}", entries.size(), severity_counts(pointers(entries)));
}

std::string span_text(std::span<const Entry> entries) {
  return fmt::format("{} to {}", time_text(entries.front().received_wall_ns, 0),
                     time_text(entries.back().received_wall_ns, 0));
}

std::string group_heading(const DeviceGroup& group) {
  return group.entries.front()->device + ": " + severity_counts(group.entries);
}

}  // namespace

alarm::Severity worst(std::span<const Entry> entries) { return worst_entry(entries).severity; }

std::string digest_subject(std::span<const Entry> entries, bool names_worst) {
  const Entry& entry = worst_entry(entries);
  if (entries.size() == 1) return entry.subject;
  if (names_worst) return fmt::format("{} (and {} more)", entry.subject, entries.size() - 1);
  return fmt::format("{}[{}] {}", entry.resync ? kResyncMark : "", alarm::to_text(entry.severity),
                     summary(entries));
}

std::string digest_body(std::span<const Entry> entries, const std::string& signature) {
  std::string body;
  const bool several = entries.size() > 1;
  if (several) body = summary(entries) + "\n" + span_text(entries) + "\n\n";
  for (const DeviceGroup& group : grouped(entries)) {
    if (several) body += "== " + group_heading(group) + "\n\n";
    for (const Entry* entry : group.entries) body.append(entry->text).append("\n");
  }
  return body.append("-- \n").append(signature).append("\n");
}

std::string digest_html(std::span<const Entry> entries, const std::string& signature) {
  if (entries.front().html.empty()) return {};
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta "
      "charset=\"utf-8\"><title>trapd</title></head>\n"
      "<body style=\"font-family:sans-serif;font-size:14px\">\n";
  const bool several = entries.size() > 1;
  if (several) page += "<p>" + summary(entries) + "<br>\n" + span_text(entries) + "</p>\n";
  for (const DeviceGroup& group : grouped(entries)) {
    if (several) {
      page += "<h2 style=\"font-size:16px;margin:16px 0 8px\">";
      append_html(&page, group_heading(group));
      page += "</h2>\n";
    }
    for (const Entry* entry : group.entries) page += entry->html;
  }
  page += "<p style=\"color:#555\">";
  append_html(&page, signature);
  return page += "</p>\n</body>\n</html>\n";
}

std::string message_id(std::span<const Entry> entries, const std::string& owner,
                       const std::string& domain) {
  constexpr std::uint64_t kSeed = 0;  // the same in every process
  return fmt::format("{}-{}.{:x}.{:016x}@{}", entries.front().sequence, entries.back().sequence,
                     static_cast<std::uint64_t>(entries.front().received_wall_ns),
                     hash_bytes(as_bytes(owner), kSeed), domain);
}

}  // namespace trapd::forwarders::mail
