#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Northbound informs to receivers that restart, have other keys, say nothing, or pick and choose.

usage: destinations_snmp_test.py TRAPD TRAPCTL [unittest arguments]
"""
import collections
import re
import shutil
import socket
import threading

from destination_fixture import DestinationTest, QuickDevice, main, numbers_in, wait_for
from peers import Snmptrapd
from trapd_fixture import PASSPHRASE, User

COUNT = 30
OSS = User("oss", "SHA-1", "AES-128")
RIGHT = 'createUser oss SHA "%sauth" AES "%spriv"\nauthUser log oss priv\n' % (
    PASSPHRASE, PASSPHRASE)
WRONG = RIGHT.replace(PASSPHRASE, "another-one-")
NOBODY = RIGHT.replace("oss", "somebody")


class Receiver:
    """A v2c receiver that answers informs as its rule says, and keeps the numbers of those."""

    def __init__(self, test, answers):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.answers = answers
        self.tried = collections.Counter()
        self.answered = []
        self.others = 0
        thread = threading.Thread(target=self.serve)
        thread.start()

        def close():
            self.socket.sendto(b"", ("127.0.0.1", self.port))
            thread.join()
            self.socket.close()
        test.addCleanup(close)

    def serve(self):
        while True:
            inform, sender = self.socket.recvfrom(65536)
            if not inform:
                return
            number = re.search(rb"number (\d+);", inform)
            if number:
                self.tried[int(number[1])] += 1
                if not self.answers(int(number[1])):
                    continue
                self.answered.append(int(number[1]))
            else:
                self.others += 1
                if not self.answers(None):
                    continue
            at = inform.index(b"northbound") + len("northbound")
            self.socket.sendto(inform[:at] + b"\xa2" + inform[at + 1:], sender)


class Snmp(DestinationTest):
    @staticmethod
    def inform(name, port, **more):
        return {"name": name, "type": "snmp", "to": "127.0.0.1:%d" % port, "pdu": "inform",
                "format": "original", "start": "oldest", "select": {"origin": "device"},
                "timeout": "500ms", "retries": 1, "source_port": "21200-21299", **more}

    def v3(self, name, peer):
        return self.inform(name, peer.port, version="v3", user="oss")

    def v2c(self, name, port, **more):
        return self.inform(name, port, version="v2c", community="northbound", **more)

    def start_with(self, *destinations):
        self.start(*destinations, snmp_users=[{**OSS.setting(), "use": ["send"]}])

    @staticmethod
    def numbers(peer):
        return [n for varbinds in peer.notifications()
                for n in numbers_in(" ".join(value for _, value in varbinds))]

    def has_all(self, peer, seconds=70):
        wait_for(lambda: set(self.numbers(peer)) >= set(self.device.sent), "all informs", seconds)
        self.assertEqual(sorted(set(self.numbers(peer))), self.device.sent)

    def test_a_receiver_restarts_with_its_engine_and_more_boots(self):
        peer = Snmptrapd(self, RIGHT)
        self.start_with(self.v3("oss", peer))
        self.device.send(COUNT)
        self.has_all(peer)
        self.caught_up("oss")
        for _ in range(2):
            peer.stop()
            self.device.send(COUNT)
            self.others_are_well()
            self.is_down("oss")
            peer.start()
            self.has_all(peer)
            self.is_up("oss")
            self.caught_up("oss")
        # Of one device one is outstanding: each restart repeats one at most.
        self.assertLessEqual(len(self.numbers(peer)), len(self.device.sent) + 2)
        first = {n: self.numbers(peer).index(n) for n in self.device.sent}
        self.assertEqual(sorted(first, key=first.get), self.device.sent)
        self.assertEqual(self.destination("oss")["dead"], 0)

    def test_a_receiver_with_other_keys_or_users_is_told_of_and_served_once_it_is_mended(self):
        peers = {"wrong-key": Snmptrapd(self, WRONG), "unknown-user": Snmptrapd(self, NOBODY)}
        self.start_with(*(self.v3(name, peer) for name, peer in peers.items()))
        self.device.send(COUNT)
        self.others_are_well()
        self.is_down(*peers)
        self.assertRegex(self.destination("wrong-key")["detail"], "(?i)digest")
        self.assertRegex(self.destination("unknown-user")["detail"], "(?i)user")
        for name, peer in peers.items():
            self.assertEqual(self.numbers(peer), [])
            peer.stop()
            text = peer.text("snmptrapd.conf").replace(WRONG, RIGHT).replace(NOBODY, RIGHT)
            peer.write("snmptrapd.conf", text)
            shutil.rmtree(peer.path("state"))  # the users made before, and the engine ID
            peer.start()
        for name, peer in peers.items():
            with self.subTest(name):
                self.has_all(peer)
                self.caught_up(name)
                self.assertEqual(self.destination(name)["dead"], 0)
        self.is_up(*peers)

    def test_a_receiver_that_says_nothing_is_tried_for_ever_and_costs_nobody_anything(self):
        speaks = threading.Event()
        silent = Receiver(self, lambda number: speaks.is_set())
        self.start_with(self.v2c("oss", silent.port))
        self.device.send(COUNT)
        self.others_are_well()
        self.is_down("oss")
        self.assertIn("does not answer", self.destination("oss")["detail"])
        self.trapd.stop()
        self.trapd.start()
        self.is_down("oss")
        speaks.set()
        wait_for(lambda: set(silent.answered) == set(self.device.sent), "all informs", 70)
        self.is_up("oss")
        self.caught_up("oss")
        self.assertEqual(self.destination("oss")["dead"], 0)

    def test_what_a_receiver_refuses_without_a_word_stalls_no_other_device(self):
        """More devices than the window has places, and all that may come in is of them."""
        refused = set()
        picky = Receiver(self, lambda number: number not in refused)
        self.start_with(self.v2c("oss", picky.port, window=2))
        devices = [QuickDevice(self, self.trapd, "127.0.0.%d" % (31 + i)) for i in range(3)]
        for device in devices:
            device.numbers = self.device.numbers
        refused.update((1, 2))
        devices[0].send(1)
        devices[1].send(1)
        for _ in range(4):
            devices[0].send(1)
            devices[1].send(1)
        devices[2].send(5)
        sent = sorted(n for device in devices for n in device.sent)
        wait_for(lambda: set(picky.answered) == set(sent) - refused, "the others", 70)
        self.caught_up("oss")
        self.assertGreaterEqual(picky.others, 1)  # a heartbeat that was a probe
        letters = self.destination("oss")["dead_letters"]
        self.assertEqual(len(letters), len(refused))
        for letter in letters:
            self.assertIn("acknowledges others but not this one", letter["reason"])
        # And an operator may insist.
        refused.clear()
        self.trapd.ask("destinations", "retry", "oss")
        wait_for(lambda: set(picky.answered) == set(sent), "the refused ones too", 30)
        wait_for(lambda: not self.destination("oss")["dead_letters"], "the end of the list")


if __name__ == "__main__":
    main()
