#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Somebody else's code in a running trapd: what it may not call is refused and told, or kills.

usage: forbidden_call_test.py TRAPD TRAPCTL FORBIDDEN_CALL_LIBRARY [unittest arguments]
"""
import os
import signal
import sys
import unittest

from trapd_fixture import PROGRAMS, STRONG, Device, Trapd, main, wait_for


class Invaded(Trapd):
    def __init__(self, test, call, **settings):
        super().__init__(test, snmp_users=[STRONG.setting()], **settings)
        self.call = call

    def launch(self, *before, **named):
        super().launch(*before, env=dict(os.environ, LD_PRELOAD=PROGRAMS["forbidden_call"],
                                         TRAPD_TEST_CALL=self.call), **named)

    def no_call_refused(self):
        pass  # here they are


class ForbiddenCall(unittest.TestCase):
    def setUp(self):
        harmless = Trapd(self, snmp_users=[STRONG.setting()]).start()
        if harmless.status()["confinement"]["seccomp"] != "on":
            self.skipTest("seccomp is " + harmless.status()["confinement"]["seccomp"])
        harmless.stop()

    def test_a_refused_call_is_told_and_the_service_goes_on(self):
        trapd = Invaded(self, "listen").start()
        refused = "refused system call listen (1 times in all, first in thread trapd)"
        wait_for(lambda: refused in trapd.said(), "the line in the log")
        self.assertEqual(trapd.status()["confinement"]["refused_calls"], {"listen": 1})
        self.assertRegex(trapd.ctl("status").stdout, r"refused call listen +1\n")
        Device(self).trap(trapd.port, STRONG, 1)
        trapd.law()
        self.assertEqual(trapd.numbers(), [1])
        trapd.stop()

    def test_a_try_to_run_or_trace_another_program_ends_trapd(self):
        for call in ("execve", "ptrace"):
            with self.subTest(call):
                trapd = Invaded(self, call)
                trapd.launch()
                self.assertEqual(trapd.process.wait(30), -signal.SIGSYS, trapd.said())

    def test_where_the_filter_is_off_nothing_is_refused(self):
        user = {"user": "root"} if os.geteuid() == 0 else {}
        trapd = Invaded(self, "listen", process={**user, "seccomp": "off"}).start()
        self.assertEqual(trapd.status()["confinement"]["refused_calls"], {})
        trapd.stop()


if __name__ == "__main__":
    PROGRAMS["forbidden_call"] = os.path.abspath(sys.argv.pop(3))
    main()
