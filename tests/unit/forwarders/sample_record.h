// SPDX-License-Identifier: Apache-2.0
// Records as a destination reads them from the journal, with whatever a test wants in them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "forwarders/forwarder.h"
#include "forwarders/render_context.h"
#include "mib/index.h"
#include "mib/index_writer.h"
#include "trapd/alarm/record.h"
#include "trapd/ber/writer.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/oid.h"

namespace trapd::test {

inline snmp::Oid oid(std::string_view dotted) { return *snmp::Oid::parse(dotted); }

/// A v3 linkDown of sbc-1 (192.0.2.7), raised as a major alarm, received
/// 2026-11-23T06:15:15.123456Z.
class SampleRecord {
 public:
  SampleRecord() {
    alarm::RecordHeader& h = header();
    h.snmp_version = 3;
    h.security_level = 3;
    h.severity = alarm::Severity::kMajor;
    h.type = alarm::EventType::kCommunications;
    h.action = alarm::Action::kRaise;
    h.outcome = alarm::Outcome::kRaise;
    h.probable_cause = 8;
    h.sequence = 7;
    h.alarm_id = 7;
    h.repeat_count = 1;
    h.sys_up_time = 12345;
    h.engine_boots = 3;
    h.engine_time = 99;
    h.received_wall_ns = 1'795'414'515'123'456'789;
    h.source = *Endpoint::parse("192.0.2.7:50000");
    set(alarm::Field::kDevice, "800002b804616263");
    set(alarm::Field::kDeviceName, "sbc-1");
    set(alarm::Field::kAlarmName, "linkDown");
    set(alarm::Field::kResource, "3");
    set(alarm::Field::kText, "Link down on interface 3");
    set(alarm::Field::kRule, "ietf-link-down");
    set(alarm::Field::kSite, "tlv");
    set(alarm::Field::kTenant, "acme");
    set(alarm::Field::kSecurityName, "noc");
    set_hex(alarm::Field::kAuthoritativeEngineId, "800002b804616263");
    set_hex(alarm::Field::kContextEngineId, "800002b804616263");
    set(alarm::Field::kContextName, "ctx1");
    trap_oid("1.3.6.1.6.3.1.1.5.3");
  }
  SampleRecord(const SampleRecord&) = delete;
  SampleRecord& operator=(const SampleRecord&) = delete;

  alarm::RecordHeader& header() { return fields_.header; }
  SampleRecord& set(alarm::Field field, std::string_view text) {
    kept_.emplace_back(text);
    fields_.set(field, kept_.back());
    return *this;
  }
  SampleRecord& set_hex(alarm::Field field, std::string_view digits) {
    const auto octets = *from_hex(digits);
    return set(field, as_text(octets));
  }
  SampleRecord& trap_oid(std::string_view dotted) {
    const snmp::Oid trap = oid(dotted);
    return set(alarm::Field::kTrapOid, as_text(trap.view().content()));
  }
  SampleRecord& flag(alarm::RecordFlag flag) {
    header().flags = static_cast<std::uint8_t>(header().flags | static_cast<std::uint8_t>(flag));
    return *this;
  }
  SampleRecord& varbind(std::string_view name, std::uint8_t tag, ByteView content) {
    std::vector<std::uint8_t> room(content.size() + 512);
    ber::Writer writer(room);
    const snmp::Oid object = oid(name);
    snmp::write_varbind(writer, object, {tag, content});
    varbinds_ += as_text(writer.done());
    return *this;
  }
  SampleRecord& integer(std::string_view name, std::int32_t value) {
    std::array<std::uint8_t, 4> octets;
    store_be32(octets.data(), static_cast<std::uint32_t>(value));
    return varbind(name, ber::kInteger, octets);
  }
  SampleRecord& octets(std::string_view name, std::string_view value) {
    return varbind(name, ber::kOctetString, as_bytes(value));
  }

  alarm::RecordView view() {
    fields_.set(alarm::Field::kVarbinds, varbinds_);
    storage_.assign(alarm::encoded_size(fields_) / 8 + 1, 0);
    const MutableBytes room(reinterpret_cast<std::uint8_t*>(storage_.data()), storage_.size() * 8);
    alarm::encode(fields_, room);
    return alarm::RecordView(room);
  }
  forwarders::Item item(std::uint64_t destination_sequence = 1) {
    return {view(), header().sequence, destination_sequence};
  }

 private:
  std::deque<std::string> kept_;
  std::string varbinds_;
  alarm::RecordFields fields_;
  std::vector<std::uint64_t> storage_;
};

/// linkDown, ifIndex, ifOperStatus with its enumeration, ifDescr with its DISPLAY-HINT.
inline std::shared_ptr<const mib::MibIndex> sample_index() {
  mib::IndexWriter writer;
  const auto define = [&](const char* dotted, const char* name, mib::NodeKind kind,
                          mib::Syntax syntax) {
    mib::IndexWriter::Definition definition;
    definition.oid = oid(dotted);
    definition.module = "IF-MIB";
    definition.name = name;
    definition.kind = kind;
    definition.syntax = syntax;
    if (std::string_view(name) == "ifOperStatus") definition.labels = {{1, "up"}, {2, "down"}};
    if (std::string_view(name) == "ifDescr") definition.display_hint = "255a";
    writer.define(std::move(definition));
  };
  define("1.3.6.1.6.3.1.1.5.3", "linkDown", mib::NodeKind::kNotification, mib::Syntax::kNone);
  define("1.3.6.1.2.1.2.2.1.1", "ifIndex", mib::NodeKind::kObject, mib::Syntax::kInteger32);
  define("1.3.6.1.2.1.2.2.1.2", "ifDescr", mib::NodeKind::kObject, mib::Syntax::kOctetString);
  define("1.3.6.1.2.1.2.2.1.8", "ifOperStatus", mib::NodeKind::kObject, mib::Syntax::kInteger32);
  auto bytes = writer.finish(mib::InputsKey{});
  return *mib::MibIndex::from_bytes(std::move(*bytes));
}

/// Text that means harm to a line, a header or a parser.
inline const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> texts = {
      "line\r\nBcc: a@b",
      std::string("nul\0behind", 10),
      "\x1b[31mred\x1b[0m",
      "quote\" bracket] backslash\\ end",
      "]\" [evil x=\"1\"",
      "\xff\xfe\xc0\xaf not UTF-8 \xe2\x82",
      "\xed\xa0\x80 surrogate, \xf4\x90\x80\x80 beyond",
      "\xc2\x85 next line, \x7f del, \t tab",
      "<13>1 2026-01-01T00:00:00Z fake - - - - x\n<14>",
      "\xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x98\x80",
      std::string(1000, '\\'),
      std::string(1000, '\x01'),
  };
  return texts;
}

}  // namespace trapd::test
