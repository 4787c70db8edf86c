#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The store comes to its max_size while one destination is away.

usage: full_store_test.py TRAPD TRAPCTL [unittest arguments]
"""
import os
import re
import sys
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))

from peers import Snmptrapd  # noqa: E402
from trapd_fixture import (COLD_START, NUMBER_OID, STRONG, Device, SyslogSink,  # noqa: E402
                           Trapd, at_once, main, numbers_in, wait_for)

LARGE = "x" * 20000  # a few hundred fill the store
DEVICES = 8


def delivered(sink):
    """Messages are shortened to what syslog takes: the number comes first."""
    return numbers_in(" ".join(list(sink.messages)))


class FullStore(unittest.TestCase):
    def setUp(self):
        self.quick, self.slow = SyslogSink(self), SyslogSink(self)
        self.trapd = Trapd(self, snmp_users=[STRONG.setting()], destinations=[
            {"name": name, "type": "syslog", "start": "oldest", "format": "json",
             "to": "tcp://127.0.0.1:%d" % sink.port}
            for name, sink in (("quick", self.quick), ("slow", self.slow))])
        store = dict(self.trapd.settings["store"], max_size="16MiB")
        self.trapd.configure(store=store)
        self.devices = [Device(self) for _ in range(DEVICES)]
        self.sent = 0

    def send(self):
        """A number from each device."""
        def one(device, number):
            return lambda: device.inform(self.trapd.port, STRONG, [
                COLD_START, NUMBER_OID, "s", "number %d;" % number, NUMBER_OID, "s", LARGE])
        answered = at_once([one(d, self.sent + i) for i, d in enumerate(self.devices)])
        self.assertEqual(answered, [True] * DEVICES)
        self.sent += DEVICES

    def active(self, name):
        return [alarm for alarm in self.trapd.ask("alarms") if alarm["name"] == name]

    def used(self):
        store = self.trapd.ask("store", "status")
        return store["bytes"] / store["limit"]

    def lost(self, destination):
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % self.trapd.http_port) as page:
            return int(re.search(r'^trapd_destination_lost_total\{destination="%s"\} (\d+)' %
                                 destination, page.read().decode(), re.MULTILINE).group(1))

    def test_a_backlog_is_announced_before_it_is_lost_and_a_full_store_without_one_is_not(self):
        self.slow.close()
        trapd = self.trapd.start()
        while self.used() < 0.85:  # the watch looks each second, a fast machine fills the rest in one
            self.send()
        self.assertEqual(self.lost("slow"), 0)
        wait_for(lambda: self.active("trapdStoreFull"), "alarm of the backlog")
        text = self.active("trapdStoreFull")[0]["text"]
        self.assertIn("destination slow", text)
        self.assertRegex(text, r"about (8\d|9[0-4]) %")
        raised = self.active("trapdStoreFull")[0]["id"]
        trapd.kill()
        trapd.start()
        while self.lost("slow") == 0:
            self.send()
        self.assertEqual(self.lost("quick"), 0)
        wait_for(lambda: self.active("trapdDestinationLost"), "alarm of the loss")
        self.assertEqual([a["id"] for a in self.active("trapdStoreFull")], [raised])

        self.slow.open()
        wait_for(lambda: not self.active("trapdStoreFull"), "end of the alarm")
        wait_for(lambda: not self.active("trapdDestinationLost"), "end of the alarm of the loss")
        wait_for(lambda: max(delivered(self.slow)) == self.sent - 1, "delivery of the rest")
        self.assertEqual(sorted(set(delivered(self.quick))), list(range(self.sent)))

        # The store is as full as before, and nobody lacks anything of it.
        lost = self.lost("slow")
        for _ in range(12):
            self.send()
        wait_for(lambda: max(delivered(self.slow)) == self.sent - 1, "delivery")
        self.assertEqual(self.active("trapdStoreFull"), [])
        self.assertEqual(self.lost("slow"), lost)
        trapd.law()
        trapd.stop()


class LossTold(unittest.TestCase):
    def test_the_heartbeat_says_how_many_records_its_destination_has_lost(self):
        oss = Snmptrapd(self, "authCommunity log oss\n", names=True)
        trapd = Trapd(self, snmp_users=[STRONG.setting()], destinations=[
            {"name": "oss", "type": "snmp", "to": "127.0.0.1:%d" % oss.port, "version": "v2c",
             "community": "oss", "pdu": "inform", "timeout": "1s", "heartbeat": "1s",
             "start": "oldest", "source_port": "20000-60000"}])
        trapd.configure(store=dict(trapd.settings["store"], max_size="16MiB"))
        trapd.start()
        def lost_counts():
            return [int(beat["TRAPD-MIB::trapdLostCount.0"]) for beat in map(dict, oss.notifications())
                    if beat["SNMPv2-MIB::snmpTrapOID.0"].endswith("trapdHeartbeat")]
        self.assertEqual(wait_for(lost_counts, "a heartbeat")[0], 0)
        oss.pause()
        self.addCleanup(lambda: oss.process.poll() is None and oss.resume())
        devices = [Device(self) for _ in range(DEVICES)]
        def lost():
            return trapd.ask("destinations")[0]["lost"]
        while lost() == 0:
            at_once([lambda d=d: d.inform(trapd.port, STRONG,
                                          [COLD_START, NUMBER_OID, "s", LARGE]) for d in devices])
        oss.resume()
        wait_for(lambda: lost() > 0 and lost_counts()[-1] == lost(), "a heartbeat that tells of it")
        trapd.stop()


if __name__ == "__main__":
    main()
