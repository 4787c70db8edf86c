// SPDX-License-Identifier: Apache-2.0
// One record as one syslog message (SYS-01), in the format of the destination; framing and
// transport come later. One thread each.
#pragma once

#include <cstdint>
#include <string>

#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "forwarders/render_context.h"
#include "forwarders/syslog/message_cache.h"
#include "trapd/base/published.h"

namespace trapd::forwarders::syslog {

/// What the header says about the gateway, never about a device (SYS-09), in the characters that
/// RFC 5424 section 6 allows; and the size to keep within.
struct Header {
  std::string host_name;
  std::string process_id;
  std::uint8_t facility = 3;
  std::size_t octets_max = 8192;
};

inline constexpr std::size_t kMessageOctetsMin = 480;  // RFC 5424 6.1: every receiver takes these

/// RFC 5424 6: printable ASCII, at most octets_max; what is not becomes "_"; "-" when empty.
std::string header_field(std::string_view text, std::size_t octets_max);
/// <PRI>: facility * 8 + severity.
void append_priority(std::string* out, std::uint8_t facility, int severity);
/// RFC 5674 2: critical 1, major 2, minor 3, warning 4, indeterminate and cleared 5.
int syslog_severity(alarm::Severity severity);
/// "sbc-1: linkDown raised (major), 3: Link down" for MSG: one line, UTF-8.
std::string summary(const alarm::RecordView& record, const mib::MibIndex& index);
/// Cuts `text` at a character to octets_max, the last three of them dots.
std::string shorten(std::string_view text, std::size_t octets_max);

class MessageRenderer {
 public:
  MessageRenderer(const SyslogSettings& settings, const RenderContext& context);

  /// Replaces `out`. At most the settings' message_octets_max octets (at least 480), no NUL, no
  /// LF, no CR, whatever the record holds.
  void render(const Item& item, std::string* out);

 private:
  void render_rfc5424(const Item& item, std::string* out);

  SyslogSettings::Format format_;
  Header header_;
  Subscription<mib::MibIndex> mib_;
  MessageCache cache_;  // of format rfc5424
};

}  // namespace trapd::forwarders::syslog
