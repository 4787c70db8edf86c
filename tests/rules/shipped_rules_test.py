#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What no single rule file shows: the shipped files looked at together.

usage: shipped_rules_test.py SOURCE_DIRECTORY [unittest arguments]
"""
import sys
import unittest
from collections import defaultdict
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays as it is
import rule_files  # noqa: E402

FILES = rule_files.shipped(Path(sys.argv.pop(1)))
RULES = [rule for file in FILES for rule in file.rules]


def shown(rule):
    return f"{rule.file}: {rule.name}"


class OneRuleForEachTrap(unittest.TestCase):
    """Two files that know one trap would hide each other's rule, depending on how they are loaded:
    the operator who leaves one of them out would get another alarm for the same trap."""

    def test_no_trap_is_known_to_two_files(self):
        rules = defaultdict(set)
        for rule in RULES:
            for oid in rule.traps:
                rules[oid].add(shown(rule))
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
