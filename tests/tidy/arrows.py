# SPDX-License-Identifier: Apache-2.0
"""Which folder may include which: the picture in trapd/ARCHITECTURE.md, read as it stands there.

  a, b <- c <- d     c may include a and b; d may include c, and what c may
"""
import re
from typing import Iterator

EVERYTHING = "all of these"
# Libraries that stay behind one folder, so that they can be replaced there.
SEAMS = {
    "lmdb.h": ("trapd/journal/",),
    "curl/": ("forwarders/mail/",),
    "httplib.h": ("trapd/admin/",),
    "net-snmp/": ("mib/compiler/",),
    "yaml-cpp/": ("trapd/config/",),
    "prometheus/": ("trapd/admin/",),
}


def read(architecture: str) -> dict[str, set[str]]:
    """Folder -> folders it may include."""
    section = architecture.split("\n## Folders\n", 1)[1].split("\n## ", 1)[0]
    block = re.search(r"```\n(.*?)```", section, re.DOTALL).group(1)
    allowed: dict[str, set[str]] = {}
    for line in block.splitlines():
        line = re.sub(r"\([^)]*\)", "", line)
        steps = [part.strip() for part in line.split("<-")]
        steps[-1] = steps[-1].split("  ")[0].split(" ")[0]  # words behind the last name explain
        for before, after in zip(steps, steps[1:]):
            names = sorted(allowed) if before == EVERYTHING else before.split(", ")
            for name in names:
                allowed.setdefault(name, set())
            allowed.setdefault(after, set()).update(names)
    for name in allowed:
        allowed[name] = reachable(allowed, name) | {"base", name}
    return allowed


def reachable(allowed: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for name in allowed.get(waiting.pop(), set()) - seen:
            seen.add(name)
            waiting.append(name)
    return seen


def folder(path: str) -> str:
    parts = path.split("/")
    if parts[0] != "trapd":
        return parts[0]
    if len(parts) == 2:
        return "main" if parts[1] == "main.cc" else "gateway"
    return parts[1]


def kind(path: str) -> str:
    """Of a forwarder: syslog, mail, snmp; empty for what they share."""
    parts = path.split("/")
    return parts[1] if parts[0] == "forwarders" and len(parts) > 2 else ""


def broken(allowed: dict[str, set[str]], path: str, text: str) -> Iterator[tuple[int, str]]:
    here = folder(path)
    if here not in allowed:
        yield 1, f"{here} is not in the picture of ARCHITECTURE.md"
        return
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+(["<])([^">]+)', line)
        if not match:
            continue
        name = match.group(2)
        if match.group(1) == '"':
            there = folder(name)
            if there not in allowed[here]:
                yield number, f"{here} may not include {there}: {name}"
            elif kind(name) not in ("", kind(path)) and here == "forwarders" and \
                    not path.startswith("forwarders/kinds"):
                yield number, f"only kinds.cc knows the kinds: {name}"
        for seam, homes in SEAMS.items():
            if name.startswith(seam) and not path.startswith(homes):
                yield number, f"<{name}> stays inside {', '.join(homes)}"
