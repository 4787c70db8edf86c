// SPDX-License-Identifier: Apache-2.0
// One classification rule as the owner wrote it (conf/rules/*.yaml), before names are resolved.
// A rule = what it matches + what it says of the notification. Reading the YAML is config's work.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "trapd/alarm/record.h"
#include "trapd/alarm/x733.h"
#include "trapd/base/ip_address.h"
#include "trapd/snmp/message.h"

namespace trapd::alarm {

/// Where a rule stands, for messages: "conf/rules/ietf.yaml:12:5".
struct RulePosition {
  std::string file;
  int line = 0;
  int column = 0;
};

/// Names that the rule file itself gives to OIDs (name -> dotted), for vendors whose MIB is not
/// at hand. They come before the MIBs'. "NAME.2.0.4" is what lies below.
using ObjectNames = std::map<std::string, std::string, std::less<>>;

/// A condition on one varbind; all of a rule's must hold. `object` matches the first varbind whose
/// name is the object or lies below it (instances: `.0`, `.3`, or none). One entry of `values`,
/// `contains`, `matches`, or the range must fit, where any of them is given; an OCTET STRING is
/// taken without NULs at its end. A missing varbind fails.
struct VarbindMatch {
  std::string object;
  std::vector<std::string> values;    // whole value: decimal integer, dotted OID or address, text
  std::vector<std::string> contains;  // part of an OCTET STRING
  std::vector<std::string> matches = {};  // RE2, anywhere in the value's text
  std::optional<std::int64_t> from = {};  // of a number, both ends included
  std::optional<std::int64_t> to = {};
  std::optional<std::uint8_t> type = {};  // ber::Tag that the value must have, besides
  std::optional<bool> present = {};       // false: only a missing varbind fits
  bool negated = false;                   // the other way round, missing varbinds included
};

/// Conditions on who sent it; in each list that is not empty one entry must fit.
struct SenderMatch {
  std::vector<std::string> devices;  // identity, name of the inventory, or address
  std::vector<std::string> sites;
  std::vector<std::string> tenants;
  std::vector<Network> sources;
  std::vector<Endpoint> listeners;   // these or
  std::vector<std::uint16_t> ports;  // those on any address
  std::vector<snmp::SecurityLevel> levels;
  std::optional<snmp::SecurityLevel> at_least;
  std::vector<snmp::Version> versions;
};

/// A value taken from a varbind through a table; a missing varbind or unknown value gives
/// `otherwise` and never loses the notification. An empty table: the varbind holds the numbers of
/// the IETF (x733.h).
template <typename T>
struct FromVarbind {
  std::string object;
  std::vector<std::pair<std::int64_t, T>> values;
  std::optional<T> otherwise;
};

/// What to do with the state of the alarm key: fixed, or clear when the severity comes out as
/// cleared (`state: by-severity`, how AudioCodes and others signal it).
enum class StateRule : std::uint8_t { kEvent, kRaise, kClear, kBySeverity };

struct Rule {
  std::string name;  // unique
  RulePosition position;
  std::map<std::string, RulePosition, std::less<>> key_positions;  // of "text", "trap", …
  std::shared_ptr<const ObjectNames> objects;                      // null = none
  // match: any of `traps` exactly, or at or below any of `subtrees`, or with neither any trap (an
  // exact match wins over subtrees, the longest of those over others, and they over any; among
  // equals the first in the file order whose conditions hold; `first` goes before them all)
  std::vector<std::string> traps;
  std::vector<std::string> subtrees;
  std::vector<VarbindMatch> where;
  std::optional<SenderMatch> sender;
  // say
  std::optional<Severity> severity;
  std::optional<FromVarbind<Severity>> severity_from;
  std::optional<EventType> type;
  std::optional<FromVarbind<EventType>> type_from;
  std::optional<ProbableCause> cause;
  std::optional<FromVarbind<ProbableCause>> cause_from;
  std::optional<StateRule> state;  // none: event
  /// Name of the alarm: raise and clear must give the same one. Template; empty = rule name.
  std::string alarm;
  /// Templates: text with {OBJECT} for the value of a varbind, {OBJECT~REGEX} for a part of it,
  /// {OBJECT.index} for what follows the object in the varbind's name, {device}, {device_name},
  /// {source}, {trap}; {A|B} is the first of them that gives any text; {{ is a brace.
  std::string resource;
  std::string text;
  std::vector<std::pair<std::string, std::string>> labels;  // name, template of the value
  std::uint32_t timeout_s = 0;  // a raise without a repeat for so long ends; 0 = never
  bool clears_device = false;
  bool marks_device = false;  // the other way to take a restart; clears_device comes first
  bool suppress = false;
  bool drop = false;
  /// Asked before all others that are not; for rules without `traps` and `subtrees`.
  bool first = false;
  /// The rules that match after this one add labels, and override what they say themselves.
  bool goes_on = false;
};

}  // namespace trapd::alarm
