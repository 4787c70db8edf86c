#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The store is damaged or gone, and with it perhaps trapd's own boots.

usage: lost_store_test.py TRAPD TRAPCTL [unittest arguments]
"""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))

from trapd_fixture import STRONG, Device, Trapd, main, wait_for  # noqa: E402

BOOTS_MAXIMUM = 2147483647


class LostStore(unittest.TestCase):
    def setUp(self):
        self.trapd = Trapd(self, snmp_users=[STRONG.setting()])
        self.store = self.trapd.settings["store"]["directory"]
        self.device = Device(self)
        self.trapd.start()
        self.assertTrue(self.inform(1))
        self.before = self.trapd.status()
        self.trapd.stop()

    def inform(self, number, **named):
        return self.device.inform(self.trapd.port, STRONG, number, **named)

    def path(self, name):
        return os.path.join(self.store, name)

    def lost_alarms(self):
        return [alarm["severity"] for alarm in self.trapd.ask("alarms")
                if alarm["name"] == "trapdBootsLost"]

    def test_a_damaged_store_is_refused_by_its_path_and_left_as_it_is(self):
        with open(self.path("data.mdb"), "r+b") as file:
            file.write(b"\xa5" * 8192)
        with open(self.path("data.mdb"), "rb") as file:
            damaged = file.read()
        for _ in range(2):
            said = self.trapd.refused_start()
            self.assertIn(self.path("data.mdb"), said)
            self.assertIn("trapctl store set-aside", said)
        with open(self.path("data.mdb"), "rb") as file:
            self.assertEqual(file.read(), damaged)
        # As it was told. Its engine ID and boots are in engine.state, too.
        done = self.trapd.ctl("store", "set-aside", "--directory", self.store)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(os.path.exists(self.path("data.mdb")))
        self.trapd.start()
        now = self.trapd.status()
        self.assertEqual(now["engine_id"], self.before["engine_id"])
        self.assertGreater(now["boots"], self.before["boots"])
        self.assertTrue(self.inform(2))
        self.assertEqual(self.lost_alarms(), [])
        self.trapd.stop()

    def test_boots_that_are_nowhere_are_the_maximum_with_a_critical_alarm_until_the_id_is_new(self):
        os.unlink(self.path("data.mdb"))
        with open(self.path("engine.state"), "r+b") as file:
            file.truncate(30)
        for start in (self.trapd.start, self.trapd.start):
            start()
            self.assertEqual(self.trapd.status()["boots"], BOOTS_MAXIMUM)
            wait_for(self.lost_alarms, "alarm")
            self.assertEqual(self.lost_alarms(), ["critical"])
            self.assertFalse(self.inform(2, retries=0, timeout=1))
            stored = self.trapd.status()["stored"]
            self.device.trap(self.trapd.port, STRONG, 3)  # is the device's own time
            wait_for(lambda: self.trapd.status()["stored"] == stored + 1, "stored trap")
            self.trapd.stop()
        self.trapd.configure(engine={"id": "80001f88050102030405"})
        self.trapd.start()
        self.assertEqual(self.trapd.status()["boots"], 1)
        wait_for(lambda: not self.lost_alarms(), "end of the alarm")
        self.assertTrue(self.inform(4))
        self.trapd.stop()


if __name__ == "__main__":
    main()
