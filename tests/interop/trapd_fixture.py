# SPDX-License-Identifier: Apache-2.0
"""The real trapd on free loopback ports, and Net-SNMP's tools as its devices."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from loopback import free_port, own_directory, wait_for

PROGRAMS = {}
PASSPHRASE = "maplesyrup-"
NUMBER_OID = "1.3.6.1.2.1.1.1.0"
COLD_START = "1.3.6.1.6.3.1.1.5.1"
SENDERS_AT_ONCE = 8

AUTH_TOOL_NAMES = {"MD5": "MD5", "SHA-1": "SHA", "SHA-224": "SHA-224", "SHA-256": "SHA-256",
                   "SHA-384": "SHA-384", "SHA-512": "SHA-512"}
PRIV_TOOL_NAMES = {"DES": "DES", "AES-128": "AES", "AES-192-BLUMENTHAL": "AES-192",
                   "AES-256-BLUMENTHAL": "AES-256", "AES-192-REEDER": "AES-192-C",
                   "AES-256-REEDER": "AES-256-C"}


class User:
    """A USM user, as trapd and as Net-SNMP's tools are told of it."""

    def __init__(self, name, auth=None, priv=None):
        self.name, self.auth, self.priv = name, auth, priv

    def setting(self):
        user = {"name": self.name, "use": ["receive"]}
        if self.auth:
            user["auth"] = {"protocol": self.auth, "passphrase": PASSPHRASE + "auth"}
        if self.priv:
            user["priv"] = {"protocol": self.priv, "passphrase": PASSPHRASE + "priv"}
        return user

    def arguments(self):
        words = ["-v3", "-u", self.name, "-l",
                 "authPriv" if self.priv else "authNoPriv" if self.auth else "noAuthNoPriv"]
        if self.auth:
            words += ["-a", AUTH_TOOL_NAMES[self.auth], "-A", PASSPHRASE + "auth"]
        if self.priv:
            words += ["-x", PRIV_TOOL_NAMES[self.priv], "-X", PASSPHRASE + "priv"]
        return words


STRONG = User("strong", "SHA-256", "AES-128")


class Device:
    """One Net-SNMP sender: its own engine, and its own source address where one is given.

    Its tools run one after another: two of them at once write the file that keeps its engine
    (snmpapp.conf), and one that reads it half written answers to no Report any more."""

    def __init__(self, test, source=None):
        self.directory = own_directory(test.addCleanup, "trapd-device-")
        self.source = source
        self.one_at_a_time = threading.Lock()

    def command(self, tool, port, credentials, what, *, retries=5, timeout=2, extra=()):
        words = [tool, *credentials, "-r", str(retries), "-t", str(timeout), *extra]
        if self.source:
            words.append("--clientAddr=" + self.source)
        to = "udp:127.0.0.1:%d" % port if isinstance(port, int) else port
        if isinstance(what, int):
            what = [COLD_START, NUMBER_OID, "s", "number %d;" % what]
        return words + [to, "", *map(str, what)]

    def run(self, tool, port, user, what, **named):
        """True: sent, and for an inform answered. `what`: the number of a coldStart, or the OID of
        another notification and its varbinds as the tools take them."""
        credentials = user.arguments() if isinstance(user, User) else user
        environment = {"PATH": os.environ["PATH"], "MIBS": "", "MIBDIRS": self.directory,
                       "SNMPCONFPATH": self.directory, "SNMP_PERSISTENT_DIR": self.directory}
        with self.one_at_a_time:
            said = subprocess.run(
                self.command(tool, port, credentials, what, **named), env=environment,
                capture_output=True, text=True, timeout=50)
        self.said = said
        return said.returncode == 0

    def trap(self, port, user, what, **named):
        if not self.run("snmptrap", port, user, what, **named):
            raise AssertionError("snmptrap: " + self.said.stderr)

    def inform(self, port, user, what, **named):
        return self.run("snmpinform", port, user, what, **named)


def at_once(jobs):
    """Runs the functions, a few at a time, and gives their results in order."""
    with ThreadPoolExecutor(SENDERS_AT_ONCE) as pool:
        return list(pool.map(lambda job: job(), jobs))


SECRET_KEYS = {"passphrase", "password", "key"}
SECRET_OCTETS_MIN = 8  # shorter ones are words that stand anywhere


def secrets_in(settings, directory, key=None):
    """The octets of each secret in the configuration, whichever way it is given."""
    if isinstance(settings, dict):
        if key in SECRET_KEYS and "file" in settings:
            path = os.path.join(directory, settings["file"])
            if os.path.isfile(path):
                with open(path) as file:
                    yield from secrets_in(file.readline().rstrip("\n"), directory, key)
        for name, value in settings.items():
            yield from secrets_in(value, directory, name)
    elif isinstance(settings, list):
        for value in settings:
            if key == "communities" and isinstance(value, dict) and "name" in value:
                yield from secrets_in(value["name"], directory, "passphrase")
            yield from secrets_in(value, directory, key)
    elif key in SECRET_KEYS and isinstance(settings, str) and len(settings) >= SECRET_OCTETS_MIN:
        yield settings.encode()


class Trapd:
    """One trapd with a store and a configuration in a directory of its own."""

    def __init__(self, test, **settings):
        self.test = test
        self.directory = tempfile.mkdtemp(prefix="trapd-e2e-")
        os.chmod(self.directory, 0o700)
        self.port = free_port()
        self.http_port = free_port(socket.SOCK_STREAM)
        self.config = os.path.join(self.directory, "trapd.yaml")
        self.log = os.path.join(self.directory, "log")
        self.process = None
        self.settings = {
            "store": {"directory": os.path.join(self.directory, "store"), "max_size": "64MiB"},
            "listen": [{"udp": "127.0.0.1:%d" % self.port, "receive_buffer": "1MiB"}],
            "workers": int(os.environ.get("TRAPD_TEST_WORKERS", "1")),
            "metrics": {"listen": "127.0.0.1:%d" % self.http_port},
            "mibs": {"directories": [], "modules": "all"},
            "rules": [],
        }
        if os.geteuid() == 0:
            self.settings["process"] = {"user": "root"}
        self.secrets = set()
        self.answers = []  # of trapctl: (command, octets)
        self.configure(**settings)
        test.addCleanup(self.close)

    def configure(self, **settings):
        """Changes top-level keys and writes the file, whole at once; each key has its own line."""
        self.settings.update(settings)
        self.secrets |= set(secrets_in(self.settings, self.directory))
        with open(self.config + ".new", "w") as file:
            for key, value in self.settings.items():
                file.write("%s: %s\n" % (key, json.dumps(value)))
        os.rename(self.config + ".new", self.config)

    def launch(self, *before, arguments=(), **named):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*before, PROGRAMS["trapd"], "--config", self.config, *arguments], stdout=log,
                stderr=log, **named)

    def start(self):
        self.launch()
        self.await_ready()
        return self

    def await_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError("trapd ended with %d:\n%s" %
                                     (self.process.returncode, self.said()))
            return self.is_ready()
        wait_for(ready, "ready trapd")

    def holds_back(self, number):
        """Whether the signal would wait, because trapd wants it so: what starts a process or a
        thread holds back all signals for a moment, SIGTERM too."""
        process = "/proc/%d/" % self.process.pid
        if os.readlink(process + "exe") != os.path.realpath(PROGRAMS["trapd"]):
            return False
        with open(process + "status") as file:
            blocked = int(re.search(r"^SigBlk:\s*(\w+)$", file.read(), re.MULTILINE).group(1), 16)
        return bool(blocked >> (number - 1) & 1) and not blocked >> (signal.SIGTERM - 1) & 1

    def is_ready(self):
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/ready" % self.http_port,
                                        timeout=10) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def said(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def refused_start(self):
        """Starts, and gives what trapd said when it would not: always exit status 1."""
        self.launch()
        self.test.assertEqual(self.process.wait(30), 1, self.said())
        return self.said()

    def ctl(self, *words):
        said = subprocess.run([PROGRAMS["trapctl"], "--config", self.config, *words],
                              capture_output=True, text=True, timeout=50)
        if "key" not in words:  # whose answer is one
            self.answers.append((" ".join(words), (said.stdout + said.stderr).encode()))
        return said

    def ask(self, *words):
        result = self.ctl("--json", *words)
        self.test.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def status(self):
        return self.ask("status")

    def law(self, received=None):
        """At rest: received = stored + suppressed + dropped, and nothing in flight."""
        def at_rest():
            now = self.status()
            if received is not None and now["received"] < received:
                return None
            return now if now["in_flight"] == 0 else None
        now = wait_for(at_rest, "rest with %s received: %s" % (received, self.status()))
        self.test.assertEqual(now["received"], now["stored"] + sum(now["suppressed"].values()) +
                              sum(now["dropped"].values()), now)
        if received is not None:
            self.test.assertEqual(now["received"], received, now)
        return now

    def history(self):
        """All records of notifications, oldest first."""
        records, before = [], []
        while True:
            page = self.ask("history", "--limit", "1000", *before)
            records += page["records"]
            if page["next"] is None:
                return [r for r in reversed(records) if r["kind"] == "notification"]
            before = ["--before", str(page["next"])]

    def numbers(self):
        """The numbers of the stored notifications, in their order."""
        return numbers_in(" ".join(r["varbinds"][-1]["value"] for r in self.history()))

    def numbers_of_informs(self):
        """The same, among notifications of others that have none."""
        return numbers_in(" ".join(str(r["varbinds"][-1]["value"]) for r in self.history()
                                   if r["varbinds"]))

    def stop(self):
        """In order: the law holds at the end too."""
        self.process.send_signal(signal.SIGTERM)
        self.test.assertEqual(self.process.wait(40), 0, self.said())
        received, stored, suppressed, dropped, in_flight = self.last_words()[-1]
        self.test.assertEqual((received, in_flight), (stored + suppressed + dropped, 0))

    def last_words(self):
        """What each of its processes that stopped in order said at the end: (received, stored,
        suppressed, dropped, in flight)."""
        return [tuple(map(int, sums)) for sums in re.findall(
            r"stopped: received (\d+) = stored (\d+) \+ suppressed (\d+) \+ "
            r"dropped (\d+) \+ in flight (\d+)", self.said())]

    def kill(self):
        self.process.kill()
        self.process.wait(40)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        try:
            self.no_call_refused()
            self.no_secret_told()
        finally:
            shutil.rmtree(self.directory)

    def no_secret_told(self):
        """Whatever the test did: what the configuration keeps secret is in nothing that trapd and
        trapctl said, and in nothing that they wrote."""
        told = list(self.answers)
        written = [self.log]
        store = self.settings.get("store", {}).get("directory", self.directory + "/store")
        for directory, _, files in os.walk(store):
            written += [os.path.join(directory, file) for file in files]
        for path in written:
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    told.append((path, file.read()))
        for place, octets in told:
            for secret in self.secrets:
                self.test.assertFalse(secret in octets, "%r is in %s" % (secret, place))

    def no_call_refused(self):
        """Whatever the test did: trapd made no system call that its filter knows no use for."""
        if os.path.exists(self.log):
            refused = [line for line in self.said().splitlines() if "refused system call" in line]
            self.test.assertFalse(refused, "\n".join(refused))
        if self.process is not None:
            self.test.assertNotEqual(self.process.returncode, -signal.SIGSYS, "killed by seccomp")


class SyslogSink:
    """Takes syslog over TCP with octet counting. It can be closed, and opened again."""

    def __init__(self, test):
        self.port = free_port(socket.SOCK_STREAM)
        self.messages = []
        self.server = None
        self.open()
        test.addCleanup(self.close)

    def open(self):
        self.server = socket.create_server(("127.0.0.1", self.port))
        self.connections = []
        self.thread = threading.Thread(target=self.serve, args=(self.server, self.connections))
        self.thread.start()

    def serve(self, server, connections):
        threads = []
        try:
            while True:
                connection, _ = server.accept()
                connections.append(connection)
                threads.append(threading.Thread(target=self.read, args=(connection,)))
                threads[-1].start()
        except OSError:
            for thread in threads:
                thread.join()

    def read(self, connection):
        try:
            with connection, connection.makefile("rb") as stream:
                while True:
                    length = b""
                    while not length.endswith(b" "):
                        octet = stream.read(1)
                        if not octet:
                            return
                        length += octet
                    message = stream.read(int(length))
                    if len(message) == int(length):
                        self.messages.append(message.decode())
        except OSError:
            pass

    def numbers(self):
        """Of the messages in JSON, which come in their order."""
        records = [json.loads(m[m.index("{"):]) for m in list(self.messages)]
        return numbers_in(" ".join(r["varbinds"][-1]["value"] for r in records
                                   if r["kind"] == "notification"))

    def close(self):
        if self.server is None:
            return
        for what in [self.server, *self.connections]:
            try:
                what.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.server.close()
        self.server = None
        self.thread.join()


class Recorder:
    """Records what a device sends, and sends it on as often as wanted, from one address."""

    def __init__(self, test):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(20)
        test.addCleanup(self.socket.close)

    def trap(self, device, user, number, engine=None, boots=None, seconds=None):
        extra = ["-e", engine, "-Z", "%d,%d" % (boots, seconds)] if engine else []
        device.trap(self.socket.getsockname()[1], user, number, extra=extra)
        return self.socket.recv(65536)

    def replay(self, datagram, port):
        self.socket.sendto(datagram, ("127.0.0.1", port))


class LossyPath:
    """Between one sender and trapd; while `losing`, it loses encrypted answers. It keeps them.
    Answers from another address than the one it asks do not reach it."""

    def __init__(self, test, port, address="127.0.0.1", losing=True):
        self.outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.outside.bind(("127.0.0.1", 0))
        self.port = self.outside.getsockname()[1]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.inside = socket.socket(family, socket.SOCK_DGRAM)
        self.inside.connect((address, port))
        self.sender = None
        self.losing = losing
        self.lost, self.passed = [], []
        threads = [threading.Thread(target=work) for work in (self.forth, self.back)]
        for thread in threads:
            thread.start()

        def close():
            self.outside.sendto(b"", self.outside.getsockname())
            self.inside.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()
            self.outside.close()
            self.inside.close()
        test.addCleanup(close)

    def forth(self):
        while True:
            datagram, self.sender = self.outside.recvfrom(65536)
            if not datagram:
                return
            try:
                self.inside.send(datagram)
            except ConnectionRefusedError:
                pass  # trapd is away; the sender tries again

    def back(self):
        while True:
            try:
                datagram = self.inside.recv(65536)
            except ConnectionRefusedError:
                continue
            if not datagram:
                return
            # msgFlags with privacy, and USM behind it: no Report, but the Response.
            if self.losing and (b"\x04\x01\x03\x02\x01\x03" in datagram[:40]):
                self.lost.append(datagram)
            else:
                self.passed.append(datagram)
                self.outside.sendto(datagram, self.sender)


def numbers_in(text):
    return [int(number) for number in re.findall(r"number (\d+);", text)]


def main():
    PROGRAMS["trapd"], PROGRAMS["trapctl"] = sys.argv[1], sys.argv[2]
    del sys.argv[1:3]
    unittest.main()
