// SPDX-License-Identifier: Apache-2.0
// Reaches config::parse_rules (the YAML tree, the reading of rules), Classifier::build,
// RuleTemplate::compile and classify with whatever rules came out of it.
#include <vector>

#include "tests/fuzz/clean_text.h"
#include "tests/fuzz/target.h"
#include "tests/unit/alarm/fake_names.h"
#include "trapd/alarm/classifier.h"
#include "trapd/base/check.h"
#include "trapd/ber/writer.h"
#include "trapd/config/rule_file.h"
#include "trapd/snmp/encode.h"
#include "trapd/snmp/pdu.h"

namespace trapd::fuzz {
namespace {

/// linkDown of ifIndex 3, whose ifDescr means harm.
std::vector<std::uint8_t> make_varbinds() {
  std::vector<std::uint8_t> room(1024);
  ber::Writer writer(room);
  const std::string_view harm("a\r\nb\x1b[31m\xff\xc2\x85\0", 14);
  const auto name = [](const char* dotted) { return *snmp::Oid::parse(dotted); };
  const snmp::Oid description = name("1.3.6.1.2.1.2.2.1.2.3");
  const snmp::Oid status = name("1.3.6.1.2.1.2.2.1.8.3");
  const snmp::Oid number = name("1.3.6.1.2.1.2.2.1.1.3");
  snmp::write_varbind_octets(writer, description, as_bytes(harm));
  snmp::write_varbind_integer(writer, status, 2);
  snmp::write_varbind_integer(writer, number, 3);
  return {writer.done().begin(), writer.done().end()};
}

void check_classified(const alarm::Classifier& classifier, const char* trap) {
  static const std::vector<std::uint8_t> varbinds = make_varbinds();
  const snmp::Oid oid = *snmp::Oid::parse(trap);
  snmp::Notification notification;
  notification.trap_oid = oid;
  notification.varbinds = varbinds;
  notification.varbind_count = 3;
  static auto result = std::make_unique<alarm::Classification>();
  classifier.classify(notification, {"device", "name of \xe4\xb8\xad", "192.0.2.7"}, result.get());
  CHECK((result->severity == alarm::Severity::kCleared) ==
        (result->action == alarm::Action::kClear));
  CHECK(result->rule_index == alarm::kNoRule || result->rule_index < classifier.rules().size());
  CHECK(is_clean_text(result->text) && is_clean_text(result->resource));
  CHECK(is_clean_text(result->alarm_name));
  CHECK(result->text.size() <= alarm::kFieldOctetsMax);
  classifier.count(*result, oid, 0);
}

void check_rules(std::string_view text) {
  static const alarm::FakeNames names = alarm::FakeNames::standard();
  const auto rules = config::parse_rules(text, "rules.yaml");
  if (!rules) {
    CHECK(!rules.error().empty());
    for (const std::string& line : rules.error()) {
      CHECK(line.starts_with("rules.yaml:") && line.find('\n') == std::string::npos);
    }
    return;
  }
  const auto classifier = alarm::Classifier::build(*rules, names);
  if (!classifier) return CHECK(!classifier.error().empty());
  CHECK((*classifier)->rules().size() == rules->size());
  for (const char* trap : {"1.3.6.1.6.3.1.1.5.3", "1.3.6.1.6.3.1.1.5.4", "1.3.6.1.4.1.99.0.1"}) {
    check_classified(**classifier, trap);
  }
}

Seed seed(const char* name, std::string_view text) { return {name, {text.begin(), text.end()}}; }

Seed of_senders() {
  return seed("sender", R"(rules:
  - name: team
    sender: {device: device, source: 192.0.2.0/24, at_least: noAuthNoPriv}
    labels: {team: "core {device_name}"}
    first: true
    continue: true
  - name: range
    trap: 1.3.6.1.6.3.1.1.5.3
    where: [{object: ifIndex, from: 1, to: 9, type: integer}, {object: ifName, present: false}]
    state: raise
  - name: quiet
    where: [{object: ifDescr, contains: [a], not: true}]
    suppress: true
)");
}

Seed pairs() {
  return seed("pairs", R"(bases:
  minor: {type: equipment, severity: minor}
pairs:
  - {name: link, base: minor, raise: IF-MIB::linkDown, clear: [IF-MIB::linkUp],
     raise_where: [{object: ifOperStatus, values: [2]}], resource: "{ifIndex}", clear_text: up}
examples:
  - {trap: IF-MIB::linkDown, varbinds: {ifIndex.3: 3, ifOperStatus.3: {gauge: 2}},
     site: s, expect: {rule: link, state: raise, resource: "3"}}
)");
}

}  // namespace

std::vector<Seed> seeds() {
  return {seed("link", R"(objects:
  myVarbind: 1.3.6.1.4.1.99.1
maps:
  status: {1: cleared, 2: major}
bases:
  interface:
    type: communications
    alarm: linkDown
    resource: "{ifIndex}"
rules:
  - name: link-down
    trap: IF-MIB::linkDown
    base: interface
    where: [{object: ifOperStatus, values: 2}]
    severity: {from: ifOperStatus, map: status, otherwise: warning}
    state: raise
    text: "{ifName|ifDescr} of {device_name} is down {{x}} {ifDescr.index}"
  - name: link-up
    trap: [IF-MIB::linkUp]
    base: interface
    state: clear
    severity: cleared
)"),
          seed("below", R"(rules:
  - name: vendor
    subtree: 1.3.6.1.4.1.99
    severity: major
    cause: lossOfSignal
    state: by-severity
    text: "{trap} {source}"
  - name: cold
    trap: 1.3.6.1.6.3.1.1.5.1
    clears_device: true
    drop: false
)"),
          of_senders(),
          pairs(),
          seed("parts", R"(rules:
  - name: sentence
    trap: 1.3.6.1.6.3.1.1.5.3
    where: [{object: 1.3.6.1.2.1.2.2.1.2, matches: "(?i)^a", not: false}]
    state: raise
    timeout: 90s
    resource: "{1.3.6.1.2.1.2.2.1.2~b(.*)m|1.3.6.1.2.1.2.2.1.1~[0-9]}"
    text: "{1.3.6.1.2.1.2.2.1.2~(?s)a.*}"
    labels: {part: "{1.3.6.1.2.1.2.2.1.2~.$}"}
)"),
          seed("wrong", "rules:\n  - name: 7\n    trap: nobody\n    state: maybe\n  - *a\n")};
}

}  // namespace trapd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trapd::fuzz::check_rules(trapd::as_text({data, size}));
  return 0;
}
