// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/entry.h"

#include <fmt/format.h>

#include "forwarders/record_text.h"
#include "forwarders/resync_record.h"
#include "mib/render.h"
#include "trapd/snmp/message.h"

namespace trapd::forwarders::mail {

namespace {

using alarm::Field;
using alarm::RecordView;

constexpr std::size_t kValueOctetsMax = 2048;
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

/// "[critical] linkDown on sbc-1, ifIndex=3: link 3 is down", as far as there is something to say.
std::string heading(const RecordView& record, const mib::MibIndex& index) {
  std::string line = fmt::format("[{}] {} on {}", alarm::to_text(severity_of(record)),
                                 alarm_text(record, index), device_text(record));
  if (const auto resource = record.text(Field::kResource); !resource.empty()) {
    line += ", ";
    append_clean(&line, resource);
  }
  if (const auto text = record.text(Field::kText); !text.empty()) {
    line += ": ";
    append_clean(&line, text);
  }
  return line;
}

void append_row(std::string* out, const char* label, const std::string& value) {
  if (!value.empty()) *out += fmt::format("  {:<9} {}\n", label, value);
}

std::string device_row(const RecordView& record) {
  std::string row = device_text(record);
  const std::string address = device_address_text(record);
  if (!address.empty() && address != row) row += " (" + address + ")";
  if (const auto site = record.text(Field::kSite); !site.empty()) row += ", site " + clean(site);
  if (const auto tenant = record.text(Field::kTenant); !tenant.empty()) {
    row += ", tenant " + clean(tenant);
  }
  return row;
}

std::string alarm_row(const RecordView& record, const mib::MibIndex& index) {
  std::string row = alarm_text(record, index) + ", " + alarm::to_text(record.header().outcome);
  if (is_alarm(record) && record.header().alarm_id != 0) {
    row += fmt::format(", alarm {}", record.header().alarm_id);
  }
  if (record.header().repeat_count > 1) {
    row += fmt::format(", came {} times", record.header().repeat_count);
  }
  return row;
}

std::string trap_row(const RecordView& record, const mib::MibIndex& index) {
  std::string name = trap_text(record, index);
  if (name.empty()) return name;
  const std::string dotted = record.trap_oid().text();
  return name == dotted ? name : name + " (" + dotted + ")";
}

std::string sender_row(const RecordView& record) {
  if (is_own(record) || record.header().kind != alarm::Kind::kNotification) return {};
  std::string row = std::string("SNMP") + version_text(record);
  row += record.has(alarm::RecordFlag::kInform) ? " inform" : " trap";
  if (const auto user = record.text(Field::kSecurityName); !user.empty()) {
    row += " of user " + clean(user);
  }
  row += ", ";
  row += snmp::to_text(static_cast<snmp::SecurityLevel>(record.header().security_level));
  return row;
}

void append_varbinds(std::string* out, const RecordView& record, const mib::MibIndex& index) {
  mib::RenderOptions options;
  options.text_octets_max = kValueOctetsMax;
  snmp::VarbindReader reader(record.field(Field::kVarbinds));
  std::size_t left_out = 0;
  for (snmp::Varbind varbind; reader.next(&varbind);) {
    if (out->size() > kEntryOctetsMax - 4 * kValueOctetsMax) {
      ++left_out;
      continue;
    }
    const mib::RenderedVarbind rendered = mib::render_varbind(index, varbind, options);
    *out += "  " + shortened(clean(rendered.name), kValueOctetsMax, kCut) + " = " +
            shortened(clean(rendered.value), kValueOctetsMax, kCut) + "\n";
  }
  if (left_out > 0) *out += fmt::format("  ({} more varbinds)\n", left_out);
}

std::string block(const RecordView& record, const mib::MibIndex& index) {
  std::string out = heading(record, index) + "\n";
  append_row(&out, "time", time_text(record.header().received_wall_ns));
  append_row(&out, "device", device_row(record));
  append_row(&out, "alarm", alarm_row(record, index));
  append_row(&out, "resource", clean(record.text(Field::kResource)));
  append_row(&out, "type",
             std::string(alarm::to_text(record.header().type)) + ", " +
                 std::string(alarm::cause_label(record.header().probable_cause)));
  append_row(&out, "text", clean(record.text(Field::kText)));
  append_row(&out, "labels", labels_text(record));
  append_row(&out, "trap", trap_row(record, index));
  append_row(&out, "received", sender_row(record));
  append_row(&out, "operator", clean(record.text(Field::kOperator)));
  append_varbinds(&out, record, index);
  return out;
}

}  // namespace

EntryRenderer::EntryRenderer(const MailSettings& settings, const RenderContext& context)
    : mib_(context.mib), subject_(parsed(settings.subject)), body_(parsed(settings.body)) {}

Entry EntryRenderer::render(const Item& item) {
  mib_.refresh();
  const RecordView& record = item.record;
  Entry entry;
  entry.sequence = item.sequence;
  entry.received_wall_ns = record.header().received_wall_ns;
  entry.severity = severity_of(record);
  if (subject_) {
    subject_->render(record, *mib_, &entry.subject);
    entry.subject = clean(entry.subject);  // the template's own text may hold anything
  } else {
    entry.subject = heading(record, *mib_);
  }
  entry.resync = resync_text(record) != nullptr;
  if (entry.resync) entry.subject.insert(0, kResyncMark);
  entry.subject = shortened(std::move(entry.subject), kSubjectOctetsMax, kCut);
  if (body_) {
    body_->render(record, *mib_, &entry.text);
  } else {
    entry.text = block(record, *mib_);
  }
  constexpr std::string_view kTooLong = "...\n(cut: too long for a mail)\n";
  entry.text = shortened(std::move(entry.text), kEntryOctetsMax, kTooLong);
  if (entry.text.empty() || entry.text.back() != '\n') entry.text += '\n';
  return entry;
}

}  // namespace trapd::forwarders::mail
