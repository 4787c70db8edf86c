// SPDX-License-Identifier: Apache-2.0
#include "forwarders/snmp/alarm_format.h"

#include <doctest/doctest.h>

#include <array>
#include <map>

#include "mib/index_writer.h"
#include "mib/trapd_mib.h"
#include "tests/unit/forwarders_snmp/made_record.h"
#include "trapd/snmp/date_and_time.h"
#include "trapd/snmp/pdu.h"
#include "trapd/snmp/value_text.h"

namespace trapd::forwarders {
namespace {

using alarm::Field;

std::vector<std::uint8_t> rendered(MadeRecord& record, std::uint64_t sequence = 5,
                                   const mib::MibIndex* names = nullptr) {
  static const std::vector<std::uint8_t> own = hex(kOwnEngineHex);
  std::vector<std::uint8_t> room(64 * 1024);
  ber::Writer writer(room);
  CHECK(write_alarm_varbinds(record.view(), {sequence, 777, own, names}, writer));
  return {writer.done().begin(), writer.done().end()};
}

/// Name in TRAPD-MIB -> hexadecimal content; "notification" -> name of the notification.
using Fields = std::map<std::string, std::string>;

std::string mib_name(snmp::OidView oid) {
  for (const mib::TrapdMibName& row : mib::kTrapdMibNames) {
    if (oid == row.oid()) return row.name;
  }
  return oid.text();
}

Fields fields_of(const std::vector<std::uint8_t>& list) {
  Fields fields;
  snmp::VarbindReader reader(list);
  snmp::Varbind varbind;
  int position = 0;
  while (reader.next(&varbind)) {
    if (position++ == 1) fields["notification"] = mib_name(snmp::OidView(varbind.value.content));
    const ByteView name = varbind.name.content();
    fields[mib_name(snmp::OidView(name.first(name.size() - 1)))] = to_hex(varbind.value.content);
  }
  return fields;
}

}  // namespace

TEST_CASE("a raise is trapdAlarmRaise, octet by octet") {
  MadeRecord record;
  const std::string at =
      "0611"
      "2b06010401bf08ce0fce0fb923"
      "0101";  // trapdVariables, then N.0
  CHECK(to_hex(rendered(record)) ==
        "300e06082b06010201010300"
        "43020309"  // sysUpTime.0 = 777: ours
        "301d060a2b060106030101040100"
        "060f2b06010401bf08ce0fce0fb9230001"
        "3016" +
            at +
            "0100"
            "460105"  // sequence
            "3016" +
            at +
            "0200"
            "460111"  // alarm id
            "301a" +
            at +
            "0300"
            "0405"
            "7362632d31"  // sbc-1
            "301e" +
            at +
            "0400"
            "0409"
            "3139322e302e322e37"
            "301e" +
            at +
            "0500"
            "0409"
            "800000000102030405"
            "301d" +
            at +
            "0600"
            "0408"
            "6c696e6b446f776e"
            "301e" +
            at +
            "0700"
            "0409"
            "6966496e6465783d33"
            "3016" +
            at +
            "0800"
            "020104"  // major
            "3016" +
            at +
            "0900"
            "020102"  // communications
            "3016" +
            at +
            "0a00"
            "020108"
            "3023" +
            at +
            "0b00"
            "040e"
            "6c696e6b203320697320646f776e"
            "3020" +
            at +
            "0c00"
            "040b"
            "07e70b0e160d14032b0000"
            "3020" +
            at +
            "0d00"
            "040b"
            "07e70b0e160d14032b0000"
            "3016" +
            at +
            "0e00"
            "420101"
            "301e" +
            at +
            "0f00"
            "0609"
            "2b0601060301010503"
            "3018" +
            at +
            "1000"
            "0403"
            "746c76"
            "3019" +
            at +
            "1100"
            "0404"
            "61636d65"
            "3016" +
            at +
            "1200"
            "020102"  // not acknowledged
            "3019" +
            at +
            "1500"
            "0404"
            "6c696e6b");
}

TEST_CASE("each outcome has its notification") {
  MadeRecord record;
  const auto notification = [&](alarm::Outcome outcome) {
    record.header().outcome = outcome;
    return fields_of(rendered(record))["notification"];
  };
  CHECK(notification(alarm::Outcome::kRaise) == "trapdAlarmRaise");
  CHECK(notification(alarm::Outcome::kChange) == "trapdAlarmChange");
  CHECK(notification(alarm::Outcome::kRepeat) == "trapdAlarmChange");
  CHECK(notification(alarm::Outcome::kClear) == "trapdAlarmClear");
  CHECK(notification(alarm::Outcome::kEvent) == "trapdEvent");
  CHECK(notification(alarm::Outcome::kClearWithoutRaise) == "trapdEvent");
}

TEST_CASE("a change names the severity before, a clear is cleared whatever the rule said") {
  MadeRecord record;
  record.header().outcome = alarm::Outcome::kChange;
  record.header().previous_severity = alarm::Severity::kWarning;
  Fields change = fields_of(rendered(record));
  CHECK(change["trapdAlarmSeverity"] == "04");
  CHECK(change["trapdAlarmPreviousSeverity"] == "06");
  CHECK(change["trapdAlarmFirstRaised"] == "0000000000000000");  // as a record of version 1 has it

  record.header().outcome = alarm::Outcome::kClear;
  Fields clear = fields_of(rendered(record));
  CHECK(clear["trapdAlarmSeverity"] == "01");
  CHECK(clear["trapdAlarmPreviousSeverity"] == "06");
}

TEST_CASE("a repeat does not take an acknowledgement back") {
  MadeRecord record;
  record.header().outcome = alarm::Outcome::kRepeat;
  CHECK_FALSE(fields_of(rendered(record)).contains("trapdAlarmAcknowledged"));
  record.header().outcome = alarm::Outcome::kChange;
  CHECK(fields_of(rendered(record))["trapdAlarmAcknowledged"] == "02");
}

TEST_CASE("an acknowledgement is a change that says by whom") {
  MadeRecord record;
  record.header().kind = alarm::Kind::kAcknowledge;
  record.header().outcome = alarm::Outcome::kEvent;
  record.set(Field::kOperator, "ops");
  Fields fields = fields_of(rendered(record));
  CHECK(fields["notification"] == "trapdAlarmChange");
  CHECK(fields["trapdAlarmAcknowledged"] == "01");
  CHECK(fields["trapdAlarmAcknowledgedBy"] == "6f7073");
  CHECK(fields["trapdAlarmPreviousSeverity"] == fields["trapdAlarmSeverity"]);
}

TEST_CASE("the device of an inform is its context, unless that is ours") {
  MadeRecord record;
  record.flag(alarm::RecordFlag::kInform);
  record.set_hex(Field::kAuthoritativeEngineId, kOwnEngineHex);
  CHECK(fields_of(rendered(record))["trapdAlarmDeviceEngineId"] == kDeviceEngine);
  record.set_hex(Field::kContextEngineId, kOwnEngineHex);
  CHECK(fields_of(rendered(record))["trapdAlarmDeviceEngineId"].empty());
}

TEST_CASE("conditions of trapd itself go out like others, without an address") {
  MadeRecord record;
  record.header().kind = alarm::Kind::kOwn;
  Fields fields = fields_of(rendered(record));
  CHECK(fields["notification"] == "trapdAlarmRaise");
  CHECK(fields["trapdAlarmDeviceAddress"].empty());
}

TEST_CASE("an IPv6 address is text like any other") {
  MadeRecord record;
  record.header().source = *Endpoint::parse("[2001:db8::7]:40000");
  CHECK(fields_of(rendered(record))["trapdAlarmDeviceAddress"] == to_hex(as_bytes("2001:db8::7")));
}

TEST_CASE("text is cut to its convention's size between characters") {
  MadeRecord record;
  std::string name(254, 'a');
  name += "\xc3\xa9";  // 256 octets: the last character does not fit into 255
  record.set(Field::kDeviceName, name);
  CHECK(fields_of(rendered(record))["trapdAlarmDeviceName"] ==
        to_hex(as_bytes(std::string(254, 'a'))));
}

TEST_CASE("of a notification that no rule knows the text is its varbinds") {
  mib::IndexWriter nothing;
  const auto names = *mib::MibIndex::from_bytes(*nothing.finish(mib::InputsKey{}));
  const std::string name = to_hex(as_bytes("linkDown"));
  const std::string varbinds = to_hex(as_bytes("1.3.6.1.2.1.2.2.1.1.3=3"));
  MadeRecord record;
  record.set(Field::kText, "linkDown");
  CHECK(fields_of(rendered(record))["trapdAlarmText"] == name);
  CHECK(fields_of(rendered(record, 5, names.get()))["trapdAlarmText"] == varbinds);
  record.set(Field::kVarbinds, "");
  CHECK(fields_of(rendered(record, 5, names.get()))["trapdAlarmText"] == name);
}

TEST_CASE("the sequence number is the destination's") {
  MadeRecord record;
  CHECK(fields_of(rendered(record, 0x0100000000))["trapdAlarmSequence"] == "0100000000");
}

TEST_CASE("a heartbeat says how far the destination is, and leaves out what nobody knows") {
  std::array<std::uint8_t, 512> room{};
  ber::Writer writer(room);
  Heartbeat heartbeat;
  heartbeat.last_sequence = 41;
  CHECK(write_heartbeat_varbinds(heartbeat, writer));
  Fields fields = fields_of({writer.done().begin(), writer.done().end()});
  CHECK(fields["notification"] == "trapdHeartbeat");
  CHECK(fields["trapdLastSequence"] == "29");
  CHECK(fields["trapdAlarmSequence"] == "29");
  CHECK_FALSE(fields.contains("trapdActiveAlarmCount"));
  CHECK_FALSE(fields.contains("trapdLostCount"));

  heartbeat.active_alarms = 7;
  heartbeat.lost_records = 2;
  ber::Writer full(room);
  CHECK(write_heartbeat_varbinds(heartbeat, full));
  fields = fields_of({full.done().begin(), full.done().end()});
  CHECK(fields["trapdActiveAlarmCount"] == "07");
  CHECK(fields["trapdLostCount"] == "02");
}

TEST_CASE("DateAndTime at the ends of days and years") {
  CHECK(to_hex(snmp::date_and_time(0).view()) ==
        "07b2010100000000"
        "2b0000");
  CHECK(to_hex(snmp::date_and_time(-5).view()) ==
        "07b2010100000000"
        "2b0000");
  // 2024-02-29T23:59:59.9Z
  CHECK(to_hex(snmp::date_and_time(1'709'251'199'900'000'000).view()) ==
        "07e8021d173b3b09"
        "2b0000");
}

}  // namespace trapd::forwarders
