#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TRP-02: what is kept of an engine can be seen: boots, latest time, and how long ago that was,
which together are the notion of its time that ticks on.

usage: engine_values_test.py TRAPD TRAPCTL [unittest arguments]
"""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "interop"))

from loopback import wait_for
from trapd_fixture import STRONG, Device, Recorder, Trapd, main

ENGINE = "80001f8804" + "conformance".encode().hex()


class EngineValues(unittest.TestCase):
    def test_boots_and_times_of_an_engine_are_shown(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()]).start()
        recorder, device = Recorder(self), Device(self)

        def after(number, boots, seconds):
            datagram = recorder.trap(device, STRONG, number, "0x" + ENGINE, boots, seconds)
            recorder.replay(datagram, trapd.port)
            trapd.law(number)
            return next(d for d in trapd.ask("devices") if d["engine_id"] == ENGINE)

        first = after(1, 7, 1000)
        self.assertEqual((first["boots"], first["time"]), (7, 1000))
        wait_for(lambda: trapd.ask("devices")[0]["heard_ago_s"] > first["heard_ago_s"], "time to tick")
        # Inside the window, and no update.
        older = after(2, 7, 990)
        self.assertEqual((older["boots"], older["time"]), (7, 1000))
        newer = after(3, 8, 5)
        self.assertEqual((newer["boots"], newer["time"]), (8, 5))


if __name__ == "__main__":
    main()
