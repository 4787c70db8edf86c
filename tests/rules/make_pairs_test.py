#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What conf/rules/make_pairs.py takes as a pair of raise and clear, and what it refuses.

usage: make_pairs_test.py RULES_DIRECTORY [unittest arguments]
"""
import contextlib
import io
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays as it is
RULES = Path(sys.argv.pop(1))
SCRIPTS = ("make_pairs.py", "mib_notifications.py", "pair_words.py")

MIB = """ACME-MIB DEFINITIONS ::= BEGIN
IMPORTS enterprises FROM SNMPv2-SMI;
acme OBJECT IDENTIFIER ::= { enterprises 99999 }
acTraps OBJECT IDENTIFIER ::= { acme 2 }
acTable OBJECT-TYPE SYNTAX SEQUENCE OF AcEntry MAX-ACCESS not-accessible STATUS current
  DESCRIPTION "a -- not a comment" ::= { acme 1 }
acEntry OBJECT-TYPE SYNTAX AcEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION "a"
  INDEX { acShelf, acFan } ::= { acTable 1 }
AcEntry ::= SEQUENCE { acShelf Integer32, acFan Integer32, acKind OBJECT IDENTIFIER }
acShelf OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS current DESCRIPTION "a"
  ::= { acEntry 1 }
acFan OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS current DESCRIPTION "a"
  ::= { acEntry 2 }
acServerName OBJECT-TYPE SYNTAX OCTET STRING MAX-ACCESS read-only STATUS current DESCRIPTION "a"
  ::= { acme 3 }
acUsage OBJECT-TYPE SYNTAX Gauge32 MAX-ACCESS read-only STATUS current DESCRIPTION "a"
  ::= { acme 4 }
%s
END
"""


class MakePairsTest(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="trapd-pairs-"))
        self.addCleanup(shutil.rmtree, self.directory)
        for name in SCRIPTS:
            shutil.copy(RULES / name, self.directory)
        (self.directory / "mibs").mkdir()
        (self.directory / "pairs-excluded.tsv").write_text("")
        sys.path.insert(0, str(self.directory))
        self.addCleanup(sys.path.remove, str(self.directory))
        for name in SCRIPTS:
            sys.modules.pop(name[:-3], None)

    def make(self, traps, pairs):
        """traps: name -> its objects; pairs: (raise, clear). Gives pairs.yaml and refusals."""
        numbers = {name: number for number, name in enumerate(traps, 1)}
        text = "\n".join(
            f"{name} NOTIFICATION-TYPE {'OBJECTS { ' + objects + ' }' if objects else ''}"
            f' STATUS current DESCRIPTION "a" ::= {{ acTraps 0 {numbers[name]} }}'
            for name, objects in traps.items())
        (self.directory / "mibs" / "acme").write_text(MIB % text)
        oid = "1.3.6.1.4.1.99999.2.0."
        (self.directory / "candidates").write_text("".join(
            f"{oid}{numbers[b]}\t{b}\t{oid}{numbers[e]}\t{e}\tACME-MIB\n" for b, e in pairs))
        import make_pairs
        with contextlib.redirect_stderr(io.StringIO()):
            make_pairs.main([str(self.directory / "candidates"), str(self.directory / "mibs"),
                             "--rejected", str(self.directory / "rejected")])
        refused = [line.split("\t") for line in
                   (self.directory / "rejected").read_text().splitlines()]
        return ((self.directory / "pairs.yaml").read_text(),
                {begin: why for begin, _, why in refused})

    def test_a_fault_and_its_end_with_one_index_are_a_pair(self):
        text, refused = self.make({"acFanFailure": "acFan, acUsage", "acFanNormal": "acFan"},
                                  [("acFanFailure", "acFanNormal")])
        self.assertEqual(refused, {})
        self.assertIn("name: acFanFailure", text)
        self.assertIn("raise: ACME-traps.0.1, clear: ACME-traps.0.2", text)
        self.assertIn('resource: "{acFan.index}"', text)
        self.assertIn("cause: coolingFanFailure", text)
        self.assertIn("acFan.3.4: 7", text)
        self.assertIn('expect: {rule: acFanFailure-clear, state: clear, severity: cleared, '
                      'resource: "3.4"}', text)

    def test_a_member_of_a_row_does_not_swallow_the_column_behind_it(self):
        text, _ = self.make({"acShelfLost": "acShelf", "acShelfLostClear": "acShelf"},
                            [("acShelfLost", "acShelfLostClear")])
        self.assertIn('resource: "{acShelf.index}"', text)

    def test_a_scalar_that_names_the_thing_is_the_resource(self):
        text, refused = self.make({"acServerLost": "acUsage, acServerName",
                                   "acServerLostClear": "acServerName"},
                                  [("acServerLost", "acServerLostClear")])
        self.assertEqual(refused, {})
        self.assertIn('resource: "{acServerName}"', text)

    def test_examples_of_what_a_device_sends_too_are_added(self):
        text, _ = self.make({"acServerLost": "acServerName", "acServerLostClear": "acServerName"},
                            [("acServerLost", "acServerLostClear")])
        self.assertIn('varbinds: {acServerName: x7}', text)
        self.assertIn('varbinds: {acServerName: {hex: "783700"}}', text)
        self.assertIn('- trap: ACME-traps.0.1\n    expect: {rule: acServerLost, state: raise, '
                      'severity: major, resource: ""}', text)

    def test_a_scalar_that_names_the_thing_goes_with_the_column(self):
        text, _ = self.make({"acLinkLost": "acShelf, acServerName, acUsage",
                             "acLinkLostClear": "acServerName, acShelf"},
                            [("acLinkLost", "acLinkLostClear")])
        self.assertIn('resource: "{acShelf.index}/{acServerName}"', text)

    def test_a_clear_that_does_not_say_of_which_thing_is_refused(self):
        _, refused = self.make({"acFanFailure": "acFan", "acFanNormal": ""},
                               [("acFanFailure", "acFanNormal")])
        self.assertIn("says which one", refused["acFanFailure"])

    def test_nothing_that_could_be_checked_is_refused(self):
        _, refused = self.make({"acFault": "", "acFaultClear": ""}, [("acFault", "acFaultClear")])
        self.assertIn("acFault", refused)

    def test_start_and_stop_are_a_pair_only_of_a_fault(self):
        text, refused = self.make(
            {"acBackupStart": "acFan", "acBackupStop": "acFan",
             "acAttackStart": "acFan", "acAttackStop": "acFan"},
            [("acBackupStart", "acBackupStop"), ("acAttackStart", "acAttackStop")])
        self.assertEqual(list(refused), ["acBackupStart"])
        self.assertIn("securityServiceOrMechanismViolation", text)

    def test_a_clear_of_two_raises_is_refused(self):
        _, refused = self.make(
            {"acLoss": "acFan", "acLossAlarm": "acFan", "acLossClear": "acFan"},
            [("acLoss", "acLossClear"), ("acLossAlarm", "acLossClear")])
        self.assertEqual(set(refused.values()), {"its clear ends several"})

    def test_what_another_file_has_and_what_is_excluded_is_refused_with_the_reason(self):
        (self.directory / "acme.yaml").write_text(
            "objects:\n  acTraps: 1.3.6.1.4.1.99999.2\nrules:\n"
            "  - {name: mine, trap: acTraps.0.1}\nexamples: []\n")
        (self.directory / "pairs-excluded.tsv").write_text("ACME-MIB\tacLamp.*\ta lamp\n")
        _, refused = self.make(
            {"acFanFailure": "acFan", "acFanNormal": "acFan", "acLamp": "acFan",
             "acLampClear": "acFan"},
            [("acFanFailure", "acFanNormal"), ("acLamp", "acLampClear")])
        self.assertEqual(refused, {"acFanFailure": "acme.yaml has it", "acLamp": "a lamp"})

    def test_the_words_of_a_name_say_type_and_cause(self):
        import pair_words
        said = {}
        for name in ("acDoorOpen", "acUntrustedReplyAlarm", "acPackageVerifyFailed", "acPsFail",
                     "acClkFail", "acChannelInterferenceDetected", "acDiskUsageHigh", "acDiskFail",
                     "acCpuUsageHigh", "acCpuFail", "acMemoryUsageHigh", "acConfigConflict",
                     "acPoolUsedUp", "acVpnTunnelDown", "acHighAvailabilityFailover",
                     "acInputRateRising", "acInputVoltageHigh", "acBGPDown", "acAgentDown"):
            said[name] = next((kind, cause) for pattern, kind, cause in pair_words.WORDS
                              if pattern.search(name))
        self.assertEqual(said, {
            "acDoorOpen": ("physicalViolation", "intrusionDetection"),
            "acUntrustedReplyAlarm": ("integrityViolation", "unexpectedInformation"),
            "acPackageVerifyFailed": ("integrityViolation", "informationModificationDetected"),
            "acPsFail": ("equipment", "powerSupplyFailure"),
            "acClkFail": ("communications", "lossOfSynchronisation"),
            "acChannelInterferenceDetected": ("communications", "degradedSignal"),
            "acDiskUsageHigh": ("processingError", "storageCapacityProblem"),
            "acDiskFail": ("equipment", "diskFailure"),
            "acCpuUsageHigh": ("qualityOfService", "systemResourcesOverload"),
            "acCpuFail": ("equipment", "processorProblem"),
            "acMemoryUsageHigh": ("processingError", "outOfMemory"),
            "acConfigConflict": ("processingError", "configurationOrCustomizationError"),
            "acPoolUsedUp": ("qualityOfService", "resourceAtOrNearingCapacity"),
            "acVpnTunnelDown": ("communications", "communicationsSubsystemFailure"),
            "acHighAvailabilityFailover": ("equipment", "lossOfRedundancy"),
            "acInputRateRising": ("qualityOfService", "thresholdCrossed"),
            "acInputVoltageHigh": ("equipment", "powerProblem"),
            "acBGPDown": ("communications", "routingFailure"),
            "acAgentDown": ("processingError", "softwareError")})

    def test_a_name_that_says_nothing_has_no_type(self):
        text, _ = self.make({"acThingBad": "acFan", "acThingBadClear": "acFan"},
                            [("acThingBad", "acThingBadClear")])
        self.assertIn("type: other, cause: other", text)


if __name__ == "__main__":
    unittest.main()
