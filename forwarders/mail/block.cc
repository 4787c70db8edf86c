// SPDX-License-Identifier: Apache-2.0
#include "forwarders/mail/block.h"

#include <fmt/format.h>

#include <algorithm>

#include "forwarders/mail/entry.h"
#include "forwarders/mail/html.h"
#include "forwarders/ovoc_text.h"
#include "forwarders/record_text.h"
#include "mib/render.h"
#include "trapd/snmp/message.h"

namespace trapd::forwarders::mail {

namespace {

using alarm::Field;
using alarm::RecordView;

constexpr std::size_t kValueOctetsMax = 2048;

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

std::string shortened(std::string text) {
  constexpr std::string_view kCut = "...";
  if (text.size() <= kValueOctetsMax) return text;
  return std::string(cut_utf8(text, kValueOctetsMax - kCut.size())).append(kCut);
}

void add(Block* block, const char* label, std::string value) {
  if (!value.empty()) block->rows.push_back({label, shortened(std::move(value))});
}

void add_varbinds(Block* block, const RecordView& record, const mib::MibIndex& index) {
  mib::RenderOptions options;
  options.text_octets_max = kValueOctetsMax;
  std::size_t octets = block->heading.size();
  for (const Block::Row& row : block->rows) octets += row.value.size() + 16;
  snmp::VarbindReader reader(record.field(Field::kVarbinds));
  for (snmp::Varbind varbind; reader.next(&varbind);) {
    if (octets > kEntryOctetsMax - 4 * kValueOctetsMax) {
      ++block->varbinds_left_out;
      continue;
    }
    const mib::RenderedVarbind rendered = mib::render_varbind(index, varbind, options);
    block->varbinds.push_back({shortened(clean(rendered.name)), shortened(clean(rendered.value))});
    octets += block->varbinds.back().label.size() + block->varbinds.back().value.size() + 8;
  }
}

/// Of the bar beside an alarm. The word of the severity says the same.
const char* colour(alarm::Severity severity) {
  switch (severity) {
    case alarm::Severity::kCritical:
      return "#c62828";
    case alarm::Severity::kMajor:
      return "#ef6c00";
    case alarm::Severity::kMinor:
      return "#f9a825";
    case alarm::Severity::kWarning:
      return "#0277bd";
    case alarm::Severity::kIndeterminate:
      return "#757575";
    case alarm::Severity::kCleared:
      return "#2e7d32";
  }
  return "#757575";
}

std::string opening(alarm::Severity severity) {
  return fmt::format("<div style=\"margin:0 0 12px;padding:0 0 0 8px;border-left:6px solid {}\">\n",
                     colour(severity));
}

void append_html_row(std::string* out, const Block::Row& row) {
  *out += "<tr><th align=\"left\" valign=\"top\" style=\"font-weight:normal;color:#555\">";
  append_html(out, row.label);
  *out += "</th>\n<td style=\"word-break:break-word\">";
  append_html(out, row.value);
  *out += "</td></tr>\n";
}

std::string left_out_text(const Block& block) {
  return fmt::format("({} more varbinds)", block.varbinds_left_out);
}

}  // namespace

std::string heading_of(const RecordView& record, const mib::MibIndex& index) {
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

Block block_of(const RecordView& record, const mib::MibIndex& index) {
  Block block;
  block.heading = shortened(heading_of(record, index));
  add(&block, "time", time_text(record.header().received_wall_ns));
  add(&block, "device", device_row(record));
  add(&block, "alarm", alarm_row(record, index));
  add(&block, "resource", clean(record.text(Field::kResource)));
  add(&block, "type",
      std::string(alarm::to_text(record.header().type)) + ", " +
          std::string(alarm::cause_label(record.header().probable_cause)));
  add(&block, "text", clean(record.text(Field::kText)));
  add(&block, "labels", labels_text(record));
  add(&block, "trap", trap_row(record, index));
  add(&block, "received", sender_row(record));
  add(&block, "operator", clean(record.text(Field::kOperator)));
  add(&block, "why", clean(record.text(Field::kReason)));
  add_varbinds(&block, record, index);
  return block;
}

Block ovoc_block_of(const RecordView& record, const mib::MibIndex& index) {
  Block block;
  block.heading = shortened("Title: " + ovoc_title(record, index, true));
  for (OvocField& field : ovoc_fields(record, index)) {
    block.rows.push_back({std::string(field.label), shortened(std::move(field.value))});
  }
  add(&block, "Labels", labels_text(record));
  return block;
}

std::string ovoc_text_of(const Block& block) {
  std::string out = block.heading + "\n";
  for (const Block::Row& row : block.rows) {
    out += row.label + ":";
    if (!row.value.empty()) out += " " + row.value;
    out += "\n";
  }
  return out;
}

std::string text_of(const Block& block) {
  std::string out = block.heading + "\n";
  for (const Block::Row& row : block.rows) {
    out += fmt::format("  {:<9} {}\n", row.label, row.value);
  }
  for (const Block::Row& varbind : block.varbinds) {
    out.append("  ").append(varbind.label).append(" = ").append(varbind.value).append("\n");
  }
  if (block.varbinds_left_out > 0) out += "  " + left_out_text(block) + "\n";
  return out;
}

std::string html_of(const Block& block, alarm::Severity severity) {
  std::string out = opening(severity);
  out += "<p style=\"margin:0\"><b>";
  append_html(&out, block.heading);
  out += "</b></p>\n<table style=\"font-size:13px\">\n";
  for (const Block::Row& row : block.rows) append_html_row(&out, row);
  for (const Block::Row& varbind : block.varbinds) append_html_row(&out, varbind);
  out += "</table>\n";
  if (block.varbinds_left_out > 0) {
    out += "<p style=\"margin:0\">" + left_out_text(block) + "</p>\n";
  }
  return out += "</div>\n";
}

std::string html_of_text(std::string_view text, alarm::Severity severity) {
  std::string out = opening(severity) + "<pre style=\"margin:0;white-space:pre-wrap\">";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    append_html(&out, text.substr(0, end));
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out += "</pre>\n</div>\n";
}

}  // namespace trapd::forwarders::mail
