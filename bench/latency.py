# SPDX-License-Identifier: Apache-2.0
"""Goal 6: from the kernel's stamp of a datagram to its commit, next to a lone write + fdatasync before
and after it on the same disk."""
import statistics

import lone_write
from goal_table import Row
from load import run, warm_up
from receivers import Trapd

RATES = (1_000, 100_000)
QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
WANTED = {"p50": 2, "p99": 4, "p99.9": 10}


def of_buckets(before, after, part):
    """Within a bucket as if they were spread evenly over it: a bucket is a quarter of an octave."""
    counts = [late - early for (_, early), (_, late) in zip(before, after)]
    wanted, below, lower = part * sum(counts), 0, 0.0
    for (upper, _), count in zip(after, counts):
        if upper is None:
            return lower
        if count and below + count >= wanted:
            return lower + (upper - lower) * (wanted - below) / count
        below, lower = below + count, upper
    return lower


def of_samples(times, part):
    ordered = sorted(times)
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)]


def to_commit(build, work, rate, seconds):
    receiver = Trapd(build, work)
    try:
        warm_up(receiver, build, count=1000, rate=rate)
        before = receiver.status()["commit_latency"]
        done = run(receiver, build, rate=rate, seconds=seconds)
        after = receiver.status()["commit_latency"]
        return {**{name: of_buckets(before, after, part) for name, part in QUANTILES.items()}, "lost": done.lost}
    finally:
        receiver.stop()


def measure(options, work):
    seconds = 0.5 if options.quick else max(options.seconds, 10)
    writes = 100 if options.quick else 1500  # before and after: 3000 of them stand beside each run
    found = {str(rate): {"trapd": [], "write": []} for rate in RATES}
    for _ in range(options.rounds):
        before = lone_write.seconds(work, writes)
        for rate in RATES:
            found[str(rate)]["trapd"].append(to_commit(options.build, work, rate, seconds))
            after = lone_write.seconds(work, writes)
            found[str(rate)]["write"].append(
                {name: of_samples(before + after, part) for name, part in QUANTILES.items()})
            before = after
    return found


def rows(found):
    made = []
    for rate, kinds in found.items():
        for name in QUANTILES:
            ours, theirs = ([one[name] for one in kinds[kind]] for kind in ("trapd", "write"))
            made.append(Row(6, f"datagram to commit at {int(rate):,}/s, {name}",
                            f"{statistics.median(ours) * 1e3:.2f} ms",
                            f"{statistics.median(theirs) * 1e3:.2f} ms (write + fdatasync)",
                            statistics.median(a / b for a, b in zip(ours, theirs)), f"<= {WANTED[name]}"))
    return made
