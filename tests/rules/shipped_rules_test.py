#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What no single rule file shows: the shipped files looked at together.

usage: shipped_rules_test.py SOURCE_DIRECTORY [unittest arguments]
"""
import re
import sys
import unittest
from collections import defaultdict
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays as it is
import rule_files  # noqa: E402

FILES = rule_files.shipped(Path(sys.argv.pop(1)))
RULES = [rule for file in FILES for rule in file.rules]

X736 = {"integrityViolation", "operationalViolation", "physicalViolation",
        "securityServiceOrMechanismViolation", "timeDomainViolation"}
X736_CAUSES = {"authenticationFailure", "breachOfConfidentiality", "cableTamper",
               "delayedInformation", "denialOfService", "duplicateInformation",
               "informationMissing", "informationModificationDetected", "informationOutOfSequence",
               "keyExpired", "nonRepudiationFailure", "outOfHoursActivity", "outOfService",
               "proceduralError", "unauthorizedAccessAttempt", "unexpectedInformation"}

# Names that speak of security: logins, attacks, access, keys, what protects, changes.
SECURITY = re.compile(
    r"Auth(en|entication)?(Fail|Err|Viol|Lock|Den|Server|Inval)|Un[aA]uth|Log[io]n|Passw|Lockout"
    r"|Attack|Intrusion|Intruder|Rogue|Spoof|Tamper|Virus|Malware|Threat|Black[lL]ist|Violat|Denied"
    r"|Dos[A-Z]|DDos|PortScan|Snoop.*(Drop|Fail)|Cert(ificate|s)?(?=[A-Z]|$)|Crl(?=[A-Z]|$)"
    r"|P[kK][iI]|Key(Expir|Gen|Fail)|Ike|IKE|I[pP][sS]ec|Secur|Integrity|R(adius|ADIUS)"
    r"|Tacacs|TACACS|L(dap|DAP)"
    r"|Aaa[A-Z]|AAA|Door|Signature|Conflict|Duplicat|Dup[A-Z]|Licen[sc]e|Expir|Ids[A-Z]|IDS"
    r"|Config(uration)?(Chang|Mod|Sav|Load)|StormC|Wips|WIPS|Insecure|Crypt|Hack|Blocked")
# ... and what they mean all the same: the whole name -> why it is none.
NO_SECURITY = {
    r".*Violation": "(ThresholdViolation, RateViolation, portViolation) a measured value or a link",
    r".*(Limit|Lack|ApproachingCapacity|TunCap|PeerReachMax|THDExceeded).*": "a capacity",
    r".*RAID.*": "a disk",
    r".*([iI][pP][sS]ec|IPsec|sslvpn|VPN).*(Tunnel|Session).*(Down|Stop|Start)|.*TunnelDPD.*"
    r"|panIkePeerDead|.*FwTrapIpsecTunnel": "a connection that ended, as any other",
    r".*License(Failed|EffectService|Inactive).*": "what is licensed is not there: configuration",
    r"acCloudLicenseManagerAlarm": "the device says itself what it is",
    r"hwBaseSecurityTtlExpiredLoop": "a loop of routes",
    r"configConflict|hwXQoSVpnAclConflictAlarm": "a configuration that contradicts itself",
    r"hwAAACUDomainNatStateAlarm": "a configuration of address translation",
    r"hwIPPoolAutoBlocked": "a pool that is used up",
    r"apSecurityGTPLinkFailureNotification": "a link",
}
# Stateful rules that nothing ends: neither another trap, nor a severity, nor a timeout.
ENDLESS: dict[str, str] = {}


def shown(rule):
    return f"{rule.file}: {rule.name}"


class OneRuleForEachTrap(unittest.TestCase):
    """Two files that know one trap would hide each other's rule, depending on how they are loaded:
    the operator who leaves one of them out would get another alarm for the same trap."""

    def test_no_trap_is_known_to_two_files(self):
        rules = defaultdict(set)
        for rule in RULES:
            for oid in rule.traps:  # with and without the 0 of an SNMPv1 trap
                rules[re.sub(r"\.0\.(\d+)$", r".\1", oid)].add(shown(rule))
        twice = [f"{oid}: {', '.join(sorted(known))}" for oid, known in rules.items()
                 if len({one.split(":")[0] for one in known}) > 1]
        self.assertEqual(twice, [])

    def test_no_subtree_holds_a_trap_of_another_file(self):
        held = [f"{shown(rule)} holds {oid} of {shown(other)}"
                for rule in RULES for subtree in rule.subtrees
                for other in RULES if other.file != rule.file
                for oid in other.traps + other.subtrees if (oid + ".").startswith(subtree + ".")]
        self.assertEqual(held, [])

    def test_a_rule_without_conditions_is_the_last_of_its_trap(self):
        ended, hidden = {}, []
        for rule in RULES:
            for oid in rule.traps:
                if oid in ended:
                    hidden.append(f"{shown(rule)} is hidden by {ended[oid]}")
                elif not rule.conditional and rule.keys.get("continue") != "true":
                    ended[oid] = shown(rule)
        self.assertEqual(hidden, [])

    def test_an_alarm_has_its_name_from_one_file(self):
        homes = defaultdict(set)
        for rule in RULES:
            if "{" not in rule.alarm:  # {trap}: the OID is the name
                homes[rule.alarm].add(rule.file)
        self.assertEqual({alarm: files for alarm, files in homes.items() if len(files) > 1}, {})


def values_of(rule, key):
    """The words that a rule can give for severity, type or cause."""
    value = rule.keys.get(key)
    if not isinstance(value, dict):
        return [value] if value else []
    table = value.get("map", {})
    if isinstance(table, str):
        table = next(file.maps for file in FILES if file.name == rule.file)[table]
    return list(table.values()) + rule_files.as_list(value.get("otherwise"))


class Meaning(unittest.TestCase):
    def test_what_a_name_says_of_security_has_a_type_of_x736(self):
        missing, used = [], set()
        for rule in RULES:
            types = values_of(rule, "type")
            if rule.state == "clear" or not SECURITY.search(rule.name) or X736.issuperset(types):
                continue
            reasons = {name for name in NO_SECURITY if re.fullmatch(name, rule.name.split("-")[0])}
            used |= reasons
            if not reasons:
                missing.append(f"{shown(rule)} ({', '.join(types)})")
        self.assertEqual(missing, [])
        self.assertEqual(sorted(set(NO_SECURITY) - used), [], "no longer needed")

    def test_causes_of_x736_come_with_types_of_x736(self):
        self.assertEqual([shown(rule) for rule in RULES
                          if not isinstance(rule.keys.get("cause"), dict)
                          and rule.keys.get("cause") in X736_CAUSES
                          and not X736.issuperset(values_of(rule, "type"))], [])

    def test_types_of_x736_come_with_causes_of_x736(self):
        fitting = X736_CAUSES | {"intrusionDetection", "other"}  # IANA has intrusion elsewhere
        self.assertEqual([shown(rule) for rule in RULES
                          if X736.intersection(values_of(rule, "type"))
                          and not fitting.issuperset(values_of(rule, "cause"))], [])

    def test_what_has_a_type_has_a_cause_and_a_severity(self):
        lacking = [f"{shown(rule)}: {key}"
                   for rule in RULES for key in ("type", "cause", "severity")
                   if not rule.keys.get(key) and rule.state != "clear"
                   and not (rule.keys.get("drop") or rule.keys.get("suppress"))]
        self.assertEqual(lacking, [])

    def test_a_state_by_severity_knows_the_severity_that_clears(self):
        never = [shown(rule) for rule in RULES if rule.state == "by-severity"
                 and "map" in (rule.keys.get("severity") or {})
                 and "cleared" not in values_of(rule, "severity")]
        self.assertEqual(never, [])

    def test_what_is_only_told_is_not_critical(self):
        told = re.compile(r"Log(ged)?(In|Out)|Success|Enabled$|Restored|Started|Heart[bB]eat|Test$")
        loud = [shown(rule) for rule in RULES if rule.state == "event" and told.search(rule.name)
                and {"critical", "major"} & set(values_of(rule, "severity"))
                and "Fail" not in rule.name]
        self.assertEqual(loud, [])


class Ends(unittest.TestCase):
    """An alarm that nothing ends stays on the list until somebody clears it by hand."""

    def test_every_alarm_ends_by_a_trap_a_severity_or_a_timeout(self):
        ended = {(rule.file, rule.alarm) for rule in RULES if rule.state == "clear"}
        endless = [shown(rule) for rule in RULES if rule.state == "raise"
                   and (rule.file, rule.alarm) not in ended and not rule.keys.get("timeout")
                   and rule.name not in ENDLESS]
        self.assertEqual(endless, [])

    def test_every_timeout_stands_in_an_example(self):
        expected = {(file.name, example.expect.get("rule")) for file in FILES
                    for example in file.examples if "timeout" in example.expect}
        self.assertEqual([shown(rule) for rule in RULES if rule.keys.get("timeout")
                          and rule.state in ("raise", "by-severity")
                          and (rule.file, rule.name) not in expected], [])

    def test_raise_and_clear_give_their_alarm_one_resource(self):
        clears = defaultdict(set)
        for rule in RULES:
            if rule.state == "clear":
                clears[rule.file, rule.alarm].add(rule.keys.get("resource", ""))
        missed = [f"{shown(rule)}: {rule.keys.get('resource', '')}" for rule in RULES
                  if rule.state == "raise" and clears[rule.file, rule.alarm]
                  and rule.keys.get("resource", "") not in clears[rule.file, rule.alarm]]
        self.assertEqual(missed, [])


class Examples(unittest.TestCase):
    """What devices send besides the expected, and what a rule must not stumble over."""

    def lacking(self, has):
        return [file.name for file in FILES if not has(file)]

    def examples(self, file):
        """With the rule that each expects."""
        rules = {rule.name: rule for rule in file.rules}
        return [(example, rules[example.expect["rule"]]) for example in file.examples
                if example.expect.get("rule") in rules]

    def test_each_file_has_a_trap_without_its_varbinds(self):
        needs = re.compile(r"\{(?!device|source|trap)")
        self.assertEqual(self.lacking(lambda file: any(
            not example.varbinds
            and needs.search(rule.keys.get("resource", "") + rule.keys.get("text", ""))
            for example, rule in self.examples(file))), [])

    def test_each_file_with_a_map_has_a_value_that_the_map_does_not_know(self):
        def unknown(rule, example, objects):
            for key in ("severity", "type", "cause"):
                value = rule.keys.get(key)
                if not isinstance(value, dict) or "map" not in value:
                    continue
                table = value["map"] if isinstance(value["map"], dict) else maps[value["map"]]
                for name, sent in example.varbinds.items():
                    number = sent if isinstance(sent, str) else next(iter(sent.values()))
                    if (name + ".").startswith(objects[value["from"]] + ".") and (
                            number not in table):
                        return True
            return False

        missing = []
        for file in FILES:
            maps = file.maps
            mapped = [rule for rule in file.rules for key in ("severity", "type", "cause")
                      if isinstance(rule.keys.get(key), dict) and "map" in rule.keys[key]]
            if mapped and not any(unknown(rule, example, file.objects)
                                  for example, rule in self.examples(file)):
                missing.append(file.name)
        self.assertEqual(missing, [])

    def test_each_file_with_scalars_has_one_without_its_instance(self):
        def names(file):
            return {name for example in file.examples for name in example.varbinds}

        self.assertEqual([file.name for file in FILES
                          if any(n.endswith(".0") and n[:-2] in file.objects.values()
                                 for n in names(file))
                          and not names(file) & set(file.objects.values())], [])

    def test_each_file_has_a_text_with_a_nul_behind_it(self):
        self.assertEqual(self.lacking(lambda file: any(
            isinstance(value, dict) and value.get("hex", "").endswith("00")
            for example in file.examples for value in example.varbinds.values())), [])


class GeneratedPairs(unittest.TestCase):
    def test_their_types_causes_and_severities_are_those_that_the_script_gives_them_now(self):
        from make_pairs import Notification, said_of  # conf/rules, by way of rule_files
        stale, seen = [], 0
        for rule in RULES:
            if not rule.file.startswith("pairs") or rule.state != "raise":
                continue
            name, module = rule.name.split("-")[0], rule.keys["trap"].rsplit("-traps", 1)[0]
            said = said_of(Notification(name, "", module, (), "", ""))
            seen += 1
            if said != tuple(rule.keys[key] for key in ("type", "cause", "severity")):
                stale.append(shown(rule))
        self.assertEqual(stale, [])
        self.assertGreater(seen, 1000)


if __name__ == "__main__":
    unittest.main()
