# SPDX-License-Identifier: Apache-2.0
"""The notifications in a directory of MIB files: OID, varbinds, and how each varbind is indexed.

A reader for one purpose, not a MIB compiler: it takes files that a compiler refuses (missing
imports, several modules in one file, Latin-1 texts), and what it cannot resolve is left out.
"""
import re
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

ROOTS = {"iso": "1", "ccitt": "0", "zeroDotZero": "0.0", "org": "1.3", "dod": "1.3.6",
         "internet": "1.3.6.1", "directory": "1.3.6.1.1", "mgmt": "1.3.6.1.2",
         "mib-2": "1.3.6.1.2.1", "transmission": "1.3.6.1.2.1.10", "experimental": "1.3.6.1.3",
         "private": "1.3.6.1.4", "enterprises": "1.3.6.1.4.1", "security": "1.3.6.1.5",
         "snmpV2": "1.3.6.1.6", "snmpModules": "1.3.6.1.6.3", "snmp": "1.3.6.1.2.1.11"}
# The generic traps of SNMPv1, which RFC 3584 3.1 gives OIDs of their own.
GENERIC = "1.3.6.1.2.1.11"

MODULE = re.compile(r"([A-Za-z][\w.-]*)\s+DEFINITIONS\s*(?:IMPLICIT\s+TAGS\s*)?::=\s*BEGIN")
WITH_OID = re.compile(
    r"([a-zA-Z][\w-]*)\s+(OBJECT\s+IDENTIFIER(?=\s*::=)|OBJECT-TYPE|NOTIFICATION-TYPE"
    r"|MODULE-IDENTITY|OBJECT-IDENTITY|OBJECT-GROUP|NOTIFICATION-GROUP|MODULE-COMPLIANCE)\b"
    r"((?:(?!::=).)*?)::=\s*\{([^}]*)\}", re.DOTALL)
TRAP = re.compile(r"([a-zA-Z][\w-]*)\s+TRAP-TYPE\s+ENTERPRISE\s+\{?\s*([\w-]+)\s*\}?"
                  r"((?:(?!::=).)*?)::=\s*(\d+)", re.DOTALL)
LIST = re.compile(r"\b(?:OBJECTS|VARIABLES)\s*\{([^}]*)\}", re.DOTALL)
IMPORT = re.compile(r"([\w\s,-]+?)\bFROM\s+([\w.-]+)")


class Object(NamedTuple):
    name: str
    oid: str
    index: tuple[str, ...]  # of its row; empty = a scalar
    syntax: str


class Notification(NamedTuple):
    name: str
    oid: str
    module: str
    varbinds: tuple[Object, ...]
    description: str
    path: str


class _Module:
    def __init__(self, name: str, path: str, text: str, strings: list[str]):
        self.name, self.path, self.strings = name, path, strings
        self.imports: dict[str, str] = {}
        self.nodes: dict[str, tuple[str, str, str]] = {}  # name -> (macro, body, oid text)
        self.traps: list[tuple[str, str, str, str]] = []
        found = re.search(r"\bIMPORTS\b(.*?);", text, re.DOTALL)
        if found:
            text = text[found.end():]
            for names, source in IMPORT.findall(found.group(1)):
                self.imports.update((n.strip(), source) for n in names.split(",") if n.strip())
        for name_, macro, body, oid in WITH_OID.findall(text):
            self.nodes.setdefault(name_, (macro, body, oid))
        self.traps = TRAP.findall(text)


def _modules(path: Path) -> Iterator[_Module]:
    """Texts in quotes become their number; comments go."""
    strings: list[str] = []

    def shorten(match: re.Match) -> str:
        if match.group().startswith("--"):
            return " "
        strings.append(" ".join(match.group()[1:-1].split()))
        return f'"{len(strings) - 1}"'

    text = re.sub(r'"[^"]*"|--[^\n]*', shorten, path.read_bytes().decode("latin-1"))
    starts = list(MODULE.finditer(text))
    for start, after in zip(starts, starts[1:] + [None]):
        end = after.start() if after else len(text)
        yield _Module(start.group(1), str(path), text[start.end():end], strings)


class Mibs:
    """All modules below a directory; of several files with one module the largest is taken."""

    def __init__(self, directory: str):
        self.modules: dict[str, _Module] = {}
        self._home: dict[str, list[str]] = {}
        self._oids: dict[tuple[str, str], Optional[str]] = {}
        for path in sorted(p for p in Path(directory).rglob("*") if p.is_file()):
            for module in _modules(path):
                known = self.modules.get(module.name)
                if known is None or len(known.nodes) + len(known.traps) < (
                        len(module.nodes) + len(module.traps)):
                    self.modules[module.name] = module
        for module in self.modules.values():
            for name in module.nodes:
                self._home.setdefault(name, []).append(module.name)

    def _home_of(self, module: str, name: str) -> Optional[str]:
        here = self.modules.get(module)
        if here and name in here.nodes:
            return module
        source = here.imports.get(name) if here else None
        if source in self.modules and name in self.modules[source].nodes:
            return source
        homes = self._home.get(name, [])  # an import is missing or names a file not at hand
        return homes[0] if len(homes) == 1 else None

    def oid(self, module: str, name: str) -> Optional[str]:
        if name in ROOTS:
            return ROOTS[name]
        home = self._home_of(module, name)
        if home is None:
            return None
        if (home, name) not in self._oids:
            self._oids[home, name] = None  # a definition that goes round in a circle
            self._oids[home, name] = self._resolve(home, self.modules[home].nodes[name][2])
        return self._oids[home, name]

    def _resolve(self, module: str, text: str) -> Optional[str]:
        arcs: list[str] = []
        for word in text.replace("(", " (").split():
            numbered = re.fullmatch(r"\((\d+)\)", word)
            if numbered and arcs:
                arcs[-1] = arcs[-1] or numbered.group(1)
            elif word.isdigit():
                arcs.append(word)
            else:
                oid = self.oid(module, word)
                if oid is None and arcs and None not in arcs:
                    arcs.append(None)  # name(number): the number follows
                    continue
                if oid is None:
                    return None
                arcs = [oid]
        return None if None in arcs or not arcs else ".".join(arcs)

    def object(self, module: str, name: str) -> Optional[Object]:
        home, oid = self._home_of(module, name), self.oid(module, name)
        if home is None or oid is None:
            return None
        macro, body, parent = self.modules[home].nodes[name]
        entry = parent.split()[0] if parent.split() else ""
        syntax = re.search(r"\bSYNTAX\b(.*?)(?:\b(?:MAX-ACCESS|ACCESS|UNITS)\b|$)", body, re.DOTALL)
        return Object(name, oid, self._index(home, entry),
                      " ".join(syntax.group(1).split()) if syntax else macro)

    def _index(self, module: str, entry: str) -> tuple[str, ...]:
        for _ in range(3):  # AUGMENTS of AUGMENTS
            home = self._home_of(module, entry)
            if home is None:
                return ()
            body = self.modules[home].nodes[entry][1]
            index = re.search(r"\bINDEX\s*\{([^}]*)\}", body)
            if index:
                return tuple(n.replace("IMPLIED", "").strip() for n in index.group(1).split(","))
            augments = re.search(r"\bAUGMENTS\s*\{\s*([\w-]+)", body)
            if not augments:
                return ()
            module, entry = home, augments.group(1)
        return ()

    def notifications(self) -> Iterator[Notification]:
        for module in self.modules.values():
            for name, (macro, body, _) in module.nodes.items():
                if macro == "NOTIFICATION-TYPE":
                    yield from self._notification(module, name, self.oid(module.name, name), body)
            for name, enterprise, body, number in module.traps:
                above = self.oid(module.name, enterprise)
                if above and above != GENERIC:
                    yield from self._notification(module, name, f"{above}.0.{number}", body)

    def _notification(self, module: _Module, name: str, oid: Optional[str],
                      body: str) -> Iterator[Notification]:
        if oid is None:
            return
        listed = LIST.search(body)
        names = re.findall(r"[\w-]+", listed.group(1)) if listed else []
        varbinds = (self.object(module.name, n) for n in names)
        text = re.search(r'\bDESCRIPTION\s*"(\d+)"', body)
        yield Notification(name, oid, module.name, tuple(v for v in varbinds if v),
                           module.strings[int(text.group(1))] if text else "", module.path)
