// SPDX-License-Identifier: Apache-2.0
#include "mib/index.h"

#include <algorithm>
#include <random>

#include "mib/index_writer.h"
#include "mib/render.h"
#include "tests/unit/mib/fixture.h"
#include "trapd/ber/tag.h"

namespace trapd::mib::test {

namespace {

snmp::Oid oid(std::string_view text) {
  auto parsed = snmp::Oid::parse(text);
  REQUIRE(parsed.has_value());
  return *parsed;
}

IndexWriter::Definition object(std::string_view at, std::string name) {
  IndexWriter::Definition definition;
  definition.oid = oid(at);
  definition.module = "A-MIB";
  definition.name = std::move(name);
  definition.kind = NodeKind::kObject;
  definition.syntax = Syntax::kInteger32;
  return definition;
}

std::shared_ptr<const MibIndex> finish(const IndexWriter& writer) {
  auto bytes = writer.finish(InputsKey{});
  REQUIRE(bytes.has_value());
  auto index = MibIndex::from_bytes(std::move(*bytes));
  if (!index) FAIL(index.error().text);
  return *index;
}

std::string named(const MibIndex& index, std::string_view at) {
  const snmp::Oid asked = oid(at);
  return index.name_of(asked);
}

std::string found(const MibIndex& index, std::string_view at) {
  const snmp::Oid asked = oid(at);
  const auto match = index.lookup(asked);
  if (!match) return "-";
  return std::string(match->node.name) + "|" + snmp::arcs_text(match->suffix);
}

}  // namespace

TEST_CASE("lookup finds the longest known part of an OID") {
  IndexWriter writer;
  for (const auto& [at, name] : {std::pair{"1.3.6", "dod"},
                                 {"1.3.6.1.4", "private"},
                                 {"1.3.6.1.4.200", "far"},
                                 {"1.3.6.1.4.1.9", "nine"},
                                 {"1.3.6.1.4.1.9.1", "nine-one"},
                                 {"2.5", "other-root"}}) {
    writer.define(object(at, name));
  }
  const auto index = finish(writer);
  CHECK(found(*index, "1.3.6") == "dod|");
  CHECK(found(*index, "1.3.6.1") == "dod|1");
  CHECK(found(*index, "1.3.6.1.4.1") == "private|1");
  CHECK(found(*index, "1.3.6.1.4.1.9.1.5.300") == "nine-one|5.300");
  CHECK(found(*index, "1.3.6.1.4.1.9.2") == "nine|2");
  CHECK(found(*index, "1.3.6.1.4.1.10") == "private|1.10");
  CHECK(found(*index, "1.3.6.1.4.200.7") == "far|7");
  CHECK(found(*index, "1.3.6.1.4.201") == "private|201");
  CHECK(found(*index, "1.3.6.1.4.16384") == "private|16384");
  CHECK(found(*index, "2.5.1") == "other-root|1");
  CHECK(found(*index, "1.3.5") == "-");
  CHECK(found(*index, "0.0") == "-");
}

TEST_CASE("lookup agrees with a search of every node") {
  const MibIndex& index = test_index();
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const Node start = index.node(static_cast<std::uint32_t>(random() % index.node_count()));
    auto arcs = start.oid.arcs();
    for (auto n = random() % 3; n > 0; --n)
      arcs.push_back(static_cast<std::uint32_t>(random() % 300));
    if (random() % 3 == 0 && arcs.size() > 3) arcs.resize(arcs.size() - 1 - random() % 2);
    const auto asked = snmp::Oid::from_arcs(arcs);
    REQUIRE(asked.has_value());
    std::optional<std::uint32_t> best;
    for (std::uint32_t id = 0; id < index.node_count(); ++id) {
      const snmp::OidView prefix = index.node(id).oid;
      if (!asked->view().starts_with(prefix)) continue;
      if (!best || prefix.content().size() > index.node(*best).oid.content().size()) best = id;
    }
    const auto match = index.lookup(*asked);
    REQUIRE(match.has_value() == best.has_value());
    if (best) CHECK(match->node.id == *best);
  }
}

TEST_CASE("names resolve bare, with module, with instance, and dotted") {
  const MibIndex& index = test_index();
  CHECK(oid_text(index, "IF-MIB::linkDown") == "1.3.6.1.6.3.1.1.5.3");
  CHECK(oid_text(index, "linkDown") == "1.3.6.1.6.3.1.1.5.3");
  CHECK(oid_text(index, "ifIndex.3") == "1.3.6.1.2.1.2.2.1.1.3");
  CHECK(oid_text(index, "IF-MIB::ifIndex.3.4") == "1.3.6.1.2.1.2.2.1.1.3.4");
  CHECK(oid_text(index, ".1.3.6.1") == "1.3.6.1");
  CHECK(oid_text(index, "enterprises.9.9") == "1.3.6.1.4.1.9.9");
}

TEST_CASE("what does not resolve says why") {
  const MibIndex& index = test_index();
  CHECK(oid_text(index, "noSuchName") == "no MIB module defines noSuchName");
  CHECK(oid_text(index, "NO-MIB::linkDown") == "no MIB module defines NO-MIB::linkDown");
  CHECK(oid_text(index, "IF-MIB::coldStart") == "no MIB module defines IF-MIB::coldStart");
  CHECK(oid_text(index, "ifIndex.x") == "the instance in ifIndex.x is not plain numbers");
  CHECK(oid_text(index, "ifIndex.") == "the instance in ifIndex. is not plain numbers");
  for (const char* const bad : {"", ".", "::", "IF-MIB::", "::linkDown.", "1.3.", "1..3", "9.9"}) {
    CAPTURE(bad);
    CHECK(!index.resolve(bad).has_value());
  }
}

TEST_CASE("a bare name that two modules define differently is refused with both names") {
  CHECK(oid_text(test_index(), "clashStatus") ==
        "clashStatus is defined with different OIDs by CLASH-A-MIB, CLASH-B-MIB; write "
        "MODULE::clashStatus");
  CHECK(oid_text(test_index(), "CLASH-A-MIB::clashStatus") == "1.3.6.1.4.1.55555.5.1.1");
  CHECK(oid_text(test_index(), "CLASH-B-MIB::clashStatus.0") == "1.3.6.1.4.1.55555.5.2.1.0");
}

TEST_CASE("OIDs that no module knows are numbers") {
  const MibIndex& index = test_index();
  CHECK(named(index, "1.3.6.1.4.1.4242.1.2") == "1.3.6.1.4.1.4242.1.2");
  CHECK(named(index, "0.1.2") == "0.1.2");
  CHECK(named(index, "1.3.6.1.4.1") == "SNMPv2-SMI::enterprises");
  CHECK(named(index, "1.3.6.1.4.1.55555.1.2.0.99") == "AcmeBoard-MIB::acmeTraps.0.99");
  CHECK(named(*MibIndex::empty(), "1.3.6.1.2.1.1.3.0") == "1.3.6.1.2.1.1.3.0");
  CHECK(!MibIndex::empty()->resolve("linkDown").has_value());
  CHECK(MibIndex::empty()->node_count() == 0);
}

TEST_CASE("every name of the index leads back to its OID") {
  const MibIndex& index = test_index();
  for (std::uint32_t id = 0; id < index.node_count(); ++id) {
    const Node node = index.node(id);
    const auto back = index.find(std::string(node.module) + "::" + std::string(node.name));
    CAPTURE(std::string(node.name));
    REQUIRE(back.has_value());
    CHECK(back->view() == node.oid);
  }
}

TEST_CASE("an object replaces plain structure of the same OID, and both names stay") {
  IndexWriter writer;
  auto plain = object("1.3.6.1.9", "placeholder");
  plain.kind = NodeKind::kStructure;
  writer.define(plain);
  auto real = object("1.3.6.1.9", "real");
  real.module = "B-MIB";
  writer.define(real);
  auto late = object("1.3.6.1.9", "late");
  writer.define(late);
  const auto index = finish(writer);
  CHECK(named(*index, "1.3.6.1.9.0") == "B-MIB::real.0");
  CHECK(oid_text(*index, "A-MIB::placeholder") == "1.3.6.1.9");
  CHECK(oid_text(*index, "late") == "1.3.6.1.9");
}

TEST_CASE("octets that do not belong into a name are escaped") {
  IndexWriter writer;
  auto odd = object("1.3.6.1.9", "b\x1bz");
  odd.module = "M\xff";
  odd.display_hint = "1x\n";
  odd.labels = {{1, "u\x7fp"}};
  odd.objects = {{"o\x01", std::nullopt}};
  writer.define(odd);
  writer.define(object("1.3.6.1.8", "bad"));
  const auto index = finish(writer);
  CHECK(named(*index, "1.3.6.1.9") == "M\\xff::b\\x1bz");
  CHECK(oid_text(*index, "b\\x1bz") == "1.3.6.1.9");
  CHECK(oid_text(*index, "bad") == "1.3.6.1.8");
}

TEST_CASE("diagnostics are ASCII, of bounded length and number") {
  IndexWriter writer;
  writer.diagnostic("a\x1b[31m\xe4 b");
  writer.diagnostic(std::string(5000, 'x'));
  for (std::uint32_t i = 0; i < kDiagnosticsMax + 10; ++i) writer.diagnostic("line");
  const auto index = finish(writer);
  const auto lines = index->diagnostics();
  REQUIRE(lines.size() == kDiagnosticsMax);
  CHECK(lines[0] == "a\\x1b[31m\\xe4 b");
  CHECK(lines[1].size() == kDiagnosticOctetsMax);
  CHECK(lines.back() == "(13 more)");
}

}  // namespace trapd::mib::test
