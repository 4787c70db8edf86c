// SPDX-License-Identifier: Apache-2.0
// Get, GetNext and GetBulk.
#include <algorithm>

#include "tests/unit/agent/snmp_asker.h"

namespace trapd::agent {
namespace {

Asking get(std::vector<std::string> names) {
  Asking asking;
  asking.names = std::move(names);
  return asking;
}
Asking next(std::vector<std::string> names) {
  Asking asking = get(std::move(names));
  asking.pdu = ber::kGetNextRequest;
  return asking;
}
Asking bulk(std::vector<std::string> names, std::int32_t non_repeaters, std::int32_t repetitions) {
  Asking asking = get(std::move(names));
  asking.pdu = ber::kGetBulkRequest;
  asking.non_repeaters = non_repeaters;
  asking.repetitions = repetitions;
  return asking;
}

}  // namespace

TEST_CASE("a Get answers each name: values, no such object, no such instance") {
  Managed managed;
  managed.add_alarm(4);
  const Got got = managed.ask(
      get({"1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.5", "1.3.6.1.2.1.1.5.1", "1.3.6.1.2.1.1.5.0.0",
           "1.3.6.1.2.1.2.1.0", kActive + "6.5", kActive + "6.6", kActive + "20.5", kActive + "1.5",
           "1.3.6.1.4.1.8072.9999.9999.7331.1.4.1.0", "0.0"}));
  CHECK(got.type == ber::kResponse);
  CHECK(got.level == snmp::SecurityLevel::kAuthPriv);
  CHECK(got.status == 0);
  REQUIRE(got.varbinds.size() == 11);
  CHECK(got.varbinds[0].text() == "gw-1");
  CHECK(got.varbinds[1].tag == ber::kNoSuchInstance);
  CHECK(got.varbinds[2].tag == ber::kNoSuchInstance);
  CHECK(got.varbinds[3].tag == ber::kNoSuchInstance);
  CHECK(got.varbinds[4].tag == ber::kNoSuchObject);
  CHECK(got.varbinds[5].text() == "linkDown");
  CHECK(got.varbinds[6].tag == ber::kNoSuchInstance);
  CHECK(got.varbinds[7].tag == ber::kNoSuchObject);  // no such column
  CHECK(got.varbinds[8].tag == ber::kNoSuchObject);  // the index is not accessible
  CHECK(got.varbinds[9].tag == ber::kCounter64);
  CHECK(got.varbinds[9].number() == 100);
  CHECK(got.varbinds[10].tag == ber::kNoSuchObject);
}

TEST_CASE("every column of an active alarm") {
  Managed managed;
  managed.add_alarm(0);
  std::vector<std::string> names;
  for (int column = 2; column <= 21; ++column) {
    if (column != 20) names.push_back(kActive + std::to_string(column) + ".1");
  }
  const Got got = managed.ask(get(names));
  REQUIRE(got.varbinds.size() == 19);
  CHECK(got.varbinds[0].number() == 1000);
  CHECK(got.varbinds[0].tag == ber::kCounter64);
  CHECK(got.varbinds[1].text() == "sbc-1");
  CHECK(got.varbinds[2].text() == "192.0.2.50");
  CHECK(to_hex(got.varbinds[3].content) == "8000138b0500000001");
  CHECK(got.varbinds[4].text() == "linkDown");
  CHECK(got.varbinds[5].text() == "1");
  CHECK(got.varbinds[6].number() == 4);  // major
  CHECK(got.varbinds[7].number() == 2);
  CHECK(got.varbinds[8].tag == ber::kInteger);
  CHECK(got.varbinds[9].text() == "link 1 is down");
  CHECK(got.varbinds[10].content.size() == 11);
  CHECK(got.varbinds[11].content.size() == 11);
  CHECK(got.varbinds[12].tag == ber::kGauge32);
  CHECK(got.varbinds[12].number() == 2);
  CHECK(got.varbinds[13].tag == ber::kObjectIdentifier);
  CHECK(got.varbinds[14].text() == "tlv");
  CHECK(got.varbinds[15].text() == "acme");
  CHECK(got.varbinds[16].number() == 2);  // not acknowledged
  CHECK(got.varbinds[17].text().empty());
  CHECK(got.varbinds[18].text() == "link");
}

TEST_CASE("an alarm of trapd's own has neither address nor engine, as in its notifications") {
  Managed managed;
  managed.add_alarm(0);
  managed.alarms[0].device = to_hex(kOwnEngine);
  managed.alarms[0].name = "trapdStorm";
  managed.alarms[0].source = {};
  const Got got = managed.ask(get({kActive + "4.1", kActive + "5.1", kActive + "6.1"}));
  REQUIRE(got.varbinds.size() == 3);
  CHECK(got.varbinds[0].content.empty());
  CHECK(got.varbinds[1].content.empty());
  CHECK(got.varbinds[1].tag == ber::kOctetString);
  CHECK(got.varbinds[2].text() == "trapdStorm");
}

TEST_CASE("a walk by GetNext meets every object once, in order, and ends") {
  Managed managed;
  for (std::uint32_t row : {0U, 1U, 5U, 70'000U}) managed.add_alarm(row, std::to_string(row));
  std::vector<std::vector<std::uint32_t>> met;
  std::string name = "1.3";
  for (int step = 0; step < 1000; ++step) {
    const Got got = managed.ask(next({name}));
    REQUIRE(got.varbinds.size() == 1);
    if (got.varbinds[0].tag == ber::kEndOfMibView) {
      CHECK(got.varbinds[0].name == name);
      break;
    }
    name = got.varbinds[0].name;
    met.push_back(snmp::Oid::parse(name)->view().arcs());
    // The same by Get.
    const Got same = managed.ask(get({name}));
    if (name != "1.3.6.1.2.1.11.1.0") {  // snmpInPkts counts what asks for it
      CHECK(same.varbinds[0].content == got.varbinds[0].content);
    }
  }
  CHECK(std::is_sorted(met.begin(), met.end()));
  CHECK(std::adjacent_find(met.begin(), met.end()) == met.end());
  // 7 system, 6 snmp, 4 engine, 3 mpd, 1 context, 6 usm, 2 + 19 x 4 active, 5 resync, 5 + 2 x 2.
  CHECK(met.size() == 7 + 6 + 4 + 3 + 1 + 6 + 2 + 19 * 4 + 5 + 5 + 4);
}

TEST_CASE("GetNext from within, before and behind an instance") {
  Managed managed;
  managed.add_alarm(4);
  managed.add_alarm(9);
  const auto after = [&](const std::string& name) {
    return managed.ask(next({name})).varbinds.at(0).name;
  };
  CHECK(after(kActive + "6") == kActive + "6.5");
  CHECK(after(kActive + "6.0") == kActive + "6.5");
  CHECK(after(kActive + "6.4.9") == kActive + "6.5");
  CHECK(after(kActive + "6.5") == kActive + "6.10");
  CHECK(after(kActive + "6.5.1") == kActive + "6.10");
  CHECK(after(kActive + "6.10") == kActive + "7.5");
  CHECK(after(kActive + "6.4294967295") == kActive + "7.5");
  CHECK(after(kActive + "20.5") == kActive + "21.5");
  CHECK(after("1.3.6.1.2.1.1.1") == "1.3.6.1.2.1.1.1.0");
  CHECK(after("1.3.6.1.2.1.1.1.0.5") == "1.3.6.1.2.1.1.2.0");
  CHECK(after("1.3.6.1.2.1.1.200") == "1.3.6.1.2.1.11.1.0");  // two octets as one sub-identifier
  CHECK(managed.ask(next({"2.5"})).varbinds.at(0).tag == ber::kEndOfMibView);
}

TEST_CASE("GetBulk: non-repeaters once, repeaters in rows, until all are at the end") {
  Managed managed;
  managed.add_alarm(0, "a");
  managed.add_alarm(1, "b");
  const Got got = managed.ask(bulk({"1.3.6.1.2.1.1.3", kActive + "6", kActive + "7"}, 1, 2));
  REQUIRE(got.varbinds.size() == 5);
  CHECK(got.varbinds[0].name == "1.3.6.1.2.1.1.3.0");
  CHECK(got.varbinds[1].name == kActive + "6.1");
  CHECK(got.varbinds[2].name == kActive + "7.1");
  CHECK(got.varbinds[3].name == kActive + "6.2");
  CHECK(got.varbinds[4].name == kActive + "7.2");
  CHECK(got.varbinds[2].text() == "a");
  CHECK(got.varbinds[4].text() == "b");

  const Got to_end = managed.ask(bulk({"1.3.6.1.6.3.15.1.1.5"}, 0, 50));
  REQUIRE(to_end.varbinds.size() == 3);  // two counters, and the end once
  CHECK(to_end.varbinds[2].tag == ber::kEndOfMibView);
}

TEST_CASE("GetBulk with odd numbers: negative, none, more non-repeaters than names") {
  Managed managed;
  CHECK(managed.ask(bulk({"1.3.6.1.2.1.1"}, -5, -1)).varbinds.empty());
  CHECK(managed.ask(bulk({"1.3.6.1.2.1.1"}, 0, 0)).varbinds.empty());
  CHECK(managed.ask(bulk({"1.3.6.1.2.1.1"}, 9, 4)).varbinds.size() == 1);
  CHECK(managed.ask(bulk({}, 0, 10)).varbinds.empty());
  CHECK(managed.ask(bulk({"1.3.6.1.2.1.1"}, -2, 3)).varbinds.size() == 3);
}

TEST_CASE("GetBulk for more than fits gives what fits, and never more than it may") {
  Managed managed;
  for (std::uint32_t row = 0; row < 5000; ++row) managed.add_alarm(row, std::string(200, 'r'));
  for (const std::int32_t size : {484, 1400, 8192, 65507}) {
    Asking asking = bulk({kActive + "7"}, 0, 2147483647);
    asking.max_size = size;
    const Got got = managed.ask(asking);
    CHECK(got.status == 0);
    CHECK(got.octets <= static_cast<std::size_t>(size));
    // And not much less, but for what a row takes and the frame that is reckoned with.
    if (size >= 1400) CHECK(got.octets + 450 > static_cast<std::size_t>(size));
    CHECK_FALSE(got.varbinds.empty());
  }
  for (std::uint32_t row = 0; row < 5000; ++row) managed.add_alarm(row, "");
  const Got got = managed.ask(bulk({kActive + "8"}, 0, 2147483647));
  CHECK(got.varbinds.size() == kRepetitionsMax);
}

TEST_CASE("a Get whose answer does not fit is answered tooBig, with an empty list") {
  Managed managed;
  managed.add_alarm(0, std::string(250, 'r'));
  Asking asking = get({kActive + "7.1", kActive + "7.1", kActive + "7.1"});
  asking.max_size = 700;
  for (const std::uint8_t pdu : {ber::kGetRequest, ber::kGetNextRequest}) {
    asking.pdu = pdu;
    if (pdu == ber::kGetNextRequest) asking.names = {kActive + "7", kActive + "7", kActive + "7"};
    const Got got = managed.ask(asking);
    CHECK(got.status == static_cast<std::int32_t>(ErrorStatus::kTooBig));
    CHECK(got.index == 0);
    CHECK(got.varbinds.empty());
    CHECK(got.octets <= 700);
  }
  // Not a single one.
  Asking one = bulk({kActive + "7"}, 0, 5);
  one.max_size = 484;
  managed.add_alarm(0, std::string(255, 'r'));
  managed.alarms[0].text = std::string(1024, 't');
  one.names = {kActive + "11"};
  CHECK(managed.ask(one).status == static_cast<std::int32_t>(ErrorStatus::kTooBig));
}

TEST_CASE("all columns of a row in one response are of one moment, whatever happens meanwhile") {
  Managed managed;
  managed.add_alarm(3, "before");
  managed.after_fetch = [&] { managed.add_alarm(3, "after"); };
  const Got got = managed.ask(get({kActive + "7.4", kActive + "11.4"}));
  CHECK(got.varbinds[0].text() == "before");
  CHECK(got.varbinds[1].text() == "link before is down");
  CHECK(managed.fetches == 1);
  // A row that comes up in front of one that is known does not change what was said of that one.
  Managed other;
  other.add_alarm(8, "eight");
  other.after_fetch = [&] { other.add_alarm(2, "two"), other.alarms.erase(8); };
  const Got rows = other.ask(next({kActive + "7.5", kActive + "7.1", kActive + "11.5"}));
  CHECK(rows.varbinds[0].text() == "eight");
  CHECK(rows.varbinds[1].text() == "two");
  CHECK(rows.varbinds[2].text() == "link eight is down");
}

TEST_CASE("an own condition has no address and no engine; a device without engine has none") {
  Managed managed;
  managed.add_alarm(0);
  managed.alarms[0].source = {};
  managed.alarms[0].name = "trapdDestinationDown";
  managed.alarms[0].device = "192.0.2.7";
  const Got got = managed.ask(get({kActive + "4.1", kActive + "5.1"}));
  CHECK(got.varbinds[0].text().empty());
  CHECK(got.varbinds[0].tag == ber::kOctetString);
  CHECK(got.varbinds[1].text().empty());
}

TEST_CASE("long texts are cut at their conventions' sizes, between characters") {
  Managed managed;
  managed.add_alarm(0, std::string(254, 'x') + "\xc3\xa4");
  const Got got = managed.ask(get({kActive + "7.1"}));
  CHECK(got.varbinds[0].text() == std::string(254, 'x'));
}

}  // namespace trapd::agent
