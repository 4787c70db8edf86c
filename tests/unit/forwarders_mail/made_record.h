// SPDX-License-Identifier: Apache-2.0
// Records as the ledger would hand them to a destination, for the tests of this folder.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "forwarders/destination.h"
#include "forwarders/forwarder.h"
#include "forwarders/render_context.h"
#include "trapd/alarm/record.h"
#include "trapd/snmp/message.h"

namespace trapd::forwarders::mail {

/// A literal with its NULs.
template <std::size_t n>
std::string octets(const char (&literal)[n]) {
  return std::string(literal, n - 1);
}

class MadeRecord {
 public:
  /// A linkDown trap of a v3 device at 192.0.2.7, raised as an alarm.
  MadeRecord() {
    alarm::RecordHeader& header = fields_.header;
    header.snmp_version = 3;
    header.security_level = static_cast<std::uint8_t>(snmp::SecurityLevel::kAuthPriv);
    header.severity = alarm::Severity::kMajor;
    header.type = alarm::EventType::kCommunications;
    header.action = alarm::Action::kRaise;
    header.outcome = alarm::Outcome::kRaise;
    header.alarm_id = 17;
    header.repeat_count = 1;
    header.received_wall_ns = 1'700'000'000'300'000'000;  // 2023-11-14T22:13:20.3Z
    header.source = *Endpoint::parse("192.0.2.7:40000");
    set(alarm::Field::kDeviceName, "sbc-1");
    set(alarm::Field::kAlarmName, "linkDown");
    set(alarm::Field::kResource, "ifIndex=3");
    set(alarm::Field::kText, "link 3 is down");
    set(alarm::Field::kSecurityName, "noc");
    set(alarm::Field::kSite, "tlv");
    set_octets(alarm::Field::kTrapOid, *from_hex("2b0601060301010503"));
    // ifIndex.3 = 3
    set_octets(alarm::Field::kVarbinds, *from_hex("300f060a2b060102010202010103020103"));
  }
  MadeRecord(const MadeRecord&) = delete;
  MadeRecord& operator=(const MadeRecord&) = delete;

  alarm::RecordHeader& header() { return fields_.header; }
  void set(alarm::Field field, std::string_view text) {
    kept_.emplace_back(text);
    fields_.set(field, kept_.back());
  }
  void set_octets(alarm::Field field, const std::vector<std::uint8_t>& octets) {
    set(field, as_text(octets));
  }
  /// sysDescr.0 = text, and nothing else.
  void set_varbind_text(std::string_view text) { set_varbind_texts(text, 1); }
  /// So many of them.
  void set_varbind_texts(std::string_view text, int count) {
    const std::vector<std::uint8_t> name = *from_hex("06082b06010201010100");
    const auto long_length = [](std::size_t n) {
      return std::string{'\x83', static_cast<char>(n >> 16), static_cast<char>(n >> 8 & 255),
                         static_cast<char>(n & 255)};
    };
    std::string inner(as_text(name));
    inner += '\x04' + long_length(text.size()) + std::string(text);
    std::string all;
    for (int i = 0; i < count; ++i) all += '\x30' + long_length(inner.size()) + inner;
    set(alarm::Field::kVarbinds, all);
  }

  Item item(std::uint64_t sequence) {
    fields_.header.sequence = sequence;
    storage_.assign(alarm::encoded_size(fields_) / 8 + 1, 0);
    alarm::encode(fields_, {reinterpret_cast<std::uint8_t*>(storage_.data()), storage_.size() * 8});
    const alarm::RecordView view(
        {reinterpret_cast<const std::uint8_t*>(storage_.data()), storage_.size() * 8});
    return {view, sequence, sequence};
  }

 private:
  std::deque<std::string> kept_;
  alarm::RecordFields fields_;
  std::vector<std::uint64_t> storage_;
};

inline const Published<mib::MibIndex>& no_mibs() {
  static const Published<mib::MibIndex> none(mib::MibIndex::empty());
  return none;
}

inline RenderContext context(const Clock& clock) {
  return {clock, no_mibs(), "gw.example.net", {0x80, 0, 0, 0, 5, 1}};
}

}  // namespace trapd::forwarders::mail
