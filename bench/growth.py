# SPDX-License-Identifier: Apache-2.0
"""Goal 7: CPU per trap when there is more of everything: engines, rules, active alarms, varbinds. Deep
load; what is new to trapd (keys of an engine, the first of an alarm) has come before."""
import statistics

from cost import DEEP
from goal_table import Row
from load import run, warm_up
from receivers import Trapd

LIMITS = "limits: {engines: 200000, alarms: 200000}"
ENGINES = (16, 10_000, 100_000)
RULES = (10, 10_000)
ALARMS = (1, 1_000, 100_000)
VARBINDS = (3, 20, 86)

LINK_DOWN = """  - name: linkDown
    trap: 1.3.6.1.6.3.1.1.5.3
    severity: major
    type: communications
    cause: communicationsSubsystemFailure
    state: raise
    resource: "{1.3.6.1.2.1.2.2.1.1}"
    text: "interface {1.3.6.1.2.1.2.2.1.1} is down"
"""


def vendor_rule(number):
    """As enterprises are: many vendors, few traps each, of which every tenth is a subtree."""
    trap = f"1.3.6.1.4.1.{20000 + number // 50}.7.0.{number % 50 + 1}"
    return f"""  - name: vendor-{number:05}
    {'subtree' if number % 10 == 9 else 'trap'}: {trap}
    where: [{{object: 1.3.6.1.4.1.20000.1.2, values: [1, 2]}}]
    severity: minor
    type: equipment
    cause: equipmentMalfunction
    state: raise
    resource: "{{1.3.6.1.4.1.20000.1.1}}"
    text: "{{1.3.6.1.4.1.20000.1.4}} of {{device_name}} is down"
"""


def rule_file(work, count):
    """linkDown in the middle of rules of other traps."""
    made = [vendor_rule(i) for i in range(count - 1)]
    made.insert(count // 2, LINK_DOWN)
    path = work / f"rules-{count}.yaml"
    path.write_text("rules:\n" + "".join(made))
    return path


def one(options, work, once, load, **receiver_options):
    """us per trap; `once`: how many traps bring each engine and alarm once."""
    receiver = Trapd(options.build, work, receive_buffer=DEEP, more=LIMITS, **receiver_options)
    try:
        warm_up(receiver, options.build, count=max(once, 2000), **load)
        return run(receiver, options.build, count=int(options.seconds * 75_000), **load).cpu_us
    finally:
        receiver.stop()


def measure(options, work):
    few = (lambda sizes: sizes[:1] + tuple(min(n, 1000) for n in sizes[1:])) if options.quick else tuple
    rules = {count: rule_file(work, count) for count in few(RULES)}
    kinds = {
        "engines": {n: lambda n=n: one(options, work, n, {"engines": n}) for n in few(ENGINES)},
        "rules": {n: lambda n=n: one(options, work, 0, {}, rules=rules[n]) for n in few(RULES)},
        "alarms": {n: lambda n=n: one(options, work, n, {"engines": 1, "alarms": n}) for n in few(ALARMS)},
        "varbinds": {n: lambda n=n: one(options, work, 0, {"varbinds": n}) for n in VARBINDS},
    }
    found = {kind: {str(n): [] for n in sizes} for kind, sizes in kinds.items()}
    for _ in range(options.rounds):
        for kind, sizes in kinds.items():
            for n, cpu_us in sizes.items():
                found[kind][str(n)].append(cpu_us())
    return found


def per_varbind(values):
    """us for one varbind more: of each step from size to size, by round."""
    sizes = list(values)
    return [[(b - a) / (int(high) - int(low)) for a, b in zip(values[low], values[high])]
            for low, high in zip(sizes, sizes[1:])]


def rows(found):
    made = []
    for kind, wanted in (("engines", "<= 1.5"), ("rules", "<= 1.5"), ("alarms", "<= 1.3")):
        (few, base), *more = found[kind].items()
        for many, values in more:
            made.append(Row(7, f"CPU per trap with {int(many):,} {kind}", f"{statistics.median(values):.2f} us",
                            f"{statistics.median(base):.2f} us ({few} {kind})",
                            statistics.median(b / a for a, b in zip(base, values)), wanted))
    early, late = (statistics.median(step) for step in per_varbind(found["varbinds"]))
    a, b, c = found["varbinds"]
    made.append(Row(7, f"CPU per varbind from {b} to {c}: linear", f"{late:.4f} us", f"{early:.4f} us ({a} to {b})",
                    late / early if early > 0 else None, "<= 1.25"))
    return made
