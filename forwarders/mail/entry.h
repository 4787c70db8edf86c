// SPDX-License-Identifier: Apache-2.0
// One record as its block in a mail, and the subject it would give a mail of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "forwarders/render_context.h"
#include "forwarders/text_template.h"
#include "trapd/base/published.h"

namespace trapd::forwarders::mail {

inline constexpr std::size_t kEntryOctetsMax = 32 * 1024;
inline constexpr std::size_t kSubjectOctetsMax = 250;
inline constexpr std::string_view kResyncMark = "[resync] ";  // before the subject

struct Entry {
  std::uint64_t sequence = 0;
  std::int64_t received_wall_ns = 0;
  alarm::Severity severity = alarm::Severity::kIndeterminate;
  std::string subject;        // at most kSubjectOctetsMax, one line
  std::string text;           // at most kEntryOctetsMax, UTF-8, ends in LF
  bool resync = false;        // of a resynchronisation; its subject says so
  std::string device = {};    // name, address, site, tenant: one line
  std::string identity = {};  // what tells devices apart
  std::string html = {};      // says what `text` says; empty: no HTML is wanted
};

/// One thread. Settings that check_mail_settings() refuses are rendered by the defaults.
class EntryRenderer {
 public:
  EntryRenderer(const MailSettings& settings, const RenderContext& context);
  Entry render(const Item& item);

 private:
  /// Its text and HTML; its severity is known.
  void render_body(const alarm::RecordView& record, Entry* entry) const;

  Subscription<mib::MibIndex> mib_;
  std::optional<TextTemplate> subject_;
  std::optional<TextTemplate> body_;
  const bool html_;
  const bool ovoc_;
};

}  // namespace trapd::forwarders::mail
