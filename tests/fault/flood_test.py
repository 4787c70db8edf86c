#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A flood that nobody has signed, from random addresses under random engine IDs, beside traps that
are good: none of these is lost, and nothing of the flood stays.

usage: flood_test.py TRAPD TRAPCTL TRAPBLAST HOSTILE [unittest arguments]
"""
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "interop"))

from bench_load import BLAST, ENGINES, Load
from trapd_fixture import Trapd, main, wait_for

HOSTILE = sys.argv.pop(3)
SECONDS = int(os.environ.get("TRAPD_FLOOD_SECONDS", "60"))
HOSTILE_RATE = int(os.environ.get("TRAPD_FLOOD_RATE", "20000"))
GOOD_RATE = HOSTILE_RATE // 4
DUPLICATES = 10_000
GROWTH_KIB_MAX = 5 * 1024
# A sanitizer has memory of its own for what was freed.
MEMORY_COUNTS = "TRAPD_FLOOD_RATE" not in os.environ


class Flood(unittest.TestCase):
    def setUp(self):
        # What good traps fill is full before memory is looked at: it is not the flood's.
        self.trapd = Trapd(self, snmp_users=[BLAST], limits={"duplicates": DUPLICATES})
        self.trapd.configure(
            listen=[{"udp": "127.0.0.1:%d" % self.trapd.port, "receive_buffer": "64MiB"}],
            store={"directory": os.path.join(self.trapd.directory, "store"), "max_size": "2GiB"})
        self.trapd.start()

    def private_kib(self):
        with open("/proc/%d/status" % self.trapd.process.pid) as file:
            return int(re.search(r"^RssAnon:\s*(\d+) kB", file.read(), re.MULTILINE).group(1))

    def good(self, seconds):
        load = Load(self, self.trapd.port, rate=GOOD_RATE, seconds=seconds)
        return load.sent(seconds + 60)

    def flood(self, **options):
        words = [HOSTILE, "--json", "--to", "127.0.0.1:%d" % self.trapd.port,
                 "--rate", str(HOSTILE_RATE)]
        for name, value in options.items():
            words += ["--" + name.replace("_", "-"), str(value)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_no_good_trap_is_lost_and_nothing_stays(self):
        sent = self.good(2 + DUPLICATES // GOOD_RATE)
        # What the first flood brings up (buckets, alarms, the packets kept to be explained) stays.
        first = self.flood(seconds=2)
        hostile = json.loads(first.communicate(timeout=60)[0])["accepted"]
        self.trapd.law(sent + hostile)
        before, memory = self.trapd.status(), self.private_kib()
        self.assertEqual(before["stored"], sent)
        self.assertEqual(before["engines"], ENGINES)

        process = self.flood(seconds=SECONDS, known_engines=10)
        sent = self.good(SECONDS)
        hostile = json.loads(process.communicate(timeout=SECONDS + 60)[0])["accepted"]
        now = self.trapd.law(before["received"] + sent + hostile)
        grown = self.private_kib() - memory

        lost = {name: count for name, count in now["kernel_drops_by_listener"].items() if count}
        self.assertFalse(lost)
        self.assertEqual(now["stored"], before["stored"] + sent)
        self.assertEqual(sum(now["dropped"].values()) - sum(before["dropped"].values()), hostile)
        self.assertEqual(now["engines"], ENGINES)
        alarms = self.trapd.ask("alarms")
        told = {alarm["name"] for alarm in alarms if alarm["name"].startswith("trapd")}
        self.assertIn("trapdUnknownUser", told)
        self.assertLess(len(alarms), 3000)
        if MEMORY_COUNTS:
            self.assertLess(grown, GROWTH_KIB_MAX)
        # And who sends as ever is taken as ever.
        more = self.good(1)
        self.trapd.law(now["received"] + more)
        self.assertEqual(self.trapd.status()["stored"], now["stored"] + more)
        wait_for(lambda: self.trapd.ask("explain", "--refused"), "refused datagrams to be explained")
        self.trapd.stop()


if __name__ == "__main__":
    main()
