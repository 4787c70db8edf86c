#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""House rules that a compiler does not check.

  tidy.py SOURCE_DIR BUILD_DIR    prints "file:line: rule: what is wrong"; exit 1 when there is any

A rule is a function from a Tree to findings; RULES names them all. Exceptions, each with its
reason, stand in exceptions.py; one that is no longer needed is a finding too.
"""
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NamedTuple

import arrows
from exceptions import EXCEPTIONS

LINES_MAX = 500
FUNCTION_LINES_MAX = 70
FILE_OCTETS_MAX = 200 * 1024
SOURCES = ("trapd/", "forwarders/", "mib/", "bench/")
LIBRARIES = ("trapd/", "forwarders/", "mib/")
PROGRAMS = ("trapd/main.cc", "trapd/ctl/", "mib/compiler/main.cc", "trapd/config/print_schema.cc")


class Finding(NamedTuple):
    path: str
    line: int
    rule: str
    text: str


class Tree:
    """The files under version control or about to be, and what the build makes of them."""

    def __init__(self, files: dict[str, bytes], compiled: set[str], commands: list[str]):
        self.raw = files
        self.texts = {}
        for path, octets in files.items():
            if b"\0" not in octets:
                self.texts[path] = octets.decode("utf-8", errors="replace")
        self.code = {p: strip_comments(t) for p, t in self.texts.items() if is_cpp(p)}
        self.compiled = compiled  # sources of the build, by path
        self.commands = commands  # of its tests


def is_cpp(path: str) -> bool:
    return path.endswith((".cc", ".h"))


def strip_comments(text: str) -> str:
    """Comments and the insides of literals become blanks; lines stay where they are."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"\(.*?\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''

    def blank(match: re.Match) -> str:
        piece = match.group()
        if piece[0] == "/":
            return re.sub(r"[^\n]", " ", piece)
        return piece[0] + re.sub(r"[^\n]", " ", piece[1:-1]) + piece[-1]

    return re.sub(pattern, blank, text, flags=re.DOTALL)


def lines_with(text: str, pattern: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(pattern, line):
            yield number, line.strip()


def banned(tree: Tree, rule: str, prefixes: tuple, pattern: str, why: str,
           allowed: tuple = ()) -> Iterator[Finding]:
    for path, code in tree.code.items():
        if not path.startswith(prefixes) or path.startswith(allowed or ("\0",)):
            continue
        for number, line in lines_with(code, pattern):
            yield Finding(path, number, rule, f"{why}: {line}")


# --- code ---

def include_arrows(tree: Tree) -> Iterator[Finding]:
    picture = arrows.read(tree.texts["trapd/ARCHITECTURE.md"])
    for path, text in tree.texts.items():
        if is_cpp(path) and path.startswith(SOURCES):
            for number, message in arrows.broken(picture, path, text):
                yield Finding(path, number, "arrows", message)


def rooted_includes(tree: Tree) -> Iterator[Finding]:
    for path, text in tree.texts.items():
        if not is_cpp(path):
            continue
        for number, line in lines_with(text, r'^\s*#\s*include\s+"'):
            name = re.search(r'"([^"]*)"', line).group(1)
            if name not in tree.raw:
                yield Finding(path, number, "includes", f"not a path from the root: {name}")


def headers(tree: Tree) -> Iterator[Finding]:
    for path, text in tree.texts.items():
        if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.MULTILINE):
            yield Finding(path, 1, "headers", "no #pragma once")


def constant_time(tree: Tree) -> Iterator[Finding]:
    return banned(tree, "memcmp", ("trapd/usm/",), r"(?<!CRYPTO_)\bmemcmp\s*\(",
                  "takes a time that tells about the octets; CRYPTO_memcmp does not")


def output(tree: Tree) -> Iterator[Finding]:
    return banned(tree, "output", LIBRARIES,
                  r"\b(v?f?printf|puts|fputs|perror)\s*\(|\bcerr\b|\bcout\b|fmt::print",
                  "a library has no terminal; log:: or an error", PROGRAMS)


def detached(tree: Tree) -> Iterator[Finding]:
    return banned(tree, "detach", SOURCES + ("tests/",), r"[.>]detach\s*\(|pthread_detach",
                  "nobody could wait for this thread at the end")


def ownership(tree: Tree) -> Iterator[Finding]:
    """A class with a private constructor may be given to a smart pointer where it is made."""
    at_once = r"(unique|shared)_ptr<[^;]*>\s*\w*\s*\(\s*new\s"
    for path, code in tree.code.items():
        if not path.startswith(SOURCES):
            continue
        for number, line in lines_with(code, r"\bnew\b|\bdelete\b|\bmalloc\s*\(|\bfree\s*\("):
            if line.startswith("#include") or re.search(r"=\s*delete\b", line):
                continue
            if not re.search(at_once, line):
                yield Finding(path, number, "ownership", f"no owner in sight: {line}")


def lengths(tree: Tree) -> Iterator[Finding]:
    for path, text in tree.texts.items():
        count = text.count("\n")
        if path.endswith((".cc", ".h", ".py", ".cmake")) and count > LINES_MAX:
            yield Finding(path, count, "long file", f"{count} lines, at most {LINES_MAX}")


def functions(code: str) -> Iterator[tuple[int, int]]:
    """First line and number of lines of what looks like a function, as clang-format sets it: its
    end is a brace in the column of its first line. A TEST_CASE is a list of checks and may be long."""
    lines = code.splitlines()
    for end, line in enumerate(lines):
        if not re.fullmatch(r" *\}", line.rstrip()):
            continue
        indent = len(line.rstrip()) - 1
        start = end - 1
        while start >= 0 and not (lines[start].strip() and
                                  len(lines[start]) - len(lines[start].lstrip()) <= indent):
            start -= 1
        # The head may end in a line of its own: "    -> Status {" stands deeper than its start.
        head = lines[start].strip() if start >= 0 else ""
        if "(" in head and not re.match(r"(if|for|while|switch|else|do|namespace|class|struct|"
                                        r"enum|union|extern|TEST_CASE|\}|constexpr [\w:<>, ]+ = )\b", head):
            yield start + 1, end - start + 1


def long_functions(tree: Tree) -> Iterator[Finding]:
    for path, code in tree.code.items():
        for line, count in functions(code):
            if count > FUNCTION_LINES_MAX:
                yield Finding(path, line, "long function",
                              f"{count} lines, at most {FUNCTION_LINES_MAX}")


# --- files ---

def markers(tree: Tree) -> Iterator[Finding]:
    words = "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"])
    for path, text in tree.texts.items():
        for number, line in lines_with(text, rf"\b({words})\b"):
            yield Finding(path, number, "markers", f"what exists is finished: {line}")


def names(tree: Tree) -> Iterator[Finding]:
    vague = r"(^|_)(utils?|common|helpers?|manager|misc)(_|\.|/|$)"
    for path in tree.raw:
        for part in path.split("/"):
            if re.search(vague, part):
                yield Finding(path, 1, "names", f"{part} says nothing of what is in it")


def blanks(tree: Tree) -> Iterator[Finding]:
    for path, text in tree.texts.items():
        for number, _ in lines_with(text, r"[ \t]+$"):
            yield Finding(path, number, "blanks", "blanks at the end of the line")
        if text and not text.endswith("\n"):
            yield Finding(path, text.count("\n") + 1, "blanks", "no end of line at the end")


def sizes(tree: Tree) -> Iterator[Finding]:
    for path, octets in tree.raw.items():
        if len(octets) > FILE_OCTETS_MAX:
            yield Finding(path, 1, "size", f"{len(octets)} octets, at most {FILE_OCTETS_MAX}")


def licences(tree: Tree) -> Iterator[Finding]:
    kinds = (".cc", ".h", ".py", ".cmake", "CMakeLists.txt")
    for path, text in tree.texts.items():
        if not path.endswith(kinds):
            continue
        first = [line for line in text.splitlines()[:2] if not line.startswith("#!")]
        if not first or "SPDX-License-Identifier: Apache-2.0" not in first[0]:
            yield Finding(path, 1, "licence", "the first line is not the SPDX line")


def packages(tree: Tree) -> Iterator[Finding]:
    """docker/packages is the one list; docker/install reads it."""
    for path, text in tree.texts.items():
        if path.startswith(("docker/packages", "tests/tidy/")):
            continue
        listed = r"\bapt(-get)? (-\S+ )*install (-\S+ )*[a-z0-9]|\bpip3? install\b"
        for number, line in lines_with(text, listed):
            yield Finding(path, number, "packages", f"belongs into docker/packages: {line}")


def built(tree: Tree) -> Iterator[Finding]:
    """A test that lies outside the build fails nobody."""
    for path in tree.raw:
        if re.search(r"(_test\.cc|(^|/)fuzz_\w+\.cc)$", path) and path not in tree.compiled:
            yield Finding(path, 1, "built", "is in no target")
        if path.endswith((".scn", "_test.py")):
            near = (path, path.rsplit("/", 1)[0] + " ", path.rsplit("/", 1)[1])
            if not any(part in command + " " for part in near for command in tree.commands):
                yield Finding(path, 1, "built", "is in no test of the build")


RULES = [include_arrows, rooted_includes, headers, constant_time, output, detached, ownership,
         lengths, long_functions, markers, names, blanks, sizes, licences, packages, built]


def run(tree: Tree, exceptions: dict) -> list[Finding]:
    found = [finding for rule in RULES for finding in rule(tree)]
    used = {(f.rule, f.path) for f in found}
    left = [f for f in found if f.path not in exceptions.get(f.rule, {})]
    for rule, paths in exceptions.items():
        for path in paths:
            if (rule, path) not in used:
                left.append(Finding(path, 1, rule, "an exception that is no longer needed"))
    return sorted(left)


def tree_files(source: Path) -> dict[str, bytes]:
    """What git tracks; of an unpacked archive everything but hidden folders and builds."""
    if (source / ".git").exists():
        listed = subprocess.run(["git", "-C", source, "ls-files", "-z"], check=True,
                                capture_output=True).stdout.decode()
        paths = [path for path in listed.split("\0") if path]
    else:
        top = [entry for entry in source.iterdir()
               if not entry.name.startswith("build") and not entry.name == ".git"]
        paths = [str(path.relative_to(source)) for entry in top
                 for path in ([entry] if entry.is_file() else entry.rglob("*"))
                 if "__pycache__" not in path.parts]
    return {path: (source / path).read_bytes() for path in paths if (source / path).is_file()}


def read_tree(source: Path, build: Path) -> Tree:
    database = json.loads((build / "compile_commands.json").read_text())
    compiled = set()
    for entry in database:
        path = Path(entry["directory"], entry["file"]).resolve()
        if path.is_relative_to(source):
            compiled.add(str(path.relative_to(source)))
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True,
                             capture_output=True).stdout
    commands = [" ".join(test.get("command", [])) for test in json.loads(listing)["tests"]]
    return Tree(tree_files(source), compiled, commands)


def main() -> int:
    source, build = (Path(argument).resolve() for argument in sys.argv[1:3])
    findings = run(read_tree(source, build), EXCEPTIONS)
    for finding in findings:
        print(f"{finding.path}:{finding.line}: {finding.rule}: {finding.text}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
