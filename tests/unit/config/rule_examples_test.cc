// SPDX-License-Identifier: Apache-2.0
// `examples:` of a rule file: reading them, and running them through the rules.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/alarm/fake_names.h"
#include "trapd/ber/tag.h"
#include "trapd/config/rule_file.h"

namespace trapd::config {
namespace {

RuleFile file_of(const std::string& text) {
  auto file = parse_rule_file(text, "r.yaml");
  if (!file) {
    for (const std::string& line : file.error()) MESSAGE(line);
  }
  REQUIRE(file);
  return *file;
}

std::string errors_of(const std::string& examples) {
  auto file = parse_rule_file("rules: []\nexamples:\n" + examples, "r.yaml");
  REQUIRE_FALSE(file);
  std::string all;
  for (const std::string& line : file.error()) all += line + "\n";
  return all;
}

/// One line for each difference: "line:column key expected/got".
std::string differences(const std::string& text) {
  const RuleFile file = file_of(text);
  const alarm::FakeNames names = alarm::FakeNames::standard();
  const auto classifier = alarm::Classifier::build(file.rules, names);
  REQUIRE(classifier);
  std::string lines;
  for (const alarm::RuleExample& example : file.examples) {
    for (const auto& failure : alarm::run_example(example, **classifier, names)) {
      lines += std::to_string(failure.position.line) + ":" +
               std::to_string(failure.position.column) + " " + failure.key + " " +
               failure.expected + "/" + failure.got + "\n";
    }
  }
  return lines;
}

const std::string kLink =
    "rules:\n"
    "  - {name: linkDown, trap: linkDown, severity: major, type: communications, state: raise,\n"
    "     cause: 505, resource: \"{ifIndex}\", text: \"{ifDescr} of {device_name}, {source}\"}\n"
    "  - {name: quiet, trap: linkUp, suppress: true}\n"
    "examples:\n";

}  // namespace

TEST_CASE("an example keeps its varbinds in their order and with their types") {
  const RuleFile file = file_of(
      "rules: []\n"
      "examples:\n"
      "  - trap: linkDown\n"
      "    varbinds: {b.7: -7, a.1: \"7\", c: eth0, d: {oid: 1.3.6}, e: {hex: 00 ff},\n"
      "               f: {address: 192.0.2.1}, g: {gauge: 4294967295}, h: {counter: 5},\n"
      "               i: {counter64: 18446744073709551615}, j: {ticks: 6}, k: {integer: 7}}\n"
      "    expect: {rule: none}\n");
  REQUIRE(file.examples.size() == 1);
  const auto& varbinds = file.examples[0].varbinds;
  REQUIRE(varbinds.size() == 11);
  const auto is = [&](std::size_t i, const char* name, std::uint8_t tag) {
    CHECK(varbinds[i].name == name);
    CHECK(varbinds[i].tag == tag);
  };
  is(0, "b.7", ber::kInteger);
  CHECK(varbinds[0].number == static_cast<std::uint64_t>(-7));
  is(1, "a.1", ber::kOctetString);
  CHECK(varbinds[1].octets == "7");
  is(2, "c", ber::kOctetString);
  is(3, "d", ber::kObjectIdentifier);
  is(4, "e", ber::kOctetString);
  CHECK(varbinds[4].octets == std::string("\0\xff", 2));
  is(5, "f", ber::kIpAddress);
  CHECK(varbinds[5].octets == std::string("\xc0\0\2\1", 4));
  is(6, "g", ber::kGauge32);
  is(7, "h", ber::kCounter32);
  is(8, "i", ber::kCounter64);
  CHECK(varbinds[8].number == 0xffffffffffffffff);
  is(9, "j", ber::kTimeTicks);
  is(10, "k", ber::kInteger);
}

TEST_CASE("an example that comes out as expected has no difference") {
  CHECK(differences(kLink +
                    "  - trap: linkDown\n"
                    "    varbinds: {ifIndex.7: 7, ifDescr.7: eth0}\n"
                    "    device_name: sbc\n"
                    "    source: 192.0.2.7\n"
                    "    expect: {rule: linkDown, alarm: linkDown, state: raise, severity: major,\n"
                    "             type: communications, cause: communicationsSubsystemFailure,\n"
                    "             resource: 7, text: \"eth0 of sbc, 192.0.2.7\",\n"
                    "             disposition: store}\n"
                    "  - {trap: linkUp, expect: {disposition: suppress}}\n"
                    "  - {trap: 1.3.6.1.4.1.9, expect: {rule: none, alarm: 1.3.6.1.4.1.9}}\n")
            .empty());
}

TEST_CASE("each difference of an example has its place, what was expected and what came") {
  CHECK(differences(kLink +
                    "  - trap: linkDown\n"
                    "    varbinds: {ifIndex.7: {gauge: 8}}\n"
                    "    expect: {rule: quiet, severity: minor, cause: 73, resource: 7,\n"
                    "             state: clear, disposition: drop, type: other, text: \"\"}\n") ==

        "8:20 rule quiet/linkDown\n"
        "8:37 severity minor/major\n"
        "8:51 cause diskFailure/communicationsSubsystemFailure\n"
        "8:65 resource 7/8\n"
        "9:21 state clear/raise\n"
        "9:41 disposition drop/store\n"
        "9:53 type other/communicationsAlarm\n"
        "9:66 text / of device, ::\n");
}

TEST_CASE("a name that an example uses and nobody knows is a difference, with its place") {
  const auto lines = differences(kLink +
                                 "  - {trap: nobody, varbinds: {ifIndx.1: 1, x: {oid: y}},\n"
                                 "     expect: {rule: none}}\n");
  CAPTURE(lines);
  for (const char* line : {"6:12  /unknown trap 'nobody'", "6:31  /unknown object 'ifIndx.1'",
                           "6:44  /unknown object 'x'"}) {
    CHECK(lines.find(line) != lines.npos);
  }
}

TEST_CASE("every error in examples has its place") {
  const std::string errors = errors_of(
      "  - {trap: a, expekt: {}}\n"                                                   // 3
      "  - {trap: [], expect: {severity: bad, type: bad, cause: bad, state: bad}}\n"  // 4
      "  - {trap: a, varbinds: [], expect: {disposition: bad, text: [], x: y}}\n"     // 5
      "  - {trap: a, varbinds: {a: 2147483648, b: {gauge: -1}, c: {counter: 4294967296}},\n"
      "     expect: {}}\n"  // 7
      "  - {trap: a, varbinds: {a: {oid: 1, hex: 2}, b: {hex: 0}, c: {address: x}, d: {u: 1},\n"
      "     e: , f: [1]}, expect: {}, source: x, listener: x, level: x, version: x}\n"  // 9
      "  - text\n");                                                                    // 10
  CAPTURE(errors);
  const auto has = [&](const char* part) { return errors.find(part) != std::string::npos; };
  CHECK(has("r.yaml:3:15: error: unknown key \"expekt\" in an example; did you mean expect?"));
  CHECK(has("r.yaml:3:5: error: expect: expected a mapping"));
  CHECK(has("r.yaml:4:12: error: trap: expected the name or OID of one trap"));
  for (const char* place : {"4:35: error: severity",
                            "4:46: error: type",
                            "4:58: error: cause",
                            "4:70: error: state",
                            "5:25: error: varbinds",
                            "5:51: error: dispos",
                            "5:62: error: text",
                            "5:66: error: unknown key \"x\"",
                            "6:29: error: varbinds: expected a number from -2147483648",
                            "6:52: error: varbinds: expected a number from 0 to 4294967295",
                            "6:70: error: varbinds",
                            "8:29: error: varbinds: expected one",
                            "8:56: error: hex",
                            "8:73: error: address",
                            "8:81: error: unknown key \"u\"",
                            "9:9: error: varbinds",
                            "9:40: error: source",
                            "9:53: error: listener",
                            "9:63: error: level",
                            "9:75: error: version",
                            "10:5: error: examples"}) {
    CAPTURE(place);
    CHECK(has(place));
  }
}

}  // namespace trapd::config
