#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""trapd is killed in the middle of sending, with destinations that are behind: what is stored is
at each of them in the end, at least once, in order per source.

usage: crash_test.py TRAPD TRAPCTL [unittest arguments]
"""
import itertools
import threading
import unittest

from peers import Certificates, Rsyslogd, SmtpSink, Snmptrapd, plain_text
from trapd_fixture import PASSPHRASE, STRONG, Device, Trapd, User, main, numbers_in, wait_for

OSS = User("oss", "SHA-256", "AES-128")
DEVICES = 4
PER_DEVICE = 10000  # numbers of one device; its index is in front


class Senders:
    """Each device sends its next number when the one before has gone, until all stop."""

    def __init__(self, test, port):
        self.stopping = False
        self.sent = 0
        devices = [Device(test, "127.0.0.%d" % (21 + index)) for index in range(DEVICES)]
        self.threads = [threading.Thread(target=self.send, args=(device, port, index))
                        for index, device in enumerate(devices)]
        for thread in self.threads:
            thread.start()
        test.addCleanup(self.stop)

    def send(self, device, port, index):
        for number in itertools.count(index * PER_DEVICE):
            if self.stopping:
                return
            device.trap(port, STRONG, number)
            self.sent += 1

    def await_more(self, count):
        goal = self.sent + count
        wait_for(lambda: self.sent >= goal, "%d sent" % goal)

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()


def first_ones(numbers):
    """Without what came again."""
    return list(dict.fromkeys(numbers))


class Crash(unittest.TestCase):
    def setUp(self):
        certificates = Certificates(self.addCleanup)
        secret = 'SHA-256 "%sauth" AES "%spriv"' % (PASSPHRASE, PASSPHRASE)
        self.peers = {
            "udp": Rsyslogd(self, "udp"), "tcp": Rsyslogd(self, "tcp"),
            "tls": Rsyslogd(self, "tcp", certificates),
            "inform": Snmptrapd(self, "createUser oss %s\nauthUser log oss priv\n" % secret),
            "mail": SmtpSink(self, certificates)}
        to = {name: "127.0.0.1:%d" % peer.port for name, peer in self.peers.items()}
        tls = {"ca": certificates / "ca.pem", "verify": "ip"}
        from_the_start = {"start": "oldest", "select": {"origin": "device"}}
        self.destinations = [
            {"name": "udp", "type": "syslog", "to": "udp://" + to["udp"]},
            {"name": "tcp", "type": "syslog", "to": "tcp://" + to["tcp"]},
            {"name": "tls", "type": "syslog", "to": "tls://" + to["tls"], "tls": tls},
            {"name": "inform", "type": "snmp", "to": to["inform"], "user": "oss", "pdu": "inform",
             "format": "original", "timeout": "1s"},
            {"name": "mail", "type": "mail", "to": "smtp://" + to["mail"], "tls": tls,
             "login": SmtpSink.LOGIN, "from": "trapd@example.net",
             "recipients": ["duty@example.net"], "digest": {"window": "100ms"}}]
        for destination in self.destinations:
            destination.update(from_the_start)

    def numbers_at(self, name):
        peer = self.peers[name]
        if name == "mail":
            return numbers_in(" ".join(plain_text(mail) for mail in peer.mails()))
        said = (str(peer.notifications()) if name == "inform" else
                " ".join(m["msg"] for m in peer.messages()))
        return numbers_in(said)

    def backlog(self, trapd, name):
        return {d["name"]: d["backlog"] for d in trapd.ask("destinations")}[name]

    def kill_while(self, behind, trapd, senders):
        """Kills it with one peer that takes nothing, so that what it should get is on disk only."""
        self.peers[behind].pause()
        senders.await_more(40)
        wait_for(lambda: self.backlog(trapd, behind) >= 10, "backlog of " + behind)
        trapd.kill()
        self.peers[behind].resume()
        senders.await_more(5)  # these never reach anybody
        trapd.start()

    def killed_in_the_middle(self, workers):
        trapd = Trapd(self, workers=workers, destinations=self.destinations,
                      snmp_users=[STRONG.setting(), {**OSS.setting(), "use": ["send"]}]).start()
        senders = Senders(self, trapd.port)
        for behind in ("inform", "mail", "tls"):
            self.kill_while(behind, trapd, senders)
        senders.await_more(40)
        senders.stop()
        trapd.law()
        stored = trapd.numbers()
        self.assertEqual(len(stored), len(set(stored)))
        self.assertGreater(len(stored), 150)
        of_device = [[n for n in stored if n // PER_DEVICE == index] for index in range(DEVICES)]
        for numbers in of_device:
            self.assertEqual(numbers, sorted(numbers))
        for name in self.peers:
            with self.subTest(name):
                wait_for(lambda: set(stored) <= set(self.numbers_at(name)), "delivery by " + name)
                came = first_ones(self.numbers_at(name))
                self.assertEqual(sorted(came), sorted(stored))
                for index, numbers in enumerate(of_device):
                    self.assertEqual([n for n in came if n // PER_DEVICE == index], numbers)
                wait_for(lambda: self.backlog(trapd, name) == 0, "cursor of " + name)
        trapd.stop()

    def test_what_is_stored_reaches_everybody_in_order_with_one_worker(self):
        self.killed_in_the_middle(1)

    def test_what_is_stored_reaches_everybody_in_order_with_four_workers(self):
        self.killed_in_the_middle(4)


if __name__ == "__main__":
    main()
