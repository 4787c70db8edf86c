#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docker/install is content with the versions of docker/packages only.

usage: package_versions_test.py SOURCE …
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(sys.argv[1])


class PackageVersions(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.install = Path(directory.name, "install")
        shutil.copy(SOURCE / "docker" / "install", self.install)

    def installed(self, packages, **environment):
        """Of packages that are there: nothing is installed by this test."""
        self.install.with_name("packages").write_text("[build]\n%s\n" % packages)
        return subprocess.run(["bash", self.install, "build"], capture_output=True, text=True,
                              env={**os.environ, **environment})

    def test_the_list_is_what_is_here(self):
        there = subprocess.run(["bash", SOURCE / "docker" / "install", "build", "run"],
                               capture_output=True, text=True)
        self.assertEqual(there.returncode, 0, there.stderr)

    def test_another_version_is_an_error_that_can_be_let_pass(self):
        found = subprocess.run(["dpkg-query", "-W", "-f=${Version}", "libc6"], check=True,
                               capture_output=True, text=True).stdout
        whole = found.split(":")[-1]
        first = whole.split(".")[0]
        self.assertEqual(self.installed("libc6 " + first).returncode, 0)
        self.assertEqual(self.installed("libc6 " + whole).returncode, 0)
        for other in (first + "0", first[:-1] or "0", whole + "x"):
            refused = self.installed("libc6 " + other)
            self.assertEqual(refused.returncode, 1, other)
            self.assertIn("libc6 is %s, not %s\n" % (whole, other), refused.stderr)
            self.assertEqual(self.installed("libc6 " + other, TRAPD_ANY_VERSION="1").returncode, 0)

    def test_a_line_without_a_version_is_an_error(self):
        refused = self.installed("libc6")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("expected a package and its version: libc6", refused.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
