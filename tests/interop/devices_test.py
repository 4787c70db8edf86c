#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Devices: where they are heard from, who is silent, who shares an identity.

usage: devices_test.py TRAPD TRAPCTL [unittest arguments]
"""
import unittest

from loopback import wait_for
from trapd_fixture import STRONG, Device, Trapd, main

ENGINES = ["8000138b05000000%02x" % n for n in range(1, 4)]


def sent_by(engine):
    return ["-e", "0x" + engine]


class Devices(unittest.TestCase):
    def device(self, trapd, engine):
        return next((d for d in trapd.ask("devices") if d["engine_id"] == engine), None)

    def alarms(self, trapd, name):
        return [a for a in trapd.ask("alarms") if a["name"] == name]

    def test_devices_behind_one_address_stay_apart_and_show_their_bindings(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()]).start()
        device = Device(self)
        for engine in ENGINES[:2]:
            device.trap(trapd.port, STRONG, 1, extra=sent_by(engine))
        wait_for(lambda: trapd.status()["stored"] == 2, "two notifications")
        for engine in ENGINES[:2]:
            known = self.device(trapd, engine)
            self.assertTrue(known["binding"].startswith("127.0.0.1:"), known)
            self.assertEqual(known["notifications"], 1)
            self.assertIn("T", known["bound_since"])
        bindings = {self.device(trapd, engine)["binding"] for engine in ENGINES[:2]}
        self.assertEqual(len(bindings), 2)
        trapd.stop()

    def test_an_address_alone_names_an_engine_and_a_restart_keeps_what_is_known(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()],
                      devices=[{"name": "ups", "address": "127.0.0.1", "site": "tlv"}]).start()
        device = Device(self)
        device.trap(trapd.port, STRONG, 1, extra=sent_by(ENGINES[0]))
        wait_for(lambda: trapd.status()["stored"] == 1, "a notification")
        known = self.device(trapd, ENGINES[0])
        self.assertEqual((known["name"], known["site"]), ("ups", "tlv"))
        self.assertEqual([d for d in trapd.ask("devices") if d is not known
                          and d["engine_id"] != ENGINES[0]], [])
        self.assertIn("ups", [record["device_name"]
                              for record in trapd.ask("history")["records"]])
        trapd.stop()
        trapd.start()
        again = self.device(trapd, ENGINES[0])
        self.assertEqual((again["binding"], again["bound_since"], again["notifications"]),
                         (known["binding"], known["bound_since"], 0))
        trapd.stop()

    def test_a_device_that_says_nothing_is_silent_until_it_is_heard(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()], devices=[
            {"name": "sbc-1", "engine": "0x" + ENGINES[0], "keepalive": "2s"},
            {"name": "quiet", "engine": "0x" + ENGINES[1]}]).start()
        alarm = wait_for(lambda: self.alarms(trapd, "trapdDeviceSilent"), "silence")[0]
        self.assertEqual((alarm["resource"], alarm["severity"]), ("sbc-1", "major"))
        self.assertTrue(self.device(trapd, ENGINES[0])["silent"])
        device = Device(self)

        def heard():
            device.trap(trapd.port, STRONG, 1, extra=sent_by(ENGINES[0]))
            return not self.alarms(trapd, "trapdDeviceSilent")
        wait_for(heard, "end of the silence")
        # A reload that expects it no more ends its alarm.
        wait_for(lambda: self.alarms(trapd, "trapdDeviceSilent"), "silence again")
        trapd.configure(devices=[])
        self.assertEqual(trapd.ctl("reload").returncode, 0)
        wait_for(lambda: not self.alarms(trapd, "trapdDeviceSilent"), "end of the expectation")
        trapd.stop()


if __name__ == "__main__":
    main()
