// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/entry.h"

#include "forwarders/mail/block.h"
#include "forwarders/ovoc_text.h"
#include "forwarders/record_text.h"
#include "forwarders/resync_record.h"

namespace trapd::forwarders::mail {

namespace {

constexpr std::string_view kCut = "...";

std::optional<TextTemplate> parsed(const std::string& text) {
  if (text.empty()) return std::nullopt;
  auto result = TextTemplate::parse(text);
  return result ? std::optional<TextTemplate>(std::move(*result)) : std::nullopt;
}

std::string shortened(std::string text, std::size_t octets_max, std::string_view mark) {
  if (text.size() <= octets_max) return text;
  return std::string(cut_utf8(text, octets_max - mark.size())).append(mark);
}

}  // namespace

EntryRenderer::EntryRenderer(const MailSettings& settings, const RenderContext& context)
    : mib_(context.mib),
      subject_(parsed(settings.subject)),
      body_(parsed(settings.body)),
      html_(settings.html),
      ovoc_(settings.format == MailSettings::Format::kOvoc) {}

Entry EntryRenderer::render(const Item& item) {
  mib_.refresh();
  const alarm::RecordView& record = item.record;
  Entry entry;
  entry.sequence = item.sequence;
  entry.received_wall_ns = record.header().received_wall_ns;
  entry.severity = severity_of(record);
  if (subject_) {
    subject_->render(record, *mib_, &entry.subject);
    entry.subject = clean(entry.subject);  // the template's own text may hold anything
  } else if (ovoc_) {
    entry.subject = "New " + ovoc_title(record, *mib_, false);
  } else {
    entry.subject = heading_of(record, *mib_);
  }
  entry.resync = resync_text(record) != nullptr;
  if (entry.resync) entry.subject.insert(0, kResyncMark);
  entry.subject = shortened(std::move(entry.subject), kSubjectOctetsMax, kCut);
  entry.device = device_row(record);
  entry.identity = record.text(alarm::Field::kDevice);
  if (entry.identity.empty()) entry.identity = entry.device;
  render_body(record, &entry);
  return entry;
}

void EntryRenderer::render_body(const alarm::RecordView& record, Entry* entry) const {
  constexpr std::string_view kTooLong = "...\n(cut: too long for a mail)\n";
  const bool own_words = !body_.has_value();
  Block block;
  if (!own_words) {
    body_->render(record, *mib_, &entry->text);
  } else if (ovoc_) {
    block = ovoc_block_of(record, *mib_);
    entry->text = ovoc_text_of(block);
  } else {
    block = block_of(record, *mib_);
    entry->text = text_of(block);
  }
  entry->text = shortened(std::move(entry->text), kEntryOctetsMax, kTooLong);
  if (entry->text.empty() || entry->text.back() != '\n') entry->text += '\n';
  if (!html_) return;
  entry->html =
      own_words ? html_of(block, entry->severity) : html_of_text(entry->text, entry->severity);
}

}  // namespace trapd::forwarders::mail
