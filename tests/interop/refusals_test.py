#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What trapd will not start with, and what it will not take.

usage: refusals_test.py TRAPD TRAPCTL [unittest arguments]
"""
import os
import pwd
import random
import socket
import subprocess
import unittest

from trapd_fixture import PROGRAMS, STRONG, Device, Recorder, Trapd, User, main, wait_for


class BadStart(unittest.TestCase):
    def trapd(self, **settings):
        return Trapd(self, snmp_users=[STRONG.setting()], **settings)

    def nothing_is_left(self, trapd):
        """The next start with what was wrong put right works, on the same port and store."""
        trapd.start()
        trapd.law(0)
        trapd.stop()

    def test_a_port_in_use(self):
        trapd = self.trapd()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", trapd.port))
            said = trapd.refused_start()
        self.assertIn("127.0.0.1:%d" % trapd.port, said)
        self.assertIn("in use", said)
        self.assertFalse(os.path.exists(trapd.settings["store"]["directory"]))
        self.nothing_is_left(trapd)

    def test_the_port_of_another_trapd(self):
        first = self.trapd().start()
        second = self.trapd(listen=first.settings["listen"])
        said = second.refused_start()
        self.assertIn("127.0.0.1:%d" % first.port, said)
        self.assertTrue(Device(self).inform(first.port, STRONG, 1))
        first.stop()
        self.nothing_is_left(second)

    def test_a_metrics_port_in_use(self):
        trapd = self.trapd()
        with socket.create_server(("127.0.0.1", trapd.http_port)):
            said = trapd.refused_start()
        self.assertIn("127.0.0.1:%d" % trapd.http_port, said)
        self.nothing_is_left(trapd)

    def test_a_secret_that_is_missing_or_open_to_others(self):
        trapd = self.trapd()
        path = os.path.join(trapd.directory, "secret")
        user = STRONG.setting()
        user["auth"]["passphrase"] = {"file": path}
        trapd.configure(snmp_users=[user])
        said = trapd.refused_start()
        self.assertIn(path, said)
        self.assertIn("No such file", said)
        with open(path, "w") as file:
            file.write(STRONG.setting()["auth"]["passphrase"] + "\n")
        os.chmod(path, 0o644)
        said = trapd.refused_start()
        self.assertIn(path, said)
        self.assertIn("0644", said)
        os.chmod(path, 0o600)
        trapd.start()
        self.assertTrue(Device(self).inform(trapd.port, STRONG, 1))
        trapd.stop()

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_a_secret_and_a_store_that_the_user_of_the_process_cannot_reach(self):
        trapd = self.trapd(process={"user": "nobody"})
        os.chmod(trapd.directory, 0o755)
        path = os.path.join(trapd.directory, "secret")
        with open(path, "w") as file:
            file.write("maplesyrup-auth\n")
        os.chmod(path, 0o600)
        user = STRONG.setting()
        user["auth"]["passphrase"] = {"file": path}
        trapd.configure(snmp_users=[user])
        said = trapd.refused_start()
        self.assertIn(path, said)
        self.assertIn("Permission denied", said)
        trapd.configure(snmp_users=[STRONG.setting()])
        store = os.path.join(trapd.directory, "of-root")
        os.mkdir(store, 0o700)
        trapd.configure(store={"directory": store})
        said = trapd.refused_start()
        self.assertIn(store, said)
        self.assertIn("Permission denied", said)
        self.assertEqual(os.listdir(store), [])

    def test_a_store_that_cannot_be_made(self):
        trapd = self.trapd()
        file = os.path.join(trapd.directory, "file")
        with open(file, "w"):
            pass
        good = trapd.settings["store"]
        trapd.configure(store={"directory": file + "/store"})
        said = trapd.refused_start()
        self.assertIn(file + "/store", said)
        self.assertIn("Not a directory", said)
        trapd.configure(store=good)
        self.nothing_is_left(trapd)

    def test_a_second_trapd_on_one_store(self):
        first = self.trapd().start()
        boots = first.status()["boots"]
        second = self.trapd(store=first.settings["store"])
        said = second.refused_start()
        self.assertIn(first.settings["store"]["directory"], said)
        self.assertTrue(Device(self).inform(first.port, STRONG, 1))
        self.assertEqual(first.status()["boots"], boots)
        first.stop()
        self.nothing_is_left(second)

    def test_every_error_of_a_configuration_at_once(self):
        trapd = self.trapd()
        good = dict(trapd.settings)
        trapd.configure(workers=99, colour="blue", security={"level": "high"},
                        destinations=[{"name": "a b", "type": "pigeon"}])
        said = trapd.refused_start()
        keys = list(trapd.settings)
        check = subprocess.run([PROGRAMS["trapd"], "--config", trapd.config, "--check"],
                               capture_output=True, text=True)
        self.assertEqual((check.returncode, check.stdout), (1, ""))
        for text in (said, check.stderr):
            for key in ("workers", "colour", "security", "destinations"):
                self.assertIn("trapd.yaml:%d:" % (keys.index(key) + 1), text)
        self.assertFalse(os.path.exists(trapd.settings["store"]["directory"]))
        trapd.settings = good
        trapd.configure()
        self.nothing_is_left(trapd)


class Rights(unittest.TestCase):
    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_the_rights_of_root_are_gone_and_trapd_works_and_reloads_without(self):
        trapd = Trapd(self, process={"user": "nobody"}, snmp_users=[STRONG.setting()])
        os.chmod(trapd.directory, 0o755)
        trapd.start()
        with open("/proc/%d/status" % trapd.process.pid) as file:
            facts = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        nobody = pwd.getpwnam("nobody")
        self.assertEqual(facts["Uid"].split(), [str(nobody.pw_uid)] * 4)
        self.assertEqual(facts["Gid"].split(), [str(nobody.pw_gid)] * 4)
        for rights in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(facts[rights], 16), 0, rights)
        self.assertEqual(facts["NoNewPrivs"], "1")
        store = trapd.settings["store"]["directory"]
        for path in [store] + [os.path.join(store, name) for name in os.listdir(store)]:
            self.assertEqual(os.stat(path).st_uid, nobody.pw_uid, path)
        self.assertEqual(os.stat(store).st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(store + "/trapd.sock").st_mode & 0o777, 0o600)
        newcomer = User("newcomer", "SHA-1", "AES-128")
        trapd.configure(snmp_users=[STRONG.setting(), newcomer.setting()])
        self.assertEqual(trapd.ctl("reload").returncode, 0)
        self.assertTrue(Device(self).inform(trapd.port, newcomer, 1))
        trapd.stop()
        trapd.start()
        self.assertEqual(trapd.numbers(), [1])
        trapd.stop()


class Packets(unittest.TestCase):
    def test_each_listener_has_its_own_sources_and_counts(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()], workers=4)
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
            other = probe.getsockname()[1]
        trapd.configure(listen=[{"udp": "127.0.0.1:%d" % trapd.port, "deny": ["127.0.0.9/32"],
                                 "allow": ["127.0.0.8/29"]},
                                {"udp": "[::1]:%d" % other, "receive_buffer": "1MiB"}])
        trapd.start()
        for number, source in enumerate(["127.0.0.8", "127.0.0.9", "127.0.0.10", "127.0.0.16"]):
            Device(self, source).trap(trapd.port, STRONG, number)
        device = Device(self)
        device.trap("udp6:[::1]:%d" % other, STRONG, 4)
        self.assertTrue(device.inform("udp6:[::1]:%d" % other, STRONG, 5))
        now = trapd.law()
        self.assertEqual(sorted(trapd.numbers()), [0, 2, 4, 5])
        self.assertEqual(now["dropped"].pop("source_acl"), 2)
        self.assertLessEqual(set(now["dropped"]), {"discovery", "time_sync"})
        counts = now["received_by_listener"]
        self.assertEqual(counts["127.0.0.1:%d" % trapd.port], 4)
        self.assertEqual(sum(counts.values()), now["received"])
        self.assertEqual({r["source"] for r in trapd.history()},
                         {"127.0.0.8", "127.0.0.10", "::1"})
        trapd.stop()

    def test_garbage_is_counted_and_does_no_harm(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()], workers=4,
                      rate={"refused_per_source": "off"}).start()
        recorder = Recorder(self)
        good = recorder.trap(Device(self), STRONG, 1)
        dice = random.Random(1)
        garbage = [dice.randbytes(dice.randrange(1, 400)) for _ in range(300)]
        garbage += [b"", b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x00" * 65000]
        garbage += [good[:length] for length in range(1, len(good))]
        for position in range(len(good)):
            changed = bytearray(good)
            changed[position] ^= 1 << dice.randrange(8)
            garbage.append(bytes(changed))
        for count, datagram in enumerate(garbage, 1):
            recorder.replay(datagram, trapd.port)
            if count % 100 == 0:
                trapd.law(count)
        now = trapd.law(len(garbage))
        self.assertEqual(now["stored"], 0, now)
        self.assertEqual(now["suppressed"], {})
        self.assertEqual(now["engines"], 0)
        self.assertLessEqual({"malformed", "wrong_digest", "bad_version", "unknown_user"},
                             set(now["dropped"]))
        recorder.replay(good, trapd.port)
        self.assertEqual(trapd.law(len(garbage) + 1)["stored"], 1)
        trapd.stop()

    def test_a_community_is_taken_from_its_source_only_and_warned_about(self):
        trapd = Trapd(self, security={"communities": [
            {"name": "old-devices", "label": "old", "from": ["127.0.0.2/32"]}]}).start()
        self.assertRegex(trapd.said(), r"(?i)warn.*communit")
        self.assertNotIn("old-devices", trapd.said())
        self.assertTrue(trapd.status()["exceptions"])
        right = ["-v2c", "-c", "old-devices"]
        Device(self, "127.0.0.2").trap(trapd.port, right, 1)
        self.assertTrue(Device(self, "127.0.0.2").inform(trapd.port, right, 2))
        Device(self, "127.0.0.3").trap(trapd.port, right, 3)
        Device(self, "127.0.0.2").trap(trapd.port, ["-v2c", "-c", "public"], 4)
        now = trapd.law(4)
        self.assertEqual(now["dropped"], {"bad_community": 2})
        self.assertEqual(trapd.numbers(), [1, 2])
        trapd.stop()

    def test_without_a_community_v2c_is_refused(self):
        trapd = Trapd(self).start()
        Device(self).trap(trapd.port, ["-v2c", "-c", "public"], 1)
        self.assertEqual(trapd.law(1)["dropped"], {"v2c_refused": 1})
        trapd.stop()

    def test_a_socket_passed_in_keeps_the_first_datagram(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()])
        trapd.launch("systemd-socket-activate", "--datagram", "-l", "127.0.0.1:%d" % trapd.port)
        wait_for(lambda: "Listening" in trapd.said(), "systemd-socket-activate")
        device = Device(self)
        device.trap(trapd.port, STRONG, 1)
        trapd.await_ready()
        wait_for(lambda: "passed in" in trapd.said(), "table of ports")
        self.assertTrue(device.inform(trapd.port, STRONG, 2))
        trapd.law()
        self.assertEqual(trapd.numbers(), [1, 2])
        trapd.stop()


if __name__ == "__main__":
    main()
