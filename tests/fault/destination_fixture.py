# SPDX-License-Identifier: Apache-2.0
"""One trapd with a destination that is well beside those that are not, a device that is quick, and
what every trouble has in common: it is told, it ends, and nothing is missing then."""
import itertools
import os
import re
import socket
import sys
import threading
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))

from loopback import free_port, wait_for  # noqa: E402
from trapd_fixture import SyslogSink, Trapd, main, numbers_in  # noqa: E402,F401

COMMUNITY = "fault"
IN_FLIGHT_MAX = 200


def tlv(tag, content):
    length = len(content)
    head = bytes([length]) if length < 128 else b"\x82" + length.to_bytes(2, "big")
    return bytes([tag]) + head + content


def integer(number):
    return tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def trap(number, text):
    """An SNMPv2c coldStart with the number, whose request-id it is too."""
    def varbind(oid, value):
        return tlv(0x30, tlv(6, bytes.fromhex(oid)) + value)
    varbinds = (varbind("2b06010201010300", tlv(0x43, b"\x01")) +
                varbind("2b060106030101040100", tlv(6, bytes.fromhex("2b0601060301010501"))) +
                varbind("2b06010201010100", tlv(4, text.encode())))
    pdu = integer(number) + integer(0) + integer(0) + tlv(0x30, varbinds)
    return tlv(0x30, integer(1) + tlv(4, COMMUNITY.encode()) + tlv(0xa7, pdu))


class QuickDevice:
    """Sends numbered traps from one address as fast as trapd stores them."""

    def __init__(self, test, trapd, address="127.0.0.1"):
        self.trapd = trapd
        self.numbers = itertools.count(1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        test.addCleanup(self.socket.close)
        self.sent = []

    def send(self, count, text="number %d;"):
        """They are stored when this returns."""
        before = self.trapd.status()["stored"]
        for done in range(1, count + 1):
            number = next(self.numbers)
            self.socket.sendto(trap(number, text % number if "%d" in text else text),
                               ("127.0.0.1", self.trapd.port))
            self.sent.append(number)
            if done % IN_FLIGHT_MAX == 0 or done == count:
                wait_for(lambda: self.trapd.status()["stored"] >= before + done,
                         "%d stored" % done)


class Peer:
    """A TCP peer on one port that does with each connection what its test says."""

    def __init__(self, test, converse=None, backlog=16, receive_buffer=None):
        self.port = free_port(socket.SOCK_STREAM)
        self.converse = converse
        self.backlog, self.receive_buffer = backlog, receive_buffer
        self.server = None
        self.connections = []
        self.accepted = 0
        test.addCleanup(self.close)

    def open(self):
        self.server = socket.socket()
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.receive_buffer:
            self.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.server.bind(("127.0.0.1", self.port))
        self.server.listen(self.backlog)
        if self.converse:
            threading.Thread(target=self.serve, args=(self.server,), daemon=True).start()
        return self

    def serve(self, server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            self.connections.append(connection)
            self.accepted += 1
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        try:
            self.converse(connection)
        except OSError:
            pass

    def close(self):
        """As when it dies: what it has not read is gone."""
        if self.server is None:
            return
        try:
            self.server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.server.close()
        self.server = None
        for connection in self.connections:
            connection.close()
        self.connections.clear()


class Sink(SyslogSink):
    """A syslog server that is well; on the port of one that was not, if told so."""

    def __init__(self, test, port=None):
        self.fixed = port
        super().__init__(test)

    def open(self):
        if self.fixed:
            self.port = self.fixed
        super().open()


class DestinationTest(unittest.TestCase):
    def start(self, *destinations, **settings):
        self.well = Sink(self)
        self.trapd = Trapd(
            self, security={"communities": [{"name": COMMUNITY, "from": ["127.0.0.0/8"]}]},
            destinations=[self.syslog("well", self.well.port), *destinations], **settings).start()
        self.device = QuickDevice(self, self.trapd)

    @staticmethod
    def syslog(name, port, **more):
        return {"name": name, "type": "syslog", "to": "tcp://127.0.0.1:%d" % port,
                "format": "json", "start": "oldest", "select": {"origin": "device"}, **more}

    def destination(self, name):
        return next(d for d in self.trapd.ask("destinations") if d["name"] == name)

    def alarms(self):
        """The destinations that trapd says are down."""
        return {a["resource"] for a in self.trapd.ask("alarms")
                if a["name"] == "trapdDestinationDown"}

    def metric(self, name, destination):
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % self.trapd.http_port,
                                    timeout=10) as answer:
            text = answer.read().decode()
        pattern = r'^trapd_destination_%s{destination="%s"} (\S+)$' % (name, destination)
        return float(re.search(pattern, text, re.M).group(1))

    def is_down(self, *names, seconds=60):
        """Each is told as down: in the list, as a metric and as an alarm."""
        wait_for(lambda: set(names) <= self.alarms(), "alarms of %s, there are %s" %
                 (names, self.alarms()), seconds)
        for name in names:
            self.assertEqual(self.metric("up", name), 0, name)
            self.assertFalse(self.destination(name)["up"])

    def is_up(self, *names, seconds=60):
        wait_for(lambda: not set(names) & self.alarms(), "end of alarms of " + str(names), seconds)
        for name in names:
            wait_for(lambda: self.metric("up", name) == 1, "metric of " + name)

    def others_are_well(self):
        """Whatever is wrong elsewhere: everything sent so far is there, once, in order."""
        wait_for(lambda: len(self.well.numbers()) >= len(self.device.sent), "delivery to the other",
                 10)
        self.assertEqual(self.well.numbers(), self.device.sent)
        self.assertNotIn("well", self.alarms())
        self.assertEqual(self.metric("up", "well"), 1)

    def caught_up(self, name, seconds=60):
        wait_for(lambda: self.destination(name)["backlog"] == 0,
                 "end of the backlog of %s: %s" % (name, self.destination(name)), seconds)

    def assert_complete(self, got, resent_max=None):
        """All that was sent; after any step back everything from there on again, in order."""
        self.assertEqual(sorted(set(got)), self.device.sent)
        for before, after in zip(got, got[1:]):
            self.assertLessEqual(after, before + 1)
        if resent_max is not None:
            self.assertLessEqual(len(got) - len(self.device.sent), resent_max)
