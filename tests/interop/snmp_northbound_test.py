#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Northbound SNMP against Net-SNMP's snmptrapd: what it logs is what the driver sent.

usage: snmp_northbound_test.py DRIVER SOURCE_DIRECTORY [unittest arguments]
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

DRIVER = ""
SOURCE = ""
PASSPHRASE = "correct horse battery"
OWN_ENGINE = "8000000005676174657761792d31"
DEVICE_ENGINE = "800000000102030405"

# Hash and cipher as the driver and as snmptrapd name them.
SUITES = [
    ("SHA-1", "AES-128", "SHA", "AES"),
    ("SHA-256", "AES-256", "SHA-256", "AES-256"),
    ("SHA-512", "AES-192", "SHA-512", "AES-192"),
]


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("no " + what + " within %d s" % seconds)


class Receiver:
    """One snmptrapd with its own configuration, state and log."""

    def __init__(self, config, names=False):
        self.directory = tempfile.mkdtemp(prefix="trapd-northbound-")
        self.port = free_port()
        self.log = os.path.join(self.directory, "log")
        self.names = names
        with open(os.path.join(self.directory, "snmptrapd.conf"), "w") as file:
            file.write("format2 N|%v\\n\nagentXSocket tcp:127.0.0.1:1\n" + config)
        self.process = None
        self.start()

    def start(self):
        modules = os.path.join(SOURCE, "mib", "modules")
        mibs = ["-M", modules, "-m", "ALL", "-OQ"] if self.names else ["-m", "", "-On"]
        environment = dict(os.environ, SNMP_PERSISTENT_DIR=os.path.join(self.directory, "state"),
                           SNMPCONFPATH=self.directory, MIBDIRS=modules)
        before = self.text().count("NET-SNMP version")
        self.process = subprocess.Popen(
            ["/usr/sbin/snmptrapd", "-f", "-C", "-c",
             os.path.join(self.directory, "snmptrapd.conf"), "-A", "-Lf", self.log, *mibs,
             "udp:127.0.0.1:%d" % self.port],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: self.text().count("NET-SNMP version") > before, "start of snmptrapd")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def close(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.directory)

    def text(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, errors="replace") as file:
            return file.read()

    def notifications(self):
        """Each as its varbinds, in their order: [(name, value)]."""
        found = []
        for line in self.text().splitlines():
            if line.startswith("N|"):
                found.append([tuple(part.split(" = ", 1)) for part in line[2:].split("\t")])
        return found

    def wait_for_notifications(self, count):
        wait_for(lambda: len(self.notifications()) >= count, "%d notifications" % count)
        return self.notifications()


def drive(receiver, *arguments, expect=0):
    done = subprocess.run([DRIVER, "--port", str(receiver.port), "--passphrase", PASSPHRASE,
                           *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120)
    if done.returncode != expect:
        raise AssertionError("driver: %d\n%s\n%s" % (done.returncode, done.stdout,
                                                     receiver.text()))
    return done.stdout


def v3_users(auth, priv, passphrase=PASSPHRASE):
    """The user for informs (the receiver's engine) and for traps (ours)."""
    secret = '%s "%s" %s "%s"' % (auth, passphrase, priv, passphrase)
    return ("createUser oss %s\ncreateUser -e 0x%s oss %s\nauthUser log oss priv\n"
            % (secret, OWN_ENGINE, secret))


class Northbound(unittest.TestCase):
    def receiver(self, config, names=False):
        made = Receiver(config, names)
        self.addCleanup(made.close)
        return made

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
        done = subprocess.run(
            ["snmptranslate", "-M", os.path.join(SOURCE, "mib", "modules"), "-m", "TRAPD-MIB",
             "-On", "TRAPD-MIB::trapdAlarmRaise", "TRAPD-MIB::trapdHeartbeat",
             "TRAPD-MIB::trapdAlarmSequence", "TRAPD-MIB::trapdLastSequence"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        arc = ".1.3.6.1.4.1.8072.9999.9999.7331."
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout.split(), [arc + "0.1", arc + "0.5", arc + "1.1.1",
                                               arc + "1.1.23"])


if __name__ == "__main__":
    DRIVER, SOURCE = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
