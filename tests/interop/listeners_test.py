#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Listeners on every address of IPv4 and of IPv6 at once, and where their answers come from.

usage: listeners_test.py TRAPD TRAPCTL [unittest arguments]
"""
import itertools
import unittest

from loopback import free_port_of_both_families
from trapd_fixture import STRONG, Device, LossyPath, Trapd, main

ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.1.2.3", "::1"]


class Listeners(unittest.TestCase):
    def both_families_answer_from_the_address_asked(self, workers):
        port = free_port_of_both_families()
        buffer = {"receive_buffer": "1MiB"}
        trapd = Trapd(self, snmp_users=[STRONG.setting()], workers=workers,
                      listen=[{"udp": "0.0.0.0:%d" % port, **buffer},
                              {"udp": "[::]:%d" % port, **buffer}]).start()
        device, numbers = Device(self), itertools.count(1)
        for address in ADDRESSES:
            with self.subTest(address):
                path = LossyPath(self, port, address, losing=False)
                device.trap(path.port, STRONG, next(numbers))
                self.assertTrue(device.inform(path.port, STRONG, next(numbers)))
                self.assertGreaterEqual(len(path.passed), 2)  # the Report of the discovery too
        now = trapd.law()
        self.assertEqual(trapd.numbers(), list(range(1, 2 * len(ADDRESSES) + 1)))
        self.assertEqual([record["source"] for record in trapd.history()],
                         ["127.0.0.1"] * 6 + ["::1"] * 2)
        counts = now["received_by_listener"]
        self.assertEqual(set(counts), {"0.0.0.0:%d" % port, "[::]:%d" % port})
        self.assertEqual(sum(counts.values()), now["received"])
        trapd.stop()

    def test_both_families_answer_from_the_address_asked_with_one_worker(self):
        self.both_families_answer_from_the_address_asked(1)

    def test_both_families_answer_from_the_address_asked_with_four_workers(self):
        self.both_families_answer_from_the_address_asked(4)


if __name__ == "__main__":
    main()
