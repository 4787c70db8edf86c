#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The northbound agent and resynchronisation, with Net-SNMP's tools as the manager.

usage: agent_test.py TRAPD TRAPCTL [unittest arguments]
"""
import os
import re
import socket
import subprocess
import threading
import unittest

from loopback import free_port, own_directory
from peers import MODULES, Certificates, Rsyslogd, SmtpSink, Snmptrapd
from trapd_fixture import PASSPHRASE, STRONG, Device, Trapd, User, main, wait_for

RULES = """rules:
  - {name: link, trap: IF-MIB::linkDown, severity: major, state: raise, alarm: linkDown,
     resource: "{ifIndex}", text: "link {ifIndex} is down"}
"""
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
IF_INDEX = "1.3.6.1.2.1.2.2.1.1."
NMS = User("nms", "SHA-1", "AES-128")
OSS = User("oss", "SHA-1", "AES-128")
OWN_ENGINE = "0x80001f8805a1a2a3a4a5a6a7a8"


def setting(user, *use):
    return dict(user.setting(), use=list(use))


class Manager:
    """Net-SNMP's tools with one user."""

    def __init__(self, test, port, user=NMS, **named):
        self.test, self.port, self.user, self.named = test, port, user, named
        self.directory = own_directory(test.addCleanup, "trapd-nms-")

    def run(self, tool, *what, extra=(), retries=2, timeout=2):
        words = [tool, *self.user.arguments(), "-r", str(retries), "-t", str(timeout), "-M",
                 MODULES, "-m", "ALL", "-OQs", *extra, "udp:127.0.0.1:%d" % self.port, *what]
        environment = {"PATH": os.environ["PATH"], "SNMPCONFPATH": self.directory,
                       "SNMP_PERSISTENT_DIR": self.directory}
        return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=100)

    def lines(self, tool, *what, **named):
        done = self.run(tool, *what, **named)
        self.test.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return [tuple(line.split(" = ", 1)) for line in done.stdout.splitlines() if " = " in line]


class Agent(unittest.TestCase):
    def start(self, alarms=3, destinations=(), before=lambda trapd: None, **agent):
        self.agent_port = free_port()
        self.trapd = Trapd(
            self, snmp_users=[STRONG.setting(), setting(NMS, "agent"), setting(OSS, "send")],
            engine={"id": OWN_ENGINE}, destinations=list(destinations), rules=["rules.yaml"],
            agent=dict({"listen": "127.0.0.1:%d" % self.agent_port, "allow": ["127.0.0.0/8"],
                        "contact": "noc@example.net", "location": "rack 7"}, **agent))
        with open(os.path.join(self.trapd.directory, "rules.yaml"), "w") as file:
            file.write(RULES)
        before(self.trapd)
        self.trapd.start()
        self.device = Device(self)
        for number in range(1, alarms + 1):
            self.link(LINK_DOWN, number)
        wait_for(lambda: self.trapd.status()["stored"] >= alarms, "%d records" % alarms)
        self.manager = Manager(self, self.agent_port)
        return self.trapd

    def link(self, trap, number):
        self.device.trap(self.trapd.port, STRONG, [trap, IF_INDEX + str(number), "i", number])

    def snmp(self, name, port, **more):
        return dict({"name": name, "type": "snmp", "to": "127.0.0.1:%d" % port, "user": "oss",
                     "source_port": "20000-60000"}, **more)

    def oss(self):
        """For traps, and for informs."""
        keys = "oss SHA %sauth AES %spriv\n" % (PASSPHRASE, PASSPHRASE)
        return Snmptrapd(self, "createUser -e %s %screateUser %sauthUser log oss\n" %
                         (OWN_ENGINE, keys, keys), names=True)

    def end_of_resync(self, oss, count=1):
        def ended():
            told = [dict(n) for n in oss.notifications()]
            ends = [n for n in told if n["SNMPv2-MIB::snmpTrapOID.0"].endswith("trapdResyncEnd")]
            return told if len(ends) >= count else None
        return wait_for(ended, "end of the resynchronisation")

    def test_the_tools_read_the_objects_and_walk_the_alarms(self):
        trapd = self.start()
        nms = self.manager
        got = dict(nms.lines("snmpget", "sysContact.0", "sysLocation.0", "sysObjectID.0",
                             "snmpEngineBoots.0", "trapdActiveCount.0", "trapdReceived.0",
                             "trapdStored.0", "usmStatsUnknownEngineIDs.0"))
        self.assertEqual(got["sysContact.0"].strip('"'), "noc@example.net")
        self.assertEqual(got["snmpEngineBoots.0"], "1")
        self.assertEqual(got["trapdStored.0"], "3")
        self.assertEqual(got["trapdActiveCount.0"], str(len(trapd.ask("alarms"))))
        self.assertGreaterEqual(int(got["usmStatsUnknownEngineIDs.0"]), 1)
        active = {(a["name"], a["resource"]) for a in trapd.ask("alarms")}
        for tool, extra in (("snmpwalk", ()), ("snmpbulkwalk", ("-Cr7",))):
            rows = dict(nms.lines(tool, "trapdActiveTable", extra=extra))
            indices = sorted(int(n.split(".")[1]) for n in rows if n.startswith("trapdActiveName."))
            self.assertEqual(
                {(rows["trapdActiveName.%d" % i].strip('"'),
                  rows["trapdActiveResource.%d" % i].strip('"')) for i in indices}, active)
            links = [i for i in indices
                     if rows["trapdActiveName.%d" % i].strip('"') == "linkDown"]
            self.assertEqual(len(links), 3)
            for index in links:
                self.assertEqual(rows["trapdActiveSeverity.%d" % index], "major")
                self.assertEqual(rows["trapdActiveDeviceAddress.%d" % index].strip('"'),
                                 "127.0.0.1")
                self.assertEqual(rows["trapdActiveRule.%d" % index].strip('"'), "link")
        whole = nms.lines("snmpbulkwalk", ".1")
        self.assertGreater(len(whole), 100)
        self.assertEqual([n for n, _ in whole], [n for n, _ in nms.lines("snmpwalk", ".1")])
        after = dict(nms.lines("snmpgetnext", "sysContact", "trapdActiveName"))
        self.assertIn("sysContact.0", after)
        self.assertIn("No Such", nms.lines("snmpget", "sysContact.1")[0][1])
        shown = trapd.status()["agent"]
        self.assertGreater(shown["answered"]["get_bulk"], 0)
        trapd.law()  # requests to the agent are no part of it
        trapd.stop()

    def test_others_are_refused_and_counted(self):
        trapd = self.start()
        def refused(user, words, **named):
            done = Manager(self, self.agent_port, user).run("snmpget", "sysContact.0", retries=0,
                                                            **named)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(words, done.stderr + done.stdout)
        refused(User("nobody", "SHA-1", "AES-128"), "Unknown user name")
        refused(User("nms", "SHA-256", "AES-128"), "Authentication failure")
        refused(User("nms", "SHA-1"), "Timeout", timeout=1)
        refused(User("nms"), "Timeout", timeout=1)
        done = Manager(self, self.agent_port, STRONG).run("snmpget", "sysContact.0")
        self.assertIn("authorizationError", done.stderr + done.stdout)
        counted = trapd.status()["agent"]["refused"]
        for reason in ("unknown_user", "wrong_digest", "level_below_user", "not_authorised"):
            self.assertGreaterEqual(counted[reason], 1, counted)
        with_metrics = subprocess.run(["curl", "-s", "http://127.0.0.1:%d/metrics" %
                                       trapd.http_port], capture_output=True, text=True).stdout
        self.assertRegex(with_metrics, r'trapd_agent_refused_total\{reason="wrong_digest"\} [1-9]')
        # The same watch as that of the listeners: one alarm for the source, however many there were.
        def told():
            found = {a["name"]: a for a in trapd.ask("alarms") if a["resource"] == "127.0.0.1"}
            return found if len(found) >= 3 else None
        alarms = wait_for(told, "security alarms")
        self.assertEqual(set(alarms),
                         {"trapdUnknownUser", "trapdWrongDigest", "trapdWeakSecurity"})
        for alarm in alarms.values():
            self.assertIn("refused by the agent", alarm["text"])
        # And who is on no list is not answered at all; a reload is enough for that.
        self.assertTrue(self.manager.lines("snmpget", "sysContact.0"))
        trapd.configure(agent=dict(trapd.settings["agent"], allow=["192.0.2.0/24"]))
        self.assertEqual(trapd.ctl("reload").returncode, 0)
        self.assertIn("Timeout", self.manager.run("snmpget", "sysContact.0", retries=0,
                                                  timeout=1).stderr)
        self.assertGreaterEqual(trapd.status()["agent"]["refused"]["source_acl"], 1)
        self.assertEqual(len([a for a in trapd.ask("alarms") if a["resource"] == "127.0.0.1"]), 3)
        trapd.stop()

    def test_a_set_that_cannot_be_says_why(self):
        self.start()
        for what, words in (
                (("trapdResyncBegin.0", "s", "192.0.2.1:162"), "wrongValue"),
                (("trapdResyncBegin.0", "s", ""), "wrongLength"),
                (("1.3.6.1.4.1.8072.9999.9999.7331.1.3.1.0", "i", "1"), "wrongType"),
                (("sysContact.0", "s", "me"), "notWritable"),
                (("trapdResyncCancel.0", "s", "oss"), "wrongValue")):
            done = self.manager.run("snmpset", *what, extra=("-Ir",))
            self.assertNotEqual(done.returncode, 0, what)
            self.assertIn(words, done.stderr, what)
        self.trapd.stop()

    def test_a_set_resynchronises_several_hundred_alarms_while_traps_come_in(self):
        oss = self.oss()
        ports = free_port()
        trapd = self.start(alarms=0, destinations=[self.snmp("oss", oss.port, pdu="inform", timeout="2s")],
                           source_port=str(ports))
        many = 300
        errors = []
        def feed(first, last):
            try:
                device = Device(self)
                for number in range(first, last):
                    device.trap(trapd.port, STRONG,
                                [LINK_DOWN, IF_INDEX + str(number), "i", number])
            except AssertionError as error:
                errors.append(error)
        feeders = [threading.Thread(target=feed, args=(1 + i * many // 4, 1 + (i + 1) * many // 4))
                   for i in range(4)]
        for feeder in feeders:
            feeder.start()
        for feeder in feeders:
            feeder.join()
        self.assertEqual(errors, [])
        wait_for(lambda: trapd.status()["stored"] >= many, "alarms")
        more = threading.Thread(target=feed, args=(1001, 1040))
        more.start()
        self.manager.lines("snmpset", "trapdResyncBegin.0", "s", "oss")
        told = self.end_of_resync(oss)
        more.join()
        self.assertEqual(errors, [])
        kinds = [n["SNMPv2-MIB::snmpTrapOID.0"].split("::")[1] for n in told]
        self.assertEqual(kinds[0], "trapdListRebuilt")
        self.assertEqual(told[0]["TRAPD-MIB::trapdRebuildReason.0"], "started")
        start, end = kinds.index("trapdResyncStart"), kinds.index("trapdResyncEnd")
        # By their ids, because snmptrapd breaks the line behind a long engine ID.
        listed = [int(n["TRAPD-MIB::trapdAlarmId.0"]) for n in told[start:end]
                  if n["SNMPv2-MIB::snmpTrapOID.0"].endswith("trapdResyncAlarm")]
        self.assertEqual(len(listed), len(set(listed)))
        before = {a["id"] for a in trapd.ask("alarms")
                  if a["name"] == "linkDown" and int(a["resource"]) <= many}
        self.assertEqual(len(before), many)
        self.assertLessEqual(before, set(listed))
        self.assertEqual(told[end]["TRAPD-MIB::trapdResyncResult.0"], "completed")
        self.assertEqual(told[end]["TRAPD-MIB::trapdResyncTarget.0"].strip('"'), "oss")
        # From the ports that firewalls know, and encrypted.
        for security, path, varbinds in oss.entries():
            sent = dict(varbinds)["SNMPv2-MIB::snmpTrapOID.0"]
            if "Resync" in sent:
                self.assertIn("]:%d->" % ports, path.replace("127.0.0.1:", "127.0.0.1]:"))
        # The destination's own numbers are without a gap.
        own = [int(n["TRAPD-MIB::trapdAlarmSequence.0"]) for n in
               [dict(v) for v in oss.notifications()]
               if re.search("trapd(AlarmRaise|AlarmChange|AlarmClear|Event)$",
                            n["SNMPv2-MIB::snmpTrapOID.0"])]
        self.assertEqual(sorted(own), list(range(1, len(own) + 1)))
        state = dict(self.manager.lines("snmpget", "trapdResyncState.0", "trapdResyncLastResult.0",
                                        "trapdResyncBegin.0"))
        self.assertEqual((state["trapdResyncState.0"], state["trapdResyncLastResult.0"],
                          state["trapdResyncBegin.0"].strip('"')), ("idle", "completed", "oss"))
        trapd.law()
        trapd.stop()

    def test_answers_and_notifications_leave_from_the_ports_that_a_firewall_knows(self):
        oss = self.oss()
        answers, notifications = free_port(), free_port()
        trapd = self.start(alarms=1, destinations=[self.snmp("oss", oss.port)],
                           answer_from=answers, source_port=notifications)
        manager = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.settimeout(10)
        # RFC 3414 4: no engine, no user, an empty Get.
        manager.sendto(bytes.fromhex("3038020103" "300e020101020300ffe3040104020103"
                                     "0410300e0400020100020100040004000400"
                                     "301104000400a00b0201010201000201003000"),
                       ("127.0.0.1", self.agent_port))
        self.assertEqual(manager.recvfrom(2000)[1], ("127.0.0.1", answers))
        # Net-SNMP takes what comes from another port than it asked.
        self.assertTrue(self.manager.lines("snmpget", "sysContact.0"))
        self.manager.lines("snmpset", "trapdResyncBegin.0", "s", "oss")
        self.end_of_resync(oss)
        for _, path, varbinds in oss.entries():
            if "Resync" in dict(varbinds)["SNMPv2-MIB::snmpTrapOID.0"]:
                self.assertIn(":%d->" % notifications, path.replace("]:", ":"))
        trapd.stop()

    def test_a_receiver_is_told_why_the_list_is_another_one(self):
        oss = self.oss()
        trapd = self.start(alarms=2, destinations=[self.snmp("oss", oss.port)])
        def reasons():
            return [n["TRAPD-MIB::trapdRebuildReason.0"] for n in map(dict, oss.notifications())
                    if n["SNMPv2-MIB::snmpTrapOID.0"].endswith("trapdListRebuilt")]
        wait_for(lambda: reasons() == ["started"], "notice of the start")
        trapd.stop()
        done = trapd.ctl("store", "set-aside", "--directory", trapd.settings["store"]["directory"])
        self.assertEqual(done.returncode, 0, done.stderr)
        for told in (["started", "storeReplaced"], ["started", "storeReplaced", "started"]):
            trapd.start()
            wait_for(lambda: reasons() == told, "notice with its reason")
            trapd.stop()

    def test_a_second_start_fails_and_a_stop_is_told(self):
        oss = self.oss()
        target = "127.0.0.1:%d" % oss.port
        trapd = self.start(alarms=5, destinations=[
            self.snmp("oss", oss.port, pdu="inform", timeout="1s", retries=20)])
        wait_for(lambda: len(oss.notifications()) >= 1, "something at the OSS")
        oss.pause()
        self.addCleanup(lambda: oss.process.poll() is None and oss.resume())
        self.manager.lines("snmpset", "trapdResyncBegin.0", "s", "oss")
        again = self.manager.run("snmpset", "trapdResyncBegin.0", "s", target)
        self.assertIn("commitFailed", again.stderr)
        self.assertEqual(trapd.ctl("resync", "oss").returncode, 1)
        self.manager.lines("snmpset", "trapdResyncCancel.0", "s", target)
        oss.resume()
        wait_for(lambda: not trapd.ask("destinations")[0]["resync"]["running"], "end of it")
        self.assertEqual(trapd.ask("destinations")[0]["resync"]["result"], "stopped")
        # Who began and ended it by SET stands in the audit log.
        done = wait_for(lambda: [e for e in trapd.ask("audit") if e["action"] == "resync-stop"],
                        "entry of the SET")
        self.assertEqual(done[0]["detail"], {"destination": target})
        self.assertRegex(done[0]["who"], r"^SNMP user \w+ at 127\.0\.0\.1$")
        begun = [e for e in trapd.ask("audit") if e["action"] == "resync"]
        self.assertIn(done[0]["who"], [e["who"] for e in begun])
        trapd.stop()

    def test_what_the_audit_log_cannot_tell_of_is_not_begun_by_a_set(self):
        oss = self.oss()
        # A directory: nobody can write there.
        log = lambda trapd: os.path.join(trapd.settings["store"]["directory"], "audit.log")
        trapd = self.start(alarms=1, destinations=[self.snmp("oss", oss.port)],
                           before=lambda trapd: os.makedirs(log(trapd)))
        refused = self.manager.run("snmpset", "trapdResyncBegin.0", "s", "oss")
        self.assertIn("commitFailed", refused.stderr)
        os.rmdir(log(trapd))
        wait_for(lambda: self.manager.run("snmpset", "trapdResyncBegin.0", "s",
                                          "oss").returncode == 0, "a log that is written again")
        self.end_of_resync(oss)
        wait_for(lambda: [e for e in trapd.ask("audit") if e["action"] == "resync"], "entry")
        trapd.stop()

    def test_each_resynchronisation_begun_by_a_set_has_its_entry(self):
        oss = self.oss()
        trapd = self.start(alarms=1, destinations=[self.snmp("oss", oss.port)])
        answers = [self.manager.run("snmpset", "trapdResyncBegin.0", "s", "oss").returncode
                   for _ in range(10)]
        begun = answers.count(0)  # not all: one may be running
        self.assertGreater(begun, 0)
        wait_for(lambda: len([e for e in trapd.ask("audit") if e["action"] == "resync"]) == begun,
                 "%d entries" % begun)
        trapd.stop()

    def test_trapctl_resyncs_syslog_and_mail_beside_their_streams(self):
        syslog = Rsyslogd(self, "tcp")
        certificates = Certificates(self.addCleanup)
        mail = SmtpSink(self, certificates)
        trapd = self.start(alarms=4, destinations=[
            {"name": "syslog", "type": "syslog", "to": "tcp://127.0.0.1:%d" % syslog.port},
            {"name": "mail", "type": "mail", "to": "smtp://127.0.0.1:%d" % mail.port,
             "tls": {"ca": certificates / "ca.pem", "verify": "ip"}, "login": SmtpSink.LOGIN,
             "from": "trapd@example.net", "recipients": ["duty@example.net"],
             "digest": {"window": "1s", "max": 200}}])
        wait_for(lambda: all(d["backlog"] == 0 and d["under_way"] == 0
                             for d in trapd.ask("destinations")), "delivery")
        cursors = {d["name"]: d["cursor"] for d in trapd.ask("destinations")}
        for name in ("syslog", "mail"):
            done = trapd.ctl("resync", name)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotEqual(trapd.ctl("resync", "nobody").returncode, 0)
        wait_for(lambda: all((d["resync"] or {}).get("result") == "completed"
                             for d in trapd.ask("destinations")), "both resynchronisations")
        def parts():
            found = re.findall(r'\[resync@8072 part="(\w+)"\]',
                               " ".join(m["structured-data"] for m in syslog.messages()))
            return found if "end" in found else None
        found = wait_for(parts, "marks in syslog")
        active = len(trapd.ask("alarms"))
        self.assertEqual(found, ["start"] + ["alarm"] * active + ["end"])
        self.assertEqual({d["name"]: d["cursor"] for d in trapd.ask("destinations")}, cursors)
        subjects = wait_for(lambda: [m for m in mail.mails() if m["subject"].startswith("[resync] ")],
                            "mail of a resynchronisation")
        self.assertTrue(subjects)
        trapd.stop()


if __name__ == "__main__":
    main()
