// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "mib/trapd_mib.h"
#include "tests/unit/mib/fixture.h"

namespace trapd::mib::test {

namespace {
const MibIndex& base_index() {
  static const std::shared_ptr<const MibIndex> index = compile({});
  return *index;
}
}  // namespace

TEST_CASE("trapd's own modules compile without a word") {
  for (const std::string_view line : base_index().diagnostics()) {
    MESSAGE(std::string(line));
  }
  CHECK(base_index().diagnostics().empty());
  CHECK(base_index().modules().size() > 30);
  CHECK(base_index().node_count() > 1000);
}

TEST_CASE("the standard notifications have their OIDs and objects") {
  struct Row {
    const char* name;
    const char* oid;
    std::uint32_t objects;
  };
  const Row rows[] = {
      {"SNMPv2-MIB::coldStart", "1.3.6.1.6.3.1.1.5.1", 0},
      {"SNMPv2-MIB::authenticationFailure", "1.3.6.1.6.3.1.1.5.5", 0},
      {"IF-MIB::linkDown", "1.3.6.1.6.3.1.1.5.3", 3},
      {"IF-MIB::linkUp", "1.3.6.1.6.3.1.1.5.4", 3},
      {"ENTITY-MIB::entConfigChange", "1.3.6.1.2.1.47.2.0.1", 0},
      {"RMON-MIB::risingAlarm", "1.3.6.1.2.1.16.0.1", 5},
      {"RMON-MIB::fallingAlarm", "1.3.6.1.2.1.16.0.2", 5},
      {"BRIDGE-MIB::newRoot", "1.3.6.1.2.1.17.0.1", 0},
      {"BGP4-MIB::bgpBackwardTransNotification", "1.3.6.1.2.1.15.0.2", 3},
      {"OSPF-TRAP-MIB::ospfIfAuthFailure", "1.3.6.1.2.1.14.16.2.6", 6},
      {"UPS-MIB::upsTrapOnBattery", "1.3.6.1.2.1.33.2.1", 3},
      {"UPS-MIB::upsTrapAlarmEntryAdded", "1.3.6.1.2.1.33.2.3", 2},
      {"ALARM-MIB::alarmActiveState", "1.3.6.1.2.1.118.0.2", 2},
      {"ALARM-MIB::alarmClearState", "1.3.6.1.2.1.118.0.3", 2},
      {"DISMAN-EVENT-MIB::mteTriggerFired", "1.3.6.1.2.1.88.2.0.1", 5},
      {"SYSLOG-MSG-MIB::syslogMsgNotification", "1.3.6.1.2.1.192.0.1", 10},
      {"SNMP-TLS-TM-MIB::snmpTlstmServerCertificateUnknown", "1.3.6.1.2.1.198.0.1", 1},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto oid = base_index().find(row.name);
    REQUIRE(oid.has_value());
    CHECK(oid->text() == row.oid);
    const auto match = base_index().lookup(*oid);
    CHECK(match->node.kind == NodeKind::kNotification);
    CHECK(match->node.object_count == row.objects);
    for (std::uint32_t i = 0; i < match->node.object_count; ++i) {
      CHECK(base_index().object_at(match->node, i).node.has_value());
    }
  }
}

TEST_CASE("a name of MIB-II is that of IF-MIB, and both modules know it") {
  CHECK(oid_text(base_index(), "IF-MIB::ifIndex") == "1.3.6.1.2.1.2.2.1.1");
  CHECK(oid_text(base_index(), "RFC1213-MIB::ifIndex") == "1.3.6.1.2.1.2.2.1.1");
  CHECK(oid_text(base_index(), "ifIndex") == "1.3.6.1.2.1.2.2.1.1");
  const auto oid = base_index().find("ifOperStatus.7");
  REQUIRE(oid.has_value());
  CHECK(base_index().name_of(*oid) == "IF-MIB::ifOperStatus.7");
}

TEST_CASE("textual conventions bring hints and labels") {
  const auto address = base_index().find("ifPhysAddress");
  REQUIRE(address.has_value());
  const Node physical = base_index().lookup(*address)->node;
  CHECK(physical.textual_convention == "PhysAddress");
  CHECK(physical.display_hint == "1x:");
  CHECK(physical.syntax == Syntax::kOctetString);
  const auto type = base_index().find("ifType");
  REQUIRE(type.has_value());
  const Node if_type = base_index().lookup(*type)->node;
  CHECK(if_type.textual_convention == "IANAifType");
  CHECK(base_index().label(if_type, 6) == "ethernetCsmacd");
  CHECK(!base_index().label(if_type, 100'000).has_value());
}

TEST_CASE("the header of TRAPD-MIB and its text say the same") {
  std::size_t named = 0;
  for (const TrapdMibName& row : kTrapdMibNames) {
    const std::string name(row.name);
    CAPTURE(name);
    CHECK(base_index().name_of(row.oid()) == "TRAPD-MIB::" + name);
    ++named;
  }
  // The other way round: every notification, object and column of the module is in the header.
  const auto in_header = [](snmp::OidView oid) {
    return std::any_of(std::begin(kTrapdMibNames), std::end(kTrapdMibNames),
                       [&](const TrapdMibName& row) { return row.oid() == oid; });
  };
  std::size_t defined = 0;
  for (std::uint32_t id = 0; id < base_index().node_count(); ++id) {
    const Node node = base_index().node(id);
    if (node.module != "TRAPD-MIB" || node.kind == NodeKind::kStructure) continue;
    ++defined;
    const bool is_index = node.name == "trapdActiveIndex" || node.name == "trapdReasonIndex";
    CAPTURE(std::string(node.name));
    CHECK((is_index || in_header(node.oid)));
  }
  CHECK(defined > 80);
  CHECK(named >= defined - 2);
}

}  // namespace trapd::mib::test
