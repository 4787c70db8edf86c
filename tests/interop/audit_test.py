#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The audit log: who changed what, in a chain that shows when somebody has changed the log itself.

usage: audit_test.py TRAPD TRAPCTL [unittest arguments]
"""
import hashlib
import json
import os
import re
import signal
import unittest

from trapd_fixture import PASSPHRASE, STRONG, Device, Trapd, User, main, wait_for

WEAK = User("weak", "MD5", "DES")
COMMUNITY = "community-of-old-devices"
OTHER_SECRET = "another-passphrase-of-strong"
RULE = """rules:
  - {name: cold-start, trap: coldStart, alarm: coldStart, state: raise, severity: minor, text: cold}
"""


class Audit(unittest.TestCase):
    def trapd(self, **settings):
        return Trapd(self, snmp_users=[STRONG.setting()], **settings)

    def log_path(self, trapd):
        return os.path.join(trapd.settings["store"]["directory"], "audit.log")

    def entries(self, trapd):
        with open(self.log_path(trapd)) as file:
            return [json.loads(line) for line in file]

    def of(self, trapd, action):
        return [entry for entry in self.entries(trapd) if entry["action"] == action]

    def verify(self, trapd, status, *words):
        done = trapd.ctl("audit", "verify", *words)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def no_secret_in(self, trapd):
        directory = trapd.settings["store"]["directory"]
        for name in os.listdir(directory):
            if name.startswith("audit"):
                with open(os.path.join(directory, name)) as file:
                    text = file.read()
                for secret in (PASSPHRASE, COMMUNITY, OTHER_SECRET):
                    self.assertNotIn(secret, text, name)
        for words in (["audit"], ["--json", "audit"], ["--json", "audit", "verify"]):
            said = trapd.ctl(*words).stdout
            for secret in (PASSPHRASE, COMMUNITY, OTHER_SECRET):
                self.assertNotIn(secret, said)

    def test_a_start_names_version_configuration_and_exceptions(self):
        policy = {"auth": ["MD5", "SHA-256"], "privacy": ["DES", "AES-128"],
                  "communities": [{"name": COMMUNITY, "label": "old"}]}
        trapd = Trapd(self, snmp_users=[STRONG.setting(), WEAK.setting()], security=policy).start()
        start = self.entries(trapd)[0]
        self.assertEqual((start["seq"], start["who"], start["action"], start["previous"]),
                         (1, "trapd", "start", "0" * 64))
        self.assertRegex(start["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        detail = start["detail"]
        self.assertEqual(detail["version"], trapd.status()["version"])
        # A hash of the file itself would let one try the passphrases that stand in it.
        self.assertRegex(detail["sha256_without_secrets"], r"^[0-9a-f]{64}$")
        said = "\n".join(detail["exceptions"])
        for exception in ("lets in MD5", "lets in DES", "SNMPv1 and SNMPv2c as old",
                          "user weak has MD5"):
            self.assertIn(exception, said)
        self.assertEqual(detail["security"]["level"], "authPriv")
        self.assertEqual(detail["security"]["auth"], ["MD5", "SHA-256"])
        self.assertEqual(detail["security"]["communities"], 1)
        self.assertEqual(os.stat(self.log_path(trapd)).st_mode & 0o777, 0o600)
        trapd.stop()
        self.assertEqual(self.entries(trapd)[-1]["action"], "stop")
        self.assertEqual(self.entries(trapd)[-1]["who"], "signal")
        self.no_secret_in(trapd)

    def test_a_configuration_without_passphrases_in_it_goes_by_the_hash_of_its_file(self):
        trapd = Trapd(self, snmp_users=[])
        for which in ("auth", "priv"):
            path = os.path.join(trapd.directory, which)
            with open(path, "w", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                file.write(PASSPHRASE + which + "\n")
        user = {"name": "strong",
                "auth": {"protocol": "SHA-256", "passphrase": {"file": "auth"}},
                "priv": {"protocol": "AES-128", "passphrase": {"file": "priv"}}}
        trapd.configure(snmp_users=[user])
        trapd.start()
        with open(trapd.config, "rb") as file:
            expected = hashlib.sha256(file.read()).hexdigest()
        self.assertEqual(self.of(trapd, "start")[0]["detail"]["sha256"], expected)
        # The file of a secret has another content: the file of the configuration has not changed.
        with open(os.path.join(trapd.directory, "auth"), "w") as file:
            file.write(OTHER_SECRET + "\n")
        self.assertEqual(trapd.ctl("reload").returncode, 0)
        reload = self.of(trapd, "reload")[0]["detail"]
        self.assertEqual(reload["sha256"], expected)
        self.assertEqual(reload["changes"], [
            {"path": "snmp_users[strong].auth.passphrase", "before": "(secret)",
             "after": "(secret)"}])
        trapd.stop()
        self.no_secret_in(trapd)

    def test_a_reload_tells_what_changed_by_its_path_and_secrets_masked(self):
        trapd = self.trapd(rate={"per_engine": "100/s"}).start()
        changed = STRONG.setting()
        changed["auth"]["passphrase"] = OTHER_SECRET
        trapd.configure(snmp_users=[changed], rate={"per_engine": "200/s"},
                        security={"communities": [{"name": COMMUNITY, "label": "old"}]})
        self.assertEqual(trapd.ctl("reload").returncode, 0)
        reload = self.of(trapd, "reload")[0]
        self.assertRegex(reload["who"], r"\(uid %d\)$" % os.getuid())
        self.assertTrue(reload["detail"]["accepted"])
        self.assertEqual(reload["detail"]["changes"], [
            {"path": "rate.per_engine", "before": "100/s", "after": "200/s"},
            {"path": "security.communities[old].label", "before": None, "after": "old"},
            {"path": "security.communities[old].name", "before": None, "after": "(secret)"},
            {"path": "snmp_users[strong].auth.passphrase", "before": "(secret)",
             "after": "(secret)"}])
        self.assertIn("SNMPv1 and SNMPv2c as old", "\n".join(reload["detail"]["exceptions"]))
        trapd.configure(security={"level": "strongest"})
        trapd.process.send_signal(signal.SIGHUP)
        wait_for(lambda: len(self.of(trapd, "reload")) == 2, "refused reload")
        refused = self.of(trapd, "reload")[1]
        self.assertEqual(refused["who"], "signal")
        self.assertFalse(refused["detail"]["accepted"])
        self.assertIn("strongest", refused["detail"]["errors"][0])
        self.verify(trapd, 0)
        trapd.stop()
        self.no_secret_in(trapd)

    def test_what_operators_do_stands_in_it_and_what_was_refused_too(self):
        trapd = self.trapd()
        rules = os.path.join(trapd.directory, "rules.yaml")
        with open(rules, "w") as file:
            file.write(RULE)
        trapd.configure(rules=[rules])
        trapd.start()
        Device(self).trap(trapd.port, STRONG, 1)
        alarms = wait_for(lambda: trapd.ask("alarms", "--name", "coldStart"), "alarm")
        number, engine = alarms[0]["id"], alarms[0]["device"]
        self.assertEqual(trapd.ctl("ack", str(number), "--why", "on it").returncode, 0)
        self.assertEqual(trapd.ctl("clear", str(number)).returncode, 0)
        self.assertEqual(trapd.ctl("clear", "4711").returncode, 1)
        self.assertEqual(trapd.ctl("store", "forget-engine", engine).returncode, 0)
        self.assertEqual(trapd.ctl("send", "hello").returncode, 0)
        self.assertEqual(trapd.ctl("resync", "nowhere").returncode, 1)
        self.assertEqual(trapd.ctl("destinations", "drop", "nowhere").returncode, 1)
        told = [(entry["action"], entry["detail"]) for entry in self.entries(trapd)[1:]]
        self.assertEqual(told[:5], [
            ("ack", {"id": number, "why": "on it"}), ("clear", {"id": number, "why": ""}),
            ("clear", {"id": 4711, "why": ""}),
            ("failed", {"entry": 4, "reason": "no alarm 4711 is active"}),
            ("forget-engine", {"engine": engine})])
        self.assertEqual([action for action, _ in told[5:]],
                         ["send", "resync", "failed", "dead-drop", "failed"])
        self.assertIn("(uid %d)" % os.getuid(), self.entries(trapd)[1]["who"])
        # What only asks leaves no entry.
        shown = trapd.ask("audit")
        self.assertEqual(shown, self.entries(trapd))
        self.assertEqual(trapd.ask("audit", "--limit", "2"), shown[-2:])
        trapd.stop()

    def test_after_a_kill_the_chain_goes_on_and_a_torn_line_is_told_of(self):
        trapd = self.trapd().start()
        trapd.kill()
        trapd.start()
        self.assertEqual([e["action"] for e in self.entries(trapd)], ["start", "start"])
        trapd.kill()
        with open(self.log_path(trapd), "a") as file:
            file.write('{"seq":3,"time":"2026-')
        self.assertIn("is not whole", self.verify(trapd, 1))
        trapd.start()
        self.assertIn("good: the chain holds", self.verify(trapd, 0))
        with open(self.log_path(trapd)) as file:
            lines = file.read().splitlines()
        self.assertEqual(lines[2], '{"seq":3,"time":"2026-')
        torn = json.loads(lines[3])
        self.assertEqual((torn["seq"], torn["action"], torn["detail"]["octets"]), (3, "torn", 22))
        self.assertEqual(json.loads(lines[4])["action"], "start")
        trapd.stop()

    def test_a_line_that_somebody_changed_is_found_and_the_next_start_raises_an_alarm(self):
        trapd = self.trapd().start()
        for text in ("one", "two", "three"):
            self.assertEqual(trapd.ctl("send", text).returncode, 0)
        trapd.stop()
        good = self.verify(trapd, 0)
        remembered = re.search("last hash ([0-9a-f]{64})", good).group(1)
        self.assertIn(remembered, trapd.said())  # where who may write the store cannot reach it
        with open(self.log_path(trapd)) as file:
            lines = file.readlines()

        def write(changed):
            with open(self.log_path(trapd), "w") as file:
                file.writelines(changed)
        forged = list(lines)
        forged[2] = forged[2].replace('"two"', '"six"')
        for changed, expected in ((forged, "line 3: entry 3 is not what it was"),
                                  (lines[:1] + lines[2:], "line 2: entry 2 is missing"),
                                  (lines[:1] + [lines[2], lines[1]] + lines[3:], "line 2: entry 2"),
                                  (lines[1:], "line 1: entries 1 to 1 are missing")):
            write(changed)
            self.assertIn("wrong: audit.log, " + expected, self.verify(trapd, 1))
        # Lines that are gone from the end: only who remembers a hash can tell.
        write(lines[:-2])
        self.verify(trapd, 0)
        self.assertIn("cut from the end", self.verify(trapd, 1, "--expect", remembered))
        write(forged)
        trapd.start()
        wait_for(lambda: [a["resource"] for a in trapd.ask("alarms", "--name", "trapdAuditFailed")]
                 == ["chain"], "alarm")
        self.assertEqual(self.of(trapd, "broken")[0]["detail"]["line"], 3)
        # The trapd that runs remembers by itself.
        with open(self.log_path(trapd)) as file:
            whole = file.readlines()
        write(whole[:-1])
        self.assertIn("line 3", self.verify(trapd, 1))
        write(lines[:2])
        self.assertIn("cut from the end", self.verify(trapd, 1))
        trapd.stop()

    def test_without_room_for_the_entry_nothing_is_done_and_traps_go_on(self):
        trapd = self.trapd()
        os.mkdir(trapd.settings["store"]["directory"], 0o700)
        os.mkdir(self.log_path(trapd))  # nobody can write there
        trapd.start()
        refused = trapd.ctl("send", "hello")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("not done, because the audit log cannot tell of it", refused.stderr)
        trapd.configure(rate={"per_engine": "200/s"})
        self.assertIn("a restart takes the configuration over", trapd.ctl("reload").stderr)
        self.assertTrue(Device(self).inform(trapd.port, STRONG, 1))
        wait_for(lambda: [a["resource"] for a in trapd.ask("alarms", "--name", "trapdAuditFailed")]
                 == ["log"], "alarm")
        os.rmdir(self.log_path(trapd))
        wait_for(lambda: trapd.ask("alarms", "--name", "trapdAuditFailed") == [], "end of the alarm")
        self.assertEqual([e["action"] for e in self.entries(trapd)], ["late", "start", "reload"])
        late = self.entries(trapd)[0]["detail"]
        self.assertEqual((late["entries"], late["left_out"]), (2, 2))
        self.assertEqual(trapd.ctl("send", "hello").returncode, 0)
        self.verify(trapd, 0)
        trapd.stop()

    def test_a_store_that_is_set_aside_stands_in_the_log_that_stays(self):
        trapd = self.trapd().start()
        self.assertEqual(trapd.ctl("store", "set-aside").returncode, 1)  # trapd runs
        trapd.stop()
        self.assertEqual(trapd.ctl("store", "set-aside").returncode, 0)
        trapd.start()
        self.assertEqual([e["action"] for e in self.entries(trapd)],
                         ["start", "stop", "store-set-aside", "start"])
        self.assertIn("(uid %d)" % os.getuid(), self.entries(trapd)[2]["who"])
        self.verify(trapd, 0)
        trapd.stop()


if __name__ == "__main__":
    main()
