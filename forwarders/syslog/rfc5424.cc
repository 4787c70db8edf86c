// SPDX-License-Identifier: Apache-2.0
#include "forwarders/syslog/rfc5424.h"

#include <algorithm>

#include "forwarders/record_text.h"

namespace trapd::forwarders::syslog {

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";  // RFC 5424 6.4: MSG is UTF-8
constexpr std::size_t kMsgIdOctetsMax = 32;
constexpr std::size_t kMarkOctetsMax = 48;
constexpr std::size_t kMsgOctetsKept = 160;  // of MSG, while there are varbinds to leave out
constexpr std::size_t kHostOctetsShort = 63;
constexpr std::size_t kResourceOctetsShort = 64;

std::string mark(std::size_t kept, std::size_t of) {
  return " (shortened: " + std::to_string(kept) + " of " + std::to_string(of) + " varbinds)";
}

/// The parts of a message that does not fit, and how much of them does.
struct Parts {
  std::string head;
  SnmpElement snmp;
  std::string rest;  // the other elements
  std::string text;

  std::size_t size(std::size_t snmp_octets, std::size_t text_octets) const {
    const std::size_t elements = snmp_octets + (snmp_octets > 0 ? 1 : 0) + rest.size();
    return head.size() + std::max<std::size_t>(elements, 1) + 1 + kByteOrderMark.size() +
           text_octets;
  }
  void put(std::string_view snmp_part, std::string_view message, std::string* out) const {
    *out += head;
    *out += snmp_part;
    if (!snmp_part.empty()) *out += ']';
    *out += rest;
    if (snmp_part.empty() && rest.empty()) *out += '-';
    *out += ' ';
    *out += kByteOrderMark;
    *out += message;
  }
};

/// Leaves varbinds out from the end until the rest fits; false when not even the context does.
bool put_without_last_varbinds(const Parts& parts, std::size_t octets_max, std::string* out) {
  if (parts.snmp.ends.empty()) return false;
  const std::string text = shorten(parts.text, kMsgOctetsKept);
  const std::vector<std::size_t>& ends = parts.snmp.ends;
  const std::size_t total = ends.size() - 1;
  for (std::size_t kept = ends.size(); kept-- > 0;) {
    if (parts.size(ends[kept], text.size() + kMarkOctetsMax) > octets_max) continue;
    parts.put(std::string_view(parts.snmp.text).substr(0, ends[kept]), text + mark(kept, total),
              out);
    return true;
  }
  return false;
}

void put_bare(Parts parts, const alarm::RecordView& record, std::size_t octets_max,
              std::string* out) {
  parts.rest.clear();
  append_resync_element(&parts.rest, record);
  append_alarm_element(&parts.rest, record, kResourceOctetsShort);
  append_origin_element(&parts.rest, record);
  const std::size_t total = parts.snmp.ends.empty() ? 0 : parts.snmp.ends.size() - 1;
  if (parts.size(0, 2 * kMarkOctetsMax) > octets_max) parts.rest.clear();
  const std::size_t taken = parts.size(0, kMarkOctetsMax);
  parts.put("", shorten(parts.text, octets_max - taken) + mark(0, total), out);
}

/// Of a message of which everything is there.
Varying varying_of(const Parts& parts, const Item& item) {
  const std::size_t digits = std::to_string(sequence_id(item.destination_sequence)).size();
  const std::size_t snmp_octets = parts.snmp.text.empty() ? 0 : parts.snmp.text.size() + 1;
  Varying varying;
  varying.known = true;
  varying.time_at = parts.head.find(' ') + 1;
  varying.ticks_at = parts.head.size() + parts.snmp.ticks_at;
  varying.ticks_octets = parts.snmp.ticks_octets;
  // The last element, and in it the last thing: NUMBER"]
  varying.number_at = parts.head.size() + snmp_octets + parts.rest.size() - 2 - digits;
  varying.number_octets = digits;
  return varying;
}

}  // namespace

void append_rfc5424_header(std::string* out, const alarm::RecordView& record,
                           const mib::MibIndex& index, const Header& header) {
  append_priority(out, header.facility, syslog_severity(severity_of(record)));
  *out += "1 ";
  append_time(out, record.header().received_wall_ns, 6);
  *out += ' ';
  *out += header.host_name;
  *out += " trapd ";
  *out += header.process_id;
  *out += ' ';
  *out += header_field(alarm_text(record, index), kMsgIdOctetsMax);
  *out += ' ';
}

void rfc5424(const Item& item, const mib::MibIndex& index, const Header& header,
             Annotations annotations, std::string* out, Varying* varying) {
  const alarm::RecordView& record = item.record;
  Parts parts;
  append_rfc5424_header(&parts.head, record, index, header);
  parts.snmp = snmp_element(record, index, annotations);
  append_resync_element(&parts.rest, record);
  append_alarm_element(&parts.rest, record, alarm::kFieldOctetsMax);
  append_labels_element(&parts.rest, record);
  append_origin_element(&parts.rest, record);
  append_meta_element(&parts.rest, item.destination_sequence);
  parts.text = summary(record, index);
  if (parts.size(parts.snmp.text.size(), parts.text.size()) <= header.octets_max) {
    if (varying != nullptr) *varying = varying_of(parts, item);
    return parts.put(parts.snmp.text, parts.text, out);
  }
  if (annotations != Annotations::kNone) {
    parts.snmp = snmp_element(record, index, Annotations::kNone);
    if (parts.size(parts.snmp.text.size(), parts.text.size()) <= header.octets_max) {
      return parts.put(parts.snmp.text, parts.text, out);
    }
  }
  if (put_without_last_varbinds(parts, header.octets_max, out)) return;
  Header narrow = header;
  narrow.host_name.resize(std::min(narrow.host_name.size(), kHostOctetsShort));
  parts.head.clear();
  append_rfc5424_header(&parts.head, record, index, narrow);
  put_bare(std::move(parts), record, header.octets_max, out);
}

}  // namespace trapd::forwarders::syslog
