#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What trapd has given up once it runs, what it tells of that, and that it can still be reloaded.

usage: confinement_test.py TRAPD TRAPCTL [unittest arguments]
"""
import glob
import os
import pwd
import re
import resource
import shutil
import signal
import unittest

from loopback import own_directory
from trapd_fixture import PROGRAMS, STRONG, Device, Trapd, main, wait_for

MODULE = """%s-MIB DEFINITIONS ::= BEGIN
IMPORTS enterprises FROM SNMPv2-SMI;
node%s OBJECT IDENTIFIER ::= { enterprises 55555 %d }
END
"""
SANITIZED = "off: built with a sanitizer"


def kernel_says(pid, key, task="*"):
    """Of each thread, without repetitions."""
    values = set()
    for path in glob.glob("/proc/%d/task/%s/status" % (pid, task)):
        with open(path) as file:
            values.add(re.search(r"^%s:\s*(.*)$" % key, file.read(), re.MULTILINE).group(1))
    return values


class Confinement(unittest.TestCase):
    def confinement(self, trapd):
        now = trapd.status()["confinement"]
        if now["seccomp"] == SANITIZED:
            self.skipTest("seccomp and Landlock are " + SANITIZED)
        return now

    def needs_landlock(self, trapd):
        if not self.confinement(trapd)["landlock"].startswith("on"):
            self.skipTest("Landlock: " + self.confinement(trapd)["landlock"])

    def module(self, directory, name, number):
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, name + ".txt"), "w") as file:
            file.write(MODULE % (name, name, number))

    def test_every_thread_is_confined_and_trapd_says_so(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()]).start()
        now = self.confinement(trapd)
        self.assertEqual((now["seccomp"], now["no_new_privs"], now["core_dumps"]),
                         ("on", True, False))
        self.assertEqual(now["refused_calls"], {})
        pid = trapd.process.pid
        self.assertGreater(len(glob.glob("/proc/%d/task/*" % pid)), 3)
        self.assertEqual(kernel_says(pid, "Seccomp"), {"2"})
        self.assertEqual(kernel_says(pid, "NoNewPrivs"), {"1"})
        self.assertRegex(trapd.said(), r"confined: user \w+, capabilities .*, no_new_privs on, "
                                       r"seccomp on, Landlock .*, core dumps off")
        text = trapd.ctl("status").stdout
        for line in (r"no_new_privs +on", r"seccomp +on", r"landlock +", r"core dumps +off"):
            self.assertRegex(text, line)
        trapd.stop()

    @unittest.skipIf(os.geteuid() != 0, "only root can become somebody else")
    def test_root_becomes_its_user_without_a_capability_or_a_way_back(self):
        user = pwd.getpwnam("nobody")
        trapd = Trapd(self, snmp_users=[STRONG.setting()], process={"user": user.pw_name})
        modules = os.path.join(trapd.directory, "mibs")
        self.module(modules, "OLD", 2)
        trapd.configure(mibs={"directories": [modules], "modules": "all"})
        os.chmod(trapd.config, 0o600)
        for path in (trapd.directory, trapd.config):
            os.chown(path, user.pw_uid, user.pw_gid)
        trapd.start()
        pid = trapd.process.pid
        self.assertEqual(kernel_says(pid, "Uid"), {"\t".join([str(user.pw_uid)] * 4)})
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(kernel_says(pid, capabilities), {"0" * 16})
        now = trapd.status()["confinement"]
        self.assertEqual((now["user"], now["capabilities"]), (user.pw_name, "none"))
        Device(self).trap(trapd.port, STRONG, 1)
        trapd.law(1)
        # The child that runs the MIB compiler has given up as much.
        children = self.children(pid)
        self.assertEqual(len(children), 1)
        self.assertEqual(kernel_says(children[0], "CapEff"), {"0" * 16})
        self.assertEqual(kernel_says(children[0], "Uid"), {"\t".join([str(user.pw_uid)] * 4)})
        self.module(modules, "NEW", 3)
        answer = trapd.ctl("reload")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        trapd.stop()

    def children(self, pid):
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            return [int(word) for word in file.read().split()]

    def test_the_process_that_runs_the_compiler_is_confined_as_well(self):
        os.environ["TRAPD_TEST_SECRET"] = "maplesyrup-from-the-environment"
        self.addCleanup(os.environ.pop, "TRAPD_TEST_SECRET")
        trapd = Trapd(self, snmp_users=[STRONG.setting()])
        trapd.start()
        self.needs_landlock(trapd)
        launcher, = self.children(trapd.process.pid)
        self.assertEqual(kernel_says(launcher, "Seccomp"), {"2"})
        self.assertEqual(kernel_says(launcher, "NoNewPrivs"), {"1"})
        if os.geteuid() == 0:  # others cannot read it: it leaves no core dump either
            with open("/proc/%d/environ" % launcher, "rb") as file:
                self.assertNotIn(b"maplesyrup", file.read())
        # What no directory of MIB modules holds is out of reach, for trapd itself is not.
        trapd.configure(mibs={"directories": [trapd.directory], "modules": "all"})
        answer = trapd.ctl("reload")
        self.assertEqual(answer.returncode, 1)
        self.assertIn(trapd.directory + " was none of them at the start", answer.stdout + answer.stderr)
        trapd.stop()

    def with_another_compiler(self, lines, **process):
        """A trapd whose MIB compiler is a script."""
        trapd = Trapd(self, snmp_users=[STRONG.setting()])
        tree = os.path.join(trapd.directory, "tree")
        os.makedirs(os.path.join(tree, "mib"))
        os.makedirs(os.path.join(tree, "trapd"))
        shutil.copy(PROGRAMS["trapd"], os.path.join(tree, "trapd", "trapd"))
        built = os.path.dirname(os.path.dirname(PROGRAMS["trapd"]))
        os.symlink(os.path.realpath(os.path.join(built, "mib", "modules")),
                   os.path.join(tree, "mib", "modules"))
        with open(os.path.join(tree, "mib", "trapd-mibc"), "w") as file:
            file.write("#!/bin/sh\n" + lines)
        os.chmod(os.path.join(tree, "mib", "trapd-mibc"), 0o755)
        user = {"user": "root"} if os.geteuid() == 0 else {}
        trapd.configure(process={**user, **process})
        self.addCleanup(PROGRAMS.__setitem__, "trapd", PROGRAMS["trapd"])
        PROGRAMS["trapd"] = os.path.join(tree, "trapd", "trapd")
        return trapd

    def test_the_launcher_runs_the_compiler_and_no_other_program(self):
        harmless = Trapd(self, snmp_users=[STRONG.setting()]).start()
        self.needs_landlock(harmless)
        harmless.stop()
        # The script needs a shell, which is another program.
        script = "echo this is a shell >&2; exit 3\n"
        refused = self.with_another_compiler(script).refused_start()
        self.assertRegex(refused, "cannot run .*/trapd-mibc: Permission denied")
        refused = self.with_another_compiler(script, landlock="off").refused_start()
        self.assertIn("this is a shell", refused)

    def test_a_module_that_is_a_link_to_elsewhere_is_compiled_as_well(self):
        elsewhere = own_directory(self.addCleanup, "trapd-elsewhere-")
        self.module(elsewhere, "SIXTH", 6)
        trapd = Trapd(self, snmp_users=[STRONG.setting()])
        modules = os.path.join(trapd.directory, "mibs")
        os.makedirs(modules)
        os.symlink(os.path.join(elsewhere, "SIXTH.txt"), os.path.join(modules, "SIXTH.txt"))
        trapd.configure(mibs={"directories": [modules], "modules": "all"})
        trapd.start()
        index = os.path.join(trapd.directory, "store", "mib", "mib.index")
        with open(index, "rb") as file:
            self.assertIn(b"nodeSIXTH", file.read())
        trapd.stop()

    def test_a_directory_of_modules_below_one_named_at_the_start_needs_no_restart(self):
        top = own_directory(self.addCleanup, "trapd-mibs-")
        trapd = Trapd(self, snmp_users=[STRONG.setting()], mibs={"directories": [top],
                                                                 "modules": "all"}).start()
        self.module(os.path.join(top, "below"), "FIFTH", 5)
        trapd.configure(mibs={"directories": [os.path.join(top, "below")], "modules": "all"})
        answer = trapd.ctl("reload")
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        with open(os.path.join(trapd.directory, "store", "mib", "mib.index"), "rb") as file:
            self.assertIn(b"nodeFIFTH", file.read())
        trapd.stop()

    def test_the_mib_compiler_still_runs_at_a_reload(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()])
        directory = os.path.join(trapd.directory, "mibs")
        self.module(directory, "FIRST", 1)
        trapd.configure(mibs={"directories": [directory], "modules": "all"})
        trapd.start()
        index = os.path.join(trapd.directory, "store", "mib", "mib.index")
        before = os.stat(index).st_ino
        self.module(directory, "SECOND", 2)
        answer = trapd.ctl("reload")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertNotEqual(os.stat(index).st_ino, before)
        with open(index, "rb") as file:
            self.assertIn(b"nodeSECOND", file.read())
        self.assertNotIn("not confined", trapd.said())  # the compiler's word, below its launcher
        trapd.stop()

    def test_without_the_process_that_runs_the_compiler_a_reload_says_so(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()])
        directory = os.path.join(trapd.directory, "mibs")
        self.module(directory, "FIRST", 1)
        trapd.configure(mibs={"directories": [directory], "modules": "all"})
        trapd.start()
        for child in self.children(trapd.process.pid):
            os.kill(child, signal.SIGKILL)
        # Nothing new to compile: nobody is missed.
        self.assertEqual(trapd.ctl("reload").returncode, 0)
        self.module(directory, "SECOND", 2)
        answer = trapd.ctl("reload")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("the process that runs the MIB compiler has ended: restart trapd",
                      answer.stdout + answer.stderr)
        Device(self).trap(trapd.port, STRONG, 1)
        trapd.law(1)
        trapd.stop()

    def test_files_elsewhere_need_a_restart_and_a_reload_says_so(self):
        trapd = Trapd(self, snmp_users=[STRONG.setting()]).start()
        self.needs_landlock(trapd)
        elsewhere = own_directory(self.addCleanup, "trapd-elsewhere-")
        secret = os.path.join(elsewhere, "newcomer.auth")
        with open(secret, "w") as file:
            file.write("maplesyrup-auth\n")
        os.chmod(secret, 0o600)
        newcomer = STRONG.setting()
        newcomer["name"] = "newcomer"
        newcomer["auth"]["passphrase"] = {"file": secret}
        self.module(os.path.join(elsewhere, "mibs"), "THIRD", 3)
        mibs = {"directories": [os.path.join(elsewhere, "mibs")], "modules": "all"}
        old = dict(trapd.settings)
        for changed in ({"snmp_users": [STRONG.setting(), newcomer]}, {"mibs": mibs}):
            trapd.configure(**{**old, **changed})
            answer = trapd.ctl("reload")
            self.assertEqual(answer.returncode, 1)
            self.assertIn("files in others need a restart", answer.stdout + answer.stderr)
            self.assertIn(elsewhere, answer.stdout + answer.stderr)
        # The old configuration stays in force, and a restart takes the new one.
        Device(self).trap(trapd.port, STRONG, 1)
        trapd.law(1)
        trapd.configure(**{**old, "snmp_users": [STRONG.setting(), newcomer], "mibs": mibs})
        trapd.stop()
        trapd.start()
        trapd.stop()

    @unittest.skipIf(os.geteuid() != 0, "only root can become somebody else")
    def test_secrets_are_locked_in_memory_as_far_as_the_limit_goes(self):
        user = pwd.getpwnam("nobody")
        for limit in (8 << 20, 0):
            with self.subTest(limit=limit):
                trapd = Trapd(self, snmp_users=[STRONG.setting()], process={"user": user.pw_name})
                for path in (trapd.directory, trapd.config):
                    os.chown(path, user.pw_uid, user.pw_gid)
                trapd.launch(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK,
                                                                   (limit, limit)))
                trapd.await_ready()
                Device(self).trap(trapd.port, STRONG, 1)
                trapd.law()
                now = self.confinement(trapd)
                locked = kernel_says(trapd.process.pid, "VmLck", trapd.process.pid)
                # What was made while trapd was root is locked whatever the limit.
                self.assertEqual(locked, {"%d kB" % (now["secrets_locked"] >> 10)})
                self.assertGreater(now["secrets_locked"], 0)
                self.assertEqual(now["secrets_not_locked"] == 0, limit > 0, now)
                trapd.stop()
                told = trapd.said().count("KiB are not (")
                self.assertEqual(told, 0 if limit else 1)

    def test_what_the_start_named_can_be_replaced_and_reloaded(self):
        elsewhere = own_directory(self.addCleanup, "trapd-elsewhere-")
        trapd = Trapd(self)
        setting = STRONG.setting()
        secret = os.path.join(elsewhere, "strong.auth")
        setting["auth"]["passphrase"] = {"file": secret}

        def put(text):
            with open(secret + ".new", "w") as file:
                file.write(text + "\n")
            os.chmod(secret + ".new", 0o600)
            os.rename(secret + ".new", secret)

        put("another-passphrase")
        trapd.configure(snmp_users=[setting])
        trapd.start()
        put("maplesyrup-auth")
        answer = trapd.ctl("reload")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        Device(self).trap(trapd.port, STRONG, 1)
        wait_for(lambda: trapd.status()["stored"] >= 1, "the trap of the new passphrase")
        trapd.stop()

    def test_off_is_an_exception_that_is_told(self):
        user = {"user": "root"} if os.geteuid() == 0 else {}
        trapd = Trapd(self, snmp_users=[STRONG.setting()],
                      process={**user, "seccomp": "off", "landlock": "off"}).start()
        now = self.confinement(trapd)
        self.assertEqual((now["seccomp"], now["landlock"]), ("off", "off"))
        self.assertEqual(kernel_says(trapd.process.pid, "Seccomp"), {"0"})
        told = " ".join(trapd.status()["exceptions"])
        for key in ("process.seccomp is off", "process.landlock is off"):
            self.assertIn("exception: " + key, told)
            self.assertIn("exception: " + key, trapd.said())
        trapd.configure(process=user)
        answer = trapd.ctl("reload")
        self.assertIn("process.seccomp can only change with a restart",
                      answer.stdout + answer.stderr)
        trapd.stop()

    def test_an_unknown_word_is_an_error(self):
        trapd = Trapd(self, process={"seccomp": "permissive"})
        self.assertIn("seccomp", trapd.refused_start())


if __name__ == "__main__":
    main()
