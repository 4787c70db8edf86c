#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tests that README.md, SECURITY.md and ARCHITECTURE.md name are there.

usage: named_tests_test.py SOURCE BUILD …
"""
import re
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE, BUILD = (Path(word) for word in sys.argv[1:3])
KINDS = "unit|scenario|interop|fault|conformance|fuzz|rules|supply|bench|tidy|hostile|differential"


class NamedTests(unittest.TestCase):
    def test_each_is_a_test_of_the_build(self):
        listed = subprocess.run(["ctest", "-N"], cwd=BUILD, check=True, capture_output=True,
                                text=True).stdout
        there = set(re.findall(r"^ *Test +#\d+: (\S+)$", listed, re.MULTILINE))
        self.assertGreater(len(there), 100)
        for page in ("README.md", "SECURITY.md", "trapd/ARCHITECTURE.md"):
            text = (SOURCE / page).read_text()
            named = set(re.findall(r"`((?:%s)\.[\w.-]+)`" % KINDS, text))
            self.assertEqual(named - there, set(), page)

    def test_each_file_named_behind_a_unit_test_is_one_of_it(self):
        for page in ("README.md", "trapd/ARCHITECTURE.md"):
            text = (SOURCE / page).read_text()
            named = re.findall(r"`unit\.(\w+)` \(([\w., ]+)\)", text)
            self.assertGreater(len(named), 10, page)
            for program, files in named:
                for file in files.split(", "):
                    self.assertTrue((SOURCE / "tests" / "unit" / program / file).exists(), file)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
