#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments, again and again, under informs and traps: every inform that was
answered is at the destination, what comes twice is bounded, and the store's rows are what a replay
of the whole journal gives.

usage: kill_test.py TRAPD TRAPCTL TRAPBLAST [unittest arguments]
TRAPD_FAULT_KILLS: how often (20); TRAPD_FAULT_SEED: of the moments (random, printed).
"""
import json
import os
import random
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
from loopback import wait_for  # noqa: E402
from bench_load import BLAST, HeldSocket, Load  # noqa: E402
from trapd_fixture import STRONG, Device, SyslogSink, Trapd, main, numbers_in  # noqa: E402

KILLS = int(os.environ.get("TRAPD_FAULT_KILLS", "20"))
SEED = int(os.environ.get("TRAPD_FAULT_SEED", str(random.SystemRandom().randrange(1 << 32))))
TRAPS_PER_SECOND = 400
SENDERS = 3
RESEND_OCTETS = 64 << 10
BATCH_OCTETS = 256 << 10  # what a destination reads of the journal at once


class Informers:
    """Devices that send one inform after the other, each with a number of its own."""

    def __init__(self, test, port):
        self.answered, self.stopping = [], threading.Event()
        self.threads = [threading.Thread(target=self.send, args=(test, port, index))
                        for index in range(SENDERS)]
        for thread in self.threads:
            thread.start()
        test.addCleanup(self.stop)

    def send(self, test, port, index):
        device, number = Device(test, "127.0.0.%d" % (41 + index)), index * 1_000_000
        while not self.stopping.is_set():
            number += 1
            if device.inform(port, STRONG, number, retries=3, timeout=1):
                self.answered.append(number)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


class Kill(unittest.TestCase):
    def campaign(self, workers):
        moments = random.Random(SEED)
        print("seed", SEED, "kills", KILLS, flush=True)
        sink = SyslogSink(self)
        trapd = Trapd(self, snmp_users=[BLAST, STRONG.setting()], workers=workers,
                      rate={"per_engine": "off"}, destinations=[
                          {"name": "sink", "type": "syslog", "format": "json", "start": "oldest",
                           "to": "tcp://127.0.0.1:%d" % sink.port, "select": {"origin": "device"},
                           "resend": "%dKiB" % (RESEND_OCTETS >> 10)}])
        trapd.configure(store={**trapd.settings["store"], "max_size": "1GiB"})
        held = HeldSocket(self, trapd, 16 << 20)
        held.start(trapd)
        load = Load(self, trapd.port, rate=TRAPS_PER_SECOND, seconds=3600)
        informers = Informers(self, trapd.port)
        for _ in range(KILLS):
            # From the middle of the start to well under way: mostly while it is busy.
            time.sleep(moments.uniform(0, 0.4))
            trapd.kill()
            if moments.random() < 0.3:  # as it lies there, before the next one mends anything
                self.store_is_good(trapd)
            held.start(trapd)
        goal = len(informers.answered) + SENDERS
        wait_for(lambda: len(informers.answered) >= goal, "informs answered at the end")
        informers.stop()
        load.end()
        trapd.law()
        stored = trapd.numbers_of_informs()
        self.assertLessEqual(set(informers.answered), set(stored))
        self.assertEqual(len(stored), len(set(stored)), "stored twice")
        wait_for(lambda: trapd.ask("destinations")[0]["backlog"] == 0, "delivery")
        self.at_the_sink(sink, informers.answered, stored)
        trapd.stop()
        self.store_is_good(trapd)

    def at_the_sink(self, sink, answered, stored):
        messages = [(json.loads(m[m.index("{"):]), len(m)) for m in list(sink.messages)]
        came = [(record["sequence"], octets) for record, octets in messages]
        numbers = set(numbers_in(" ".join(str(record["varbinds"][-1]["value"])
                                          for record, _ in messages)))
        self.assertLessEqual(set(answered), numbers)
        self.assertLessEqual(set(stored), numbers)
        seen, again = set(), 0
        for sequence, octets in came:
            again += octets if sequence in seen else 0
            seen.add(sequence)
        print("kills %d, informs answered %d, records %d, %d KiB came again" %
              (KILLS, len(answered), len(seen), again >> 10), flush=True)
        self.assertLessEqual(again, KILLS * (RESEND_OCTETS + BATCH_OCTETS))

    def store_is_good(self, trapd):
        looked = trapd.ctl("store", "verify")
        self.assertEqual(looked.returncode, 0, looked.stdout + looked.stderr)
        self.assertIn("what a replay of the whole journal gives", looked.stdout)

    def test_nothing_answered_is_lost_with_one_worker(self):
        self.campaign(1)

    def test_nothing_answered_is_lost_with_four_workers(self):
        self.campaign(4)


if __name__ == "__main__":
    main()
