// SPDX-License-Identifier: Apache-2.0
// Records as the ledger would hand them to a destination, for the tests of this folder.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "forwarders/forwarder.h"
#include "trapd/alarm/record.h"
#include "trapd/snmp/oid.h"

namespace trapd::forwarders {

inline std::vector<std::uint8_t> hex(std::string_view digits) {
  auto bytes = from_hex(digits);
  return bytes ? *bytes : std::vector<std::uint8_t>();
}

/// ifIndex.3 = 3, as a varbind.
inline const char kIfIndexVarbind[] = "300f060a2b060102010202010103020103";
/// linkDown, 1.3.6.1.6.3.1.1.5.3, as content.
inline const char kLinkDownOid[] = "2b0601060301010503";
inline const char kDeviceEngine[] = "800000000102030405";
inline const char kOwnEngineHex[] = "8000000005676174657761792d31";

class MadeRecord {
 public:
  /// A linkDown trap of a v3 device at 192.0.2.7, raised as an alarm.
  MadeRecord() {
    alarm::RecordHeader& header = fields_.header;
    header.snmp_version = 3;
    header.severity = alarm::Severity::kMajor;
    header.type = alarm::EventType::kCommunications;
    header.probable_cause = 8;
    header.action = alarm::Action::kRaise;
    header.outcome = alarm::Outcome::kRaise;
    header.sequence = 17;
    header.alarm_id = 17;
    header.repeat_count = 1;
    header.received_wall_ns = 1'700'000'000'300'000'000;  // 2023-11-14T22:13:20.3Z
    header.sys_up_time = 12345;
    header.source = *Endpoint::parse("192.0.2.7:40000");
    set(alarm::Field::kDevice, kDeviceEngine);
    set(alarm::Field::kDeviceName, "sbc-1");
    set(alarm::Field::kAlarmName, "linkDown");
    set(alarm::Field::kResource, "ifIndex=3");
    set(alarm::Field::kText, "link 3 is down");
    set(alarm::Field::kRule, "link");
    set(alarm::Field::kSite, "tlv");
    set(alarm::Field::kTenant, "acme");
    set_hex(alarm::Field::kAuthoritativeEngineId, kDeviceEngine);
    set_hex(alarm::Field::kContextEngineId, kDeviceEngine);
    set_hex(alarm::Field::kTrapOid, kLinkDownOid);
    set_hex(alarm::Field::kVarbinds, kIfIndexVarbind);
  }
  MadeRecord(const MadeRecord&) = delete;
  MadeRecord& operator=(const MadeRecord&) = delete;

  alarm::RecordHeader& header() { return fields_.header; }
  void set(alarm::Field field, std::string_view text) {
    kept_.emplace_back(text);
    fields_.set(field, kept_.back());
  }
  void set_hex(alarm::Field field, std::string_view digits) {
    const std::vector<std::uint8_t> bytes = hex(digits);
    set(field, as_text(bytes));
  }
  void flag(alarm::RecordFlag flag) {
    fields_.header.flags =
        static_cast<std::uint8_t>(fields_.header.flags | static_cast<std::uint8_t>(flag));
  }
  void from_v1(std::string_view agent_address_hex, std::string_view enterprise_dotted) {
    fields_.header.snmp_version = 0;
    flag(alarm::RecordFlag::kFromV1);
    set_hex(alarm::Field::kAgentAddress, agent_address_hex);
    set(alarm::Field::kEnterprise, as_text(snmp::Oid::parse(enterprise_dotted)->view().content()));
    set(alarm::Field::kContextEngineId, "");
    set(alarm::Field::kAuthoritativeEngineId, "");
    set(alarm::Field::kSecurityName, "site-community");
  }

  alarm::RecordView view() {
    storage_.assign(alarm::encoded_size(fields_) / 8 + 1, 0);
    alarm::encode(fields_, {reinterpret_cast<std::uint8_t*>(storage_.data()), storage_.size() * 8});
    return alarm::RecordView(
        {reinterpret_cast<const std::uint8_t*>(storage_.data()), storage_.size() * 8});
  }
  Item item(std::uint64_t sequence, std::uint64_t destination_sequence) {
    fields_.header.sequence = sequence;
    return {view(), sequence, destination_sequence};
  }

 private:
  std::deque<std::string> kept_;
  alarm::RecordFields fields_;
  std::vector<std::uint64_t> storage_;
};

}  // namespace trapd::forwarders
