# SPDX-License-Identifier: Apache-2.0
"""The disk below a running trapd, to be broken and mended by a test (failing_disk.cc)."""
import errno
import mmap
import os
import re
import signal
import struct
import urllib.error
import urllib.request

from trapd_fixture import PROGRAMS, Trapd, wait_for

FIELDS = ["write_errno", "sync_errno", "meta_errno", "state_errno", "sync_ms", "failed", "synced",
          "in_sync"]


class FailingDisk:
    """Its fields are those of FIELDS, read and set while trapd runs."""

    def __init__(self, test, directory):
        path = os.path.join(directory, "disk-control")
        with open(path, "w+b") as file:
            file.truncate(4 * len(FIELDS))
            self.__dict__["numbers"] = mmap.mmap(file.fileno(), 4 * len(FIELDS))
        self.__dict__["path"] = path
        test.addCleanup(self.numbers.close)

    def __getattr__(self, name):
        return struct.unpack_from("=i", self.numbers, 4 * FIELDS.index(name))[0]

    def __setattr__(self, name, value):
        struct.pack_into("=i", self.numbers, 4 * FIELDS.index(name), value)

    def works(self):
        for name in FIELDS[:5]:
            setattr(self, name, 0)


class TrapdOnDisk(Trapd):
    """A trapd whose store lies on a FailingDisk."""

    def __init__(self, test, **settings):
        super().__init__(test, **settings)
        self.store = self.settings["store"]["directory"]
        self.disk = FailingDisk(test, self.directory)

    def launch(self, *before, **named):
        environment = dict(os.environ, LD_PRELOAD=PROGRAMS["failing_disk"],
                           TRAPD_TEST_DISK_CONTROL=self.disk.path,
                           TRAPD_TEST_DISK_STORE=self.store)
        super().launch(*before, env=environment, **named)

    def not_ready(self):
        """Why /ready says no; None when it says yes."""
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/ready" % self.http_port, timeout=10):
                return None
        except urllib.error.HTTPError as refused:
            self.test.assertEqual(refused.code, 503)
            return refused.read().decode()

    def metric(self, name):
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % self.http_port,
                                    timeout=10) as answer:
            found = re.search(r"^%s (\S+)$" % re.escape(name), answer.read().decode(), re.MULTILINE)
        self.test.assertIsNotNone(found, name)
        return float(found.group(1))

    def await_failures(self, count):
        goal = self.metric("trapd_commit_failures_total") + count
        wait_for(lambda: self.metric("trapd_commit_failures_total") >= goal, "failing commits")

    def own_alarms(self, name):
        """Outcomes of trapd's own records of this name, oldest first."""
        page = self.ask("history", "--limit", "1000")
        return [r["outcome"] for r in reversed(page["records"]) if r.get("alarm") == name]

    def terminate(self):
        """Ends it without asking for the law; gives the numbers it said last."""
        self.process.send_signal(signal.SIGTERM)
        self.test.assertEqual(self.process.wait(40), 0, self.said())
        last = re.findall(r"stopped: received (\d+) = stored (\d+) .* in flight (\d+)",
                          self.said())[-1]
        return [int(number) for number in last]


def error_text(number):
    return os.strerror(getattr(errno, number))
