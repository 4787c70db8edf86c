// SPDX-License-Identifier: Apache-2.0
#include "mib/compiler/diagnostics.h"
#include "tests/unit/mib/fixture.h"

namespace trapd::mib::test {

TEST_CASE("a module with the defects of vendors' files loads all the same") {
  const MibIndex& index = test_index();
  CHECK(oid_text(index, "AcmeBoard-MIB::acmeKeepAlive") == "1.3.6.1.4.1.55555.1.2.0.16");
  CHECK(oid_text(index, "acme_Objects") == "1.3.6.1.4.1.55555.1.1");
  const auto trap = index.find("acmeKeepAlive");
  REQUIRE(trap.has_value());
  const Node node = index.lookup(*trap)->node;
  CHECK(node.kind == NodeKind::kNotification);
  REQUIRE(node.object_count == 2);
  CHECK(index.object_at(node, 0).name == "acmeSeverity");
  CHECK(index.object_at(node, 1).name == "acmeText");
  const auto severity = index.node(*index.object_at(node, 0).node);
  CHECK(index.label(severity, 4) == "major");
  const auto address = index.find("acmeAddress");
  REQUIRE(address.has_value());
  CHECK(index.lookup(*address)->node.syntax == Syntax::kIpAddress);
  CHECK(any_line(index, "acme-board.mib:18: "));
}

TEST_CASE("a broken file is named with its line and skipped") {
  CHECK(any_line(test_index(), "BROKEN-MIB.txt:15: "));
  CHECK(!test_index().resolve("brokenObject").has_value());
  CHECK(!test_index().resolve("brokenRoot").has_value());
}

TEST_CASE("what a missing module would have placed is named; the rest of the file stays") {
  CHECK(any_line(test_index(), "ORPHAN-MIB.txt:10: Cannot find module (ABSENT-MIB)"));
  CHECK(any_line(test_index(), "orphanLost"));
  CHECK(oid_text(test_index(), "orphanKept") == "1.3.6.1.4.1.55555.3");
  CHECK(!test_index().resolve("orphanLost").has_value());
}

TEST_CASE("a trap of SMIv1 is enterprise.0.specific") {
  CHECK(oid_text(test_index(), "oldOnBattery") == "1.3.6.1.4.1.55555.4.0.5");
  CHECK(oid_text(test_index(), "OLD-TRAP-MIB::oldOnLine") == "1.3.6.1.4.1.55555.4.0.9");
  const auto trap = test_index().find("oldOnBattery");
  REQUIRE(trap.has_value());
  const Node node = test_index().lookup(*trap)->node;
  CHECK(node.kind == NodeKind::kNotification);
  REQUIRE(node.object_count == 2);
  CHECK(test_index().object_at(node, 1).name == "ifIndex");
}

TEST_CASE("the system's modules load over ours") {
  const auto index = compile({"/usr/share/snmp/mibs"});
  CHECK(oid_text(*index, "NET-SNMP-AGENT-MIB::nsNotifyShutdown") == "1.3.6.1.4.1.8072.4.0.2");
  CHECK(oid_text(*index, "TRAPD-MIB::trapdHeartbeat") == "1.3.6.1.4.1.8072.9999.9999.7331.0.5");
  CHECK(oid_text(*index, "NET-SNMP-MIB::netSnmpPlaypen") == "1.3.6.1.4.1.8072.9999.9999");
  for (const std::string_view line : index->diagnostics()) MESSAGE(std::string(line));
  CHECK(index->diagnostics().empty());
}

TEST_CASE("a selection loads itself, what it imports, and our own modules") {
  const TempDir dir;
  BuildOptions options = build_options(dir, {data_dir()});
  options.inputs.modules = {"OLD-TRAP-MIB", "NO-SUCH-MIB"};
  auto build = build_or_reuse(options);
  REQUIRE(build.has_value());
  CHECK(build->index->resolve("oldOnBattery").has_value());
  CHECK(build->index->resolve("linkDown").has_value());
  CHECK(!build->index->resolve("hintNotice").has_value());
  CHECK(any_line(*build->index, "NO-SUCH-MIB"));
}

TEST_CASE("lines of the parser are turned into file, line and reason") {
  CHECK(fault_line("Bad operator (X): At line 3 in /a/B.txt\n") == "/a/B.txt:3: Bad operator (X)");
  CHECK(fault_line("Undefined identifier: x near line 9 of /a/B\n") ==
        "/a/B:9: Undefined identifier: x");
  CHECK(fault_line("Did not find 'x' in module Y (/a/B)\n") ==
        "/a/B: Did not find 'x' in module Y");
  CHECK(fault_line("MIB search path: \n").empty());
  CHECK(fault_line("something else\n") == "something else");
}

TEST_CASE("one file cannot fill the list of faults") {
  Diagnostics diagnostics;
  for (int i = 0; i < 1000; ++i) diagnostics.add("/a:" + std::to_string(i) + ": bad");
  diagnostics.add("/b:1: bad");
  const auto lines = diagnostics.lines();
  REQUIRE(lines.size() == Diagnostics::kLinesPerFileMax + 2);
  CHECK(lines[Diagnostics::kLinesPerFileMax] == "/b:1: bad");
  CHECK(lines.back() == "/a: (990 more)");
}

}  // namespace trapd::mib::test
