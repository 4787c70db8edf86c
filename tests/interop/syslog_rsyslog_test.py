#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Syslog against rsyslogd: what it has parsed and written is what the driver sent.

usage: syslog_rsyslog_test.py DRIVER [unittest arguments]
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

DRIVER = ""
SAID = 'number %d "quoted" ]\\ line end \u00e9'


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("no " + what + " within %d s" % seconds)


class Certificates:
    """A CA, a server and a client, made with openssl."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="trapd-rsyslog-tls-")
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", "/CN=Test CA", "-days", "2", "-keyout", self / "ca.key",
                 "-out", self / "ca.pem")
        self.issue("server", "DNS:logs.example.net,IP:127.0.0.1")
        self.issue("client", "DNS:gw.example.net")

    def __truediv__(self, name):
        return os.path.join(self.directory, name)

    def run(self, *arguments):
        return subprocess.run(["openssl", *arguments], check=True, capture_output=True,
                              text=True).stdout

    def issue(self, name, alternative_names):
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                 "/CN=" + name, "-keyout", self / (name + ".key"), "-out", self / (name + ".csr"))
        with open(self / (name + ".ext"), "w") as file:
            file.write("subjectAltName=" + alternative_names + "\n")
        self.run("x509", "-req", "-in", self / (name + ".csr"), "-CA", self / "ca.pem", "-CAkey",
                 self / "ca.key", "-CAcreateserial", "-days", "2", "-extfile",
                 self / (name + ".ext"), "-out", self / (name + ".pem"))

    def fingerprint(self, name):
        text = self.run("x509", "-in", self / (name + ".pem"), "-noout", "-fingerprint", "-sha256")
        return "sha-256:" + text.strip().split("=")[1]

    def close(self):
        shutil.rmtree(self.directory)


class Rsyslogd:
    """One rsyslogd that writes what it has parsed as JSON lines."""

    def __init__(self, transport, certificates=None, client_name=None, port=None):
        self.directory = tempfile.mkdtemp(prefix="trapd-rsyslog-")
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.transport = transport
        self.port = port or free_port(kind)
        self.log = os.path.join(self.directory, "log")
        self.config = os.path.join(self.directory, "rsyslog.conf")
        with open(self.config, "w") as file:
            file.write(self.configuration(certificates, client_name))
        self.process = None
        self.start()

    def configuration(self, certificates, client_name):
        fields = ["pri", "timereported", "hostname", "app-name", "procid", "msgid",
                  "structured-data", "msg", "rawmsg"]
        properties = 'constant(value=",")'.join(
            'property(name="%s" outname="%s" format="jsonf"%s)' %
            (f, f, ' dateFormat="rfc3339"' if f == "timereported" else "") for f in fields)
        text = 'global(workDirectory="%s" maxMessageSize="64k" %s)\n' % (
            self.directory,
            'defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="%s" '
            'defaultNetstreamDriverCertFile="%s" defaultNetstreamDriverKeyFile="%s"' %
            (certificates / "ca.pem", certificates / "server.pem", certificates / "server.key")
            if certificates else "")
        text += ('template(name="json" type="list") {constant(value="{")%s'
                 'constant(value="}\\n")}\n' % properties)
        if self.transport == "udp":
            text += ('module(load="imudp")\n'
                     'input(type="imudp" address="127.0.0.1" port="%d" ruleset="in")\n' % self.port)
        else:
            tls = ""
            if certificates:
                mode = ('StreamDriver.AuthMode="x509/name" PermittedPeer=["%s"]' % client_name
                        if client_name else 'StreamDriver.AuthMode="anon"')
                tls = 'StreamDriver.Name="ossl" StreamDriver.Mode="1" ' + mode
            text += ('module(load="imtcp" %s)\n'
                     'input(type="imtcp" address="127.0.0.1" port="%d" ruleset="in")\n' %
                     (tls, self.port))
        return text + ('ruleset(name="in") {action(type="omfile" file="%s" template="json")}\n'
                       % self.log)

    def start(self):
        with open(os.path.join(self.directory, "err"), "a") as err:
            self.process = subprocess.Popen(
                ["/usr/sbin/rsyslogd", "-n", "-f", self.config, "-i",
                 os.path.join(self.directory, "pid")], stdout=subprocess.DEVNULL, stderr=err)
        wait_for(self.listens, "rsyslogd")

    def listens(self):
        if self.transport != "udp":
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        port = ":%04X " % self.port
        with open("/proc/net/udp") as table:
            return any(port in line.split("\n")[0] for line in table)

    def messages(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def numbers(self):
        return [int(re.search(r"number (\d+)", m["msg"]).group(1)) for m in self.messages()
                if "number " in m["msg"]]

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(20)

    def close(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.directory)


def drive(*arguments, background=False):
    command = [DRIVER, *arguments]
    if background:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


class SyslogRsyslog(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates()

    @classmethod
    def tearDownClass(cls):
        cls.certificates.close()

    def rsyslogd(self, *arguments, **named):
        made = Rsyslogd(*arguments, **named)
        self.addCleanup(made.close)
        return made

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
