#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Syslog against rsyslogd: what it has parsed and written is what the driver sent.

usage: syslog_rsyslog_test.py DRIVER [unittest arguments]
"""
import json
import subprocess
import sys
import unittest

from loopback import wait_for
from peers import Certificates, Rsyslogd

DRIVER = ""
SAID = 'number %d "quoted" ]\\ line end \u00e9'


def drive(*arguments, background=False):
    command = [DRIVER, *arguments]
    if background:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


class SyslogRsyslog(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates(cls.addClassCleanup)

    def rsyslogd(self, *arguments):
        return Rsyslogd(self, *arguments)

    def transport(self, name):
        """A rsyslogd, and the driver's arguments to reach it."""
        if name == "tls":
            sink = self.rsyslogd("tcp", self.certificates)
            return sink, ["--transport", "tls", "--port", str(sink.port), "--ca",
                          self.certificates / "ca.pem", "--server-name", "logs.example.net"]
        sink = self.rsyslogd(name)
        return sink, ["--transport", name, "--port", str(sink.port)]

    def deliver(self, sink, count, *arguments):
        result = drive(*arguments, "--count", str(count))
        self.assertEqual(result.returncode, 0, result.stderr)
        wait_for(lambda: len(sink.numbers()) >= count, "%d messages" % count)
        self.assertEqual(sink.numbers(), list(range(1, count + 1)))
        return sink.messages()

    def test_rfc5424_is_parsed_field_by_field(self):
        for transport in ["udp", "tcp", "tls"]:
            with self.subTest(transport):
                sink, arguments = self.transport(transport)
                messages = self.deliver(sink, 40, *arguments)
                for number, message in enumerate(messages, 1):
                    self.assertEqual(message["pri"], "26")
                    self.assertTrue(message["timereported"].startswith(
                        "2026-11-23T06:15:15.123456"))
                    self.assertEqual(message["hostname"], "gw.example.net")
                    self.assertEqual(message["app-name"], "trapd")
                    self.assertRegex(message["procid"], r"^\d+$")
                    self.assertEqual(message["msgid"], "linkDown")
                    data = message["structured-data"]
                    self.assertIn('[snmp ctxEngine="800002b804616263" ctxName="ctx1" '
                                  'v1="1.3.6.1.2.1.1.3.0" t1="12345" '
                                  'v2="1.3.6.1.6.3.1.1.4.1.0" o2="1.3.6.1.6.3.1.1.5.3"', data)
                    self.assertIn('x4="65746822305d0a"', data)
                    self.assertIn('perceivedSeverity="major"', data)
                    self.assertIn('[origin ip="192.0.2.7" enterpriseId="696"]', data)
                    self.assertIn('[meta sequenceId="%d"]' % number, data)
                    self.assertTrue(message["msg"].endswith(SAID % number), message["msg"])

    def test_the_other_formats_arrive_over_every_transport(self):
        for transport in ["udp", "tcp", "tls"]:
            for form in ["rfc3164", "ovoc", "json"]:
                with self.subTest(transport + " " + form):
                    sink, arguments = self.transport(transport)
                    messages = self.deliver(sink, 10, *arguments, "--format", form)
                    for number, message in enumerate(messages, 1):
                        self.assertEqual(message["hostname"], "gw.example.net")
                        self.assertEqual(message["app-name"], "trapd")
                        if form == "json":
                            record = json.loads(message["msg"])
                            self.assertEqual(record["sequence"], number)
                            self.assertEqual(record["text"], SAID % number)
                        else:
                            self.assertTrue(message["msg"].endswith(SAID % number))
                        if form == "ovoc":
                            self.assertIn("Title: Alarm linkDown, received from sbc-1, 192.0.2.7 "
                                          "with Severity Major. Description: 3, ", message["msg"])

    def test_lf_framing(self):
        sink, arguments = self.transport("tcp")
        self.deliver(sink, 40, *arguments, "--lf")

    def test_tls_by_address_fingerprint_and_client_certificate(self):
        sink = self.rsyslogd("tcp", self.certificates, "gw.example.net")
        to = ["--transport", "tls", "--port", str(sink.port), "--certificate",
              self.certificates / "client.pem", "--key", self.certificates / "client.key"]
        result = drive(*to, "--verify", "ip", "--ca", self.certificates / "ca.pem", "--count", "5")
        self.assertEqual(result.returncode, 0, result.stderr)
        result = drive(*to, "--verify", "fingerprint", "--fingerprint",
                       self.certificates.fingerprint("server"), "--count", "5")
        self.assertEqual(result.returncode, 0, result.stderr)
        wait_for(lambda: len(sink.numbers()) == 10, "10 messages")

    def test_tls_to_the_wrong_peer_sends_nothing(self):
        sink, arguments = self.transport("tls")
        for extra in [["--server-name", "other.example.net"],
                      ["--verify", "fingerprint", "--fingerprint",
                       self.certificates.fingerprint("client")]]:
            arguments = arguments[:6] + extra
            result = drive(*arguments, "--count", "3", "--seconds", "2")
            self.assertEqual(result.returncode, 1)
        self.assertEqual(sink.messages(), [])

    def test_a_restart_of_rsyslogd_in_the_middle_loses_nothing(self):
        for transport in ["tcp", "tls"]:
            with self.subTest(transport):
                sink, arguments = self.transport(transport)
                driver = drive(*arguments, "--count", "600", "--pause-ms", "2", background=True)
                wait_for(lambda: len(sink.numbers()) >= 100, "100 messages")
                sink.stop()
                sink.start()
                out, err = driver.communicate(timeout=60)
                self.assertEqual(driver.returncode, 0, err)
                wait_for(lambda: set(sink.numbers()) == set(range(1, 601)),
                         "complete log: " + out)


if __name__ == "__main__":
    DRIVER = sys.argv.pop(1)
    unittest.main()
