// SPDX-License-Identifier: Apache-2.0
#include "trapd/snmp/oid.h"

#include <doctest/doctest.h>

#include "tests/data/ber_bytes.h"
#include "trapd/ber/reader.h"
#include "trapd/snmp/oids.h"

using namespace trapd;
using namespace trapd::test;
using snmp::Oid;
using snmp::OidView;

namespace {

std::string dotted(std::size_t arcs, const char* arc) {
  std::string text = "1.3";
  for (std::size_t i = 2; i < arcs; ++i) text += std::string(".") + arc;
  return text;
}

std::string parsed_hex(std::string_view text) {
  const auto oid = Oid::parse(text);
  return oid ? to_hex(oid->view().content()) : "none";
}

}  // namespace

TEST_CASE("oid: dotted text and octets, both ways") {
  const std::pair<const char*, const char*> cases[] = {
      {"1.3.6.1", "2b0601"},
      {"0.0", "00"},
      {"0.39", "27"},
      {"1.0", "28"},
      {"1.39", "4f"},
      {"2.0", "50"},
      {"2.5.4", "5504"},
      {"2.47", "7f"},
      {"2.48", "8100"},
      {"2.999", "8837"},  // BER-16
      {"2.999.1", "883701"},
      {"2.4294967215", "8fffffff7f"},
      {"1.3.127", "2b7f"},
      {"1.3.128", "2b8100"},
      {"1.3.16383", "2bff7f"},
      {"1.3.16384", "2b818000"},
      {"1.3.4294967295", "2b8fffffff7f"},
      {"1.3.0.0", "2b0000"},
      {"1.3.6.1.6.3.1.1.5.3", "2b0601060301010503"},
  };
  for (const auto& [dotted_text, octets] : cases) {
    const std::string text = dotted_text;
    CAPTURE(text);
    CHECK(parsed_hex(text) == octets);
    CHECK(parsed_hex("." + text) == octets);
    const Bytes content = hex(octets);
    CHECK(ber::valid_oid(content));
    CHECK(OidView(content).text() == text);
  }
}

TEST_CASE("oid: text that is no object identifier") {
  for (const char* text : {"",
                           ".",
                           "1",
                           ".1",
                           "1.",
                           "1..3",
                           "..1.3",
                           "1.3.",
                           "3.1",
                           "0.40",
                           "1.40",
                           "2.4294967216",
                           "2.4294967295",
                           "1.3.4294967296",
                           "1.3.99999999999999999999",
                           "1.3.-1",
                           "1.3.+1",
                           "1.3.x",
                           "1.3 ",
                           " 1.3",
                           "1.3.6a",
                           "1,3",
                           "sysUpTime",
                           "1.3.0x1"}) {
    CAPTURE(text);
    CHECK(parsed_hex(text) == "none");
  }
}

TEST_CASE("BER-15 text and arcs of 128 sub-identifiers, not of 129") {
  const auto longest = Oid::parse(dotted(128, "4294967295"));
  REQUIRE(longest);
  CHECK(ber::valid_oid(longest->view().content()));
  CHECK(longest->view().arcs().size() == 128);
  CHECK(longest->text() == dotted(128, "4294967295"));
  CHECK(longest->child(1).empty());
  CHECK_FALSE(Oid::parse(dotted(129, "1")));
  CHECK_FALSE(Oid::from_arcs(std::vector<std::uint32_t>(129, 1)));
  const auto shorter = Oid::parse(dotted(127, "1"));
  REQUIRE(shorter);
  CHECK(shorter->child(7).text() == dotted(127, "1") + ".7");
}

TEST_CASE("oid: a child has one arc more, an empty one has none") {
  const Oid interfaces = *Oid::parse("1.3.6.1.2.1.2");
  CHECK(interfaces.child(0).text() == "1.3.6.1.2.1.2.0");
  CHECK(interfaces.child(4294967295U).text() == "1.3.6.1.2.1.2.4294967295");
  CHECK(Oid().child(1).empty());
  CHECK(Oid().text().empty());
}

TEST_CASE("oid: a subtree is a prefix of whole sub-identifiers") {
  const Oid tree = *Oid::parse("1.3.6.1.128");
  const Oid below = *Oid::parse("1.3.6.1.128.7.300");
  const Oid beside = *Oid::parse("1.3.6.1.129");
  const Oid above = *Oid::parse("1.3.6.1");
  CHECK(below.view().starts_with(tree));
  CHECK(tree.view().starts_with(tree));
  CHECK(tree.view().starts_with(above));
  CHECK_FALSE(beside.view().starts_with(tree));
  CHECK_FALSE(above.view().starts_with(tree));
  CHECK(snmp::arcs_text(below.view().after(tree)) == "7.300");
  CHECK(snmp::arcs_text(tree.view().after(tree)).empty());
  // 1.3.1 in octets is 2b01, 1.3.129 is 2b8101: no prefix by accident.
  CHECK_FALSE(Oid::parse("1.3.129")->view().starts_with(Oid::parse("1.3.1")->view()));
}

TEST_CASE("oid: arcs and their octets, both ways") {
  const std::vector<std::uint32_t> arcs = {1, 3, 6, 1, 4, 1, 5003, 0, 4294967295U};
  const auto oid = Oid::from_arcs(arcs);
  REQUIRE(oid);
  CHECK(oid->view().arcs() == arcs);
  CHECK(snmp::decode_arcs(hex("03 8114 00")) == std::vector<std::uint32_t>{3, 148, 0});
  CHECK(snmp::decode_arcs({}).empty());
  CHECK_FALSE(Oid::from_arcs({}));
  CHECK_FALSE(Oid::from_arcs({1}));
  CHECK_FALSE(Oid::from_arcs({3, 1}));
  CHECK_FALSE(Oid::from_arcs({1, 40}));
}

TEST_CASE("oid: equality is that of the octets; the order is total") {
  const Oid a = *Oid::parse("1.3.6.1");
  const Oid b = *Oid::parse("1.3.6.2");
  const Oid same(a.view());
  CHECK(a == same);
  CHECK(a.view() == same.view());
  CHECK(a != b);
  CHECK(a < b);
  CHECK(OidView() == OidView());
  CHECK_FALSE(a.view() == OidView());
}

TEST_CASE("oid: the well-known ones are what they are called") {
  const std::pair<OidView, const char*> cases[] = {
      {snmp::kSysUpTime0, "1.3.6.1.2.1.1.3.0"},
      {snmp::kSnmpTrapOid0, "1.3.6.1.6.3.1.1.4.1.0"},
      {snmp::kSnmpTrapEnterprise0, "1.3.6.1.6.3.1.1.4.3.0"},
      {snmp::kSnmpTraps, "1.3.6.1.6.3.1.1.5"},
      {snmp::kSnmpTrapAddress0, "1.3.6.1.6.3.18.1.3.0"},
      {snmp::kSnmpTrapCommunity0, "1.3.6.1.6.3.18.1.4.0"},
      {snmp::kSnmpUnknownPduHandlers0, "1.3.6.1.6.3.11.2.1.3.0"},
      {snmp::kUsmStatsUnsupportedSecLevels0, "1.3.6.1.6.3.15.1.1.1.0"},
      {snmp::kUsmStatsNotInTimeWindows0, "1.3.6.1.6.3.15.1.1.2.0"},
      {snmp::kUsmStatsUnknownUserNames0, "1.3.6.1.6.3.15.1.1.3.0"},
      {snmp::kUsmStatsUnknownEngineIds0, "1.3.6.1.6.3.15.1.1.4.0"},
      {snmp::kUsmStatsWrongDigests0, "1.3.6.1.6.3.15.1.1.5.0"},
      {snmp::kUsmStatsDecryptionErrors0, "1.3.6.1.6.3.15.1.1.6.0"},
  };
  for (const auto& [oid, text] : cases) CHECK(oid.text() == text);
}
