// SPDX-License-Identifier: Apache-2.0
// An example beside the rules: a trap, and what the rules are to say of it. Run by `trapctl rules
// test` and by tests, never on the packet path. Reading the YAML is config's work.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trapd/alarm/classifier.h"
#include "trapd/alarm/rule.h"
#include "trapd/base/ip_address.h"
#include "trapd/snmp/message.h"
#include "trapd/snmp/oid_names.h"

namespace trapd::alarm {

struct ExampleVarbind {
  RulePosition position;
  std::string name;          // "ifIndex.7" or dotted
  std::uint8_t tag = 0;      // ber::Tag
  std::uint64_t number = 0;  // of the integer types; two's complement for INTEGER
  std::string octets;        // content of the others; for an OID its name as written
};

/// Who sent it; what is not said is as a device by SNMPv3 with authPriv has it.
struct ExampleSender {
  std::string device = "8000000001020304";
  std::string device_name = "device";
  std::string site;
  std::string tenant;
  Endpoint source;
  Endpoint listener;
  snmp::SecurityLevel level = snmp::SecurityLevel::kAuthPriv;
  snmp::Version version = snmp::Version::kV3;
};

/// Begins the key of an expected label: "label team".
inline constexpr std::string_view kExpectedLabel = "label ";

struct ExpectedValue {
  std::string key;   // as written below `expect`; of a label with kExpectedLabel in front
  std::string text;  // as RuleExample's run gives it, in the spelling of to_text()
  RulePosition position;
};

struct RuleExample {
  RulePosition position;
  std::string trap;
  std::shared_ptr<const ObjectNames> objects;  // of its file; null = none
  std::vector<ExampleVarbind> varbinds;
  ExampleSender sender;
  std::vector<ExpectedValue> expected;
};

struct ExampleFailure {
  RulePosition position;
  std::string key;  // empty: the example itself cannot be run, and `got` says why
  std::string expected;
  std::string got;
};

/// What differs from what the example expects; empty when nothing does. Counts the hit as worker 0.
std::vector<ExampleFailure> run_example(const RuleExample& example, const Classifier& classifier,
                                        const snmp::OidNames& names);

/// Label of a cause; the number where the registry has none.
std::string cause_text(ProbableCause cause);

}  // namespace trapd::alarm
