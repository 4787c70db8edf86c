#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rules, as their writer uses them: trapctl rules test without a running trapd, and what a running
one shows of them.

usage: rules_test.py TRAPD TRAPCTL [unittest arguments]
"""
import json
import os
import subprocess
import unittest

from loopback import own_directory, wait_for
from trapd_fixture import PROGRAMS, STRONG, Device, Trapd, main

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


RUNNING = """
rules:
  - {name: linkDown, trap: linkDown, state: raise, severity: major, resource: "{ifIndex}",
     continue: true, timeout: 90s, labels: {team: core, port: "{ifDescr}"}}
  - {name: loopback, sender: {source: 127.0.0.0/8, at_least: authPriv, version: v3},
     where: [{object: ifDescr, matches: "^eth[0-9]+$"}], labels: {team: lab}}
"""
LINK_DOWN = ["1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.2.2.1.1.7", "i", 7, "1.3.6.1.2.1.2.2.1.2.7", "s"]


class RunningRules(unittest.TestCase):
    def setUp(self):
        directory = own_directory(self.addCleanup, "trapd-rules-")
        self.rules = os.path.join(directory, "rules.yaml")
        self.write(RUNNING)
        self.trapd = Trapd(self, snmp_users=[STRONG.setting()], rules=[self.rules]).start()
        self.device = Device(self)

    def write(self, text):
        with open(self.rules, "w") as file:
            file.write(text)

    def send(self, *what):
        before = self.trapd.law()["stored"]
        self.device.trap(self.trapd.port, STRONG, list(what))
        wait_for(lambda: self.trapd.law()["stored"] > before, "the trap is stored")
        return self.trapd.ask("history", "--limit", "1")["records"][0]

    def test_labels_hits_and_what_no_rule_knows(self):
        self.assertEqual(self.send(*LINK_DOWN, "eth0")["labels"], {"team": "lab", "port": "eth0"})
        self.assertEqual(self.send(*LINK_DOWN, "lo")["labels"], {"team": "core", "port": "lo"})
        self.assertNotIn("labels", self.send("1.3.6.1.4.1.99999.0.1"))
        hits = {rule["name"]: rule["hits"] for rule in self.trapd.ask("rules")}
        self.assertEqual(hits, {"linkDown": 2, "loopback": 1})
        shown = self.trapd.ask("rules", "show", "loopback")
        self.assertIn({"key": "label", "value": "team=lab"}, shown["says"])
        self.assertIn("matches ^eth[0-9]+$", self.trapd.ctl("rules", "show", "loopback").stdout)
        self.assertEqual(self.trapd.ctl("rules", "show", "nobody").returncode, 1)
        unmatched = self.trapd.ask("rules", "unmatched")
        self.assertEqual((unmatched["unmatched"], unmatched["traps"][0]["oid"]),
                         (1, "1.3.6.1.4.1.99999.0.1"))
        self.assertIn("1 notifications matched no rule",
                      self.trapd.ctl("rules", "unmatched").stdout)
        self.trapd.stop()

    def test_a_reload_with_errors_names_each_and_the_old_rules_stay(self):
        self.write("rules:\n  - {name: a, trap: nobody}\n  - {name: b, trap: linkUp,\n"
                   "     where: [{object: ifDescr, matches: '('}], labels: {'a b': c}}\n")
        said = self.trapd.ctl("reload")
        self.assertEqual(said.returncode, 1)
        for line in (":2:21: error: rule a: trap: unknown trap", ":4:13: error: rule b: where: ",
                     ":4:56: error: rule b: labels: "):
            self.assertIn(self.rules + line, said.stderr)
        self.assertEqual(self.send(*LINK_DOWN, "eth0")["labels"]["team"], "lab")
        self.write("rules: [{name: only, trap: linkDown, sevrity: major}]\n")
        self.assertIn(self.rules + ':1:38: error: unknown key "sevrity"',
                      self.trapd.ctl("reload").stderr)
        self.assertEqual([rule["name"] for rule in self.trapd.ask("rules")],
                         ["linkDown", "loopback"])
        self.trapd.stop()


if __name__ == "__main__":
    main()
