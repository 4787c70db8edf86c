# SPDX-License-Identifier: Apache-2.0
"""Goals 2 and 3: the highest rate that is taken without a loss, the signing sender on the same
machine: found with short runs, then held for a minute."""
from goal_table import Row
from load import run, warm_up
from receivers import COMMUNITY, Snmptrapd, Trapd

STEPS = 8          # of the bisection
STEP_DOWN = 0.96   # when a rate found does not hold: what a queue hides for seconds, a minute shows
TRIES = 8
AT_ITS_END = 0.97  # a sender that reaches less than this part of what was asked

GOALS = {"authPriv": 400_000, "v2c": 500_000}
HIGHEST = {"authPriv": 800_000, "v2c": 1_600_000, "snmptrapd": 60_000}
QUICK = {"authPriv": 20_000, "v2c": 20_000, "snmptrapd": 2_000}  # does it run?


def trapd(build, work):
    return Trapd(build, work, more=f"security: {{communities: [{{name: {COMMUNITY}}}]}}")


def attempt(build, work, kind, rate, seconds):
    receiver = Snmptrapd(build, work) if kind == "snmptrapd" else trapd(build, work)
    version = {"community": COMMUNITY} if kind == "v2c" else {}
    try:
        warm_up(receiver, build, count=200, rate=5000, **version)
        return run(receiver, build, rate=rate, seconds=seconds, **version)
    finally:
        receiver.stop()


def clean(done):
    """Everything that was sent is stored, nothing was taken for a repeat."""
    return done.lost == 0 and done.suppressed == 0 and done.dropped == 0


def search(build, work, kind, seconds, high, steps):
    """The highest rate without a loss in short runs, and whether the sender was at its end there."""
    best, sender_bound, low = 0, False, 0
    for _ in range(steps):
        rate = (low + high) // 2
        done = attempt(build, work, kind, rate, seconds)
        if not clean(done):
            high = rate
            continue
        low = rate  # where a sender is at its end, higher ones show how fast it is at best
        if done.rate > best:
            best, sender_bound = int(done.rate), done.rate < AT_ITS_END * rate
    return best, sender_bound


def hold(options, work, kind):
    build, confirm_seconds = options.build, options.confirm_seconds
    high, steps = (QUICK[kind], 1) if options.quick else (HIGHEST[kind], STEPS)
    found, sender_bound = search(build, work, kind, options.seconds, high, steps)
    rate = found
    for _ in range(TRIES):
        done = attempt(build, work, kind, rate, confirm_seconds)
        if clean(done):
            return {"per_second": int(done.rate), "seconds": confirm_seconds, "found": found,
                    "sender_bound": sender_bound, "stored": done.taken, "suppressed": done.suppressed,
                    "cpu_us": done.cpu_us, "sender_cpu_us": done.sender_cpu_us}
        rate = int(rate * STEP_DOWN)
    return {"per_second": 0, "seconds": confirm_seconds, "found": found, "sender_bound": sender_bound,
            "last_tried": rate}


def measure(options, work):
    return {kind: hold(options, work, kind) for kind in HIGHEST}


def rows(found):
    made = []
    for kind, goal in GOALS.items():
        result = found[kind]
        bound = ", sender at its end" if result["sender_bound"] else ""
        cost = f" ({result['cpu_us']:.2f} us, sender {result['sender_cpu_us']:.2f})" if "cpu_us" in result else ""
        made.append(Row(2, f"loss-free {kind} for {result['seconds']:g} s, sender beside{bound}",
                        f"{result['per_second']:,}/s{cost}", f"{goal:,}/s (goal)", result["per_second"] / goal,
                        ">= 1"))
    theirs = found["snmptrapd"]["per_second"]
    ours = found["authPriv"]["per_second"]
    made.append(Row(3, "loss-free authPriv rate, times snmptrapd's", f"{ours:,}/s",
                    f"{theirs:,}/s (snmptrapd)", ours / theirs if theirs else None, ">= 25"))
    return made
