// SPDX-License-Identifier: Apache-2.0
#include "forwarders/syslog/message.h"

#include <unistd.h>

#include <algorithm>

#include "forwarders/record_text.h"
#include "forwarders/syslog/json_message.h"
#include "forwarders/syslog/rfc3164.h"
#include "forwarders/syslog/rfc5424.h"

namespace trapd::forwarders::syslog {

namespace {

constexpr std::size_t kHostNameOctetsMax = 255;
constexpr std::size_t kVarbindsOctetsMax = 1024;
constexpr std::size_t kDatagramOctetsMax = 65'000;

const char* outcome_word(alarm::Outcome outcome) {
  switch (outcome) {
    case alarm::Outcome::kEvent:
      return "";
    case alarm::Outcome::kRaise:
      return " raised";
    case alarm::Outcome::kRepeat:
      return " repeated";
    case alarm::Outcome::kChange:
      return " changed";
    case alarm::Outcome::kHeld:
      return " held";
    case alarm::Outcome::kClear:
    case alarm::Outcome::kClearWithoutRaise:
      return "";  // the severity says it
  }
  return "";
}

std::size_t octets_limit(const SyslogSettings& settings) {
  const std::size_t wanted = std::max<std::size_t>(settings.message_octets_max, kMessageOctetsMin);
  return settings.transport == SyslogSettings::Transport::kUdp
             ? std::min(wanted, kDatagramOctetsMax)
             : wanted;
}

}  // namespace

std::string header_field(std::string_view text, std::size_t octets_max) {
  std::string field;
  for (const char c : text.substr(0, octets_max)) field += c > 0x20 && c < 0x7f ? c : '_';
  return field.empty() ? "-" : field;
}

void append_priority(std::string* out, std::uint8_t facility, int severity) {
  *out += '<';
  *out += std::to_string(facility * 8 + severity);
  *out += '>';
}

int syslog_severity(alarm::Severity severity) {
  switch (severity) {
    case alarm::Severity::kCritical:
      return 1;
    case alarm::Severity::kMajor:
      return 2;
    case alarm::Severity::kMinor:
      return 3;
    case alarm::Severity::kWarning:
      return 4;
    case alarm::Severity::kIndeterminate:
    case alarm::Severity::kCleared:
      return 5;
  }
  return 5;
}

std::string summary(const alarm::RecordView& record, const mib::MibIndex& index) {
  std::string text = device_text(record);
  if (!text.empty()) text += ": ";
  text += alarm_text(record, index);
  text += outcome_word(record.header().outcome);
  text += " (";
  text += alarm::to_text(severity_of(record));
  text += ')';
  if (const auto resource = record.text(alarm::Field::kResource); !resource.empty()) {
    text += ' ';
    append_clean(&text, resource);
  }
  const std::string said = said_text(record, index, kVarbindsOctetsMax);
  if (!said.empty()) text += ": " + said;
  return text;
}

std::string shorten(std::string_view text, std::size_t octets_max) {
  constexpr std::string_view kDots = "...";
  if (text.size() <= octets_max) return std::string(text);
  if (octets_max < kDots.size()) return std::string(kDots.substr(0, octets_max));
  return std::string(cut_utf8(text, octets_max - kDots.size())).append(kDots);
}

MessageRenderer::MessageRenderer(const SyslogSettings& settings, const RenderContext& context)
    : format_(settings.format),
      header_{header_field(context.host_name, kHostNameOctetsMax), std::to_string(::getpid()),
              settings.facility, octets_limit(settings)},
      mib_(context.mib) {}

void MessageRenderer::render(const Item& item, std::string* out) {
  if (mib_.refresh()) cache_.clear();
  out->clear();
  switch (format_) {
    case SyslogSettings::Format::kRfc5424:
      return render_rfc5424(item, out);
    case SyslogSettings::Format::kRfc3164:
      return rfc3164(item, *mib_, header_, out);
    case SyslogSettings::Format::kOvoc:
      return ovoc(item, *mib_, header_, out);
    case SyslogSettings::Format::kJson:
      return json_message(item, *mib_, header_, out);
  }
}

void MessageRenderer::render_rfc5424(const Item& item, std::string* out) {
  if (cache_.find(item, header_.octets_max, out)) return;
  out->clear();
  Varying varying;
  rfc5424(item, *mib_, header_, Annotations::kNamesAndTexts, out, &varying);
  cache_.put(item, *out, varying);
}

}  // namespace trapd::forwarders::syslog
