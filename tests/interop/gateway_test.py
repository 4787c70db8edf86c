#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One trapd with every kind of destination at once: what each real peer gets of what Net-SNMP's
snmptrap and snmpinform have sent.

usage: gateway_test.py TRAPD TRAPCTL [unittest arguments]
"""
import os
import re
import unittest

from device_story import ENDING, RAISING, STEPS, StoryDevice, sent_varbinds
from peers import Certificates, Postfix, Rsyslogd, SmtpSink, Snmptrapd, plain_text
from smtp_sink import Page
from trapd_fixture import PASSPHRASE, STRONG, Trapd, User, at_once, main, wait_for

OWN_ENGINE = "0x80001f8804" + "gateway".encode().hex()
OSS = User("oss", "SHA-1", "AES-128")
COMMUNITY = "northbound"
RULES = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", "conf", "rules"))
DEVICES = 3

# RFC 5674's severities, with the facility 3 that is the default.
PRIORITY = {"major": 26, "minor": 27, "warning": 28, "indeterminate": 29, "cleared": 29}
OVOC_PRIORITY = {**PRIORITY, "indeterminate": 30}
OVOC_WORD = {"major": "Major", "minor": "Minor", "warning": "Warning",
             "indeterminate": "Indeterminate", "cleared": "Clear"}
WORST_FIRST = ["critical", "major", "minor", "warning", "indeterminate", "cleared"]
MIB_NOTIFICATION = {"raise": "TRAPD-MIB::trapdAlarmRaise", "event": "TRAPD-MIB::trapdEvent",
                    "clear": "TRAPD-MIB::trapdAlarmClear"}


class Gateway(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates(cls.addClassCleanup)

    def northbound(self, version, pdu, style):
        """A snmptrapd for one way to send, and trapd's setting for it."""
        secret = 'SHA "%sauth" AES "%spriv"' % (PASSPHRASE, PASSPHRASE)
        config = ("authCommunity log %s\n" % COMMUNITY if version == "v2c" else
                  "createUser oss %s\ncreateUser -e %s oss %s\nauthUser log oss priv\n" %
                  (secret, OWN_ENGINE, secret))
        peer = Snmptrapd(self, config, names=style == "alarm")
        setting = {"name": "%s-%s-%s" % (version, pdu, style), "type": "snmp",
                   "to": "127.0.0.1:%d" % peer.port, "version": version, "pdu": pdu,
                   "format": style, "select": {"origin": "device"}}
        setting.update({"community": COMMUNITY} if version == "v2c" else {"user": "oss"})
        self.peers[setting["name"]] = peer
        return setting

    def syslog(self, transport, style):
        tls = {"ca": self.certificates / "ca.pem", "server_name": "logs.example.net"}
        secure = transport == "tls"
        peer = Rsyslogd(self, "tcp" if secure else transport, self.certificates if secure else None)
        self.peers["syslog-" + transport] = peer
        return {"name": "syslog-" + transport, "type": "syslog", "format": style,
                "to": "%s://127.0.0.1:%d" % (transport, peer.port),
                "select": {"origin": "device"}, **({"tls": tls} if secure else {})}

    def mail(self, kind, count):
        """A digest that is full, and so goes, with the last notification."""
        peer = self.peers[kind.__name__] = kind(self, self.certificates)
        login = {"login": SmtpSink.LOGIN} if kind is SmtpSink else {}
        return {"name": kind.__name__, "type": "mail", "to": "smtp://127.0.0.1:%d" % peer.port,
                "tls": {"ca": self.certificates / "ca.pem", "verify": "ip"}, **login,
                "from": "trapd@example.net", "recipients": ["duty@example.net"],
                "digest": {"window": "1h", "max": count}, "select": {"origin": "device"}}

    def start(self, workers):
        self.peers = {}
        self.devices = [StoryDevice(self, number) for number in range(1, DEVICES + 1)]
        self.count = len(STEPS) * DEVICES
        destinations = [self.northbound(version, pdu, style) for version in ("v2c", "v3")
                        for pdu in ("trap", "inform") for style in ("original", "alarm")]
        destinations += [self.syslog("udp", "rfc3164"), self.syslog("tcp", "ovoc"),
                         self.syslog("tls", "rfc5424")]
        servers = [SmtpSink] + ([Postfix] if Postfix.can_run() else [])
        destinations += [self.mail(kind, self.count) for kind in servers]
        return Trapd(self, workers=workers, engine={"id": OWN_ENGINE},
                     snmp_users=[STRONG.setting(), {**OSS.setting(), "use": ["send"]}],
                     rules=[os.path.join(RULES, "*.yaml")],
                     devices=[device.setting() for device in self.devices],
                     destinations=destinations).start()

    def send(self, trapd, steps):
        at_once([lambda device=device: device.send(trapd.port, steps) for device in self.devices])

    def check_alarms_rise_and_end(self, trapd):
        self.send(trapd, RAISING)
        trapd.law()
        expected = [(device.name, step.alarm, step.severity, step.type, step.resource, step.text)
                    for device in self.devices for step in RAISING if step.outcome == "raise"]
        active = [(a["device_name"], a["name"], a["severity"], a["type"], a["resource"], a["text"])
                  for a in trapd.ask("alarms")]
        self.assertEqual(sorted(active), sorted(expected))
        ids = {(a["device_name"], a["name"]): str(a["id"]) for a in trapd.ask("alarms")}
        self.send(trapd, ENDING)
        trapd.law()
        self.assertEqual(trapd.ask("alarms"), [])
        return ids

    def check_history(self, trapd):
        history = trapd.history()
        for device in self.devices:
            self.assertEqual([(r["outcome"], r["alarm"], r["severity"], r["inform"], r["source"])
                              for r in history if r["device_name"] == device.name],
                             [(s.outcome, s.alarm, s.severity, s.inform, device.address)
                              for s in STEPS])

    def check_original(self, varbinds, device, step):
        """The device's own, its sysUpTime included, and where it came from (RFC 3584 4.2)."""
        self.assertEqual(varbinds[0][0], ".1.3.6.1.2.1.1.3.0")
        self.assertRegex(varbinds[0][1], r"^Timeticks: \([1-9]\d*\)")
        self.assertEqual(varbinds[1:], [
            (".1.3.6.1.6.3.1.1.4.1.0", "OID: ." + step.what[0]), *sent_varbinds(step),
            (".1.3.6.1.6.3.18.1.3.0", "IpAddress: " + device.address)])

    def check_alarm(self, varbinds, device, step, ids):
        told = {name.split("::")[1].removesuffix(".0"): value.strip('"')
                for name, value in varbinds}
        expected = {
            "snmpTrapOID": MIB_NOTIFICATION[step.outcome], "trapdAlarmDeviceName": device.name,
            "trapdAlarmDeviceAddress": device.address, "trapdAlarmSite": "tlv",
            "trapdAlarmName": step.alarm, "trapdAlarmResource": step.resource,
            "trapdAlarmSeverity": step.severity, "trapdAlarmEventType": step.type,
            "trapdAlarmTrapOid": step.trap_name,
        }
        if step.outcome != "event":
            expected["trapdAlarmId"] = ids[device.name, step.alarm]
        self.assertEqual({name: told[name] for name in expected}, expected)
        self.assertIn(step.text, told["trapdAlarmText"])
        self.assertEqual(bytes.fromhex(told["trapdAlarmDeviceEngineId"]).hex(), device.engine)

    def check_northbound(self, name, ids):
        version, pdu, style = name.split("-")
        kind = {"trap": "TRAP2", "inform": "INFORM"}[pdu]
        credentials = {"v2c": "v2c, community northbound", "v3": "v3, user oss"}[version]
        entries = wait_for(lambda: self.enough(self.peers[name].entries()), "all at " + name)
        for security, path, _ in entries:
            self.assertTrue(security.startswith("%s, SNMP %s" % (kind, credentials)), security)
            source_port = int(re.match(r"UDP: \[127\.0\.0\.1\]:(\d+)->", path).group(1))
            self.assertTrue(1180 <= source_port <= 1220, path)
        for device in self.devices:
            mine = [varbinds for _, _, varbinds in entries
                    if device.address in (v.removeprefix("IpAddress: ") for _, v in varbinds)]
            self.assertEqual(len(mine), len(STEPS))
            for varbinds, step in zip(mine, STEPS):
                if style == "original":
                    self.check_original(varbinds, device, step)
                else:
                    self.check_alarm(varbinds, device, step, ids)

    def enough(self, found):
        return found if len(found) >= self.count else None

    def check_syslog(self, transport, check):
        messages = wait_for(lambda: self.enough(self.peers["syslog-" + transport].messages()),
                            "all over " + transport)
        self.assertEqual(len(messages), self.count)
        for device in self.devices:
            mine = [m for m in messages if re.search(r"\b%s\b" % device.name, m["msg"])]
            self.assertEqual(len(mine), len(STEPS))
            for message, step in zip(mine, STEPS):
                self.assertEqual(message["app-name"], "trapd")
                self.assertIn(step.text, message["msg"])
                check(message, device, step)
        return messages

    def check_rfc3164(self, message, device, step):
        self.assertEqual(message["pri"], str(PRIORITY[step.severity]))
        raised = " raised" if step.outcome == "raise" else ""
        self.assertIn("]: %s: %s%s (%s)" % (device.name, step.alarm, raised, step.severity),
                      message["rawmsg"])

    def check_ovoc(self, message, device, step):
        self.assertEqual(message["pri"], str(OVOC_PRIORITY[step.severity]))
        self.assertIn("Title: %s %s, received from %s, %s with Severity %s. Description: %s, " % (
            "Event" if step.outcome == "event" else "Alarm", step.alarm, device.name,
            device.address, OVOC_WORD[step.severity], step.resource or device.name),
                      message["msg"])

    def check_rfc5424(self, message, device, step):
        self.assertEqual(message["pri"], str(PRIORITY[step.severity]))
        self.assertEqual(message["msgid"], step.alarm[:32])
        data = message["structured-data"]
        self.assertTrue(data.startswith('[snmp ctxEngine="%s" ctxName="" ' % device.engine), data)
        self.assertIn(' o2="%s"' % step.what[0], data)
        if step.type != "other":
            self.assertRegex(data, r'\[alarm resource="%s" probableCause="\w+" '
                             r'perceivedSeverity="%s" eventType="%s"' %
                             (re.escape(step.resource or device.name), step.severity, step.type))
        self.assertIn('[origin ip="%s" enterpriseId="%d"]' % (device.address, step.enterprise),
                      data)

    def check_mail(self, kind):
        mail, = wait_for(self.peers[kind.__name__].mails, "mail at " + kind.__name__)
        self.assertEqual(mail["To"], "duty@example.net")
        self.assertEqual(mail["X-Trapd-Severity"], "major")
        self.assertEqual(mail["Subject"], "[major] %d notifications: %d major, %d minor, %d warning"
                         ", %d indeterminate, %d cleared" % (self.count, *(
                             n * DEVICES for n in (2, 1, 1, 1, 2))))
        self.assertEqual([part.get_content_type() for part in mail.walk()],
                         ["multipart/alternative", "text/plain", "text/html"])
        self.assertEqual([defect for part in mail.walk() for defect in part.defects], [])
        body = plain_text(mail)
        page = Page(mail.get_body(("html",)).get_content())
        steps = sorted(STEPS, key=lambda step: WORST_FIRST.index(step.severity))
        # By device, and there the worst first: one piece of the text for each.
        for device in self.devices:
            piece = re.search(r"^== %s \(.*?(?=^== |^-- $)" % device.name, body, re.M | re.S)[0]
            self.assertEqual(re.findall(r"^\[(\w+)\] (\S+) on (\S+?)[,:]", piece, re.M),
                             [(step.severity, step.alarm, device.name) for step in steps])
        said = [line.strip() for line in body.splitlines()]
        for heading in [line for line in said if line.startswith(("[", "=="))]:
            self.assertIn(heading.removeprefix("== "), page.text)
        for step in STEPS:
            self.assertIn(step.text, body)
            self.assertIn(step.text, page.text)
        self.assertEqual({tag.split()[0] for tag in page.tags} - set(
            "html head meta title body p br h2 div b table tr th td".split()), set())

    def everything_arrives(self, workers):
        trapd = self.start(workers)
        ids = self.check_alarms_rise_and_end(trapd)
        self.check_history(trapd)
        for name in self.peers:
            if name.startswith("v"):
                with self.subTest(name):
                    self.check_northbound(name, ids)
        for transport, check in (("udp", self.check_rfc3164), ("tcp", self.check_ovoc),
                                 ("tls", self.check_rfc5424)):
            with self.subTest(transport):
                messages = self.check_syslog(transport, check)
        self.assertEqual([re.search(r'sequenceId="(\d+)"', m["structured-data"]).group(1)
                          for m in messages], [str(n) for n in range(1, self.count + 1)])
        for kind in (SmtpSink, Postfix):
            if kind.__name__ in self.peers:
                with self.subTest(kind.__name__):
                    self.check_mail(kind)
        self.check_counts(trapd)
        trapd.stop()

    def check_counts(self, trapd):
        now = trapd.law()
        self.assertEqual(now["stored"], self.count)
        self.assertLessEqual(set(now["dropped"]), {"discovery", "time_sync"})
        wait_for(lambda: all(d["backlog"] == 0 for d in trapd.ask("destinations")), "cursors")
        for destination in trapd.ask("destinations"):
            self.assertEqual([destination[key] for key in ("up", "sent", "failed", "lost", "dead")],
                             [True, self.count, 0, 0, 0], destination)

    def test_each_peer_gets_everything_with_one_worker(self):
        self.everything_arrives(1)

    def test_each_peer_gets_everything_with_four_workers(self):
        self.everything_arrives(4)


if __name__ == "__main__":
    main()
