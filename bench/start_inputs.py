# SPDX-License-Identifier: Apache-2.0
"""A large installation, made up: users of one engine each, vendor-like MIB modules, rules that name
what these modules define. The same numbers give the same octets, so that a second start finds its
caches good."""
import hashlib
import pathlib
import shutil

SYSTEM_MIBS = pathlib.Path("/usr/share/snmp/mibs")  # of Debian's libsnmp-base
OBJECTS, NOTIFICATIONS = 40, 12  # of each made-up module


def passphrase(*of):
    """16 letters that nothing else has."""
    digits = hashlib.sha256(repr(of).encode()).hexdigest()[:16]
    return "".join(chr(ord("a") + int(c, 16)) for c in digits)


def users(count):
    lines = []
    for i in range(count):
        lines.append(
            f"  - name: device-{i:05}\n"
            f"    auth: {{protocol: SHA-1, passphrase: {passphrase('auth', i)}}}\n"
            f"    priv: {{protocol: AES-128, passphrase: {passphrase('priv', i)}}}\n"
            f"    engines: [0x80001f8805{b'start'.hex()}{i:08x}]\n")
    return "".join(lines)


def module_name(i):
    return f"BENCH-VENDOR-{i:03}-MIB"


def words(of, count):
    return " ".join(passphrase(of, i)[:3 + i % 9] for i in range(count))


def module(i):
    """About 20 KiB: conventions, a table with texts and enumerations, notifications."""
    n = f"bench{i:03}"
    text = [f"""-- SPDX-License-Identifier: Apache-2.0
{module_name(i)} DEFINITIONS ::= BEGIN

IMPORTS
    MODULE-IDENTITY, OBJECT-TYPE, NOTIFICATION-TYPE, Integer32, Counter64, enterprises
        FROM SNMPv2-SMI
    TEXTUAL-CONVENTION, DisplayString, MacAddress, TruthValue FROM SNMPv2-TC;

{n} MODULE-IDENTITY
    LAST-UPDATED "202601010000Z"
    ORGANIZATION "bench"
    CONTACT-INFO "none"
    DESCRIPTION "{words(n, 30)}"
    ::= {{ enterprises 55555 9000 {i} }}

{n}Objects OBJECT IDENTIFIER ::= {{ {n} 1 }}
{n}Traps OBJECT IDENTIFIER ::= {{ {n} 0 }}

Bench{i:03}State ::= TEXTUAL-CONVENTION
    STATUS current
    DESCRIPTION "{words((n, 'state'), 20)}"
    SYNTAX INTEGER {{ up(1), down(2), testing(3), unknown(4), dormant(5), failed(6) }}

{n}Table OBJECT-TYPE
    SYNTAX SEQUENCE OF Bench{i:03}Entry
    MAX-ACCESS not-accessible
    STATUS current
    DESCRIPTION "{words((n, 'table'), 20)}"
    ::= {{ {n}Objects 1 }}

{n}Entry OBJECT-TYPE
    SYNTAX Bench{i:03}Entry
    MAX-ACCESS not-accessible
    STATUS current
    DESCRIPTION "{words((n, 'entry'), 20)}"
    INDEX {{ {n}Object0 }}
    ::= {{ {n}Table 1 }}
"""]
    syntaxes = ["Integer32 (1..2147483647)", f"Bench{i:03}State", "DisplayString (SIZE (0..255))",
                "Counter64", "MacAddress", "TruthValue"]
    plain = ["Integer32", f"Bench{i:03}State", "DisplayString", "Counter64", "MacAddress", "TruthValue"]
    rows = ",\n    ".join(f"{n}Object{k} {plain[k % len(plain)]}" for k in range(OBJECTS))
    text.append(f"Bench{i:03}Entry ::= SEQUENCE {{\n    {rows} }}\n")
    for k in range(OBJECTS):
        text.append(f"""{n}Object{k} OBJECT-TYPE
    SYNTAX {syntaxes[k % len(syntaxes)]}
    MAX-ACCESS {'accessible-for-notify' if k == 0 else 'read-only'}
    STATUS current
    DESCRIPTION "{words((n, k), 25)}"
    ::= {{ {n}Entry {k + 1} }}
""")
    for k in range(NOTIFICATIONS):
        text.append(f"""{n}Trap{k} NOTIFICATION-TYPE
    OBJECTS {{ {n}Object0, {n}Object1, {n}Object{2 + k} }}
    STATUS current
    DESCRIPTION "{words((n, 'trap', k), 25)}"
    ::= {{ {n}Traps {k + 1} }}
""")
    return "\n".join(text) + "\nEND\n"


def write_modules(directory, count):
    """The system's own, and as many made up as are wanted besides. Returns how many were made up."""
    directory.mkdir()
    system = sorted(SYSTEM_MIBS.glob("*.txt")) if SYSTEM_MIBS.is_dir() else []
    for path in system[:count]:
        shutil.copy(path, directory)
    made = count - min(len(system), count)
    for i in range(made):
        (directory / f"{module_name(i)}.txt").write_text(module(i))
    return made


def rule(i, modules):
    """Of four kinds in turn: constant, by a varbind, with a condition, a clear of the one before."""
    m, k = i % modules, (i // modules) % NOTIFICATIONS
    n = f"bench{m:03}"
    kinds = [
        "    severity: major\n    type: equipment\n    cause: equipmentMalfunction\n    state: raise\n",
        f"    severity: {{from: {n}Object1, map: states, otherwise: indeterminate}}\n"
        "    type: communications\n    cause: communicationsSubsystemFailure\n    state: by-severity\n",
        f"    where: [{{object: {n}Object1, values: [2, 6]}}]\n    severity: minor\n"
        "    type: securityServiceOrMechanismViolation\n    cause: authenticationFailure\n    state: raise\n",
        "    severity: cleared\n    type: equipment\n    cause: equipmentMalfunction\n    state: clear\n",
    ]
    return (f"  - name: bench-{i:05}\n    trap: {module_name(m)}::{n}Trap{k}\n" + kinds[i % 4] +
            f"    alarm: bench-{i // 4 * 4:05}\n    resource: \"row={{{n}Object0}}\"\n"
            f"    text: \"row {{{n}Object0}} of module {m} is {{{n}Object1}}, says {{{n}Object{2 + k}}}\"\n")


def write_rules(directory, count, modules, files=20):
    directory.mkdir()
    head = "# SPDX-License-Identifier: Apache-2.0\nmaps:\n  states: {1: cleared, 2: major, 6: critical}\nrules:\n"
    for f in range(min(files, count)):
        of_file = range(f, count, files)
        (directory / f"rules-{f:02}.yaml").write_text(head + "".join(rule(i, modules) for i in of_file))
