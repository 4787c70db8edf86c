#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A device that has forgotten its boots: refused, told of, and taken again by order.

usage: boots_test.py TRAPD TRAPCTL [unittest arguments]
"""
import json
import unittest

from trapd_fixture import STRONG, Device, SyslogSink, Trapd, main, wait_for

ENGINE = "80001f8804" + "forgetful".encode().hex()


class Boots(unittest.TestCase):
    def setUp(self):
        self.sink = SyslogSink(self)
        self.device = Device(self)
        self.trapd = Trapd(self, snmp_users=[STRONG.setting()], destinations=[{
            "name": "sink", "type": "syslog", "to": "tcp://127.0.0.1:%d" % self.sink.port,
            "format": "json", "select": {"origin": "own"}}]).start()

    def trap(self, number, boots, seconds):
        self.device.trap(self.trapd.port, STRONG, number,
                         extra=["-e", "0x" + ENGINE, "-Z", "%d,%d" % (boots, seconds)])

    def stuck(self):
        return [a for a in self.trapd.ask("alarms") if a["name"] == "trapdBootsStuck"]

    def told(self):
        """What the destination has been told of it, in its order."""
        records = [json.loads(m[m.index("{"):]) for m in list(self.sink.messages)]
        return [r["outcome"] for r in records if r["alarm"] == "trapdBootsStuck"]

    def forget(self):
        done = self.trapd.ctl("store", "forget-engine", ENGINE)
        self.assertEqual((done.returncode, done.stdout), (0, "forgotten\n"), done.stderr)
        wait_for(lambda: not self.stuck(), "end of the alarm")

    def boots_known(self):
        return [d["boots"] for d in self.trapd.ask("devices") if d["engine_id"] == ENGINE]

    def is_locked_out(self):
        """It was at boots 7, and starts again with 1."""
        self.trap(1, 7, 5000)
        wait_for(lambda: self.trapd.numbers() == [1], "first record")
        for number, seconds in ((2, 10), (3, 11), (4, 12)):
            self.trap(number, 1, seconds)
        alarm, = wait_for(self.stuck, "alarm")
        self.assertEqual(self.trapd.law(4)["dropped"], {"not_in_time_window": 3})
        self.assertEqual(self.boots_known(), [7])
        return alarm

    def test_three_refusals_make_an_alarm_that_ends_when_the_engine_is_forgotten(self):
        alarm = self.is_locked_out()
        self.assertEqual((alarm["severity"], alarm["resource"]), ("major", ENGINE))
        self.assertEqual(alarm["type"], "timeDomainViolation")
        self.assertIn("boots 1 time 12,", alarm["text"])  # the third, no earlier one
        self.assertIn("trapctl store forget-engine " + ENGINE, alarm["text"])
        self.forget()
        self.trap(5, 1, 13)
        self.assertEqual(self.trapd.law(5)["dropped"], {"not_in_time_window": 3})
        self.assertEqual(self.trapd.numbers(), [1, 5])
        self.assertEqual(self.boots_known(), [1])
        wait_for(lambda: self.told() == ["raise", "clear"], "both at the destination")
        self.trapd.kill()
        self.trapd.start()
        self.trap(6, 1, 40)
        self.trapd.law(1)
        self.assertEqual(self.trapd.numbers(), [1, 5, 6])
        self.trapd.stop()

    def test_the_alarm_ends_by_order_after_a_restart_too(self):
        self.is_locked_out()
        self.trapd.stop()
        self.trapd.start()
        self.assertTrue(self.stuck())
        self.forget()
        self.trap(5, 1, 13)
        self.trapd.law(1)
        self.assertEqual(self.trapd.numbers(), [1, 5])
        self.trapd.stop()

    def test_a_device_that_is_known_to_forget_is_only_reported(self):
        self.is_locked_out()
        self.trapd.configure(devices=[{"name": "old-ups", "engine": "0x" + ENGINE,
                                       "time_window": "report"}])
        self.assertEqual(self.trapd.ctl("reload").returncode, 0)
        self.trap(5, 1, 13)
        self.assertEqual(self.trapd.law(5)["dropped"], {"not_in_time_window": 3})
        self.assertEqual(self.trapd.numbers(), [1, 5])
        self.assertIn("report", self.trapd.ctl("devices").stdout)
        self.trapd.stop()


if __name__ == "__main__":
    main()
