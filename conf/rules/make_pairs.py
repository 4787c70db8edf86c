#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes pairs.yaml and pairs-huawei.yaml: one notification raises an alarm, another clears it.

  make_pairs.py CANDIDATES MIB_DIRECTORY [--rejected FILE]

CANDIDATES has a line per pair: raise OID, raise name, clear OID, clear name, module, separated by
tabs; `#` begins a comment. MIB_DIRECTORY is searched for MIB files. A candidate becomes a pair when

  names      are alike but for their last words, and these are a fault and its end (ENDS): On/Off,
             Start/Stop and Added/Removed are so only with a word of FAULTS before them
  clear      belongs to this raise alone
  varbinds   say the same of which thing it is in both notifications: the index of their common
             column with the longest index, and the values of common scalars whose names are an
             identity (WHO), or what the descriptions say of the arguments (PowerNet-MIB)
  no other   file of rules here has one of the two
  no line    of pairs-excluded.tsv takes it away, with its reason

Huawei has more of them than all others together: they get a file of their own, and only those with
a column, whose index alone counts, since its scalars are seldom unique.

Each refusal and its reason go to --rejected. Type, severity and cause go by the words of the name
(WORDS, and severity()). An example of each raise and each clear is written beside the pairs.
"""
import argparse
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from mib_notifications import Mibs, Notification, Object
from pair_words import MODULES, WORDS, severity, words

HERE = Path(__file__).resolve().parent
FILES = {"pairs.yaml": r"(?!HUAWEI-)", "pairs-huawei.yaml": r"HUAWEI-"}  # by module
ENDS = {("", e) for e in ("Resume", "Resumed", "Clear", "Cleared", "Recovery", "Recovered",
                          "Normal", "Resolved", "Restore", "Restored", "Removed", "Off",
                          "End")} | {
    ("Alarm", "Resume"), ("Alarm", "Clear"), ("Alarm", "Normal"), ("Failure", "Normal"),
    ("Failure", "Restored"), ("Failure", "Restore"), ("Failure", "Clear"), ("Failure", "Resume"),
    ("Fail", "Resume"), ("Fail", "Normal"), ("Rising", "Resume"), ("Raised", "Cleared"),
    ("Raised", "Clear"), ("Raise", "Clear"), ("Abnormal", "Normal"), ("Abnormal", "Resume"),
    ("Abnormal", "Restore"), ("Detected", "Cleared"), ("Detected", "Resolved"),
    ("Detected", "Removed"), ("Detected", "Normal"), ("Detected", "Recovery"),
    ("Detected", "Recovered"), ("Set", "Clear"), ("Set", "Cleared"), ("Trap", "Resume")}
ACTIVITY = {("On", "Off"), ("Start", "Stop"), ("Start", "End"), ("Added", "Removed")}
FAULTS = re.compile(r"Alarm|Fault|Attack|Throttling|Boost|Loop|Bypass|Beacon|Emergency|ids|Cntrmeas"
                    r"|RateLimit|ConnRate|ConnLimit|TransactionRate|Condition")

# A varbind says which thing it is when the last word of its name is one of these; the others say
# how it is with it (values, thresholds, reasons, states, times).
WHO = re.compile(r"(Name|Index|Idx|Id|ID|Slot|Port|Addr|Address|Ip|IP|Mac|MAC|Serial|Chassis"
                 r"|Frame|Board|Card|Interface|Vlan|VLAN|Vrid|Instance|Sensor|Outlet|Bank|Phase"
                 r"|Node|Host|Unit|Ring|Group|Server|Zone|Vsi|SN|Esn|ESN|FQDD|BSSID|SSID|OID"
                 r"|Hostname|Object"
                 r"|(Serial|Port|Slot|Probe|Sensor|Unit|Phase|Bank|Outlet|Frame|Board|Card"
                 r"|Chassis|Vlan|Module|Drive|Disk|Tray|Shelf)(Num|Number|No))(Str|String|Event)?$")
NOT_WHO = re.compile(r"(Event|Message|Msg|Reason|Cause|Session|Trap|Log|Seq|Transaction|Request)"
                     r"(Id|ID|OID|Index|Name)(Event)?$|^(enhancedM|m)essageIDEvent$"
                     # the device itself:
                     r"|^(sysName|sysIpAddress|productSerialNum|g6TrapObjSysName"
                     r"|mwWncVarsHostName)$")
# The device itself, which only matters where nothing else does.
DEVICE = re.compile(r"^((rPDU|ems|ats)Ident\w+|atsConfigProductName)$")
ARGUMENT_WHO = re.compile(r"serial|name|number|identifier|index|device id|phase|bank|outlet|breaker"
                          r"|position|module|panel|probe|sensor")
ARGUMENT_HOW = re.compile(r"current|value|threshold|reading|temperature|humidity|voltage|frequency"
                          r"|status|code|error|state|percent|load|limit|seconds|minutes")
KIND = re.compile(r"(Fault|Alarm)I[dD]$")
EVENT_INDEX = re.compile(r"(Log|Hist|History|Event|Notif|Notify|Seq|SeqNo|Trap)(Entry)?"
                         r"(Index|Id|No)?$|Counter$")
ARGUMENT = re.compile(r"(\w+) (?:argument|argumant|variable) is (?:the |a |an )?([^.;]*)")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


class Pair(NamedTuple):
    begin: Notification
    end: Notification


class Refused(Exception):
    pass


class Resource(NamedTuple):
    template: str
    objects: tuple[Object, ...]


def candidates(path: str) -> Iterator[tuple[str, str, str, str, str]]:
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield tuple(line.split("\t")[:5])


def exclusions() -> dict[tuple[str, str], str]:
    """(module or *, regular expression of the raise's name) -> reason."""
    found = {}
    for line in (HERE / "pairs-excluded.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            module, name, reason = line.split("\t")
            found[module, name] = reason
    return found


def in_other_files() -> tuple[dict[str, str], set[str]]:
    """Notifications that another file of rules has (OID -> file), and the names of its rules."""
    oids: dict[str, str] = {}
    names: set[str] = set()
    for path in sorted(HERE.glob("*.yaml")):
        if path.name in FILES:
            continue
        text = path.read_text(encoding="utf-8").split("\nexamples:")[0]
        objects = dict(re.findall(r"^  ([\w-]+): ([\d.]+)", text, re.MULTILINE))
        names.update(re.findall(r"\bname: ([\w-]+)", text))
        for listed in re.findall(r"\b(?:trap|raise|clear): (\[[^\]]*\]|[\w.-]+)", text):
            for trap in re.findall(r"[\w.-]+", listed):
                head, _, rest = trap.partition(".")
                above = objects.get(head)
                oids[trap if above is None else above + ("." + rest if rest else "")] = path.name
    return oids, names


def ending(begin: str, end: str) -> tuple[str, str]:
    """What remains of both names behind their common beginning, in whole words."""
    same = 0
    while same < min(len(begin), len(end)) and begin[same] == end[same]:
        same += 1
    while same > 0 and same < len(begin) and not begin[same].isupper():
        same -= 1
    if same == len(begin) and not end[same:same + 1].isupper():
        raise Refused("the names differ inside a word")
    return begin[same:], end[same:]


def check_names(begin: str, end: str) -> None:
    # A suffix that both have ("Trap", "Notification", a number) is no difference.
    common = re.search(r"(Trap|Notification|Notif|V\d|\d+|Event)$", begin)
    if common and end.endswith(common.group()):
        begin, end = begin[:common.start()], end[:-len(common.group())]
    last = ending(begin, end)
    if last in ENDS:
        return
    if last in ACTIVITY:
        if not FAULTS.search(begin):
            raise Refused("the beginning and the end of an activity, not of a fault")
        return
    raise Refused(f"{last[0] or 'the name'} is not ended by {last[1] or 'nothing'}")


def arguments(notification: Notification) -> dict[str, str]:
    """Varbind -> what the description says of it ("The first argument is the serial number")."""
    said = {}
    for ordinal, meaning in ARGUMENT.findall(notification.description):
        if ordinal.lower() in ORDINALS:
            place = ORDINALS.index(ordinal.lower())
            if place < len(notification.varbinds):
                said[notification.varbinds[place].name] = meaning.lower()
    return said


def is_who(name: str, begin: Notification, end: Notification) -> bool:
    if not name.startswith("mtrapargs"):  # a general argument: only the description knows
        return bool(WHO.search(name)) and not NOT_WHO.search(name)
    meanings = [said.get(name, "") for said in (arguments(begin), arguments(end))]
    return meanings[0] == meanings[1] and bool(ARGUMENT_WHO.search(meanings[0])) and not (
        ARGUMENT_HOW.search(meanings[0]))


def resource(begin: Notification, end: Notification) -> Resource:
    """What tells the instances apart, from the varbinds that both have."""
    of_end = {v.name for v in end.varbinds}
    both = [v for v in begin.varbinds if v.name in of_end]
    both = list({v.name: v for v in both}.values())
    columns = [v for v in both if v.index]
    who = [v for v in both if not v.index and is_who(v.name, begin, end)]
    if columns:
        first = max(columns, key=lambda v: len(v.index))  # of equals the first
        if any(EVENT_INDEX.search(i) for i in first.index):
            raise Refused(f"{first.name} is indexed by the number of an event")
        kinds = tuple(v for v in both if not v.index and KIND.search(v.name))[:1]
        if not begin.module.startswith("HUAWEI-"):
            kinds += tuple(v for v in who if v not in kinds and not DEVICE.search(v.name))[:5]
        return Resource("/".join([f"{{{first.name}.index}}"] + [f"{{{v.name}}}" for v in kinds]),
                        (first,) + kinds)
    if who and begin.module.startswith("HUAWEI-"):
        raise Refused("only scalars say which one it is")
    if who:
        return Resource("/".join(f"{{{v.name}}}" for v in who[:4]), tuple(who[:4]))
    for here, there in ((begin, end), (end, begin)):
        others = {v.name for v in there.varbinds}
        for v in here.varbinds:
            if v.name not in others and (v.index or is_who(v.name, here, here)):
                raise Refused(f"only {here.name} says which one it is ({v.name})")
    if not begin.varbinds and not end.varbinds:
        raise Refused("neither has a varbind that could be checked")
    if {v.name for v in begin.varbinds + end.varbinds} != {"mtrapargsString"}:
        raise Refused("no varbind says which one it is")
    return Resource("", ())  # a UPS says that it is the UPS


def review(path: str, mibs: Mibs) -> tuple[list[tuple[Pair, Resource]], list[tuple[str, str, str]]]:
    known: dict[tuple[str, str], Notification] = {}
    for notification in mibs.notifications():
        known.setdefault((notification.oid, notification.name), notification)
    listed = sorted(set(candidates(path)))
    elsewhere, _ = in_other_files()
    excluded = exclusions()
    accepted: list[tuple[Pair, Resource]] = []
    refused: list[tuple[str, str, str]] = []
    passed: dict[tuple[str, str], tuple[Pair, Resource]] = {}
    for begin_oid, begin_name, end_oid, end_name, module in listed:
        try:
            begin, end = known.get((begin_oid, begin_name)), known.get((end_oid, end_name))
            if begin is None or end is None:
                raise Refused("one of the two is in no MIB")
            for oid in (begin_oid, end_oid):
                if oid in elsewhere:
                    raise Refused(f"{elsewhere[oid]} has it")
            for (where, pattern), reason in excluded.items():
                if where in ("*", module) and re.fullmatch(pattern, begin_name):
                    raise Refused(reason)
            check_names(begin_name, end_name)
            passed.setdefault((begin_oid, end_oid), (Pair(begin, end), resource(begin, end)))
        except Refused as why:
            refused.append((begin_name, end_name, str(why)))
    raises = Counter(begin for begin, _ in passed)
    clears = Counter(end for _, end in passed)
    both = set(raises) & set(clears)
    for (begin_oid, end_oid), (pair, which) in passed.items():
        why = ("its clear ends several" if clears[end_oid] > 1 else
               "it has several clears" if raises[begin_oid] > 1 else
               "one of the two is a raise here and a clear there" if {begin_oid, end_oid} & both
               else "")
        if why:
            refused.append((pair.begin.name, pair.end.name, why))
        else:
            accepted.append((pair, which))
    return accepted, refused


class Said(NamedTuple):
    type: str
    cause: str
    severity: str


def said_of(notification: Notification) -> Said:
    for table, subject in ((WORDS, notification.name), (MODULES, notification.module)):
        for pattern, kind, cause in table:
            if pattern.search(subject):
                return Said(kind, cause, severity(notification.name))
    return Said("other", "other", severity(notification.name))


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def instance(item: Object) -> str:
    return ".".join(str(3 + n) for n in range(len(item.index))) if item.index else "0"


def example_value(item: Object, number: int) -> tuple[str, str]:
    """As YAML, and as the resource shows it."""
    syntax = item.syntax
    if "IpAddress" in syntax:
        return "{address: 192.0.2.7}", "192.0.2.7"
    if re.search(r"OBJECT IDENTIFIER|AutonomousType|RowPointer|VariablePointer", syntax):
        return f"{{oid: 1.3.6.1.4.1.9999.{number}}}", f"1.3.6.1.4.1.9999.{number}"
    if re.search(r"MacAddress|PhysAddress", syntax):
        return "{hex: 02005e001007}", "0x02005e001007"
    if re.match(r"INTEGER|Integer32|InterfaceIndex|Unsigned32|Gauge32|Counter", syntax):
        return str(number), str(number)
    return f"x{number}", f"x{number}"


class File:
    """pairs.yaml, as it is put together."""

    def __init__(self, names_elsewhere: set[str]):
        self._names = names_elsewhere  # grows by those of this file
        self._objects: dict[str, str] = {}
        self._prefixes: dict[str, str] = {}
        self._bases: dict[Said, str] = {}
        self._pairs: list[str] = []
        self._examples: list[str] = []
        self._odd: dict[str, list[str]] = {}  # what a device sends too -> its example

    def _object(self, item: Object) -> str:
        """Its name here: that of the MIB, numbered where two modules use one name."""
        for suffix in [""] + [f"-{n}" for n in range(2, 99)]:
            if self._objects.setdefault(item.name + suffix, item.oid) == item.oid:
                return item.name + suffix
        raise AssertionError(item.name)

    def _trap(self, notification: Notification) -> str:
        """Below a name for what the notifications of its module have in common."""
        above, last = notification.oid.rsplit(".", 1)
        if above.endswith(".0"):
            above, last = above[:-2], "0." + last
        name = re.sub(r"-MIB$", "", notification.module) + "-traps"
        for suffix in [""] + [f"-{n}" for n in range(2, 99)]:
            if self._objects.setdefault(name + suffix, above) == above:
                return f"{name}{suffix}.{last}"
        raise AssertionError(name)

    def _name(self, notification: Notification) -> str:
        name = notification.name
        if name in self._names or name + "-clear" in self._names:
            name = f"{notification.name}-{notification.module}"
        assert name not in self._names, name
        self._names.update((name, name + "-clear"))
        return name

    def _base(self, said: Said) -> str:
        name = f"{said.severity}-{said.cause}"
        if any(n == name and s != said for s, n in self._bases.items()):
            name += "-" + said.type
        return self._bases.setdefault(said, name)

    def add(self, pair: Pair, which: Resource) -> None:
        said = said_of(pair.begin)
        name = self._name(pair.begin)
        template = which.template
        for item in which.objects:
            template = re.sub(rf"\{{{re.escape(item.name)}(?=[.}}])", "{" + self._object(item),
                              template)
        text = words(pair.begin.name)
        self._pairs.append(f"  - {{name: {name}, base: {self._base(said)},\n"
                           f"     raise: {self._trap(pair.begin)}, clear: {self._trap(pair.end)},")
        tail = f"text: {quoted(text + (': ' + template if template else ''))}}}"
        if template:
            self._pairs.append(f"     resource: {quoted(template)},")
        self._pairs.append("     " + tail)
        for notification, rule, state in ((pair.begin, name, "raise"),
                                          (pair.end, name + "-clear", "clear")):
            self._example(notification, rule, state, said, which)
        self._add_odd(pair.begin, name, said, which)

    def _add_odd(self, notification: Notification, rule: str, said: Said, which: Resource) -> None:
        """Of each kind one: a trap without varbinds, scalars without .0, a NUL behind a text."""
        def example(varbinds: list[str], shown: Optional[str]) -> list[str]:
            lines = [f"  - trap: {self._trap(notification)}"]
            lines += [f"    varbinds: {{{', '.join(varbinds)}}}"] if varbinds else []
            resource_text = f", resource: {quoted(shown)}" if shown is not None else ""
            return lines + [f"    expect: {{rule: {rule}, state: raise, severity: {said.severity}"
                            f"{resource_text}}}"]

        values = [example_value(item, number) for number, item in enumerate(which.objects, 7)]
        shown = "/".join(instance(item) if item.index else text
                         for item, (_, text) in zip(which.objects, values))
        names = [self._object(item) + ("." + instance(item) if item.index else "")
                 for item in which.objects]
        if len(which.objects) == 1:
            self._odd.setdefault("nothing but the trap", example([], ""))
        if any(not item.index for item in which.objects):
            self._odd.setdefault("scalars without .0 behind them", example(
                [f"{n}: {v}" for n, (v, _) in zip(names, values)], shown))
        if which.objects and all(v == t for v, t in values):  # nothing but texts and numbers
            self._odd.setdefault("a NUL behind each text", example(
                [f'{n}: {{hex: "{v.encode().hex()}00"}}' if v.startswith("x") else f"{n}: {v}"
                 for n, (v, _) in zip(names, values)], shown))

    def _example(self, notification: Notification, rule: str, state: str, said: Said,
                 which: Resource) -> None:
        varbinds, shown = [], []
        for number, item in enumerate(which.objects, 7):
            value, text = example_value(item, number)
            varbinds.append(f"{self._object(item)}.{instance(item)}: {value}")
            shown.append(instance(item) if item.index else text)
        severity_word = "cleared" if state == "clear" else said.severity
        self._examples.append(f"  - trap: {self._trap(notification)}")
        if varbinds:
            self._examples.append(f"    varbinds: {{{', '.join(varbinds)}}}")
        resource_text = f", resource: {quoted('/'.join(shown))}" if shown else ""
        self._examples.append(f"    expect: {{rule: {rule}, state: {state}, "
                              f"severity: {severity_word}{resource_text}}}")

    def text(self, count: int, source: str) -> str:
        lines = ["# SPDX-License-Identifier: Apache-2.0",
                 f"# {count} pairs of notifications: one raises an alarm, the other clears it.",
                 "# Written by make_pairs.py, which tells how they were reviewed."
                 " Not to be edited.",
                 f"# Candidates: {source}",
                 "# What was refused by hand, and why: pairs-excluded.tsv.",
                 "# (How a rule reads: the head of ietf.yaml.)", "", "objects:"]
        lines += [f"  {n}: {o}" for n, o in sorted(self._objects.items())]
        lines += ["", "bases:"]
        lines += [f"  {n}: {{severity: {s.severity}, type: {s.type}, cause: {s.cause}}}"
                  for s, n in sorted(self._bases.items(), key=lambda item: item[1])]
        odd = [line for what, example in sorted(self._odd.items())
               for line in [f"  # {what}"] + example]
        return "\n".join(lines + ["", "pairs:"] + self._pairs + ["", "examples:"]
                         + self._examples + odd) + "\n"


def source_line(path: str) -> str:
    """The first comment of the candidates says where they are from."""
    first = Path(path).read_text(encoding="utf-8").splitlines()[0]
    return first.lstrip("# ").split("; ")[-1] if first.startswith("#") else "not said"


def main(argv: Optional[list[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("candidates")
    parser.add_argument("mibs")
    parser.add_argument("--rejected")
    options = parser.parse_args(argv)
    accepted, refused = review(options.candidates, Mibs(options.mibs))
    names = in_other_files()[1]
    accepted.sort(key=lambda item: (item[0].begin.module, item[0].begin.name))
    for name, modules in FILES.items():
        file = File(names)
        own = [item for item in accepted if re.match(modules, item[0].begin.module)]
        for pair, which in own:
            file.add(pair, which)
        (HERE / name).write_text(file.text(len(own), source_line(options.candidates)),
                                 encoding="utf-8")
        print(f"{name}: {len(own)} pairs", file=sys.stderr)
    if options.rejected:
        Path(options.rejected).write_text(
            "".join(f"{b}\t{e}\t{why}\n" for b, e, why in sorted(refused)), encoding="utf-8")
    print(f"{len(refused)} candidates refused", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
