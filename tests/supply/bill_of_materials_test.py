#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""trapd.cdx.json names what the programs load, and docker/packages has what they need to run.

usage: bill_of_materials_test.py SOURCE BUILD PROGRAM…
"""
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE, BUILD, *PROGRAMS = (Path(word) for word in sys.argv[1:])
# Every Debian has them.
ALWAYS_THERE = {"libc6", "libgcc-s1"}


def said_by(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def loaded(program):
    """name -> file of every shared library, as the loader finds it."""
    return dict(re.findall(r"^\t(\S+) => (\S+) \(0x", said_by("ldd", program), re.MULTILINE))


def needed(program):
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", said_by("readelf", "-d", program)))


def section(name):
    lines = (SOURCE / "docker" / "packages").read_text().splitlines()
    inside = lines[lines.index("[%s]" % name) + 1:]
    ends = [at for at, line in enumerate(inside) if line.startswith("[")] + [len(inside)]
    return {line.split()[0] for line in inside[:ends[0]]}


class BillOfMaterials(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bill = json.loads((BUILD / "trapd.cdx.json").read_text())
        cls.files = {file["name"]: (file, package) for package in cls.bill["components"]
                     for file in package["components"]}

    def test_every_library_that_is_loaded_is_named_with_its_hash(self):
        for program in PROGRAMS:
            libraries = loaded(program)
            self.assertGreater(len(libraries), 3)
            for name, path in libraries.items():
                file, _ = self.files[name]
                self.assertEqual(file["hashes"][0]["content"],
                                 hashlib.sha256(Path(path).read_bytes()).hexdigest(), name)

    def test_a_package_has_version_source_and_licences(self):
        for package in self.bill["components"]:
            self.assertRegex(package["purl"], r"^pkg:deb/debian/[^@]+@[^?]+\?arch=\w+&distro=debian-12$")
            self.assertTrue(package["version"] and package["properties"][0]["value"], package)
            copyright_file = Path("/usr/share/doc", package["name"], "copyright")
            # Those without short names have them in prose.
            self.assertTrue(package["licenses"] or copyright_file.exists(), package)
        self.assertEqual(len({package["purl"] for package in self.bill["components"]}),
                         len(self.bill["components"]))
        names = {package["name"] for package in self.bill["components"]}
        self.assertLessEqual({"libcli11-dev", "nlohmann-json3-dev", "libssl3"}, names)

    def test_what_the_programs_need_is_in_the_runtime_packages(self):
        runtime = section("runtime") | ALWAYS_THERE
        for program in PROGRAMS:
            for library in needed(program):
                self.assertIn(self.files[library][1]["name"], runtime, "%s of %s" % (library, program))

    def test_the_licence_list_has_every_package(self):
        text = (BUILD / "LICENCES.txt").read_text()
        for package in self.bill["components"]:
            self.assertIn("\n%s %s\n" % (package["name"], package["version"]), text)

    def test_a_library_of_no_package_is_told(self):
        with tempfile.TemporaryDirectory() as directory:
            library, program = Path(directory, "libstranger.so"), Path(directory, "program")
            source = Path(directory, "source.c")
            source.write_text("int stranger(void) { return 0; }\n")
            said_by("cc", "-shared", "-fPIC", "-Wl,-soname,libstranger.so",
                    "-o", library, source)
            source.write_text("int stranger(void); int main(void) { return stranger(); }\n")
            said_by("cc", "-o", program, source, library, "-Wl,-rpath," + directory)
            made = subprocess.run(
                ["cmake", "-DVERSION=1", "-DPROGRAMS=%s" % program, "-DHEADERS=libcli11-dev",
                 "-DBOM=%s/bom" % directory, "-DLICENCES=%s/licences" % directory,
                 "-P", SOURCE / "docker" / "sbom.cmake"], capture_output=True, text=True)
            self.assertEqual(made.returncode, 0, made.stderr)
            self.assertRegex(made.stderr, r"no package has brought\s+\S*libstranger\.so")
            named = {one["name"]: one for one in
                     json.loads(Path(directory, "bom").read_text())["components"]}
            self.assertEqual(named[str(library)]["hashes"][0]["content"],
                             hashlib.sha256(library.read_bytes()).hexdigest())
            self.assertIn("libstranger.so\n    (of no package)",
                          Path(directory, "licences").read_text())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
