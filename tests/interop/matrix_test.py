#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every hash with every cipher that Net-SNMP sends, as trap and as inform.

usage: matrix_test.py TRAPD TRAPCTL [unittest arguments]
"""
import functools
import subprocess
import unittest

from trapd_fixture import (AUTH_TOOL_NAMES, PRIV_TOOL_NAMES, Device, Trapd, User, at_once, main)

EVERYTHING = {"level": "noAuthNoPriv", "auth": list(AUTH_TOOL_NAMES),
              "privacy": ["DES", "AES-128", "AES-192", "AES-256"]}


@functools.lru_cache(None)
def tools_know_des():
    said = subprocess.run(["snmptrap", "-h"], capture_output=True, text=True).stderr
    return "DES|" in said


def all_users():
    ciphers = [None] + [c for c in PRIV_TOOL_NAMES if c != "DES" or tools_know_des()]
    users = [User("open")]
    for auth in AUTH_TOOL_NAMES:
        users += [User("%s_%s" % (auth, priv or "none"), auth, priv) for priv in ciphers]
    return users


def refusal(user, inform=False):
    """The reason under which the default policy counts a message of the user; None: it is taken."""
    if not user.auth:
        return "no_auth_no_priv"
    # An authNoPriv message to trapd's own engine could be a time synchronisation, so its level is
    # judged last.
    if not user.priv and not (inform and user.auth == "MD5"):
        return "auth_no_priv"
    return "weak_algorithm" if user.auth == "MD5" or user.priv == "DES" else None


class Matrix(unittest.TestCase):
    def send_all(self, trapd, users):
        """From several addresses, so that several workers meet them; gives which were answered."""
        def send(index, user):
            device = Device(self, "127.0.0.%d" % (2 + index % 16))
            device.trap(trapd.port, user, 2 * index)
            # What is refused is waited for once; what must be answered has retries.
            if refusal(user) and "security" not in trapd.settings:
                return device.inform(trapd.port, user, 2 * index + 1, retries=0, timeout=1)
            return device.inform(trapd.port, user, 2 * index + 1)
        return at_once([functools.partial(send, *pair) for pair in enumerate(users)])

    def trapd(self, users, **settings):
        return Trapd(self, snmp_users=[user.setting() for user in users],
                     rate={"refused_per_source": "off", "per_engine": "off"}, **settings).start()

    def everything_arrives(self, workers):
        users = all_users()
        trapd = self.trapd(users, workers=workers, security=EVERYTHING)
        answered = self.send_all(trapd, users)
        self.assertEqual([u.name for u, ok in zip(users, answered) if not ok], [])
        now = trapd.law()
        self.assertEqual(sorted(trapd.numbers()), list(range(2 * len(users))))
        self.assertEqual(now["stored"], 2 * len(users))
        self.assertLessEqual(set(now["dropped"]), {"discovery", "time_sync"})
        for record in trapd.history():
            index = int(record["varbinds"][-1]["value"].split()[1].rstrip(";")) // 2
            self.assertEqual(record["user"], users[index].name)
        trapd.stop()

    def only_the_strong_arrives(self, workers):
        users = all_users()
        trapd = self.trapd(users, workers=workers)
        answered = self.send_all(trapd, users)
        strong = [not refusal(user) for user in users]
        self.assertEqual(answered, strong)
        now = trapd.law()
        self.assertEqual(sorted(trapd.numbers()), [n for i, ok in enumerate(strong) if ok
                                                   for n in (2 * i, 2 * i + 1)])
        expected = {}
        for reason in [refusal(user, inform) for user in users for inform in (False, True)]:
            if reason:
                expected[reason] = expected.get(reason, 0) + 1
        refused = {reason: n for reason, n in now["dropped"].items()
                   if reason not in ("discovery", "time_sync")}
        self.assertEqual(refused, expected)
        trapd.stop()

    def test_what_is_listed_arrives_with_one_worker(self):
        self.everything_arrives(1)

    def test_what_is_listed_arrives_with_four_workers(self):
        self.everything_arrives(4)

    def test_by_default_only_the_strong_arrives_with_one_worker(self):
        self.only_the_strong_arrives(1)

    def test_by_default_only_the_strong_arrives_with_four_workers(self):
        self.only_the_strong_arrives(4)


if __name__ == "__main__":
    main()
