#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What trapctl explain says of a packet is what trapd then does with it.

usage: explain_test.py TRAPD TRAPCTL [unittest arguments]
"""
import json
import os
import queue
import socket
import subprocess
import threading
import unittest

from trapd_fixture import PROGRAMS, STRONG, Device, Recorder, Trapd, User, main, wait_for

ENGINE = "0x80001f8804" + "explained".encode().hex()


class Explain(unittest.TestCase):
    def setUp(self):
        self.trapd = Trapd(self, snmp_users=[STRONG.setting(), User("weak", "MD5").setting()],
                           rate={"refused_per_source": "off"}).start()
        self.recorder = Recorder(self)

    def recorded(self, user=STRONG, boots=5, seconds=1000):
        return self.recorder.trap(Device(self), user, 1, ENGINE, boots, seconds)

    def explained_and_done(self, datagram, verdict, *words):
        for form in ([], ["--json"]):
            said = self.trapd.ctl(*form, "explain", datagram.hex())
            self.assertEqual(said.returncode, 0 if verdict == "stored" else 1, said.stderr)
            if form:
                self.assertEqual(json.loads(said.stdout)[0]["verdict"], verdict)
            else:
                for word in ("=> " + verdict, *words):
                    self.assertIn(word, said.stdout)
        before = self.trapd.law()
        self.recorder.replay(datagram, self.trapd.port)
        after = self.trapd.law(before["received"] + 1)
        if verdict == "stored":
            self.assertEqual(after["stored"], before["stored"] + 1)
        else:
            self.assertEqual(after["dropped"][verdict], before["dropped"].get(verdict, 0) + 1)

    def test_a_good_trap_and_each_way_to_be_wrong(self):
        good = self.recorded()
        damaged = good[:-1] + bytes([good[-1] ^ 1])
        self.explained_and_done(damaged, "wrong_digest", "the digest does not match",
                                "the passphrase differs")
        self.explained_and_done(good, "stored", "SNMPv2-MIB::coldStart", "number 1;",
                                "digest and level are right for user strong")
        self.explained_and_done(self.recorded(boots=4), "not_in_time_window", "boots 4 are below")
        self.explained_and_done(self.recorded(seconds=700), "not_in_time_window", "700")
        self.explained_and_done(self.recorded(User("stranger", "SHA-256", "AES-128")),
                                "unknown_user", 'Users known for this engine: "strong"')
        self.explained_and_done(self.recorded(User("weak", "MD5")), "auth_no_priv")
        self.explained_and_done(self.recorded(User("strong", "SHA-512", "AES-128")),
                                "wrong_digest", "SHA-512")
        self.explained_and_done(good[:-20], "malformed")
        self.trapd.stop()

    def refuse(self, datagram):
        before = self.trapd.law()
        self.recorder.replay(datagram, self.trapd.port)
        self.trapd.law(before["received"] + 1)

    def control(self, request):
        """One request and its answer, without trapctl between."""
        path = os.path.join(self.trapd.ask("store", "status")["directory"], "trapd.sock")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(path)
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile() as lines:
                return json.loads(lines.readline())

    def test_what_was_refused_is_kept_and_explained_later(self):
        self.assertEqual(self.trapd.ctl("explain", "--refused").stdout,
                         "trapd has kept nothing that it refused since it started.\n")
        good = self.recorded()
        sha512 = self.recorded(User("strong", "SHA-512", "AES-128"))
        self.refuse(sha512)
        for octet in range(70):
            self.refuse(good[:-1] + bytes([good[-1] ^ (octet % 255 + 1)]))
        self.refuse(b"\x30\x03\x02\x01\x07")
        # trapd reads its notices five times a second.
        kept = wait_for(lambda: len(said := self.trapd.ask("explain", "--refused")) == 65 and said,
                        "64 wrong digests and another")
        self.assertEqual([one["refused_as"] for one in kept],
                         ["wrong_digest"] * 64 + ["bad_version"])
        self.assertEqual([one["number"] for one in kept], list(range(8, 73)))
        self.assertTrue(all(one["verdict"] == one["refused_as"] for one in kept), kept)
        self.assertIn("(RFC 3412 4.2.1 (2))", " ".join(kept[-1]["reasons"]))
        only = self.trapd.ask("explain", "--refused", "--reason", "bad_version")
        self.assertEqual([one["number"] for one in only], [72])
        wrong = self.trapd.ctl("explain", "--refused", "--reason", "nonsense")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("reason must be one of kernel, source_acl", wrong.stderr)
        words = self.trapd.ctl("explain", "--refused")
        self.assertEqual(words.returncode, 0)
        self.assertIn("refused as wrong_digest\n", words.stdout)
        self.assertIn("digest does not match for user strong", words.stdout)
        # As it came: what was encrypted is not decrypted to be kept.
        answer = self.control({"command": "refused", "reason": "wrong_digest"})
        self.assertEqual(answer["result"][-1]["datagram"],
                         (good[:-1] + bytes([good[-1] ^ 70])).hex())
        self.trapd.stop()
        gone = self.trapd.ctl("explain", "--refused")
        self.assertEqual(gone.returncode, 1)
        self.assertIn("no trapd answers", gone.stderr)

    def test_what_is_refused_is_explained_as_it_comes(self):
        sha512 = self.recorded(User("strong", "SHA-512", "AES-128"))
        good = self.recorded()
        follower = subprocess.Popen(
            [PROGRAMS["trapctl"], "--config", self.trapd.config, "--json", "explain", "--follow"],
            stdout=subprocess.PIPE, text=True)
        lines = queue.Queue()
        reader = threading.Thread(target=lambda: [lines.put(line) for line in follower.stdout])
        reader.start()
        self.addCleanup(follower.stdout.close)
        self.addCleanup(follower.wait)
        self.addCleanup(reader.join)
        self.addCleanup(follower.kill)
        wait_for(lambda: self.refuse(good[:-20]) or not lines.empty(), "trapctl that follows")
        self.refuse(good)
        self.refuse(sha512)
        while (one := json.loads(lines.get(timeout=30)))["refused_as"] != "wrong_digest":
            self.assertEqual(one["refused_as"], "malformed")
        self.assertIn("The device uses SHA-512", " ".join(one["reasons"]))
        # A flood is shown in part, and what comes next says how much of it was not.
        for _ in range(200):
            self.recorder.replay(sha512, self.trapd.port)
        seen = []

        def after_the_flood():
            self.refuse(good[:-20])
            while not lines.empty():
                seen.append(json.loads(lines.get()))
            return [one for one in seen if one["refused_as"] == "malformed"]
        wait_for(after_the_flood, "a refusal after the flood")
        self.assertGreater(sum(one["passed_over"] for one in seen), 0)
        self.assertLessEqual(len(seen) + sum(one["passed_over"] for one in seen),
                             self.trapd.law()["received"])


if __name__ == "__main__":
    main()
