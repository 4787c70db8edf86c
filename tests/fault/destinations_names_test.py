#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Names of destinations that nobody knows, that nobody answers for, and that come late. Runs in
namespaces of its own, with its own resolver on port 53, and needs root for them.

usage: destinations_names_test.py TRAPD TRAPCTL [unittest arguments]
"""
import os
import socket
import subprocess
import sys
import threading
import time

from destination_fixture import DestinationTest, Sink, main, wait_for

INSIDE = "TRAPD_TEST_INSIDE"
COUNT = 50
NXDOMAIN, SERVFAIL = 3, 2
SLOW_S = 3


class Resolver:
    """Answers for names under .test as it is told: a code, an address, or nothing."""

    def __init__(self, test):
        self.answers = {}
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        thread = threading.Thread(target=self.serve)
        thread.start()

        def close():
            self.socket.sendto(b"", ("127.0.0.1", 53))
            thread.join()
            self.socket.close()
        test.addCleanup(close)

    def serve(self):
        while True:
            query, sender = self.socket.recvfrom(4096)
            if not query:
                return
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            name = ".".join(labels)
            self.asked.append(name)
            answer = self.answers.get(name)
            if answer is None:
                continue
            delay, result = answer
            reply = self.reply(query, at + 5, result)
            threading.Timer(delay, self.socket.sendto, (reply, sender)).start()

    @staticmethod
    def reply(query, end, result):
        wants_address = query[end - 4:end - 2] == b"\x00\x01"
        code = result if isinstance(result, int) else 0
        record = b""
        if code == 0 and wants_address:
            record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04" + socket.inet_aton(result)
        return (query[:2] + bytes([0x81, 0x80 | code]) + b"\x00\x01" +
                (b"\x00\x01" if record else b"\x00\x00") + b"\x00" * 4 + query[12:end] + record)


class Names(DestinationTest):
    def test_a_name_keeps_nobody_waiting_and_is_asked_for_again(self):
        resolver = Resolver(self)
        sinks = {name: Sink(self) for name in ("nobody", "failing", "silent", "late")}
        resolver.answers = {"nobody.test": (0, NXDOMAIN), "failing.test": (0, SERVFAIL),
                            "late.test": (SLOW_S, "127.0.0.1")}
        self.start(*({**self.syslog(name, sink.port),
                      "to": "tcp://%s.test:%d" % (name, sink.port)}
                     for name, sink in sinks.items()))
        self.device.send(COUNT)
        self.others_are_well()
        wait_for(lambda: len(sinks["late"].numbers()) >= COUNT, "delivery to the late name")
        self.assertEqual(sinks["late"].numbers(), self.device.sent)
        self.is_down("nobody", "failing", "silent")
        for name in ("nobody", "failing", "silent"):
            self.assertIn(name + ".test", self.destination(name)["detail"])
            self.assertEqual(sinks[name].numbers(), [])
        self.device.send(COUNT)
        self.others_are_well()
        for name in ("nobody", "failing", "silent"):
            resolver.answers[name + ".test"] = (0, "127.0.0.1")
        for name, sink in sinks.items():
            with self.subTest(name):
                wait_for(lambda: len(sink.numbers()) >= len(self.device.sent), "all", 70)
                self.assertEqual(sink.numbers(), self.device.sent)
        self.is_up(*sinks)

    def test_a_lookup_under_way_does_not_keep_trapd_from_stopping(self):
        resolver = Resolver(self)
        self.start({**self.syslog("silent", 1), "to": "tcp://silent.test:1"})
        wait_for(lambda: "silent.test" in resolver.asked, "question")
        began = time.monotonic()
        self.trapd.stop()
        self.assertLess(time.monotonic() - began, 15)


def enter():
    """Into namespaces of our own; False where that is not allowed."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        path = os.environ[INSIDE]
        subprocess.run(["mount", "--bind", path, os.path.realpath("/etc/resolv.conf")], check=True)
        os.remove(path)
        return True
    tried = ["unshare", "--mount", "--net", "ip", "link", "set", "lo", "up"]
    if subprocess.run(tried, capture_output=True).returncode:
        return False
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), "trapd-resolv-%d" % os.getpid())
    with open(path, "w") as file:
        file.write("nameserver 127.0.0.1\noptions timeout:4 attempts:2\n")
    os.environ[INSIDE] = path
    os.execvp("unshare", ["unshare", "--mount", "--net", "/usr/bin/python3", *sys.argv])
    return None


if __name__ == "__main__":
    if not enter():
        print("skipped: no namespaces here; tests/unit/net/resolver_test.cc stands for it")
        sys.exit(0)
    main()
