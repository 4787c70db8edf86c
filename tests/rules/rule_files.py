# SPDX-License-Identifier: Apache-2.0
"""The shipped rule files as lists of rules: bases taken in, pairs taken apart, names made OIDs.

For the tests beside it, which look at all files at once; whether a file is well formed and does
what its examples say, trapctl itself tells (rules.examples).
"""
import sys
from pathlib import Path
from typing import NamedTuple, Optional

import yaml

Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # every scalar stays the text it is


class Rule(NamedTuple):
    file: str
    name: str
    keys: dict  # as written, those of its base included
    traps: tuple[str, ...]  # OIDs
    subtrees: tuple[str, ...]
    pair: Optional[str]  # name of the pair it is half of

    @property
    def state(self) -> str:
        return self.keys.get("state", "event")

    @property
    def alarm(self) -> str:
        return self.keys.get("alarm", self.pair or self.name)

    @property
    def conditional(self) -> bool:
        return bool(self.keys.get("where") or self.keys.get("sender"))


class Example(NamedTuple):
    file: str
    trap: str  # OID
    varbinds: dict  # OID with instance -> value as written
    expect: dict


class RuleFile(NamedTuple):
    name: str
    rules: list[Rule]
    examples: list[Example]
    objects: dict[str, str]
    maps: dict[str, dict[str, str]]
    text: str


def as_list(value) -> list:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


class Names:
    """OIDs of names: the file's own objects first, then the modules that trapd brings."""

    def __init__(self, source: Path):
        sys.path.insert(0, str(source / "conf/rules"))
        from mib_notifications import Mibs
        self._mibs = Mibs(str(source / "mib/modules"))

    def oid(self, text: str, objects: dict[str, str]) -> str:
        module, _, rest = text.rpartition("::")
        name, dot, below = rest.partition(".")
        if name.isdigit():
            return text
        found = objects.get(name) if not module else None
        if found is None:
            homes = [module] if module else sorted(self._mibs.modules)
            found = next((oid for home in homes if name in self._mibs.modules[home].nodes
                          if (oid := self._mibs.oid(home, name))), None)
        if found is None:
            raise KeyError(f"{text} is no name")
        return found + dot + below


class Reader:
    def __init__(self, path: Path, names: Names):
        self._names = names
        self.text = path.read_text(encoding="utf-8")
        self._file = path.name
        self._root = yaml.load(self.text, Loader)
        self._objects = self._root.get("objects", {})
        self._bases = self._root.get("bases", {})

    def _oids(self, value) -> tuple[str, ...]:
        return tuple(self._names.oid(text, self._objects) for text in as_list(value))

    def _rule(self, own: dict, pair: Optional[str] = None) -> Rule:
        keys = {**self._bases.get(own.get("base"), {}), **own}
        return Rule(self._file, own["name"], keys, self._oids(keys.get("trap")),
                    self._oids(keys.get("subtree")), pair)

    def _halves(self, pair: dict) -> list[Rule]:
        halves = []
        for key, suffix in (("raise", ""), ("clear", "-clear")):
            own = {k: v for k, v in pair.items() if k not in ("raise", "clear")}
            own.update(name=pair["name"] + suffix, trap=pair[key], state=key,
                       alarm=pair.get("alarm", pair["name"]))
            where = as_list(pair.get("where")) + as_list(pair.get(key + "_where"))
            if where:
                own["where"] = where
            if key == "clear" and "clear_text" in pair:
                own["text"] = pair["clear_text"]
            halves.append(self._rule(own, pair["name"]))
        return halves

    def _example(self, example: dict) -> Example:
        varbinds = {self._names.oid(name, self._objects): value
                    for name, value in example.get("varbinds", {}).items()}
        return Example(self._file, self._names.oid(example["trap"], self._objects), varbinds,
                       example.get("expect", {}))

    def read(self) -> RuleFile:
        rules = [self._rule(own) for own in self._root.get("rules") or []]
        for pair in self._root.get("pairs") or []:
            rules += self._halves(pair)
        examples = [self._example(e) for e in self._root.get("examples") or []]
        return RuleFile(self._file, rules, examples, self._objects, self._root.get("maps", {}),
                        self.text)


def shipped(source: Path) -> list[RuleFile]:
    names = Names(source)
    return [Reader(path, names).read() for path in sorted((source / "conf/rules").glob("*.yaml"))]
