#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""trapctl rules test, as a writer of rules uses it: with names of MIBs and without a running trapd.

usage: rules_test.py TRAPD TRAPCTL [unittest arguments]
"""
import json
import os
import subprocess
import unittest

from loopback import own_directory
from trapd_fixture import PROGRAMS, main

GOOD = """
pairs:
  - {name: linkDown, raise: IF-MIB::linkDown, clear: IF-MIB::linkUp, severity: major,
     resource: "{ifIndex}", text: "{ifDescr} is down", clear_text: "{ifDescr} is up"}
examples:
  - trap: linkDown
    varbinds: {ifIndex.7: 7, ifDescr.7: "eth0"}
    expect: {rule: linkDown, state: raise, severity: major, resource: 7, text: eth0 is down}
  - trap: linkUp
    varbinds: {ifIndex.7: 7, ifDescr.7: "eth0"}
    expect: {rule: linkDown-clear, alarm: linkDown, state: clear, resource: 7, text: eth0 is up}
"""
ACME = """ACME-MIB DEFINITIONS ::= BEGIN
IMPORTS enterprises, NOTIFICATION-TYPE, MODULE-IDENTITY FROM SNMPv2-SMI;
acme MODULE-IDENTITY LAST-UPDATED "202601010000Z" ORGANIZATION "a" CONTACT-INFO "a"
  DESCRIPTION "a" ::= { enterprises 99999 }
acmeTrap NOTIFICATION-TYPE STATUS current DESCRIPTION "a" ::= { acme 0 1 }
END
"""


class RulesTest(unittest.TestCase):
    def setUp(self):
        self.directory = own_directory(self.addCleanup, "trapctl-rules-")

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def ctl(self, *words):
        return subprocess.run([PROGRAMS["trapctl"], *words], capture_output=True, text=True,
                              timeout=60, cwd=self.directory)

    def test_examples_that_hold(self):
        path = self.write("good.yaml", GOOD)
        said = self.ctl("rules", "test", "--all", path)
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        self.assertEqual(said.stdout, "2 examples, 0 failed; 2 rules, 0 without an example\n")

    def test_a_difference_is_named_with_its_place(self):
        path = self.write("bad.yaml", GOOD.replace("state: raise, severity: major, resource: 7",
                                                   "state: raise, severity: minor, resource: 7"))
        said = self.ctl("rules", "test", path)
        self.assertEqual(said.returncode, 1)
        self.assertIn(path + ':8:54: error: example linkDown: severity: expected "minor", '
                      'got "major"\n', said.stdout)
        said = self.ctl("--json", "rules", "test", path)
        self.assertEqual(said.returncode, 1)
        report = json.loads(said.stdout)
        self.assertEqual((report["failed"], report["failures"][0]["key"]), (1, "severity"))

    def test_names_of_other_modules_come_with_the_configuration(self):
        os.mkdir(os.path.join(self.directory, "mibs"))
        self.write("mibs/ACME-MIB.txt", ACME)
        rules = self.write("acme.yaml", "rules: [{name: acme, trap: ACME-MIB::acmeTrap}]\n"
                           "examples: [{trap: acmeTrap, expect: {rule: acme}}]\n")
        config = self.write("trapd.yaml", "listen: [{udp: '127.0.0.1:1'}]\n"
                            "mibs: {directories: [mibs]}\n")
        without = self.ctl("rules", "test", rules)
        self.assertEqual(without.returncode, 1)
        self.assertIn("unknown trap 'ACME-MIB::acmeTrap'", without.stderr)
        said = self.ctl("--config", config, "rules", "test", rules)
        self.assertEqual(said.stdout, "1 examples, 0 failed; 1 rules, 0 without an example\n",
                         said.stderr)


if __name__ == "__main__":
    main()
