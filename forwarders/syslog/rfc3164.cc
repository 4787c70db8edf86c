// SPDX-License-Identifier: Apache-2.0
#include "forwarders/syslog/rfc3164.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "forwarders/ovoc_text.h"
#include "forwarders/record_text.h"
#include "forwarders/resync_record.h"
#include "trapd/base/clock.h"

namespace trapd::forwarders::syslog {

namespace {

constexpr std::size_t kOctetsMax = 1024;
constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void append_padded(std::string* out, int value, char pad) {
  if (value < 10) *out += pad;
  *out += std::to_string(value);
}

/// RFC 3164 4.1.2: the day is padded with a blank.
void append_local_time(std::string* out, std::int64_t wall_ns) {
  const std::time_t seconds = wall_ns / kNsPerSecond;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  *out += kMonths[static_cast<std::size_t>(parts.tm_mon)];
  *out += ' ';
  append_padded(out, parts.tm_mday, ' ');
  *out += ' ';
  append_padded(out, parts.tm_hour, '0');
  *out += ':';
  append_padded(out, parts.tm_min, '0');
  *out += ':';
  append_padded(out, parts.tm_sec, '0');
}

void frame(int severity, const alarm::RecordView& record, const Header& header,
           std::string_view text, std::string* out) {
  const std::size_t start = out->size();
  append_priority(out, header.facility, severity);
  append_local_time(out, record.header().received_wall_ns);
  *out += ' ' + header.host_name + " trapd[" + header.process_id + "]: ";
  const std::size_t used = out->size() - start;
  const std::string marked = resync_text(record) != nullptr ? "[resync] " + std::string(text) : "";
  if (!marked.empty()) text = marked;
  *out += shorten(text, std::min(kOctetsMax, header.octets_max) - used);
}

int ovoc_priority(alarm::Severity severity) {
  return severity == alarm::Severity::kIndeterminate ? 6 : syslog_severity(severity);
}

}  // namespace

void rfc3164(const Item& item, const mib::MibIndex& index, const Header& header, std::string* out) {
  const alarm::RecordView& record = item.record;
  frame(syslog_severity(severity_of(record)), record, header, summary(record, index), out);
}

void ovoc(const Item& item, const mib::MibIndex& index, const Header& header, std::string* out) {
  const alarm::RecordView& record = item.record;
  std::string text = "Title: " + ovoc_title(record, index, true) + ". Description: ";
  text += ovoc_source(record);
  const std::string said = ovoc_description(record, index, kOctetsMax);
  if (!said.empty()) text += ", " + said;
  frame(ovoc_priority(severity_of(record)), record, header, text, out);
}

}  // namespace trapd::forwarders::syslog
