#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Syslog over TCP: what a peer's kernel has acknowledged and its program has not read is not lost,
though trapd itself ends before that peer does.

usage: destinations_resend_test.py TRAPD TRAPCTL [unittest arguments]
"""
import threading

from destination_fixture import DestinationTest, Peer, Sink, main, wait_for
from peers import Rsyslogd

COUNT = 1000


class Resend(DestinationTest):
    def stalled(self):
        """A peer that reads nothing until it dies, and whose kernel has taken some of it."""
        stalled = Peer(self, lambda connection: threading.Event().wait()).open()
        self.start(self.syslog("noc", stalled.port))
        self.device.send(COUNT)
        self.others_are_well()
        wait_for(lambda: self.destination("noc")["sent"] >= 50, "what counts as delivered")
        self.cursor_is_on_disk("noc")
        return stalled

    def cursor_is_on_disk(self, name):
        """What was reported is in the next commit, whatever that is for."""
        wait_for(lambda: self.trapd.ask("store", "status")["cursors"][name] ==
                 self.destination(name)["cursor"], "cursor of " + name)
        committed = self.trapd.status()["committed_sequence"]
        self.trapd.ask("send")
        wait_for(lambda: self.trapd.status()["committed_sequence"] > committed, "commit")

    def ends_while_the_peer_stalls(self, end, resent_to_the_other):
        stalled = self.stalled()
        end()
        stalled.close()
        sink = Sink(self, stalled.port)
        self.trapd.start()
        self.device.send(10)
        for got in (sink, self.well):
            wait_for(lambda: self.device.sent[-1] in got.numbers(), "the rest")
        self.assert_complete(sink.numbers(), resent_max=0)
        self.assert_complete(self.well.numbers(), resent_to_the_other)

    def test_a_peer_stalls_and_trapd_stops(self):
        self.ends_while_the_peer_stalls(lambda: self.trapd.stop(), 0)

    def test_a_peer_stalls_and_trapd_is_killed(self):
        self.ends_while_the_peer_stalls(lambda: self.trapd.kill(), COUNT)

    def test_two_ends_before_the_peer_is_back(self):
        stalled = self.stalled()
        self.trapd.kill()
        stalled.close()
        self.trapd.start()  # it meets nobody
        self.device.send(10)
        self.is_down("noc")
        self.trapd.stop()
        sink = Sink(self, stalled.port)
        self.trapd.start()
        wait_for(lambda: self.device.sent[-1] in sink.numbers(), "the rest")
        self.assert_complete(sink.numbers(), resent_max=0)

    def test_a_crash_repeats_the_resend_octets_at_most(self):
        self.start()
        self.trapd.configure(destinations=[
            self.syslog("well", self.well.port, resend="64KiB", format="json")])
        self.assertEqual(self.trapd.ctl("reload").returncode, 0)
        self.device.send(COUNT)
        self.caught_up("well")
        self.cursor_is_on_disk("well")
        octets = max(len(message) for message in self.well.messages)
        least = min(len(message) for message in self.well.messages)
        self.trapd.kill()
        self.trapd.start()
        self.device.send(10)
        wait_for(lambda: self.device.sent[-1] in self.well.numbers(), "the rest")
        self.assert_complete(self.well.numbers(), resent_max=65536 // least + 1)
        self.assertGreaterEqual(len(self.well.numbers()) - len(self.device.sent),
                                65536 // octets - 1)

    def test_a_stop_with_rsyslogd_as_the_peer_repeats_nothing(self):
        rsyslogd = Rsyslogd(self, "tcp")
        self.start(self.syslog("rsyslogd", rsyslogd.port))
        for _ in range(3):
            self.device.send(200)
            self.caught_up("rsyslogd")
            self.trapd.stop()
            self.trapd.start()
        self.device.send(200)
        wait_for(lambda: len(rsyslogd.numbers()) >= len(self.device.sent), "all")
        self.assert_complete(rsyslogd.numbers(), resent_max=0)


if __name__ == "__main__":
    main()
