# SPDX-License-Identifier: Apache-2.0
"""Goals 1 and 3: CPU of the whole process per authPriv trap, next to the limit program under the same
load, and to snmptrapd at a rate that it takes."""
from goal_table import Row, middle, ratio
from load import blast, run, warm_up
from receivers import Limit, Snmptrapd, Trapd

SNMPTRAPD_RATE = 5000
DEEP = "512MiB"  # of receive buffer: the sender is ahead of every receiver
FULL = "256MiB"  # of store: more than a processor's cache, and full after half a million traps
GROWING = "4GiB"


def limit(build, count):
    under_test = Limit(build)
    sent = blast(build, under_test.port, count=count)
    said = under_test.result()
    return said["cpu_us_per_trap"], sent["cpu_us_per_trap"]


def trapd(build, work, count, sender=None, store=FULL):
    """sender: the build whose trapblast sends. FULL: a store as it is for ever once it has become full,
    where each commit writes over what it trims."""
    receiver = Trapd(build, work, receive_buffer=DEEP, max_size=store)
    try:
        warm_up(receiver, sender or build)
        while store == FULL and receiver.ask("store", "status")["oldest_sequence"] == 1:
            run(receiver, sender or build, count=200_000)
        return run(receiver, sender or build, count=count)
    finally:
        receiver.stop()


def snmptrapd(build, work, seconds):
    receiver = Snmptrapd(build, work)
    try:
        warm_up(receiver, build, count=200, rate=SNMPTRAPD_RATE)
        return run(receiver, build, rate=SNMPTRAPD_RATE, seconds=seconds)
    finally:
        receiver.stop()


def measure(options, work):
    count = int(options.seconds * 100_000)
    found = {name: [] for name in ("limit", "trapd", "growing", "snmptrapd", "sender", "lost", "snmptrapd_lost")}
    for _ in range(options.rounds):
        cpu_us, sender_us = limit(options.build, count)
        found["limit"].append(cpu_us)
        found["sender"].append(sender_us)
        ours = trapd(options.build, work, count)
        found["trapd"].append(ours.cpu_us)
        found["lost"].append(ours.lost)
        found["growing"].append(trapd(options.build, work, count, store=GROWING).cpu_us)
        theirs = snmptrapd(options.build, work, options.seconds)
        found["snmptrapd"].append(theirs.cpu_us)
        found["snmptrapd_lost"].append(theirs.lost)
    return found


def rows(found):
    ours = f"{middle(found['trapd'])} us"
    limit_us = f"{middle(found['limit'])} us (limit)"
    return [
        Row(1, "CPU per authPriv trap, one worker, deep load", ours, limit_us,
            ratio(found["trapd"], found["limit"]), "<= 1.6"),
        Row(1, "the same while the store still grows", f"{middle(found['growing'])} us", limit_us,
            ratio(found["growing"], found["limit"]), "<= 1.6"),
        Row(3, "CPU per authPriv trap, times less than snmptrapd", ours,
            f"{middle(found['snmptrapd'])} us (snmptrapd)", ratio(found["snmptrapd"], found["trapd"]), ">= 30"),
    ]
