#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Syslog over TCP to peers that refuse, swallow, crawl, cut and stall, all at once, with one that is
well beside them. Each is mended then and has everything in the end.

usage: destinations_streams_test.py TRAPD TRAPCTL [unittest arguments]
"""
import socket
import struct
import threading
import time

from destination_fixture import DestinationTest, Peer, Sink, free_port, main, wait_for

COUNT = 400
SMALL = 4096  # of a receive buffer


def stall(connection):
    threading.Event().wait()


def crawl(connection):
    """One octet a second."""
    while connection.recv(1):
        time.sleep(1)


def cut(connection):
    """Reads into the middle of a message, and resets the connection."""
    connection.recv(1000)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def half_close(connection):
    """Ends its side and goes on as if it read."""
    connection.recv(10)
    connection.shutdown(socket.SHUT_WR)
    threading.Event().wait()


class BlackHole(Peer):
    """Its queue is full and it accepts nobody: the kernel answers no further SYN."""

    def __init__(self, test):
        super().__init__(test, backlog=0)
        self.fillers = []
        test.addCleanup(lambda: [filler.close() for filler in self.fillers])

    def open(self):
        super().open()
        while True:
            filler = socket.socket()
            filler.settimeout(0.5)
            try:
                filler.connect(("127.0.0.1", self.port))
            except TimeoutError:
                filler.close()
                return self
            self.fillers.append(filler)

    def close(self):
        for filler in self.fillers:
            filler.close()
        super().close()


class Streams(DestinationTest):
    def start_all(self):
        self.peers = {
            "blackholed": BlackHole(self).open(),
            "crawling": Peer(self, crawl, receive_buffer=SMALL).open(),
            "cutting": Peer(self, cut).open(),
            "half-closing": Peer(self, half_close).open(),
            "stalled": Peer(self, stall, receive_buffer=SMALL).open(),
        }
        ports = {name: peer.port for name, peer in self.peers.items()}
        ports["refused"] = free_port(socket.SOCK_STREAM)
        self.start(*(self.syslog(name, port) for name, port in ports.items()))
        return ports

    def test_each_costs_the_others_nothing_and_has_everything_once_it_is_mended(self):
        ports = self.start_all()
        self.device.send(COUNT)
        self.others_are_well()
        self.is_down("refused", "blackholed")
        # Its kernel took some and then no more; that shows after half a minute.
        self.is_down("stalled")
        self.assertRegex(self.destination("stalled")["detail"], "has taken nothing for")
        self.assertRegex(self.destination("refused")["detail"], "(?i)refused")
        self.assertRegex(self.destination("blackholed")["detail"], "no answer in time")
        wait_for(lambda: self.destination("cutting")["failed"] >= 3, "failures")
        self.assertGreater(self.destination("crawling")["backlog"], COUNT // 2)
        # Every attempt waits longer than the one before, so there were few.
        for name in ("refused", "cutting"):
            self.assertLessEqual(self.destination(name)["failed"], 12, name)
        self.device.send(COUNT)
        self.others_are_well()
        sinks = {}
        for name, port in ports.items():
            if name in self.peers:
                self.peers[name].close()
            sinks[name] = Sink(self, port)
        for name, sink in sinks.items():
            with self.subTest(name):
                wait_for(lambda: self.device.sent[-1] in sink.numbers(), "all at " + name, 70)
                self.assertEqual(sink.numbers()[0], 1)  # nobody had read any of it
                self.assert_complete(sink.numbers(), resent_max=0 if name == "refused" else COUNT)
                self.caught_up(name)
        self.is_up(*ports)
        self.others_are_well()
        self.trapd.stop()

    def test_the_pauses_grow_and_differ(self):
        """What ends up at the peer are connections; each is cut at once."""
        times = []

        def end(connection):
            times.append(time.monotonic())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        self.start(self.syslog("cutting", Peer(self, end).open().port))
        self.device.send(5)
        wait_for(lambda: len(times) >= 5, "five attempts")
        pauses = [after - before for before, after in zip(times, times[1:])]
        for pause, longest in zip(pauses, (1, 2, 4, 8)):
            self.assertGreaterEqual(pause, longest / 2 - 0.1)
            self.assertLessEqual(pause, longest + 1)
        # Jitter: the chance that all are whole is nil.
        self.assertTrue(any(abs(pause - round(pause)) > 0.01 for pause in pauses), pauses)
        self.others_are_well()
        self.assertIn("cutting is down", self.trapd.said())


if __name__ == "__main__":
    main()
