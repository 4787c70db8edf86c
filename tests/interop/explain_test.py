#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What trapctl explain says of a packet is what trapd then does with it.

usage: explain_test.py TRAPD TRAPCTL [unittest arguments]
"""
import json
import unittest

from trapd_fixture import STRONG, Device, Recorder, Trapd, User, main

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


if __name__ == "__main__":
    main()
