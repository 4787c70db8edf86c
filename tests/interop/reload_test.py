#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A reload takes over a configuration whole or not at all, and loses nothing.

usage: reload_test.py TRAPD TRAPCTL [unittest arguments]
"""
import signal
import socket
import threading
import unittest

from trapd_fixture import STRONG, Device, Trapd, User, main, wait_for

NEWCOMER = User("newcomer", "SHA-512", "AES-256-BLUMENTHAL")
COMMUNITY = "old-devices"
BURST = 200  # well within the kernel's queue


def ber(tag, content):
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def v2c_trap(number):
    """A coldStart whose third varbind is the number."""
    def varbind(oid, value):
        return ber(0x30, ber(0x06, bytes.fromhex(oid)) + value)

    def integer(value):
        return ber(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))

    varbinds = (varbind("2b06010201010300", ber(0x43, b"\x05")) +
                varbind("2b060106030101040100", ber(0x06, bytes.fromhex("2b0601060301010501"))) +
                varbind("2b06010201010100", ber(0x04, b"number %d;" % number)))
    pdu = ber(0xA7, integer(number) + integer(0) + integer(0) + ber(0x30, varbinds))
    return ber(0x30, integer(1) + ber(0x04, COMMUNITY.encode()) + pdu)


class Load:
    """Traps in bursts, each when the burst before the last has been read; until stopped."""

    def __init__(self, test, trapd):
        self.trapd, self.sent, self.stopping, self.failure = trapd, 0, False, None
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.thread = threading.Thread(target=self.send)
        self.thread.start()
        test.addCleanup(self.stop)

    def send(self):
        try:
            while not self.stopping:
                for _ in range(BURST):
                    self.sent += 1
                    self.socket.sendto(v2c_trap(self.sent), ("127.0.0.1", self.trapd.port))
                wait_for(lambda: self.trapd.status()["received"] >= self.sent - BURST, "room")
        except Exception as failure:  # it belongs to the thread of the test
            self.failure = failure

    def await_more(self):
        goal = self.sent + 2 * BURST
        wait_for(lambda: self.sent >= goal or self.failure, "%d sent" % goal)

    def stop(self):
        self.stopping = True
        self.thread.join()
        self.socket.close()
        if self.failure:
            raise self.failure


class Reload(unittest.TestCase):
    def trapd(self, **settings):
        return Trapd(self, snmp_users=[STRONG.setting()], **settings).start()

    def by_command(self, trapd):
        done = trapd.ctl("reload")
        self.assertEqual((done.returncode, done.stdout), (0, "reloaded\n"), done.stderr)

    def by_signal(self, trapd):
        before = trapd.said().count("configuration reloaded")
        trapd.process.send_signal(signal.SIGHUP)
        wait_for(lambda: trapd.said().count("configuration reloaded") > before, "reload")

    def test_a_new_user_works_and_an_old_one_that_is_gone_does_not(self):
        for reload in (self.by_command, self.by_signal):
            with self.subTest(reload.__name__):
                trapd = self.trapd()
                strong, newcomer = Device(self), Device(self)
                strong.trap(trapd.port, STRONG, 1)
                newcomer.trap(trapd.port, NEWCOMER, 2)
                self.assertEqual(trapd.law(2)["dropped"], {"unknown_user": 1})
                trapd.configure(snmp_users=[STRONG.setting(), NEWCOMER.setting()])
                reload(trapd)
                self.assertTrue(newcomer.inform(trapd.port, NEWCOMER, 3))
                strong.trap(trapd.port, STRONG, 4)
                trapd.configure(snmp_users=[NEWCOMER.setting()])
                reload(trapd)
                strong.trap(trapd.port, STRONG, 5)
                newcomer.trap(trapd.port, NEWCOMER, 6)
                wait_for(lambda: trapd.numbers() == [1, 3, 4, 6], "four records")
                self.assertEqual(trapd.law()["dropped"]["unknown_user"], 2)
                trapd.stop()

    def test_a_signal_during_the_start_waits_until_trapd_can_reload(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()])
        trapd.launch()
        wait_for(lambda: trapd.holds_back(signal.SIGHUP), "signal that is held back", pause=0)
        trapd.process.send_signal(signal.SIGHUP)
        trapd.configure(snmp_users=[STRONG.setting(), NEWCOMER.setting()])

        def ready():
            trapd.process.send_signal(signal.SIGHUP)
            self.assertIsNone(trapd.process.poll(), trapd.said())
            return trapd.is_ready()
        wait_for(ready, "ready trapd")
        wait_for(lambda: "configuration reloaded" in trapd.said(), "reload")
        self.assertTrue(Device(self).inform(trapd.port, NEWCOMER, 1))
        trapd.law()
        trapd.stop()

    def test_a_bad_configuration_is_refused_with_its_place_and_the_old_one_stays(self):
        trapd = self.trapd()
        broken = {"level": "strongest", "auth": ["SHA-3"]}
        trapd.configure(security=broken)
        line = list(trapd.settings).index("security") + 1
        place = r"trapd\.yaml:%d:\d+: error: .*" % line
        expected = place + r"strongest(.|\n)*" + place + "SHA-3"
        done = trapd.ctl("reload")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, expected)
        self.assertIn("the old configuration stays in force", done.stderr)
        trapd.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "the old configuration stays in force" in trapd.said(), "refusal")
        self.assertRegex(trapd.said(), expected)
        self.assertTrue(Device(self).inform(trapd.port, STRONG, 1))
        trapd.stop()

    def test_what_only_a_start_can_change_is_refused_by_name(self):
        trapd = self.trapd()
        good = dict(trapd.settings)
        changes = {"workers": 2, "metrics": {"listen": "off"},
                   "listen": [{"udp": "127.0.0.1:1"}],
                   "engine": {"id": "0x80001f880474657374"},
                   "store": {"directory": trapd.directory + "/other"}}
        for key, value in changes.items():
            with self.subTest(key):
                trapd.configure(**{**good, "snmp_users": [NEWCOMER.setting()], key: value})
                # The control socket stands beside the store of the running trapd.
                socket_path = good["store"]["directory"] + "/trapd.sock"
                done = trapd.ctl("--socket", socket_path, "reload")
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, key + r"\S* can only change with a restart")
                trapd.settings.pop(key)
        self.assertTrue(Device(self).inform(trapd.port, STRONG, 1))
        trapd.stop()

    def test_reloads_under_load_lose_nothing(self):
        for workers in (1, 4):
            with self.subTest(workers=workers):
                policy = {"communities": [{"name": COMMUNITY, "from": ["127.0.0.0/8"]}]}
                # One device sends faster than per_engine allows, on a machine that lets it.
                trapd = self.trapd(security=policy, workers=workers,
                                   rate={"per_engine": "off"})
                device, load = Device(self), Load(self, trapd)
                for turn in range(12):
                    trapd.configure(snmp_users=[STRONG.setting()] +
                                    ([NEWCOMER.setting()] if turn % 2 else []))
                    (self.by_signal if turn % 3 == 0 else self.by_command)(trapd)
                    if turn % 4 == 0:
                        self.assertTrue(device.inform(trapd.port, STRONG, 10**6 + turn))
                    load.await_more()
                load.stop()
                wait_for(lambda: trapd.status()["stored"] >= load.sent + 3, "all stored")
                now = trapd.law()
                self.assertEqual(now["stored"], load.sent + 3)
                self.assertLessEqual(set(now["dropped"]), {"discovery", "time_sync"})
                trapd.stop()


if __name__ == "__main__":
    main()
