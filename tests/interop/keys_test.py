#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""keys.cache is that of the configuration in force, and of the process that has the store.

usage: keys_test.py TRAPD TRAPCTL [unittest arguments]
"""
import os
import unittest

from trapd_fixture import STRONG, Trapd, main

ENOUGH = 1000


def users(count):
    return [{"name": "user%d" % i, "use": ["receive"],
             "auth": {"protocol": "SHA-1", "passphrase": "passphrase-%d" % i},
             "priv": {"protocol": "AES-128", "passphrase": "passphrase-%d" % i}}
            for i in range(count)]


class KeysTest(unittest.TestCase):
    def setUp(self):
        self.trapd = Trapd(self, snmp_users=users(ENOUGH))
        self.store = self.trapd.settings["store"]
        self.path = self.store["directory"] + "/keys.cache"

    def content(self):
        with open(self.path, "rb") as file:
            return file.read()

    def reload(self):
        return self.trapd.ctl("--socket", self.store["directory"] + "/trapd.sock", "reload")

    def test_a_first_start_and_an_accepted_reload_keep_them(self):
        self.trapd.start()
        first = self.content()
        self.assertEqual(os.stat(self.path).st_mode & 0o7777, 0o600)
        self.trapd.configure(snmp_users=users(ENOUGH + 1))
        self.assertEqual(self.reload().returncode, 0)
        self.assertEqual(len(self.content()), len(first) + 80)
        self.trapd.configure(snmp_users=users(ENOUGH - 1))
        self.assertEqual(self.reload().returncode, 0)
        self.assertFalse(os.path.exists(self.path))
        self.trapd.stop()
        self.assertNotIn("priority of reception", self.trapd.said())

    def test_a_refused_reload_leaves_them_and_makes_no_other_store(self):
        self.trapd.start()
        before = self.content()
        other = self.trapd.directory + "/other"
        changes = {"store": {"directory": other}, "rules": ["wrong.yaml"]}
        with open(self.trapd.directory + "/wrong.yaml", "w") as file:
            file.write("rules:\n  - {name: x, trap: noSuchTrap, severity: major}\n")
        good = dict(self.trapd.settings)
        for key in ("store", "rules"):
            for count in (1, ENOUGH + 1):
                with self.subTest(key=key, count=count):
                    self.trapd.settings = dict(good)
                    self.trapd.configure(snmp_users=users(count), **{key: changes[key]})
                    done = self.reload()
                    self.assertRegex(done.stderr, "store.directory can only|noSuchTrap")
                    self.assertEqual(self.content(), before)
                    self.assertFalse(os.path.exists(other))
        self.trapd.settings = good
        self.trapd.stop()

    def test_a_second_trapd_on_the_store_leaves_them(self):
        self.trapd.start()
        before = self.content()
        for snmp_users in ([STRONG.setting()], users(ENOUGH + 1)):
            second = Trapd(self, store=self.store, snmp_users=snmp_users)
            self.assertIn(self.store["directory"], second.refused_start())
            self.assertEqual(self.content(), before)
        self.trapd.stop()


if __name__ == "__main__":
    main()
