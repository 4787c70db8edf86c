#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The store is verified, backed up, damaged, restored and set aside: trapctl store.

usage: store_test.py TRAPD TRAPCTL [unittest arguments]
"""
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))

from trapd_fixture import (PROGRAMS, STRONG, Device, Recorder, Trapd,  # noqa: E402
                           main, wait_for)

PAGE = 4096
COMMUNITY = {"communities": [{"name": "public", "from": ["127.0.0.0/8"]}]}


class Stream:
    """Sends one datagram of SNMPv2c over and over: each is stored, for nothing tells them apart."""

    def __init__(self, test, port):
        self.recorder = Recorder(test)
        device = Device(test)
        device.trap(self.recorder.socket.getsockname()[1], ["-v2c", "-c", "public"], 4711)
        self.datagram = self.recorder.socket.recv(65536)
        self.port = port
        self.sent = 0
        self.stopping = False
        self.thread = None
        test.addCleanup(self.stop)

    def send(self, count):
        for _ in range(count):
            self.recorder.replay(self.datagram, self.port)
        self.sent += count

    def start(self):
        def run():
            while not self.stopping:
                self.send(20)
                time.sleep(0.005)
        self.thread = threading.Thread(target=run)
        self.thread.start()

    def stop(self):
        self.stopping = True
        if self.thread:
            self.thread.join()
            self.thread = None


def spoil_records(octets, sequence=None):
    """Gives records of data.mdb a version that nobody knows: all, or one. How many it found."""
    found = 0
    for at in range(0, len(octets) - 112, 2):
        size = int.from_bytes(octets[at:at + 4], "little")
        number = int.from_bytes(octets[at + 16:at + 24], "little")
        is_record = (octets[at + 4] in (1, 2) and 1 <= octets[at + 5] <= 6 and size % 8 == 0 and
                     144 <= size <= 98304 and 0 < number < 1 << 32)
        if is_record and sequence in (None, number):
            octets[at + 4] = 99
            found += 1
    return found


class StoreTest(unittest.TestCase):
    def setUp(self):
        self.trapd = Trapd(self, snmp_users=[STRONG.setting()], security=COMMUNITY,
                           rate={"per_engine": "off"})
        self.store = self.trapd.settings["store"]["directory"]
        self.device = Device(self)

    def store_ctl(self, *words, status=0, trapd=None):
        result = (trapd or self.trapd).ctl("store", *words)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result.stdout + result.stderr

    def store_json(self, *words, status=0):
        result = self.trapd.ctl("--json", "store", *words)
        self.assertEqual(result.returncode, status, result.stderr)
        return json.loads(result.stdout)

    def place(self, name):
        return os.path.join(self.trapd.directory, name)

    def inform(self, number, trapd=None):
        self.assertTrue(self.device.inform((trapd or self.trapd).port, STRONG, number))

    def fill(self, count):
        """Stores so many records."""
        before = self.trapd.status()["stored"]
        stream = Stream(self, self.trapd.port)
        while stream.sent < count:
            stream.send(200)
            wait_for(lambda: self.trapd.status()["stored"] >= before + stream.sent, "stored")

    def test_backup_while_traps_arrive_and_restore_elsewhere(self):
        self.trapd.start()
        self.inform(1)
        self.fill(2000)
        stream = Stream(self, self.trapd.port)
        stream.start()
        before = self.trapd.status()["committed_sequence"]
        for round_ in range(3):
            answer = self.store_json("backup", self.place("backup-%d" % round_))
            self.assertTrue(answer["running"])
            verdict = self.store_json("verify")
            self.assertTrue(verdict["good"], verdict)
            self.assertTrue(verdict["running"])
            self.assertTrue(verdict["whole_journal"])
            self.assertEqual(verdict["records"], verdict["newest_sequence"])
        self.assertGreaterEqual(answer["newest_sequence"], before)
        stream.stop()
        self.inform(2)
        self.trapd.law()
        boots = self.trapd.status()["boots"]
        self.trapd.stop()
        self.assertFalse(self.store_json("verify")["running"])

        backup = self.place("backup-2")
        self.assertEqual(stat.S_IMODE(os.stat(backup).st_mode), 0o700)
        for name in os.listdir(backup):
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(backup, name)).st_mode), 0o600)
        self.assertEqual(sorted(os.listdir(backup)), ["data.mdb", "engine.state"])
        self.assertIn("exists already", self.store_ctl("backup", backup, status=1))

        other = Trapd(self, snmp_users=[STRONG.setting()], security=COMMUNITY)
        directory = other.settings["store"]["directory"]
        self.assertIn("make it first", self.store_ctl("restore", backup, status=1, trapd=other))
        os.mkdir(directory, 0o700)
        said = self.store_ctl("restore", backup, trapd=other)
        self.assertIn("restored from", said)
        other.start()
        self.assertGreater(other.status()["boots"], boots)
        numbers = other.numbers()
        self.assertIn(1, numbers)
        self.assertNotIn(2, numbers)
        self.assertGreaterEqual(len(numbers), before - 1)
        self.inform(3, other)
        self.assertIn("good: ", self.store_ctl("verify", trapd=other))
        other.stop()

    def test_control_socket_answers_while_the_store_is_looked_at(self):
        self.trapd.start()
        self.fill(20000)
        looking = subprocess.Popen(
            [PROGRAMS["trapctl"], "--config", self.trapd.config, "store", "verify"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        slowest, asked = 0, 0
        while looking.poll() is None:
            begun = time.monotonic()
            self.trapd.status()
            slowest = max(slowest, time.monotonic() - begun)
            asked += 1
        self.assertEqual(looking.returncode, 0, looking.stdout.read())
        looking.stdout.close()
        self.assertLess(slowest, 2)
        # Killed in the middle, it leaves nothing that trapd minds.
        for _ in range(20):
            looking = subprocess.Popen(
                [PROGRAMS["trapctl"], "--config", self.trapd.config, "store", "verify"],
                stdout=subprocess.DEVNULL)
            time.sleep(0.003)
            looking.kill()
            looking.wait()
        self.inform(1)
        self.assertIn("good: ", self.store_ctl("verify"))
        self.trapd.stop()

    def spoilt(self, how):
        """What verify says of a copy with this done to the octets of data.mdb."""
        directory = self.place("spoilt")
        shutil.copytree(self.store, directory)
        with open(os.path.join(directory, "data.mdb"), "r+b") as file:
            octets = bytearray(file.read())
            how(octets)
            file.seek(0)
            file.truncate()
            file.write(octets)
        said = self.store_ctl("verify", "--directory", directory, status=1)
        backup = self.place("of-spoilt")
        self.store_ctl("backup", "--directory", directory, backup, status=1)
        self.assertFalse(os.path.exists(backup))
        shutil.rmtree(directory)
        return said

    def test_each_damage_is_told(self):
        self.trapd.start()
        for number in range(5):
            self.device.trap(self.trapd.port, STRONG, number)
        self.fill(3000)
        engine = next(bytes.fromhex(d["engine_id"]) for d in self.trapd.ask("devices")
                      if d["engine_id"])  # the others have sent by a community
        self.trapd.stop()
        self.assertIn("good: ", self.store_ctl("verify"))

        def places(octets, what):
            found = [match.start() for match in re.finditer(re.escape(what), bytes(octets))]
            self.assertTrue(found)
            return found

        def header(octets):
            octets[16:20] = b"\0\0\0\0"
        self.assertIn("wrong: data.mdb: header 1 of ", self.spoilt(header))

        def headers(octets):
            octets[:2 * PAGE] = bytes(2 * PAGE)
        self.assertIn("wrong: data.mdb: header 2 of ", self.spoilt(headers))

        def record(octets):
            self.assertGreater(spoil_records(octets, 7), 0)
        self.assertIn("wrong: entries: sequence 7 ", self.spoilt(record))

        def device(octets):  # its clock, set back
            for at in places(octets, engine):
                if octets[at - 2:at] == len(engine).to_bytes(2, "little"):
                    octets[at + len(engine):at + len(engine) + 8] = bytes(8)
        self.assertIn("old traps could be replayed", self.spoilt(device))

        def pages(octets):  # all that are not the headers say that they are others
            for at in range(2 * PAGE, len(octets), PAGE):
                octets[at] ^= 0xff
        self.assertIn("wrong: data.mdb: the list of tables: page ", self.spoilt(pages))

        def cut(octets):
            del octets[len(octets) // 2:]
        self.assertIn("ends too early", self.spoilt(cut))

    def test_history_by_time_severity_and_alarm(self):
        self.trapd.start()
        self.inform(1)
        self.fill(2500)
        # Times are shown to the millisecond.
        records = self.trapd.history()
        at = records[len(records) // 2]["time"]
        limit = ["--limit", "1000"]
        page = self.trapd.ask("history", "--since", at, *limit)
        self.assertTrue(page["complete"])
        later = [r["sequence"] for r in records if r["time"] >= at]
        self.assertEqual([r["sequence"] for r in page["records"]
                          if r["kind"] == "notification"], later[-1000:][::-1])
        page = self.trapd.ask("history", "--until", at, *limit)
        self.assertTrue(all(r["time"] <= at for r in page["records"]))
        self.assertLess(page["records"][0]["sequence"], later[-1])
        self.assertGreaterEqual(page["records"][0]["sequence"], later[0] - 1)
        whole = self.trapd.ask("history", "--since", "1h ago", "--limit", "1000")
        self.assertEqual(len(whole["records"]), 1000)
        self.assertIsNotNone(whole["next"])
        self.assertEqual(self.trapd.ask("history", "--until", "1h")["records"], [])
        rare = self.trapd.ask("history", "--device", "nobody", "--limit", "10")
        self.assertEqual((rare["records"], rare["next"]), ([], None))
        none = self.trapd.ask("history", "--severity", "critical,major")["records"]
        self.assertEqual([r for r in none if r["severity"] not in ("critical", "major")], [])
        refused = self.trapd.ctl("history", "--since", "noon")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("since must be a time like", refused.stderr)
        self.trapd.stop()

    def test_restore_only_without_trapd_and_never_back_in_boots(self):
        self.trapd.start()
        self.inform(1)
        backup = self.place("backup")
        self.store_ctl("backup", backup)
        self.assertIn("stop trapd first", self.store_ctl("restore", backup, status=1))
        self.assertIn("stop trapd first", self.store_ctl("set-aside", status=1))
        self.trapd.stop()
        self.trapd.start()
        self.inform(2)
        self.trapd.stop()
        self.trapd.start()
        boots = self.trapd.status()["boots"]
        engine = self.trapd.status()["engine_id"]
        self.assertEqual(boots, 3)
        self.trapd.stop()

        restored = self.store_json("restore", backup)
        self.assertGreater(restored["newer_records"], 0)
        self.trapd.start()
        self.assertEqual(self.trapd.status()["boots"], boots + 1)
        self.assertEqual(self.trapd.numbers(), [1, 2])
        self.trapd.stop()

        restored = self.store_json("restore", "--without-newer", backup)
        self.trapd.start()
        self.assertEqual(self.trapd.status()["boots"], boots + 2)
        self.assertEqual(self.trapd.status()["engine_id"], engine)
        self.assertEqual(self.trapd.numbers(), [1])
        self.inform(3)
        self.trapd.stop()
        self.assertIn("good: ", self.store_ctl("verify", "--directory", restored["set_aside"]))

        aside = self.store_json("set-aside")["set_aside"]
        self.assertEqual(os.path.dirname(aside), self.store)
        self.trapd.start()
        self.assertEqual(self.trapd.status()["boots"], boots + 3)
        self.assertEqual(self.trapd.numbers(), [])
        self.trapd.stop()
        # And back: what was set aside is a store like any other.
        self.store_ctl("restore", aside)
        self.trapd.start()
        self.assertEqual(self.trapd.numbers(), [1, 3])
        self.assertEqual(self.trapd.status()["boots"], boots + 4)
        self.trapd.stop()

    def test_a_store_that_cannot_be_trusted_is_refused_with_the_ways_out(self):
        self.trapd.start()
        self.inform(1)
        backup = self.place("backup")
        self.store_ctl("backup", backup)
        self.trapd.stop()
        whole = os.path.join(self.store, "data.mdb")
        shutil.copy(whole, self.place("whole.mdb"))

        def zeros(file):
            file.seek(PAGE + 16)
            file.write(bytes(64))

        def newest(file):  # every record that a start needs
            octets = bytearray(file.read())
            self.assertGreater(spoil_records(octets), 0)
            file.seek(0)
            file.write(octets)

        for damage in (zeros, newest):
            shutil.copy(self.place("whole.mdb"), whole)
            with open(whole, "r+b") as file:
                damage(file)
            said = self.trapd.refused_start()
            self.assertIn("the store is damaged", said)
            self.assertIn(whole, said)
            self.assertIn("`trapctl store set-aside --directory %s`" % self.store, said)
            self.assertIn("`trapctl store restore BACKUP --directory %s`" % self.store, said)
        command = re.search(r"`trapctl (store set-aside [^`]*)`", said).group(1)
        result = subprocess.run([PROGRAMS["trapctl"], *command.split()], capture_output=True,
                                text=True, timeout=50)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.trapd.start()
        self.assertEqual(self.trapd.status()["boots"], 2)
        self.trapd.stop()


if __name__ == "__main__":
    main()
