# SPDX-License-Identifier: Apache-2.0
"""The parts of bench/run, in the order in which they run: each measures with measure(options, work),
and makes rows of the table of what it found with rows(found)."""
import dataclasses
import statistics
import types
import typing

import cost
import delivery
import durability
import flood
import growth
import latency
import memory
import rate
import scaling
import start
from goal_table import Row
from receivers import Trapd, free_port

BACKLOG_ENGINES = 256


@dataclasses.dataclass
class Part:
    measure: typing.Callable
    rows: typing.Callable


def at_most(goal, what, figure, bound, unit):
    return Row(goal, what, f"{figure:.2f} {unit}", f"{bound:g} {unit} (goal)", figure / bound, "<= 1")


def at_least(goal, what, per_second, bound):
    return Row(goal, what, f"{per_second:,.0f}/s", f"{bound:,}/s (goal)", per_second / bound, ">= 1")


# --- delivered ---

DELIVERED = {"syslog": ("one TCP syslog sink", 250_000), "snmp": ("one SNMPv3 authPriv trap receiver", 200_000),
             "all": ("both and mail digests", 120_000)}


def measure_delivery(options, work):
    return delivery.measure(options.build, work, 0.5 if options.quick else options.seconds, options.rounds)


def delivery_rows(found):
    made = [at_least(4, f"delivered to {to}, keeping up", found["highest_rate"][name], goal)
            for name, (to, goal) in DELIVERED.items()]
    made += [at_least(4, f"delivered to {DELIVERED[name][0]}, a backlog", found["drain"][drained]["per_second"],
                      DELIVERED[name][1]) for name, drained in (("syslog", "syslog"), ("snmp", "snmp alarm"))]
    made.append(at_least(5, "informs answered, peer a sink of ours", found["drain"]["informs"]["per_second"], 50_000))
    peer = found["drain"]["informs to snmptrapd"]
    busy = peer["per_second"] * peer["peer_cpu_us"] / 1e6
    made.append(Row(5, "informs answered by snmptrapd: the part of a core that it uses", f"{peer['per_second']:,.0f}/s",
                    f"{peer['peer_cpu_us']:.1f} us each (snmptrapd)", busy, ">= 0.9"))
    return made


# --- memory ---

def backlog(options, work, records):
    """Private MiB while so many records pile up for a destination that is down."""
    nobody = free_port()
    receiver = Trapd(options.build, work, [{"name": "siem", "type": "syslog", "to": f"tcp://127.0.0.1:{nobody}",
                                            "start": "oldest"}], "16GiB")
    try:
        sampled = durability.Sampled(receiver)
        try:
            durability.fill(types.SimpleNamespace(build=options.build, engines=BACKLOG_ENGINES), receiver, records)
        finally:
            sampled.end()
        return {"records": records, "early_mib": sampled.at(0.1), "late_mib": sampled.at(1)}
    finally:
        receiver.stop()


def measure_memory(options, work):
    engines, records = (1000, 20_000) if options.quick else (100_000, 10_000_000)
    rounds = [memory.measure(options.build, work, engines, engines) for _ in range(options.rounds)]
    return {"rounds": rounds, "backlog": backlog(options, work, records)}


def memory_rows(found):
    of = lambda key: statistics.median(one[key] for one in found["rounds"])
    waiting, first = found["backlog"], found["rounds"][0]
    return [
        at_most(8, "private memory, idle", of("idle_mib"), 30, "MiB"),
        at_most(8, f"more with {first['engines']:,} engines", of("engines_mib"), 40, "MiB"),
        at_most(8, f"more with {first['alarms']:,} active alarms", of("alarms_mib"), 60, "MiB"),
        Row(8, f"with a backlog of {waiting['records']:,}: flat", f"{waiting['late_mib']:.1f} MiB",
            f"{waiting['early_mib']:.1f} MiB (at a tenth)", waiting["late_mib"] / waiting["early_mib"], "<= 1.15"),
    ]


# --- start ---

def measure_start(options, work):
    sizes = (100, 20, 40) if options.quick else (10_000, 300, 2_000)
    return start.measure(options.build, work, options.rounds, *sizes)


def start_rows(found):
    row = at_most(9, f"start, {found['users']:,} users, {found['modules']} modules, {found['rules']:,} rules",
                  found["warm"]["seconds"], 2, "s")
    row.figure += f" (the very first: {found['cold']['seconds']:.2f})"  # of a store that is yet empty
    return [row]


PARTS = {**{name: Part(module.measure, module.rows) for name, module in (("cost", cost), ("rate", rate))},
         "delivery": Part(measure_delivery, delivery_rows),
         **{name: Part(module.measure, module.rows) for name, module in (("latency", latency), ("growth", growth))},
         "memory": Part(measure_memory, memory_rows), "start": Part(measure_start, start_rows),
         **{name: Part(module.measure, module.rows) for name, module in (("flood", flood), ("scaling", scaling))}}
