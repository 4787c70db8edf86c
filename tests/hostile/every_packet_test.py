#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""All packets of the scenarios at once, at the real program with all of its ways out: whatever came,
each is counted once, every destination lives on, and the next good trap gets everywhere. The same at
the port of the agent, which must still answer.

usage: every_packet_test.py TRAPD TRAPCTL [unittest arguments]
"""
import json
import socket
import unittest

from packets import HERE, LINK_DOWN, packets, v2c_trap

from loopback import free_port, wait_for
from peers import Certificates, SmtpSink, plain_text
from trapd_fixture import STRONG, Device, SyslogSink, Trapd, User, main

USERS = [{"name": "ops", "auth": {"protocol": "SHA-1", "passphrase": "maplesyrup"},
          "priv": {"protocol": "AES-128", "passphrase": "maplesyrup"}, "use": ["receive", "agent"]},
         {"name": "mac", "auth": {"protocol": "SHA-1", "passphrase": "maplesyrup"}},
         STRONG.setting()]


class EveryPacket(unittest.TestCase):
    def setUp(self):
        certificates = Certificates(self.addCleanup)
        self.mail = SmtpSink(self, certificates)
        self.sinks = {style: SyslogSink(self) for style in ("rfc5424", "rfc3164", "ovoc", "json")}
        syslog = [{"name": style, "type": "syslog", "format": style,
                   "to": "tcp://127.0.0.1:%d" % sink.port, "framing": "octet-counting"}
                  for style, sink in self.sinks.items()]
        self.agent_port = free_port()
        self.trapd = Trapd(
            self, engine={"id": "0x80001f8805aabbccdd"}, snmp_users=USERS,
            security={"level": "noAuthNoPriv", "communities": [{"name": "public"}]},
            rules=[str(HERE.parent.parent / "conf" / "rules" / "ietf.yaml"),
                   str(HERE / "texts.yaml")],
            rate={"refused_per_source": "off"},
            agent={"listen": "127.0.0.1:%d" % self.agent_port, "allow": ["127.0.0.0/8"]},
            destinations=syslog + [
                {"name": "mail", "type": "mail", "to": "smtp://127.0.0.1:%d" % self.mail.port,
                 "tls": {"ca": certificates / "ca.pem", "verify": "ip"}, "login": SmtpSink.LOGIN,
                 "from": "trapd@example.net", "recipients": ["duty@example.net"],
                 "digest": {"window": "1s", "max": 1000}}]).start()
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(self.sender.close)
        self.sender.bind(("127.0.0.1", 0))

    def send_all(self, port, after_each):
        for name, line, octets in packets():
            with self.subTest(scenario=name, line=line):
                self.sender.sendto(octets, ("127.0.0.1", port))
                after_each()

    def delivered(self):
        return all(d["backlog"] == 0 and d["under_way"] == 0 for d in self.trapd.ask("destinations"))

    def test_each_is_counted_once_and_the_next_good_trap_gets_everywhere(self):
        count = 0

        def counted():
            nonlocal count
            count += 1
            # Not a thousand at once: the socket's queue shall lose none.
            if count % 20 == 0:
                self.trapd.law(count)
        self.send_all(self.trapd.port, counted)
        said = self.trapd.law(count)
        for reason in ("malformed", "bad_version", "wrong_digest", "unknown_engine", "unknown_user",
                       "unknown_security_model", "invalid_flags", "level_below_user", "get",
                       "boots_maximum", "bad_community", "loop"):
            self.assertGreater(said["dropped"].get(reason, 0), 0, said)
        self.assertGreater(said["stored"], 50, said)

        Device(self).trap(self.trapd.port, STRONG, 4711)
        self.trapd.law(count + 1)
        wait_for(self.delivered, "delivery to all destinations")
        for style, sink in self.sinks.items():
            wait_for(lambda: any("coldStart" in m for m in list(sink.messages)), "it by " + style)
        wait_for(lambda: any("coldStart" in plain_text(m) for m in self.mail.mails()), "it by mail")
        self.assertEqual([d["dead_letters"] for d in self.trapd.ask("destinations")], [[]] * 5)
        # What trapctl says of them can be read by people and by programs.
        for words in (["history"], ["alarms"], ["devices"], ["rules", "unmatched"],
                      ["explain", "--refused"]):
            shown = self.trapd.ctl(*words)
            self.assertEqual(shown.returncode, 0, shown.stderr)
            self.assertRegex(shown.stdout, r"\A[^\x00-\x08\x0b-\x1f\x7f-\x9f]*\Z", words)
            json.dumps(self.trapd.ask(*words))
        self.trapd.stop()

    def test_the_agent_survives_them_too(self):
        self.sender.settimeout(10)
        # RFC 3414 4: no engine, no user, an empty Get.
        discovery = bytes.fromhex("3038020103" "300e020101020300ffe3040104020103"
                                  "0410300e0400020100020100040004000400"
                                  "301104000400a00b0201010201000201003000")
        answered = 0

        def still_answers():
            nonlocal answered
            answered += 1
            if answered % 50:
                return
            self.sender.sendto(discovery, ("127.0.0.1", self.agent_port))
            while bytes.fromhex("060a2b060106030f01010400") not in self.sender.recv(65536):
                pass  # usmStatsUnknownEngineIDs.0 is in the answer to this one
        self.send_all(self.agent_port, still_answers)
        self.sender.sendto(v2c_trap(LINK_DOWN), ("127.0.0.1", self.trapd.port))
        self.assertEqual(self.trapd.law(1)["stored"], 1)
        self.trapd.stop()


if __name__ == "__main__":
    main()
