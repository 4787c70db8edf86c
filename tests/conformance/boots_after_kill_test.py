#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""INF-03: own boots rise at each start, however the process before has ended.

usage: boots_after_kill_test.py TRAPD TRAPCTL [unittest arguments]
"""
import sys
from pathlib import Path
import unittest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "interop"))

from trapd_fixture import STRONG, Device, Trapd, main

KILLS = 10


class BootsAfterKill(unittest.TestCase):
    def test_ten_kills_raise_them_by_ten(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()]).start()
        first = trapd.status()
        for number in range(1, KILLS + 1):
            trapd.kill()
            trapd.start()
            # The tool discovers: it would not be answered under boots of before.
            self.assertTrue(Device(self).inform(trapd.port, STRONG, number))
            self.assertEqual(trapd.status()["boots"], first["boots"] + number)
        self.assertEqual(trapd.status()["engine_id"], first["engine_id"])


if __name__ == "__main__":
    main()
