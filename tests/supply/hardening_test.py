#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How the programs were compiled and linked, read from them.

usage: hardening_test.py SOURCE BUILD PROGRAM…
"""
import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE, BUILD, *PROGRAMS = (Path(word) for word in sys.argv[1:])


FOLDERS = {"trapd", "mib", "forwarders"}


def readelf(*words):
    return subprocess.run(["readelf", "-W", *words], check=True, capture_output=True,
                          text=True).stdout


def fortified(command):
    """Of the -D_FORTIFY_SOURCE of a compiler's command: the last one counts."""
    return re.findall(r"-D_FORTIFY_SOURCE=(\d)", command)[-1:]


class Hardening(unittest.TestCase):
    def test_programs_lie_anywhere_and_cannot_be_rewired(self):
        for program in PROGRAMS:
            with self.subTest(program=program.name):
                header = readelf("-h", program)
                self.assertRegex(header, r"Type:\s+DYN")
                dynamic = readelf("-d", program)
                self.assertRegex(dynamic, r"FLAGS_1\).*\bNOW\b.*\bPIE\b")  # all bound at the start
                self.assertNotRegex(dynamic, r"\((TEXTREL|RPATH|RUNPATH)\)")
                segments = readelf("-l", program)
                self.assertIn("GNU_RELRO", segments)
                self.assertRegex(segments, r"GNU_STACK.* RW +0x")  # not executable
                writable_code = re.findall(r"LOAD.* RWE ", segments)
                self.assertEqual(writable_code, [])

    def test_stack_and_copies_are_checked(self):
        for program in PROGRAMS:
            with self.subTest(program=program.name):
                symbols = readelf("--dyn-syms", program)
                self.assertIn("__stack_chk_fail", symbols)
        # A copy whose room the compiler knows only while it runs: level 3.
        self.assertRegex(readelf("--dyn-syms", PROGRAMS[0]), r"__(mem|str)\w+_chk")

    def test_everything_was_compiled_with_it(self):
        rows = json.loads((BUILD / "compile_commands.json").read_text())
        commands = [row["command"] for row in rows
                    if Path(row["file"]).relative_to(SOURCE).parts[0] in FOLDERS]
        self.assertGreater(len(commands), 100)
        for command in commands:
            self.assertEqual(fortified(command), ["3"], command)
            for flag in ("-fstack-protector-strong", "-ftrivial-auto-var-init=zero",
                         "-fstack-clash-protection", "-fcf-protection"):
                self.assertIn(flag, command)
            self.assertRegex(command, r"-f(PIE|PIC)\b")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
