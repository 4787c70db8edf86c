# SPDX-License-Identifier: Apache-2.0
"""Load on a receiver, and what became of it: each run is counted from the generator's kernel calls to
the disk, and one whose numbers do not add up ends the program."""
import dataclasses
import json
import subprocess
import time

from receivers import ENGINES, cpu_seconds, settle

STALLED_S = 15  # without a trap more: it is not coming any more


@dataclasses.dataclass
class Run:
    sent: int
    accepted: int  # of them by the generator's kernel
    taken: int
    suppressed: int
    dropped: int
    cpu_s: float  # of the receiver
    rate: float   # sent per second
    sender_cpu_us: float

    @property
    def lost(self):
        return self.sent - self.taken

    @property
    def cpu_us(self):
        """Per trap that was taken."""
        return self.cpu_s * 1e6 / max(self.taken, 1)


def blast(build, port, **options):
    """Runs trapblast; first_engine=3 is --first-engine 3. Returns what it says."""
    argv = [f"{build}/bench/trapblast", "--json", "--to", f"127.0.0.1:{port}"]
    for key, value in {"engines": ENGINES, **options}.items():
        argv += ["--" + key.replace("_", "-"), str(value)]
    return json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


def await_received(receiver, wanted):
    """Until it says that so many datagrams reached it and what became of each; returns its counts."""
    last, since = None, time.monotonic()
    while True:
        now = receiver.counts()
        ended = now["stored"] + now["suppressed"] + now["dropped"]
        if now["received"] >= wanted and ended == now["received"]:
            return now
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > STALLED_S:
            raise SystemExit(f"bench: the counts do not add up: {wanted} reached the socket, {now}")
        time.sleep(0.05)


def run(receiver, build, **options):
    """One run of trapblast against it, until all of it has ended somewhere."""
    before, cpu = receiver.counts(), cpu_seconds(receiver.pid)
    sent = blast(build, receiver.port, **options)
    if "received" in before:
        after = await_received(receiver, before["received"] + sent["accepted"])
        used = cpu_seconds(receiver.pid) - cpu
        if after["received"] != before["received"] + sent["accepted"]:
            raise SystemExit(f"bench: sent {sent['accepted']}, received {after['received'] - before['received']}")
    else:
        after = {"stored": settle(receiver.count)}
        used = cpu_seconds(receiver.pid) - cpu
    more = {name: after.get(name, 0) - before.get(name, 0) for name in ("stored", "suppressed", "dropped")}
    return Run(sent["sent"], sent["accepted"], more["stored"], more["suppressed"], more["dropped"], used,
               sent["rate"], sent["cpu_us_per_trap"])


def warm_up(receiver, build, **options):
    """Keys, caches, the first of each alarm."""
    run(receiver, build, **{"count": 2000, **options})
