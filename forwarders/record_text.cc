// SPDX-License-Identifier: Apache-2.0
#include "forwarders/record_text.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "mib/render.h"
#include "trapd/alarm/own_condition.h"
#include "trapd/base/clock.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/oids.h"
#include "trapd/snmp/utf8.h"

namespace trapd::forwarders {

namespace {

constexpr std::int64_t kLatestSecond = 253'402'300'799;  // 9999-12-31T23:59:59Z
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

void append_two(std::string* out, int value) {
  out->push_back(static_cast<char>('0' + value / 10 % 10));
  out->push_back(static_cast<char>('0' + value % 10));
}

bool is_blank_control(char c) { return c == '\t' || c == '\n' || c == '\r'; }

std::optional<Endpoint> endpoint_v4(ByteView octets) {
  if (octets.size() != 4) return std::nullopt;
  const bool unset = std::all_of(octets.begin(), octets.end(), [](auto o) { return o == 0; });
  if (unset) return std::nullopt;
  Endpoint endpoint;
  endpoint.address[10] = endpoint.address[11] = 0xff;
  std::copy(octets.begin(), octets.end(), endpoint.address.begin() + 12);
  return endpoint;
}

}  // namespace

void append_time(std::string* out, std::int64_t wall_ns, int fraction_digits) {
  std::int64_t seconds = std::max<std::int64_t>(wall_ns, 0) / kNsPerSecond;
  std::int64_t fraction = std::max<std::int64_t>(wall_ns, 0) % kNsPerSecond;
  seconds = std::min(seconds, kLatestSecond);
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  append_two(out, (parts.tm_year + 1900) / 100);
  append_two(out, (parts.tm_year + 1900) % 100);
  out->push_back('-');
  append_two(out, parts.tm_mon + 1);
  out->push_back('-');
  append_two(out, parts.tm_mday);
  out->push_back('T');
  append_two(out, parts.tm_hour);
  out->push_back(':');
  append_two(out, parts.tm_min);
  out->push_back(':');
  append_two(out, parts.tm_sec);
  std::int64_t digit = kNsPerSecond / 10;
  for (int i = 0; i < std::min(fraction_digits, 9); ++i) {
    if (i == 0) out->push_back('.');
    out->push_back(static_cast<char>('0' + fraction / digit));
    fraction %= digit;
    digit /= 10;
  }
  out->push_back('Z');
}

std::string time_text(std::int64_t wall_ns, int fraction_digits) {
  std::string text;
  append_time(&text, wall_ns, fraction_digits);
  return text;
}

std::size_t plain_octets(std::string_view text) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x80 * kEach;
  std::size_t at = 0;
  // Eight at a time: below a blank, a DEL (which becomes 80), or above.
  for (; at + 8 <= text.size(); at += 8) {
    const auto octets = load_le<std::uint64_t>(as_bytes(text).data() + at);
    if (((octets | (octets - ' ' * kEach) | (octets + kEach)) & kHigh) != 0) break;
  }
  while (at < text.size() && text[at] >= ' ' && text[at] <= '~') ++at;
  return at;
}

void append_clean(std::string* out, std::string_view text) {
  for (;;) {
    const std::size_t plain = plain_octets(text);
    out->append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const std::size_t octets = snmp::printable_utf8_octets(as_bytes(text));
    if (octets > 0) {
      out->append(text.substr(0, octets));
    } else if (is_blank_control(text.front())) {
      out->push_back(' ');
    } else {
      out->append(kReplacement);
    }
    text.remove_prefix(std::max<std::size_t>(octets, 1));
  }
}

std::string clean(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_clean(&out, text);
  return out;
}

bool is_clean(ByteView text) {
  for (;;) {
    text = text.subspan(plain_octets(as_text(text)));
    if (text.empty()) return true;
    const std::size_t octets = snmp::printable_utf8_octets(text);
    if (octets == 0) return false;
    text = text.subspan(octets);
  }
}

std::string_view cut_utf8(std::string_view text, std::size_t octets_max) {
  if (text.size() <= octets_max) return text;
  std::size_t end = octets_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

const char* kind_text(alarm::Kind kind) {
  switch (kind) {
    case alarm::Kind::kNotification:
      return "notification";
    case alarm::Kind::kOwn:
      return "own";
    case alarm::Kind::kAcknowledge:
      return "acknowledge";
    case alarm::Kind::kManualClear:
      return "manualClear";
    case alarm::Kind::kForgetEngine:
      return "forgetEngine";
    case alarm::Kind::kAutomaticClear:
      return "automaticClear";
    case alarm::Kind::kSettled:
      return "settled";
  }
  return "unknown";
}

const char* version_text(const alarm::RecordView& record) {
  constexpr std::array<const char*, 4> kTexts = {"v1", "v2c", "unknown", "v3"};
  return kTexts[std::min<std::size_t>(record.header().snmp_version, 3)];
}

alarm::Severity severity_of(const alarm::RecordView& record) {
  const bool clears = record.header().action == alarm::Action::kClear ||
                      record.header().outcome == alarm::Outcome::kClear;
  return clears ? alarm::Severity::kCleared : record.header().severity;
}

bool is_own(const alarm::RecordView& record) {
  const alarm::RecordHeader& header = record.header();
  if (header.kind == alarm::Kind::kOwn) return true;
  // What becomes of an alarm later has its source, and trapd's own have none.
  return header.kind != alarm::Kind::kNotification && header.alarm_id != 0 &&
         header.source == Endpoint{} &&
         alarm::own_condition(record.text(alarm::Field::kAlarmName)).has_value();
}

bool is_alarm(const alarm::RecordView& record) {
  return record.header().outcome != alarm::Outcome::kEvent;
}

std::string device_text(const alarm::RecordView& record) {
  if (const auto name = record.text(alarm::Field::kDeviceName); !name.empty()) return clean(name);
  const std::string address = device_address_text(record);
  return address.empty() ? clean(record.text(alarm::Field::kDevice)) : address;
}

std::optional<Endpoint> device_address(const alarm::RecordView& record) {
  if (is_own(record)) return std::nullopt;
  if (const auto agent = endpoint_v4(record.field(alarm::Field::kAgentAddress))) return agent;
  snmp::VarbindReader reader(record.field(alarm::Field::kVarbinds));
  for (snmp::Varbind varbind; reader.next(&varbind);) {
    if (varbind.name == snmp::kSnmpTrapAddress0.view() && varbind.value.tag == ber::kIpAddress) {
      if (const auto address = endpoint_v4(varbind.value.content)) return address;
    }
  }
  const Endpoint& source = record.header().source;
  return source == Endpoint{} ? std::nullopt : std::optional<Endpoint>(source);
}

std::string device_address_text(const alarm::RecordView& record) {
  const auto address = device_address(record);
  return address ? address->address_text() : std::string();
}

ByteView device_engine(const alarm::RecordView& record) {
  const ByteView context = record.field(alarm::Field::kContextEngineId);
  return record.has(alarm::RecordFlag::kInform) && !context.empty()
             ? context
             : record.field(alarm::Field::kAuthoritativeEngineId);
}

std::string alarm_text(const alarm::RecordView& record, const mib::MibIndex& index) {
  if (const auto name = record.text(alarm::Field::kAlarmName); !name.empty()) return clean(name);
  std::string trap = trap_text(record, index);
  return trap.empty() ? kind_text(record.header().kind) : std::string(without_module(trap));
}

std::string trap_text(const alarm::RecordView& record, const mib::MibIndex& index) {
  return record.trap_oid().empty() ? std::string() : clean(index.name_of(record.trap_oid()));
}

void for_each_label(
    const alarm::RecordView& record,
    const std::function<void(std::string_view name, std::string_view value)>& visit) {
  for (std::string_view rest = record.text(alarm::Field::kLabels); !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = line.find('=');
    if (equals == 0 || equals == line.npos) continue;
    visit(line.substr(0, equals), line.substr(equals + 1));
  }
}

std::string labels_text(const alarm::RecordView& record) {
  std::string text;
  for_each_label(record, [&text](std::string_view name, std::string_view value) {
    if (!text.empty()) text += ", ";
    append_clean(&text, name);
    text += '=';
    append_clean(&text, value);
  });
  return text;
}

void for_each_varbind(const alarm::RecordView& record,
                      const std::function<void(const snmp::Varbind&)>& visit) {
  snmp::VarbindReader reader(record.field(alarm::Field::kVarbinds));
  for (snmp::Varbind varbind; reader.next(&varbind);) visit(varbind);
}

std::string varbinds_text(const alarm::RecordView& record, const mib::MibIndex& index,
                          std::size_t octets_max) {
  constexpr std::string_view kCut = "...";
  std::string text;
  snmp::VarbindReader reader(record.field(alarm::Field::kVarbinds));
  for (snmp::Varbind varbind; text.size() <= octets_max && reader.next(&varbind);) {
    const mib::RenderedVarbind rendered = mib::render_varbind(index, varbind);
    if (!text.empty()) text += ", ";
    append_clean(&text, rendered.name);
    text += '=';
    append_clean(&text, rendered.value);
  }
  if (text.size() <= octets_max) return text;
  const std::size_t room = octets_max > kCut.size() ? octets_max - kCut.size() : 0;
  return std::string(cut_utf8(text, room)).append(kCut.substr(0, octets_max - room));
}

bool says_only_its_name(const alarm::RecordView& record) {
  const std::string_view text = record.text(alarm::Field::kText);
  return text.empty() || text == record.text(alarm::Field::kAlarmName);
}

std::string said_text(const alarm::RecordView& record, const mib::MibIndex& index,
                      std::size_t varbinds_octets_max) {
  if (says_only_its_name(record)) {
    std::string varbinds = varbinds_text(record, index, varbinds_octets_max);
    if (!varbinds.empty()) return varbinds;
  }
  return clean(record.text(alarm::Field::kText));
}

std::string_view without_module(std::string_view name) {
  const std::size_t colons = name.find("::");
  return colons == std::string_view::npos ? name : name.substr(colons + 2);
}

}  // namespace trapd::forwarders
