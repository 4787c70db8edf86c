#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What trapd watches about itself: its files, its certificates, a device beyond its rate.

usage: health_test.py TRAPD TRAPCTL [unittest arguments]
"""
import os
import subprocess
import time
import unittest

from loopback import wait_for
from trapd_fixture import STRONG, Device, Trapd, main

LOOK_SECONDS = 60  # between two looks at the files


def certificate(path, days):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", path + ".key", "-out", path,
                    "-days", str(days), "-subj", "/CN=ca.example.net"],
                   check=True, capture_output=True)


class Health(unittest.TestCase):
    def alarm(self, trapd, name, resource=None):
        def found():
            return [a for a in trapd.ask("alarms")
                    if a["name"] == name and resource in (None, a["resource"])]
        return wait_for(found, "alarm %s of %s" % (name, resource))[0]

    def no_alarm(self, trapd, name):
        wait_for(lambda: not [a for a in trapd.ask("alarms") if a["name"] == name],
                 "end of alarm " + name)

    def test_a_certificate_near_its_end_and_another_in_its_place(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()])
        ca = os.path.join(trapd.directory, "ca.pem")
        certificate(ca, 3)
        trapd.configure(destinations=[{"name": "logs", "type": "syslog", "to": "tls://127.0.0.1:9",
                                       "tls": {"ca": ca, "verify": "ip"}}])
        trapd.start()
        alarm = self.alarm(trapd, "trapdCertificateExpiry", ca)
        self.assertEqual((alarm["severity"], alarm["type"]), ("major", "timeDomainViolation"))
        self.assertIn("CN=ca.example.net", alarm["text"])
        certificate(ca, 1000)
        self.assertEqual(trapd.ctl("reload").returncode, 0)
        self.no_alarm(trapd, "trapdCertificateExpiry")
        trapd.stop()

    def test_a_device_beyond_its_rate(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()], rate={"per_engine": "1/s"}).start()
        device = Device(self)
        def stormed():
            for number in range(3):
                device.trap(trapd.port, STRONG, number)
            return [a for a in trapd.ask("alarms") if a["name"] == "trapdStorm"]
        alarm = wait_for(stormed, "alarm of the storm")[0]
        self.assertIn("127.0.0.1", alarm["text"])
        self.assertEqual(len(alarm["resource"]) % 2, 0)
        trapd.law()
        trapd.stop()

    def test_files_that_change_without_a_reload(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()])
        rules = os.path.join(trapd.directory, "own.yaml")
        with open(rules, "w") as file:
            file.write("rules: [{name: cold, trap: 1.3.6.1.6.3.1.1.5.1}]\n")
        trapd.configure(rules=[rules])
        trapd.start()
        begin = time.monotonic()
        with open(rules, "a") as file:
            file.write("# a line more\n")
        os.chmod(trapd.config, 0o664)
        alarm = wait_for(lambda: [a for a in trapd.ask("alarms") if a["resource"] == rules],
                         "alarm of the rules", 2 * LOOK_SECONDS)[0]
        self.assertEqual((alarm["name"], alarm["type"], alarm["severity"]),
                         ("trapdIntegrityViolation", "integrityViolation", "major"))
        self.assertIn("size", alarm["text"])
        self.assertIn("mode", self.alarm(trapd, "trapdIntegrityViolation", trapd.config)["text"])
        self.assertLess(time.monotonic() - begin, 2 * LOOK_SECONDS)
        self.assertEqual(trapd.ctl("reload").returncode, 0)
        self.no_alarm(trapd, "trapdIntegrityViolation")
        trapd.stop()


if __name__ == "__main__":
    main()
