# SPDX-License-Identifier: Apache-2.0
"""Goal 10: a flood of SNMPv3 that nobody has signed, from random addresses and engine IDs, beside
traps that are good; and the good ones alone, in turn, for what the flood alone costs. Good traps are
cheaper the more datagrams come at once, so that this is less than what the flood costs by what the
good ones save; at the price of deep load for them it is more."""
import json
import statistics
import subprocess

import cost
from goal_table import Row
from load import await_received, blast, warm_up
from receivers import Trapd, cpu_seconds

GOOD_RATE = 20_000
HOSTILE_RATE = 300_000
LEAD_S = 0.5  # by which the flood goes on longer on either side
WANTED_US = 1.2


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


def beside(build, work, seconds, hostile_rate):
    """Good traps for so long, with or without the flood."""
    receiver = Trapd(build, work)
    hostile = None
    try:
        warm_up(receiver, build, rate=GOOD_RATE)
        before, cpu = receiver.counts(), cpu_seconds(receiver.pid)
        if hostile_rate:
            hostile = Hostile(build, receiver.port, hostile_rate, seconds + 2 * LEAD_S)
        good = blast(build, receiver.port, rate=GOOD_RATE, seconds=seconds)
        flood = hostile.result() if hostile else {"accepted": 0, "rate": 0, "cpu_us_per_datagram": 0}
        after = await_received(receiver, before["received"] + good["accepted"] + flood["accepted"])
        used = cpu_seconds(receiver.pid) - cpu
        more = {name: after[name] - before[name] for name in after}
        return {"good_sent": good["sent"], "good_lost": good["sent"] - more["stored"], "cpu_s": used,
                "hostile": flood["accepted"], "hostile_rate": flood["rate"], "kernel_drops": more["kernel_drops"],
                "sender_cpu_us": flood["cpu_us_per_datagram"]}
    finally:
        if hostile:
            hostile.end()
        receiver.stop()


def measure(options, work):
    seconds = 0.5 if options.quick else 10
    rounds = []
    for _ in range(options.rounds):
        alone = beside(options.build, work, seconds, 0)
        flooded = beside(options.build, work, seconds, HOSTILE_RATE)
        deep_us = cost.trapd(options.build, work, int(options.seconds * 75_000)).cpu_us
        for name, good_s in (("hostile_cpu_us", alone["cpu_s"]),
                             ("hostile_cpu_us_at_most", flooded["good_sent"] * deep_us / 1e6)):
            flooded[name] = (flooded["cpu_s"] - good_s) * 1e6 / max(flooded["hostile"], 1)
        rounds.append({"alone": alone, "flooded": flooded})
    return rounds


def rows(rounds):
    flooded = [one["flooded"] for one in rounds]
    rate = statistics.median(one["hostile_rate"] for one in flooded)
    cpu_us, at_most = (statistics.median(one[name] for one in flooded)
                       for name in ("hostile_cpu_us", "hostile_cpu_us_at_most"))
    lost, sent = (sum(one[name] for one in flooded) for name in ("good_lost", "good_sent"))
    return [
        Row(10, f"CPU per hostile datagram, {rate:,.0f}/s beside {GOOD_RATE:,}/s good", f"{cpu_us:.2f} us (at most {at_most:.2f})",
            f"{WANTED_US} us (goal)", cpu_us / WANTED_US, "<= 1"),
        Row(10, "good traps lost in the flood", f"{lost:,}", f"{sent:,} sent", lost / sent, "<= 0"),
    ]
