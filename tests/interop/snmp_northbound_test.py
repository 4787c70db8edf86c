#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Northbound SNMP against Net-SNMP's snmptrapd: what it logs is what the driver sent.

usage: snmp_northbound_test.py DRIVER [unittest arguments]
"""
import os
import re
import subprocess
import sys
import unittest

from loopback import own_directory, wait_for
from peers import MODULES, Snmptrapd

DRIVER = ""
PASSPHRASE = "correct horse battery"
OWN_ENGINE = "8000000005676174657761792d31"
DEVICE_ENGINE = "800000000102030405"

# Hash and cipher as the driver and as snmptrapd name them.
SUITES = [
    ("SHA-1", "AES-128", "SHA", "AES"),
    ("SHA-256", "AES-256", "SHA-256", "AES-256"),
    ("SHA-512", "AES-192", "SHA-512", "AES-192"),
]


def drive(receiver, *arguments, expect=0):
    done = subprocess.run([DRIVER, "--port", str(receiver.port), "--passphrase", PASSPHRASE,
                           *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120)
    if done.returncode != expect:
        raise AssertionError("driver: %d\n%s\n%s" % (done.returncode, done.stdout,
                                                     receiver.text("log")))
    return done.stdout


def v3_users(auth, priv, passphrase=PASSPHRASE):
    """The user for informs (the receiver's engine) and for traps (ours)."""
    secret = '%s "%s" %s "%s"' % (auth, passphrase, priv, passphrase)
    return ("createUser oss %s\ncreateUser -e 0x%s oss %s\nauthUser log oss priv\n"
            % (secret, OWN_ENGINE, secret))


class Northbound(unittest.TestCase):
    def receiver(self, config, names=False):
        return Snmptrapd(self, config, names)

    def check_original(self, varbinds, number):
        self.assertEqual(varbinds, [
            (".1.3.6.1.2.1.1.3.0", "Timeticks: (12345) 0:02:03.45"),
            (".1.3.6.1.6.3.1.1.4.1.0", "OID: .1.3.6.1.6.3.1.1.5.3"),
            (".1.3.6.1.2.1.2.2.1.1.3", "INTEGER: %d" % number),
            (".1.3.6.1.6.3.18.1.3.0", "IpAddress: 192.0.2.7"),
        ])

    def check_alarm(self, varbinds, number):
        arc = ".1.3.6.1.4.1.8072.9999.9999.7331."
        self.assertEqual(varbinds[1], (".1.3.6.1.6.3.1.1.4.1.0", "OID: " + arc + "0.1"))
        fields = dict(varbinds[2:])
        self.assertEqual(fields[arc + "1.1.1.0"], "Counter64: %d" % number)
        self.assertEqual(fields[arc + "1.1.3.0"], 'STRING: "sbc-1"')
        self.assertEqual(fields[arc + "1.1.8.0"], "INTEGER: 4")
        self.assertEqual(fields[arc + "1.1.9.0"], "INTEGER: 2")
        self.assertEqual(fields[arc + "1.1.15.0"], "OID: .1.3.6.1.6.3.1.1.5.3")
        self.assertEqual(fields[arc + "1.1.5.0"].replace(" ", "").upper(),
                         "HEX-STRING:" + DEVICE_ENGINE.upper())

    def check(self, style, varbinds, number):
        (self.check_original if style == "original" else self.check_alarm)(varbinds, number)

    def test_v2c_traps_and_informs_in_both_formats(self):
        receiver = self.receiver("authCommunity log public\n")
        expected = 0
        for style in ("original", "alarm"):
            for inform in ([], ["--inform"]):
                with self.subTest(style=style, inform=inform):
                    drive(receiver, "--version", "v2c", "--format", style, "--count", "7", *inform)
                    expected += 7
                    for i, one in enumerate(receiver.wait_for_notifications(expected)[-7:]):
                        if inform:  # order is kept per device, not across
                            number = int(re.search(r"(?:INTEGER|Counter64): (\d+)",
                                                   str(one[2])).group(1))
                        else:
                            number = i + 1
                        self.check(style, one, number)

    def test_v3_traps_and_informs_in_both_formats(self):
        for auth, priv, their_auth, their_priv in SUITES:
            receiver = self.receiver(v3_users(their_auth, their_priv))
            expected = 0
            for style in ("original", "alarm"):
                for inform in ([], ["--inform"]):
                    with self.subTest(auth=auth, priv=priv, style=style, inform=inform):
                        drive(receiver, "--auth", auth, "--priv", priv, "--format", style, *inform)
                        expected += 1
                        self.check(style, receiver.wait_for_notifications(expected)[-1], 1)

    def test_a_wrong_passphrase_is_named_and_nothing_is_called_delivered(self):
        receiver = self.receiver(v3_users("SHA", "AES", "another passphrase"))
        said = drive(receiver, "--inform", "--seconds", "4", expect=1)
        self.assertIn("delivered 0", said)
        self.assertIn("wrongDigests", said)
        self.assertEqual(receiver.notifications(), [])

    def test_an_unknown_user_is_named(self):
        receiver = self.receiver("authUser log somebody priv\n")
        said = drive(receiver, "--inform", "--seconds", "4", expect=1)
        self.assertIn("unknownUserNames", said)

    def test_no_receiver_is_a_reason(self):
        receiver = self.receiver("")
        receiver.stop()
        said = drive(receiver, "--inform", "--seconds", "4", expect=1)
        self.assertIn("ICMP", said)

    def test_a_receiver_that_restarts_misses_nothing(self):
        receiver = self.receiver(v3_users("SHA", "AES"))
        count = 60
        driver = subprocess.Popen(
            [DRIVER, "--port", str(receiver.port), "--passphrase", PASSPHRASE, "--inform",
             "--format", "original", "--count", str(count), "--pause-ms", "60", "--timeout-ms",
             "500", "--seconds", "60"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(driver.stdout.close)
        try:
            receiver.wait_for_notifications(10)
            receiver.stop()
            receiver.start()
            said = driver.communicate(timeout=90)[0]
        finally:
            if driver.poll() is None:
                driver.kill()
                driver.wait()
        self.assertEqual(driver.returncode, 0, said)
        numbers = [int(one[2][1].split()[-1]) for one in receiver.notifications()]
        self.assertEqual(sorted(set(numbers)), list(range(1, count + 1)))
        for device in range(5):
            of_device = [n for n in numbers if n % 5 == device]
            self.assertEqual(of_device, sorted(of_device))

    def test_net_snmp_reads_the_alarms_through_the_mib(self):
        receiver = self.receiver("authCommunity log public\n", names=True)
        drive(receiver, "--version", "v2c", "--heartbeat", "60")
        found = receiver.wait_for_notifications(2)
        alarm = next(dict(one) for one in found if "Raise" in one[1][1])
        heartbeat = next(dict(one) for one in found if "Heartbeat" in one[1][1])
        self.assertEqual(alarm["SNMPv2-MIB::snmpTrapOID.0"], "TRAPD-MIB::trapdAlarmRaise")
        expected = {
            "trapdAlarmSeverity": "major",
            "trapdAlarmEventType": "communicationsAlarm",
            "trapdAlarmDeviceName": "sbc-1",
            "trapdAlarmDeviceAddress": "192.0.2.7",
            "trapdAlarmFirstRaised": "2023-11-14,22:13:20.3,+0:0",
            "trapdAlarmText": "link down, number 1",
            "trapdAlarmTrapOid": "IF-MIB::linkDown",
            "trapdAlarmAcknowledged": "false",
        }
        for name, value in expected.items():
            self.assertEqual(alarm["TRAPD-MIB::" + name + ".0"].strip('"'), value, name)
        self.assertEqual(heartbeat["TRAPD-MIB::trapdActiveAlarmCount.0"], "3")

    def test_snmptranslate_knows_every_object_that_is_sent(self):
        state = own_directory(self.addCleanup, "trapd-translate-")
        done = subprocess.run(
            ["snmptranslate", "-M", MODULES, "-m", "TRAPD-MIB",
             "-On", "TRAPD-MIB::trapdAlarmRaise", "TRAPD-MIB::trapdHeartbeat",
             "TRAPD-MIB::trapdAlarmSequence", "TRAPD-MIB::trapdLastSequence"],
            env=dict(os.environ, SNMP_PERSISTENT_DIR=state), capture_output=True, text=True)
        arc = ".1.3.6.1.4.1.8072.9999.9999.7331."
        complaints = [line for line in done.stderr.splitlines()
                      if not line.startswith("Created directory")]
        self.assertEqual(complaints, [])
        self.assertEqual(done.stdout.split(), [arc + "0.1", arc + "0.5", arc + "1.1.1",
                                               arc + "1.1.23"])


if __name__ == "__main__":
    DRIVER = sys.argv.pop(1)
    unittest.main(verbosity=2)
