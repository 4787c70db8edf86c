# SPDX-License-Identifier: Apache-2.0
"""Goal 11: two workers on two cores next to one worker on one. The sender has done its work before:
trapd is stopped (SIGSTOP) while the kernel's queue fills, so that every core is the receiver's."""
import os
import signal
import statistics
import time

from goal_table import Row
from load import await_received, blast, warm_up
from receivers import Trapd, cpu_seconds

SOURCES = 16
QUEUE = "256MiB"  # of each of the eight sockets
SETUPS = {"one": (1, "0"), "two": (2, "0,1")}


def drain(build, work, workers, cores, count):
    """Per second and per trap, of a queue that is worked off."""
    receiver = Trapd(build, work, receive_buffer=QUEUE, workers=workers, before=["taskset", "-c", cores])
    try:
        warm_up(receiver, build, sources=SOURCES)
        before = receiver.counts()
        os.kill(receiver.pid, signal.SIGSTOP)
        try:
            sent = blast(build, receiver.port, count=count, sources=SOURCES)
        finally:
            os.kill(receiver.pid, signal.SIGCONT)
        begin, cpu = time.monotonic(), cpu_seconds(receiver.pid)
        after = await_received(receiver, before["received"] + sent["accepted"])
        seconds, used = time.monotonic() - begin, cpu_seconds(receiver.pid) - cpu
        taken = after["stored"] - before["stored"]
        return {"per_second": taken / seconds, "cpu_us": used * 1e6 / max(taken, 1),
                "dropped": after["dropped"] - before["dropped"]}
    finally:
        receiver.stop()


def measure(options, work):
    if (os.cpu_count() or 1) < 2:
        return None
    count = int(options.seconds * 100_000)
    found = {name: [] for name in SETUPS}
    for _ in range(options.rounds):
        for name, (workers, cores) in SETUPS.items():
            found[name].append(drain(options.build, work, workers, cores, count))
    return found


def rows(found):
    if found is None:
        return [Row(11, "two workers on two cores", "", "this machine has one core", None, "<= 1.2")]
    one, two = ({key: [run[key] for run in found[name]] for key in ("cpu_us", "per_second")}
                for name in ("one", "two"))
    of = statistics.median
    return [
        Row(11, "CPU per trap, two workers on two cores", f"{of(two['cpu_us']):.2f} us",
            f"{of(one['cpu_us']):.2f} us (one on one)", of(b / a for a, b in zip(one["cpu_us"], two["cpu_us"])),
            "<= 1.2"),
        Row(11, "queue worked off, two workers on two cores", f"{of(two['per_second']):,.0f}/s",
            f"{of(one['per_second']):,.0f}/s (one on one)",
            of(b / a for a, b in zip(one["per_second"], two["per_second"])), ">= 1.5"),
    ]
