#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""trapctl tail shows what is stored as it happens; trapctl send takes the whole path.

usage: tail_and_send_test.py TRAPD TRAPCTL [unittest arguments]
"""
import json
import signal
import socket
import subprocess
import threading
import unittest

from loopback import free_port
from peers import Certificates, Rsyslogd, SmtpSink, Snmptrapd, plain_text
from trapd_fixture import PROGRAMS, STRONG, Device, Trapd, main, wait_for


class Tail:
    """A running trapctl tail, and the lines it has shown so far."""

    def __init__(self, test, trapd, *words):
        self.lines = []
        self.process = subprocess.Popen(
            [PROGRAMS["trapctl"], "--config", trapd.config, *words], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.thread = threading.Thread(target=self.read)
        self.thread.start()
        test.addCleanup(self.close)

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def sequences(self):
        return [json.loads(line)["sequence"] if line[0] == "{" else int(line.split()[1])
                for line in list(self.lines)]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(40)
        self.thread.join()
        self.process.stdout.close()


class TailAndSend(unittest.TestCase):
    def trapd(self, **settings):
        return Trapd(self, snmp_users=[STRONG.setting()], **settings).start()

    def await_tailing(self, device, trapd, tails):
        """Nothing tells when a tail has begun, so traps go until it has shown one."""
        def all_show():
            device.trap(trapd.port, STRONG, 0)
            return all(tail.lines for tail in tails)
        wait_for(all_show, "line of each tail", pause=0.1)

    def test_a_tail_shows_each_record_while_it_runs(self):
        trapd, device = self.trapd(), Device(self)
        words, lines_of_json = Tail(self, trapd, "tail"), Tail(self, trapd, "--json", "tail")
        tails = (words, lines_of_json)
        self.await_tailing(device, trapd, tails)
        for number in range(1, 6):
            device.trap(trapd.port, STRONG, number)
            trapd.law()
            last = trapd.ask("history", "--limit", "1")["records"][0]
            for tail in tails:
                wait_for(lambda: last["sequence"] in tail.sequences(), "line of %s" % last)
                self.assertIsNone(tail.process.poll())
            self.assertEqual(json.loads(lines_of_json.lines[-1]), last)
            self.assertIn("number %d;" % number, lines_of_json.lines[-1])
        for tail in tails:
            shown = tail.sequences()
            self.assertEqual(shown, list(range(shown[0], last["sequence"] + 1)))
        self.assertRegex(words.lines[-1], r"^%s %d indeterminate +127\.0\.0\.1 \S+ .*\(event\)"
                         % (last["time"], last["sequence"]))
        words.process.send_signal(signal.SIGINT)
        self.assertEqual(words.process.wait(40), -signal.SIGINT)
        trapd.stop()
        self.assertEqual(lines_of_json.process.wait(40), 1)

    def test_a_tail_shows_only_what_its_filter_lets_through(self):
        trapd, device = self.trapd(), Device(self)
        everything = Tail(self, trapd, "--json", "tail")
        tests = Tail(self, trapd, "--json", "tail", "--name", "trapdTest")

        def both_show():
            device.trap(trapd.port, STRONG, 0)
            self.assertEqual(trapd.ctl("send", "shown").returncode, 0)
            return tests.lines and any("number 0;" in line for line in everything.lines)
        wait_for(both_show, "line of each tail", pause=0.1)
        self.assertEqual({json.loads(line)["alarm"] for line in tests.lines}, {"trapdTest"})
        trapd.stop()

    def test_a_sent_test_takes_the_whole_path_to_each_destination(self):
        syslog = Rsyslogd(self, "tcp")
        oss = Snmptrapd(self, "authCommunity log northbound\n", names=True)
        trapd = self.trapd(destinations=[
            {"name": "syslog", "type": "syslog", "to": "tcp://127.0.0.1:%d" % syslog.port},
            {"name": "oss", "type": "snmp", "to": "127.0.0.1:%d" % oss.port, "version": "v2c",
             "community": "northbound", "pdu": "inform"}])
        trapd.law(0)
        before = wait_for(lambda: trapd.status()["originated"], "record of the start")
        done = trapd.ctl("send", "is anybody there?")
        self.assertEqual(done.returncode, 0, done.stderr)
        message = wait_for(lambda: [m for m in syslog.messages()
                                    if "is anybody there?" in m["msg"]], "test in syslog")[0]
        self.assertEqual((message["app-name"], message["msgid"]), ("trapd", "trapdTest"))
        told = wait_for(lambda: [dict(n) for n in oss.notifications()
                                 if "is anybody there?" in str(n)], "test at the OSS")[0]
        self.assertEqual(told["SNMPv2-MIB::snmpTrapOID.0"], "TRAPD-MIB::trapdEvent")
        self.assertEqual(told["TRAPD-MIB::trapdAlarmName.0"], "trapdTest")
        now = trapd.law(0)  # trapd's own is outside the law
        self.assertEqual((now["stored"], now["originated"]), (0, before + 1))
        wait_for(lambda: all(d["backlog"] == 0 for d in trapd.ask("destinations")), "cursors")
        trapd.stop()

    def test_a_test_event_goes_to_one_destination_alone(self):
        certificates = Certificates(self.addCleanup)
        mail, syslog = SmtpSink(self, certificates), Rsyslogd(self, "tcp")
        oss = Snmptrapd(self, "authCommunity log northbound\n", names=True)
        away = free_port(socket.SOCK_STREAM)
        deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(deaf.close)
        deaf.bind(("127.0.0.1", 0))
        nothing = {"select": []}  # a test event comes all the same
        by_mail = {"type": "mail", "to": "smtp://127.0.0.1:%d" % mail.port,
                   "tls": {"ca": certificates / "ca.pem", "verify": "ip"},
                   "login": SmtpSink.LOGIN, "from": "trapd@example.net",
                   "recipients": ["duty@example.net"], "digest": {"window": "1h"}, **nothing}
        trapd = self.trapd(destinations=[
            {"name": "mail", **by_mail},
            {"name": "ovoc", "format": "ovoc", "html": "off", **by_mail},
            {"name": "log", "type": "syslog", "to": "tcp://127.0.0.1:%d" % syslog.port,
             "format": "ovoc", **nothing},
            {"name": "oss", "type": "snmp", "to": "127.0.0.1:%d" % oss.port, "version": "v2c",
             "community": "northbound", "pdu": "inform", **nothing},
            {"name": "away", "type": "syslog", "to": "tcp://127.0.0.1:%d" % away, **nothing},
            {"name": "datagrams", "type": "syslog",
             "to": "udp://127.0.0.1:%d" % deaf.getsockname()[1], **nothing}])
        trapd.law(0)

        def send(name, status=0):
            done = trapd.ctl("send", "--to", name, "only %s" % name)
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            return done.stdout

        self.assertRegex(send("mail"), r"^delivered to mail: mail accepted by 127\.0\.0\.1 .*250")
        told, = mail.mails()
        self.assertRegex(told["Subject"],
                         r"^\[indeterminate\] trapdTest on \S+, mail: test event: only mail$")
        self.assertIn("TRAPD-MIB::trapdTest", plain_text(told))
        send("ovoc")
        told = mail.mails()[1]
        self.assertRegex(told["Subject"], r"^New Event trapdTest, received from \S+ with Severity "
                                          r"Indeterminate$")
        self.assertEqual(told.get_content_type(), "text/plain")
        self.assertRegex(plain_text(told), r"(?m)^Alarm Name: trapdTest\nSeverity: Indeterminate\n"
                         r"Source: ovoc\nDescription: test event: only ovoc\n(.*\n)*"
                         r"Additional Info 1:\n(.*\n)*Trap OID: 1\.3\.6\.\S+\n")
        self.assertRegex(send("log"), r"^delivered to log: connected to 127\.0\.0\.1")
        line, = wait_for(lambda: [m for m in syslog.messages() if "only" in m["msg"]], "line")
        self.assertRegex(line["msg"], r"^ ?Title: Event trapdTest, received from \S+ with Severity "
                                      r"Indeterminate\. Description: log, test event: only log$")
        self.assertRegex(send("oss"), r"^delivered to oss: ")
        notification, = [dict(n) for n in oss.notifications() if "only" in str(n)]
        self.assertEqual(notification["TRAPD-MIB::trapdAlarmName.0"], "trapdTest")
        self.assertRegex(send("datagrams"), r"^sent to datagrams, which does not say whether")
        self.assertRegex(send("away", 1),
                         r"^not delivered to away: 127\.0\.0\.1:%d: .*refused" % away)
        unknown = trapd.ctl("send", "--to", "nobody")
        self.assertEqual((unknown.returncode, unknown.stderr),
                         (1, "trapctl: no destination is called nobody\n"))
        counts = {d["name"]: (d["tests"]["delivered"], d["tests"]["failed"], d["sent"], d["failed"])
                  for d in trapd.ask("destinations") if d["name"] != "away"}
        self.assertEqual(counts, dict.fromkeys(("mail", "ovoc", "log", "oss", "datagrams"),
                                               (1, 0, 0, 0)))
        self.assertEqual([d["tests"] for d in trapd.ask("destinations") if d["name"] == "away"],
                         [{"delivered": 0, "failed": 1}])
        # Nobody else has it, and it is nowhere in the books.
        self.assertEqual(len(mail.mails()), 2)
        self.assertEqual(len([m for m in syslog.messages() if "only" in m["msg"]]), 1)
        books = str(trapd.history()) + str(trapd.ask("alarms"))
        self.assertNotIn("only", books)
        self.assertNotIn("trapdTest", books)
        trapd.law(0)
        trapd.stop()


if __name__ == "__main__":
    main()
