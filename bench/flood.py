# SPDX-License-Identifier: Apache-2.0
"""Goal 10: a flood of SNMPv3 that nobody has signed, from random addresses and engine IDs, beside
traps that are good. What it costs is found twice: as what both cost more than the good ones alone, and
as what it costs alone; good traps become cheaper the more datagrams come at once, which would flatter
the first. The greater counts."""
import json
import statistics
import subprocess

from goal_table import Row
from load import await_received, blast, warm_up
from receivers import Trapd, cpu_seconds

GOOD_RATE = 20_000
HOSTILE_RATE = 300_000
LEAD_S = 0.5  # by which the flood goes on longer on either side
WANTED_US = 1.2
NOTHING = {"sent": 0, "accepted": 0, "rate": 0}


class Hostile:
    def __init__(self, build, port, rate, seconds):
        self.process = subprocess.Popen(
            [f"{build}/bench/hostile", "--json", "--to", f"127.0.0.1:{port}", "--rate", str(rate), "--seconds",
             str(seconds)], stdout=subprocess.PIPE, text=True)

    def result(self):
        said = json.loads(self.process.communicate(timeout=120)[0])
        return said

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def load(build, work, seconds, good_rate, hostile_rate):
    """For so long; a rate of 0: none of them."""
    receiver = Trapd(build, work)
    hostile = None
    try:
        warm_up(receiver, build, rate=GOOD_RATE)
        before, cpu = receiver.counts(), cpu_seconds(receiver.pid)
        if hostile_rate:
            hostile = Hostile(build, receiver.port, hostile_rate, seconds + 2 * LEAD_S)
        good = blast(build, receiver.port, rate=good_rate, seconds=seconds) if good_rate else NOTHING
        flood = hostile.result() if hostile else NOTHING
        after = await_received(receiver, before["received"] + good["accepted"] + flood["accepted"])
        used = cpu_seconds(receiver.pid) - cpu
        more = {name: after[name] - before[name] for name in after}
        if more["stored"] > good["sent"]:
            raise SystemExit(f"bench: {more['stored']} stored, but only {good['sent']} were signed")
        return {"good_sent": good["sent"], "good_lost": good["sent"] - more["stored"], "cpu_s": used,
                "hostile": flood["accepted"], "hostile_rate": flood["rate"], "kernel_drops": more["kernel_drops"],
                "sender_cpu_us": flood.get("cpu_us_per_datagram")}
    finally:
        if hostile:
            hostile.end()
        receiver.stop()


def measure(options, work):
    seconds = 0.5 if options.quick else 10
    rounds = []
    for _ in range(options.rounds):
        good, both, hostile = (load(options.build, work, seconds, *rates) for rates in (
            (GOOD_RATE, 0), (GOOD_RATE, HOSTILE_RATE), (0, HOSTILE_RATE)))
        rounds.append({"good": good, "both": both, "hostile": hostile,
                       "beside_us": (both["cpu_s"] - good["cpu_s"]) * 1e6 / max(both["hostile"], 1),
                       "alone_us": hostile["cpu_s"] * 1e6 / max(hostile["hostile"], 1)})
    return rounds


def rows(rounds):
    both = [one["both"] for one in rounds]
    rate = statistics.median(one["hostile_rate"] for one in both)
    beside, alone = (statistics.median(one[name] for one in rounds) for name in ("beside_us", "alone_us"))
    lost, sent = (sum(one[name] for one in both) for name in ("good_lost", "good_sent"))
    return [
        Row(10, f"CPU per hostile datagram, {rate:,.0f}/s beside {GOOD_RATE:,}/s good",
            f"{beside:.2f} us ({alone:.2f} alone)", f"{WANTED_US} us (goal)", max(beside, alone) / WANTED_US, "<= 1"),
        Row(10, "good traps lost in the flood", f"{lost:,}", f"{sent:,} sent", lost / sent, "<= 0"),
    ]
