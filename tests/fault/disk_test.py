#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The store's disk fails, is full or slow while trapd runs, at its start and at its stop.

usage: disk_test.py TRAPD TRAPCTL FAILING_DISK_LIBRARY [unittest arguments]
"""
import errno as os_errno
import os
import re
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))

from failing_disk import TrapdOnDisk, error_text  # noqa: E402
from trapd_fixture import (COLD_START, NUMBER_OID, PROGRAMS, STRONG, Device,  # noqa: E402
                           SyslogSink, Trapd, at_once, main, wait_for)

LARGE = "x" * 50000  # octets of one varbind: large datagrams fill rings and disks fast
MIB = 1 << 20


class WaitingInform:
    """An inform whose sender does not give up."""

    def __init__(self, test, port, number):
        self.answered = None
        self.thread = threading.Thread(target=self.send, args=(Device(test), port, number))
        self.thread.start()
        test.addCleanup(self.thread.join)

    def send(self, device, port, number):
        self.answered = device.inform(port, STRONG, number, retries=40, timeout=1)


def large(number):
    return [COLD_START, NUMBER_OID, "s", LARGE, NUMBER_OID, "s", "number %d;" % number]


class FailingDiskTest(unittest.TestCase):
    def setUp(self):
        self.sink = SyslogSink(self)
        self.trapd = TrapdOnDisk(self, snmp_users=[STRONG.setting()], destinations=[{
            "name": "sink", "type": "syslog", "to": "tcp://127.0.0.1:%d" % self.sink.port,
            "format": "json", "start": "oldest"}])
        self.disk = self.trapd.disk
        self.device = Device(self)

    def inform(self, number, **named):
        return self.device.inform(self.trapd.port, STRONG, number, **named)

    def fails_and_recovers(self, fault, code):
        self.sink.close()
        trapd = self.trapd.start()
        self.assertTrue(self.inform(1))
        setattr(self.disk, fault, getattr(os_errno, code))
        self.assertFalse(self.inform(2, retries=0, timeout=1))
        self.device.trap(trapd.port, STRONG, 3)
        waiting = WaitingInform(self, trapd.port, 4)
        trapd.await_failures(3)

        refused = wait_for(trapd.not_ready, "503 of /ready")
        self.assertIn(error_text(code), refused)
        self.assertIn(trapd.store, refused)
        self.assertGreaterEqual(trapd.metric("trapd_in_flight"), 2)
        self.assertEqual(trapd.status()["stored"], 1)
        said = [line for line in trapd.said().splitlines() if error_text(code) in line]
        self.assertEqual(len(said), 1, said)  # once, and not with each attempt
        self.assertIn("nothing is acknowledged until it works again", said[0])
        self.assertIsNone(waiting.answered)
        # Readers go on meanwhile: the history, and a destination that was behind.
        for _ in range(20):
            self.assertEqual(trapd.numbers(), [1])
        self.sink.open()
        wait_for(lambda: self.sink.numbers() == [1], "delivery while the disk fails")

        self.disk.works()
        waiting.thread.join()
        self.assertTrue(waiting.answered)
        wait_for(lambda: trapd.not_ready() is None, "ready trapd")
        self.assertTrue(self.inform(5))
        trapd.law()
        self.assertEqual(sorted(trapd.numbers()), [1, 2, 3, 4, 5])
        wait_for(lambda: trapd.own_alarms("trapdStoreFailed") == ["raise", "clear"],
                 "alarm in the history")
        wait_for(lambda: sorted(set(self.sink.numbers())) == [1, 2, 3, 4, 5], "delivery")
        self.assertIn("works again", trapd.said())
        # What was acknowledged has reached the disk, and not only the page cache of a store that
        # was opened again.
        trapd.kill()
        trapd.start()
        self.assertEqual(sorted(trapd.numbers()), [1, 2, 3, 4, 5])
        trapd.stop()

    def test_a_full_disk_stops_acknowledgements_until_it_has_room(self):
        self.fails_and_recovers("write_errno", "ENOSPC")

    def test_a_disk_that_fails_to_write_stops_acknowledgements_until_it_works(self):
        self.fails_and_recovers("write_errno", "EIO")

    def test_a_failing_fdatasync_stops_acknowledgements_until_it_works(self):
        self.fails_and_recovers("sync_errno", "EIO")

    def test_a_failing_write_of_the_last_page_stops_acknowledgements_until_it_works(self):
        self.fails_and_recovers("meta_errno", "EIO")

    def test_while_the_disk_fails_the_ring_fills_then_the_kernel_and_what_it_drops_is_counted(self):
        trapd = self.trapd.start()
        self.disk.sync_errno = os_errno.EIO
        sent = 0
        devices = [Device(self) for _ in range(8)]

        def dropped():
            return trapd.status()["dropped"].get("kernel", 0)
        while dropped() == 0:
            at_once([lambda d=d, n=sent + i: d.trap(trapd.port, STRONG, large(n))
                     for i, d in enumerate(devices)])
            sent += len(devices)
            self.assertLess(sent * len(LARGE), 40 * MIB, trapd.status())
        now = trapd.status()
        self.assertGreater(now["in_flight"] * len(LARGE), 3 * MIB)  # a ring of 4 MiB
        self.assertGreater(trapd.metric("trapd_ring_full_total"), 0)
        self.disk.works()
        wait_for(lambda: trapd.not_ready() is None, "ready trapd")
        now = trapd.law(sent)
        self.assertEqual(now["stored"] + now["dropped"]["kernel"], sent)
        self.assertEqual(len(set(trapd.numbers())), now["stored"])
        self.assertIn("raise", trapd.own_alarms("trapdKernelDrops"))
        trapd.stop()

    def test_a_slow_disk_delays_answers_and_loses_nothing(self):
        trapd = self.trapd.start()
        self.disk.sync_ms = 300
        begin = time.monotonic()
        commits = trapd.metric("trapd_commits_total")
        devices = [Device(self) for _ in range(8)]
        answered = at_once([lambda d=d, n=n: d.inform(trapd.port, STRONG, n, timeout=15)
                            for n, d in enumerate(devices * 3)])
        self.assertEqual(answered, [True] * 24)
        # Each device's three informs wait for one fdatasync each; those of all go together.
        self.assertGreater(time.monotonic() - begin, 3 * 0.3)
        self.assertLess(trapd.metric("trapd_commits_total") - commits, 24)
        self.assertIsNone(trapd.not_ready())
        trapd.law()
        self.assertEqual(sorted(trapd.numbers()), list(range(24)))
        self.disk.works()
        trapd.stop()

    def test_a_start_on_a_failing_disk_is_refused_with_path_and_reason_and_works_later(self):
        for existing in (False, True):
            for fault in ("write_errno", "sync_errno", "meta_errno", "state_errno"):
                with self.subTest(fault, existing=existing):
                    if not existing:
                        trapd = TrapdOnDisk(self, snmp_users=[STRONG.setting()])
                        boots = 0
                    else:
                        trapd = self.trapd.start()
                        boots = trapd.status()["boots"]
                        trapd.stop()
                    setattr(trapd.disk, fault, os_errno.EIO)
                    refused = trapd.refused_start().splitlines()[-1]
                    self.assertIn(error_text("EIO"), refused)
                    self.assertIn(trapd.store, refused)
                    trapd.disk.works()
                    trapd.start()
                    self.assertGreater(trapd.status()["boots"], boots)
                    self.assertLess(trapd.status()["boots"], boots + 4)
                    trapd.stop()

    def test_a_stop_while_the_disk_fails_gives_up_what_was_never_acknowledged(self):
        trapd = self.trapd.start()
        self.assertTrue(self.inform(1))
        self.disk.sync_errno = os_errno.EIO
        waiting = WaitingInform(self, trapd.port, 2)
        trapd.await_failures(1)
        received, stored, in_flight = trapd.terminate()
        self.assertEqual((stored, in_flight), (1, 1))
        self.assertRegex(trapd.said(), r"stopped with \d+ records that the store did not take")
        self.assertIsNone(waiting.answered)
        self.disk.works()
        trapd.start()
        waiting.thread.join()  # its sender still tries
        self.assertTrue(waiting.answered)
        self.assertEqual(trapd.numbers(), [1, 2])
        trapd.stop()


class FullFileSystem(unittest.TestCase):
    """A real file system without room, mounted where only this trapd sees it."""

    MOUNT = 'mount -t tmpfs -o size=24m,mode=0700 none "$1" && shift && exec "$@"'

    def setUp(self):
        probe = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"],
                               capture_output=True, text=True)
        if probe.returncode != 0:
            self.skipTest("may not mount a file system of its own: " + probe.stderr.strip())

    def test_a_full_file_system_stops_acknowledgements_until_it_has_room(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()])
        store = trapd.settings["store"]["directory"]
        os.mkdir(store, 0o700)
        trapd.launch("unshare", "-m", "sh", "-c", self.MOUNT, "sh", store)
        trapd.await_ready()
        inside = "/proc/%d/root%s" % (trapd.process.pid, store)
        device = Device(self)
        self.assertTrue(device.inform(trapd.port, STRONG, 1))
        ballast = os.path.join(inside, "ballast")
        with open(ballast, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as full:
                self.assertEqual(full.errno, os_errno.ENOSPC)
        # The file may have free pages of its own: until they are used up there are answers.
        acknowledged, number = [1], 2
        while trapd.is_ready():
            if device.inform(trapd.port, STRONG, large(number), retries=0, timeout=2):
                acknowledged.append(number)
            self.assertIn("Timeout" if number not in acknowledged else "", device.said.stderr)
            number += 1
            self.assertLess(number, 100)
        waiting = WaitingInform(self, trapd.port, number + 1)
        self.assertIn(error_text("ENOSPC"), trapd.said())
        self.assertIsNone(waiting.answered)
        os.unlink(ballast)
        waiting.thread.join()
        self.assertTrue(waiting.answered)
        trapd.await_ready()

        answer = trapd.ctl("--socket", os.path.join(inside, "trapd.sock"), "--json", "history",
                           "--limit", "1000")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        stored = set(map(int, re.findall(r"number (\d+);", answer.stdout)))
        self.assertLessEqual(set(acknowledged + [number + 1]), stored)
        trapd.stop()


if __name__ == "__main__":
    PROGRAMS["failing_disk"] = os.path.abspath(sys.argv.pop(3))
    main()
