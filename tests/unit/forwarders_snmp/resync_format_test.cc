// SPDX-License-Identifier: Apache-2.0
// What a receiver of format alarm gets of a resynchronisation, and of a list that is rebuilt.
#include <map>

#include "forwarders/resync_record.h"
#include "forwarders/snmp/alarm_format.h"
#include "mib/trapd_mib.h"
#include "trapd/snmp/pdu.h"

// Last: its CHECK takes the place of trapd/base/check.h's.
#include <doctest/doctest.h>

namespace trapd::forwarders {
namespace {

const ResyncRecord::Origin kOrigin{"80001f8805aabbccdd", "gw", 5};

alarm::AlarmState an_alarm() {
  alarm::AlarmState state;
  state.id = 7;
  state.last_sequence = 9;
  state.device = "8000138b0500000001";
  state.name = "linkDown";
  state.severity = alarm::Severity::kMajor;
  state.count = 3;
  state.first_wall_ns = 1'000'000'000;
  state.acknowledged_by.assign("ann");
  state.source = *Endpoint::parse("192.0.2.7:161");
  return state;
}

/// Names in their order, and values by name.
struct Told {
  std::vector<std::string> names;
  std::map<std::string, std::string> values;
};
Told told(const ResyncRecord& record) {
  std::vector<std::uint8_t> room(4096);
  ber::Writer writer(room);
  AlarmFormatInput input;
  input.destination_sequence = 42;
  REQUIRE(write_alarm_varbinds(record.view(), input, writer));
  Told result;
  snmp::VarbindReader reader(writer.done());
  for (snmp::Varbind varbind; reader.next(&varbind);) {
    result.names.push_back(varbind.name.text());
    result.values[varbind.name.text()] = to_hex(varbind.value.content);
  }
  return result;
}
std::string name(snmp::OidView object) { return object.text() + ".0"; }
const char kTrapOid[] = "1.3.6.1.6.3.1.1.4.1.0";

}  // namespace

TEST_CASE("an active alarm goes out as trapdResyncAlarm, with who acknowledged it") {
  const ResyncRecord record = ResyncRecord::alarm(kOrigin, an_alarm());
  CHECK(std::string(resync_text(record.view())) == "alarm");
  const Told alarm = told(record);
  CHECK(alarm.values.at(kTrapOid) == to_hex(mib::kTrapdResyncAlarm.view().content()));
  CHECK(alarm.names.size() == 2 + 19);
  CHECK(alarm.names.back() == name(mib::kTrapdAlarmAcknowledgedBy));
  CHECK(alarm.values.at(name(mib::kTrapdAlarmAcknowledgedBy)) == to_hex(as_bytes("ann")));
  CHECK(alarm.values.at(name(mib::kTrapdAlarmAcknowledged)) == "01");
  CHECK(alarm.values.at(name(mib::kTrapdAlarmSequence)) == "2a");
  CHECK(alarm.values.at(name(mib::kTrapdAlarmId)) == "07");
  CHECK(alarm.values.at(name(mib::kTrapdAlarmRepeatCount)) == "03");
  CHECK(alarm.values.at(name(mib::kTrapdAlarmDeviceEngineId)) == "8000138b0500000001");
  CHECK(alarm.values.at(name(mib::kTrapdAlarmDeviceAddress)) == to_hex(as_bytes("192.0.2.7")));
}

TEST_CASE("start and end say whose and how; what has cleared meanwhile is a clear") {
  const Told start = told(ResyncRecord::start(kOrigin, "oss", 300));
  CHECK(start.values.at(kTrapOid) == to_hex(mib::kTrapdResyncStart.view().content()));
  CHECK(start.names ==
        std::vector<std::string>{"1.3.6.1.2.1.1.3.0", kTrapOid, name(mib::kTrapdAlarmSequence),
                                 name(mib::kTrapdResyncTarget), name(mib::kTrapdActiveAlarmCount)});
  CHECK(start.values.at(name(mib::kTrapdActiveAlarmCount)) == "012c");
  const Told end = told(ResyncRecord::end(kOrigin, "oss", ResyncResult::kStopped, 300));
  CHECK(end.values.at(kTrapOid) == to_hex(mib::kTrapdResyncEnd.view().content()));
  CHECK(end.values.at(name(mib::kTrapdResyncResult)) == "02");
  CHECK(end.names.size() == 6);
  const ResyncRecord gone = ResyncRecord::clear(kOrigin, an_alarm());
  CHECK(std::string(resync_text(gone.view())) == "clear");
  const Told clear = told(gone);
  CHECK(clear.values.at(kTrapOid) == to_hex(mib::kTrapdAlarmClear.view().content()));
  CHECK(clear.values.at(name(mib::kTrapdAlarmSeverity)) == "01");
}

TEST_CASE("a list that is rebuilt is told with number 0, the active alarms and the reason") {
  std::vector<std::uint8_t> room(512);
  ber::Writer writer(room);
  REQUIRE(write_list_rebuilt_varbinds({.sys_up_time = 1, .active_alarms = 5, .reason = 1}, writer));
  snmp::VarbindReader reader(writer.done());
  std::vector<std::string> values;
  for (snmp::Varbind varbind; reader.next(&varbind);) {
    values.push_back(to_hex(varbind.value.content));
  }
  CHECK(values == std::vector<std::string>{"01", to_hex(mib::kTrapdListRebuilt.view().content()),
                                           "00", "05", "01"});
}

}  // namespace trapd::forwarders
